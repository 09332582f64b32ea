//! What masks leave of values, and what they do not.

use super::*;
use crate::fit;
use pipewright_expr::Class;
use pipewright_io::{ReadOptions, csv};
use pipewright_table::Role;
use pipewright_table::TextOffset;

const PEOPLE: &str =
    "name,age,born,n\nAda,36.5,1815-12-10,-3\nBob,,1970-01-01,0\n,40,,12\nAda,-0.5,2024-02-29T10:00,10\n";

fn table() -> Table {
    csv::read(PEOPLE.as_bytes(), &ReadOptions::new("t.csv")).unwrap().0
}

fn masked(masking: Masking, on: Selection) -> Result<Table, Failure> {
    fit(&Mask::new(masking, on), &table())?.apply(&table())
}

#[test]
fn hashes_are_equal_where_values_are() {
    let with = |key: &str| masked(Masking::Hash(Hmac::new(key.as_bytes())), Selection::Class(Class::All)).unwrap();
    let (one, again, other) = (with("k1"), with("k1"), with("k2"));
    assert!(one == again && one != other);
    let texts = one.array("name").unwrap().as_string::<TextOffset>().clone();
    assert_eq!((texts.value(0), texts.value(0).len(), texts.is_null(2)), (texts.value(3), 16, true));
    assert!(one.columns().iter().all(|column| column.kind == ColumnType::Text));
    // The first digits of HMAC-SHA-256 of `Ada`, by OpenSSL: openssl dgst -sha256 -hmac k1
    assert_eq!(texts.value(0), OPENSSL);
}

const OPENSSL: &str = "46f8d5d5ad65ee93";

#[test]
fn redacted_values_are_gone() {
    let names = || Selection::name("name");
    let all = masked(Masking::Redact, names()).unwrap();
    assert_eq!(all.classes("name").unwrap(), ["•••"]);
    let blank = masked(Masking::Blank, Selection::Class(Class::All)).unwrap();
    assert!(blank.arrays().iter().all(|array| array.null_count() == 4));
    assert_eq!(blank.schema(), table().schema());
}

#[test]
fn generalised_values_say_less() {
    let less = Generalise { step: Some(10.0), date: Some(Period::Month), letters: Some(1) };
    let all = masked(Masking::Generalise(less), Selection::Class(Class::All)).unwrap();
    let shown = "name     age        born       n
A     30..40  1815-12-01  -10..0
B          ·  1970-01-01   0..10
·     40..50           ·  10..20
A     -10..0  2024-02-01  10..20
";
    let lines =
        |text: &str| text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    assert_eq!(lines(&all.show(9, 100)), lines(shown));
    let year = Generalise { date: Some(Period::Year), ..Generalise::default() };
    let born = masked(Masking::Generalise(year), Selection::name("born")).unwrap();
    assert_eq!(born.classes("born").unwrap(), ["1815-01-01", "1970-01-01", "2024-01-01"]);
    let lacking = masked(Masking::Generalise(year), Selection::name("age")).unwrap_err();
    assert_eq!((lacking.code, lacking.help.join("")), (code::MISSING_ARGUMENT, "write step=10".to_owned()));
}

#[test]
fn the_target_is_not_masked_and_states_hold_no_key() {
    let table = table().with_role("name", Role::Target).unwrap();
    let mask = Mask::new(Masking::Redact, Selection::name("name"));
    assert_eq!(fit(&mask, &table).unwrap_err().code, code::READS_TARGET);
    let mask = Mask::new(Masking::Hash(Hmac::new(b"correct horse")), Selection::name("age"));
    let state = fit(&mask, &table).unwrap();
    let text = format!("{} {state:?} {}", serde_json::to_string(&state).unwrap(), state.show());
    let hex: String = b"correct horse".iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!text.contains("correct horse") && !text.contains(&hex), "{text}");
    let bad = r#"{"masking":{"generalise":{"step":0.0,"date":null,"letters":null}},"columns":[]}"#;
    assert!(serde_json::from_str::<MaskState>(bad).unwrap().validate().is_err());
}
