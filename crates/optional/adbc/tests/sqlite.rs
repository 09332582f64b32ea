//! The driver for SQLite, whose library the variable `PIPEWRIGHT_ADBC_SQLITE` names; without it, there is nothing to
//! test.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // A third-party library, at its installed path.

use pipewright_adbc::AdbcWorld;
use pipewright_frame::{Format, ReadOptions, read};
use pipewright_world::{MemoryWorld, World};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// A query to a database in a file of its own, which is removed afterwards.
struct Database {
    driver: String,
    file: PathBuf,
    world: AdbcWorld,
}

impl Database {
    fn new(name: &str) -> Option<Database> {
        let Ok(driver) = std::env::var("PIPEWRIGHT_ADBC_SQLITE") else {
            println!("skipped: PIPEWRIGHT_ADBC_SQLITE names no driver");
            return None;
        };
        let file = std::env::temp_dir().join(format!("pipewright-adbc-{}-{name}.db", std::process::id()));
        Some(Database { driver, file, world: AdbcWorld::new(Arc::new(MemoryWorld::new())) })
    }

    fn address(&self, query: &str) -> String {
        let escaped = query.replace('%', "%25").replace('&', "%26");
        format!("adbc:{}?uri={}&query={escaped}", self.driver, self.file.display())
    }

    fn failure(&self, query: &str) -> io::Error {
        self.world.open(self.address(query).as_ref()).err().unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

const PEOPLE: &str = "with people(name, age, height) as (values ('Ann', 38, 1.7), ('Bob', null, 1.8), (null, 7, 1.2)) \
                      select * from people where name is null or name like '%n%' or age % 2 is null & 1";

#[test]
fn a_query_is_a_table() {
    let Some(database) = Database::new("table") else { return };
    let address = database.address(PEOPLE);
    assert!(database.world.exists(address.as_ref()));
    assert_eq!(database.world.matching(address.as_ref()).unwrap(), [PathBuf::from(&address)]);
    let content = database.world.open(address.as_ref()).unwrap();
    assert_eq!(content.start(4).unwrap(), [0xFF; 4]);
    let options = ReadOptions::new(&address).with_format(Format::IPC);
    let table = read(&content, &options, &database.world).unwrap().table;
    assert_eq!(table.show(10, 80), "name  age  height\nAnn    38     1.7\nBob     ·     1.8\n·       7     1.2\n");
    assert!(Arc::ptr_eq(&content, &database.world.open(address.as_ref()).unwrap()));
}

#[test]
fn what_a_query_changes_is_taken_back() {
    let Some(database) = Database::new("change") else { return };
    drop(database.world.open(database.address("create table people (name text)").as_ref()));
    let error = database.failure("select * from people");
    assert!(error.to_string().contains("no such table: people"), "{error}");
}

#[test]
fn failures_are_told_in_the_words_of_the_driver() {
    let Some(database) = Database::new("failure") else { return };
    assert!(
        database.failure("select").to_string().contains("syntax error")
            || database.failure("select").to_string().contains("incomplete")
    );
    let error = database.world.open("adbc:/nowhere/libnothing.so?query=a".as_ref()).err().unwrap();
    assert!(error.to_string().contains("libnothing"), "{error}");
    let address = format!("{}&opt.nothing=1", database.address("select 1"));
    let error = database.world.open(address.as_ref()).err().unwrap();
    assert!(error.to_string().contains("nothing"), "{error}");
}
