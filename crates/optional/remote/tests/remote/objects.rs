//! Files in object stores.

use crate::{local, read_table, table_text};
use pipewright_remote::RemoteWorld;
use pipewright_remote::object_store::memory::InMemory;
use pipewright_world::{MemoryWorld, World};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

fn world() -> RemoteWorld {
    let inner = MemoryWorld::new().with_file("s3.csv", "x\n1\n");
    RemoteWorld::new(Arc::new(inner)).with_store("s3://visits", Arc::new(InMemory::new()))
}

fn put(world: &RemoteWorld, address: &str, bytes: &[u8]) {
    world.replace(address.as_ref(), &mut |out| out.write_all(bytes)).unwrap();
}

#[test]
fn a_table_is_the_same_from_a_store() {
    let (world, text) = (world(), table_text());
    put(&world, "s3://visits/a b.csv", &text);
    assert!(read_table(&world, "s3://visits/a b.csv") == local(&text));
}

#[test]
fn a_change_is_noticed() {
    let world = world();
    put(&world, "s3://visits/a", b"abc");
    let content = world.open("s3://visits/a".as_ref()).unwrap();
    content.unchanged().unwrap();
    put(&world, "s3://visits/a", b"abd");
    assert!(content.unchanged().is_err());
    let error = content.start(3).unwrap_err();
    assert!(error.to_string().contains("changed"), "{error}");
}

#[test]
fn patterns_name_objects_in_order() {
    let world = world();
    let names = ["b.csv", "a.csv", "c.txt", ".d.csv", "2024/e.csv", "2025/01/f.csv"];
    names.iter().for_each(|name| put(&world, &format!("s3://visits/{name}"), b"x"));
    let matching = |pattern: &str| -> Vec<String> {
        let found = world.matching(format!("s3://visits/{pattern}").as_ref()).unwrap();
        found.iter().map(|path| path.to_str().unwrap().strip_prefix("s3://visits/").unwrap().to_owned()).collect()
    };
    assert_eq!(matching("*.csv"), ["a.csv", "b.csv"]);
    assert_eq!(matching("20*/*.csv"), ["2024/e.csv"]);
    assert_eq!(matching("2025/**/*.csv"), ["2025/01/f.csv"]);
    assert_eq!(matching("2024/[a-f].csv"), ["2024/e.csv"]);
    assert_eq!(matching("none/*"), [""; 0]);
    assert_eq!(world.matching("s3://visits/***".as_ref()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn an_object_is_replaced_as_a_whole_or_not_at_all() {
    let world = world();
    let address: &Path = "s3://visits/large".as_ref();
    put(&world, "s3://visits/large", b"old");
    // More than two parts of an upload.
    let piece: Vec<u8> = (0..1 << 20).map(|index: u32| (index % 251) as u8).collect();
    let fill = |out: &mut dyn Write| (0..70).try_for_each(|_| out.write_all(&piece));
    let error = world.replace(address, &mut |out| fill(out).and(Err(io::Error::other("disk full")))).unwrap_err();
    assert_eq!(error.to_string(), "disk full");
    assert_eq!(world.read(address).unwrap(), b"old");
    world.replace(address, &mut |out| fill(out)).unwrap();
    assert!(world.read(address).unwrap() == piece.repeat(70));
}

#[test]
fn what_is_not_there_is_told() {
    let world = world();
    assert!(!world.exists("s3://visits/none".as_ref()));
    assert_eq!(world.open("s3://visits/none".as_ref()).err().unwrap().kind(), io::ErrorKind::NotFound);
    for address in ["s3://visits", "s3://visits/", "s3://visits/a//b"] {
        assert_eq!(world.open(address.as_ref()).err().unwrap().kind(), io::ErrorKind::InvalidInput, "{address}");
    }
}

#[test]
fn what_is_no_address_is_left_to_the_world_within() {
    let world = world();
    assert_eq!(world.read("s3.csv".as_ref()).unwrap(), b"x\n1\n");
    assert_eq!(world.open("other://visits/a".as_ref()).err().unwrap().kind(), io::ErrorKind::NotFound);
    put(&world, "new.csv", b"y");
    assert_eq!(world.matching("*.csv".as_ref()).unwrap(), ["new.csv".as_ref() as &Path, "s3.csv".as_ref()]);
    assert!(world.exists("new.csv".as_ref()));
}
