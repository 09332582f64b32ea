//! The scripts of the language's contract, which the parser's tests hold word for word, run on small generated files that
//! have the columns they name.
#![allow(clippy::disallowed_methods)] // It reads the scripts.

mod support;

use pipewright::{Key, MemoryWorld, Options, Session, World};
use std::fmt::Write;
use std::sync::Arc;

/// Random numbers of one generated file.
struct Draws {
    key: Key,
    drawn: u64,
}

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.drawn += 1;
        self.key.uniform(self.drawn)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.drawn += 1;
        self.key.below(self.drawn, bound)
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }
}

/// Passengers, with this share of ages missing; the women, and those of the upper classes, survive more often.
fn passengers(rows: usize, blanks: f64, with_target: bool, seed: u64) -> String {
    let mut draws = Draws { key: Key::new(seed), drawn: 0 };
    let mut text = "PassengerId,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked".to_owned();
    text.push_str(if with_target { ",Survived\n" } else { "\n" });
    for row in 0..rows {
        let (class, sex) = (draws.below(3) + 1, draws.of(&["male", "female"]));
        let age = if draws.uniform() < blanks { String::new() } else { format!("{:.0}", 1.0 + 70.0 * draws.uniform()) };
        let fare = 10.0 + 60.0 * draws.uniform() / class as f64;
        let survives = 0.08 + if sex == "female" { 0.75 } else { 0.0 } + if class == 1 { 0.15 } else { 0.0 };
        let (port, alone) = (draws.of(&["S", "C", "Q", ""]), draws.below(3));
        write!(
            text,
            "{},{class},\"Passenger, no {row}\",{sex},{age},{alone},{},A{row},{fare:.2},,{port}",
            row + 1,
            draws.below(2)
        )
        .expect("a text can be written to");
        text.push_str(&match with_target {
            true => format!(",{}\n", u8::from(draws.uniform() < survives)),
            false => "\n".to_owned(),
        });
    }
    text
}

/// Houses; the price grows with the area.
fn houses(rows: usize) -> String {
    let mut draws = Draws { key: Key::new(2), drawn: 0 };
    let mut text = "Area,Rooms,Street,SalePrice\n".to_owned();
    for _ in 0..rows {
        let (area, street) = (50.0 + 150.0 * draws.uniform(), draws.of(&["paved", "gravel"]));
        let price = 1000.0 * area * (0.9 + 0.2 * draws.uniform());
        writeln!(text, "{area:.0},{},{street},{price:.0}", 1 + draws.below(6)).expect("a text can be written to");
    }
    text
}

/// Visits of patients over a year, in the order of their dates.
fn visits(rows: usize) -> String {
    let mut draws = Draws { key: Key::new(3), drawn: 0 };
    let mut text = "visit_id,patient_id,visit_date,w,amount,prior,country,channel,clinic,doctor,churned\n".to_owned();
    for row in 0..rows {
        let (month, day) = (1 + row * 12 / rows, 1 + row * 12 * 28 / rows % 28);
        let (amount, channel) = (100.0 * draws.uniform() - 5.0, draws.of(&["web", "shop", "phone"]));
        let churned = u8::from(draws.uniform() < 0.3 + 0.4 * f64::from(u8::from(amount > 50.0)));
        writeln!(
            text,
            "v{row},p{},2024-{month:02}-{day:02},{},{amount:.1},{},{},{channel},{},{},{churned}",
            draws.below(40),
            1 + draws.below(3),
            draws.below(5),
            draws.of(&["no", "se", ""]),
            draws.of(&["north", "south"]),
            draws.of(&["a", "b", "c"]),
        )
        .expect("a text can be written to");
    }
    text
}

#[test]
fn the_scripts_of_the_contract_run_as_printed() {
    let numbers = "y,a,b\n1,2,\n0,3,1\n1,5,2\n0,4,4\n";
    let world = MemoryWorld::new()
        .with_file("titanic.csv", passengers(160, 0.0, true, 1))
        .with_file("titanic_full.csv", passengers(160, 0.2, true, 4))
        .with_file("new_passengers.csv", passengers(20, 0.2, false, 5))
        .with_file("houses.csv", houses(80))
        .with_file("visits.csv", visits(400))
        .with_file("train.csv", numbers)
        .with_standard_input("{\"a\": 1, \"b\": 2}\n{\"a\": null, \"b\": 3}\n");
    let world: Arc<dyn World> = Arc::new(world);
    let session =
        |data: Option<&str>| Session::new(world.clone(), Options { data: data.map(Into::into), ..Options::default() });
    session(None).run("load visits.csv | write \"visits/a.parquet\"").ok().expect("the visits can be written");
    let scripts = support::files("crates/syntax/tests/syntax/scripts", "pipe");
    assert_eq!(scripts.len(), 11);
    for path in scripts {
        let text = std::fs::read_to_string(&path).expect("a script can be read");
        let takes_data = text.contains("load |").then_some("titanic_full.csv");
        for script in scripts_of(&text) {
            let done = session(takes_data).run(script);
            assert!(done.is_ok(), "{}: {}", path.display(), support::messages(&done, script));
        }
    }
}

/// A script reads all its files before it writes any (E0320), so one that reads what it has written is two.
fn scripts_of(text: &str) -> Vec<&str> {
    match text.find("load - format=jsonl | apply prep.pw") {
        Some(at) => vec![&text[..at], &text[at..]],
        None => vec![text],
    }
}
