//! What a script alone cannot show: an outside that fails, a run that is stopped, a bug, a check without data.

mod support;

use pipewright::{Observer, Options, Session, Silent, code};
use pipewright_frame::{ReadOptions, csv};
use pipewright_operator::work::{Fitted, FittedModel};
use pipewright_world::{MemoryWorld, OsWorld, World};
use std::sync::Arc;
use support::example_world;

const SCRIPT: &str = "load iris.csv | target species | scale | train logistic | save iris.pw";

fn session(world: MemoryWorld) -> Session {
    Session::new(Arc::new(world), Options::default())
}

#[test]
fn a_disk_that_fills_up_is_e0702_and_ends_with_1() {
    let done = session(example_world().failing_after(100)).run_watched(SCRIPT, &Silent);
    assert_eq!(done.diagnostics.last().map(|diagnostic| diagnostic.code.as_str()), Some("E0702"));
    assert_eq!(done.exit_code(), 1);
}

#[test]
fn a_run_that_is_stopped_is_e0802_and_ends_with_130() {
    struct Impatient;
    impl Observer for Impatient {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let done = session(example_world()).run_watched(SCRIPT, &Impatient);
    assert_eq!(done.diagnostics.last().map(|diagnostic| diagnostic.code.as_str()), Some("E0802"));
    assert_eq!(done.exit_code(), 130);
    assert!(done.outputs().next().is_none());
}

#[test]
fn a_panic_is_e0999_with_its_message_and_ends_with_70() {
    struct Clumsy;
    impl Observer for Clumsy {
        fn fitted(&self, _: usize, _: &[usize], _: &dyn Fitted) {}

        fn trained(&self, _: usize, _: &[usize], _: &dyn FittedModel) {
            panic!("a plate fell");
        }
    }
    let done = session(example_world()).run_watched(SCRIPT, &Clumsy);
    let last = done.diagnostics.last().expect("a panic is told");
    assert_eq!(last.code.as_str(), "E0999");
    assert!(last.message.contains("a plate fell"), "{}", last.message);
    assert_eq!(done.exit_code(), 70);
}

#[test]
fn a_check_without_data_says_what_is_open_with_n0301() {
    let checked = session(MemoryWorld::new()).check("load | fillna mean | scale | train mlp[64,32,1] | eval kfold 5");
    assert!(checked.is_sound());
    assert!(checked.diagnostics.iter().any(|diagnostic| diagnostic.code.as_str() == "N0301"));
}

#[test]
fn a_script_beyond_the_limits_is_e0109() {
    let script = format!("load iris.csv{}", " | show".repeat(100_001));
    let done = session(example_world()).run_watched(&script, &Silent);
    assert_eq!(done.diagnostics.first().map(|diagnostic| diagnostic.code), Some(code::SCRIPT_TOO_LONG));
    assert_eq!(done.exit_code(), 2);
}

/// A plan encodes texts before it trains; a program that does not is told so.
#[test]
fn a_text_where_numbers_are_needed_is_e0419() {
    let (table, _) = csv::read(b"sex,age\nf,1\nm,2\n", &ReadOptions::new("people.csv")).expect("it is sound");
    let failure = table.numbers(&["age".into(), "sex".into()]).expect_err("texts are no numbers");
    assert_eq!((failure.code.as_str(), failure.place.column.as_deref()), ("E0419", Some("sex")));
}

/// A workbook with several sheets, of which one is read, and with a cell that could not be computed: N0322, N0504.
#[test]
fn a_workbook_says_which_sheet_was_read_and_what_is_missing() {
    let files = support::files("crates/io/tests/data", "xlsx");
    let bytes = OsWorld::new().read(&files[0]).expect("the fixture is part of the repository");
    let done =
        session(MemoryWorld::new().with_file("people.xlsx", bytes)).run_watched("load people.xlsx | show", &Silent);
    let codes: Vec<&str> = done.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert!(done.is_ok() && ["N0322", "N0504"].iter().all(|code| codes.contains(code)), "{codes:?}");
}
