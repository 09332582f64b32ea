//! Columns of codes, and columns of numbers that resemble them.

use super::*;
use crate::csv::read;
use pipewright_table::{ColumnType, Table, TextArray};
use proptest::prelude::*;

fn column(values: &[&str], options: &ReadOptions) -> (Table, Vec<Failure>) {
    read(format!("x;n\n{};1\n", values.join(";1\n")).as_bytes(), options).unwrap()
}

fn kind(values: &[&str]) -> ColumnType {
    column(values, &ReadOptions::new("t.csv")).0.column("x").unwrap().kind
}

#[test]
fn codes_stay_texts() {
    for codes in [
        &["02134", "10001"][..],
        &["10001", "NA", "02134"],
        &["+41791234567", "0041791234568"],
        &["+41791234567", "+4179123456"],
        &["007.1", "008.45", "038.10"],
        &["100", "038.10"],
        &["2004E205", "2004E206"],
        &["1E5", "2E6"],
        &["1E2", "100"],
        &["12e45", "345"],
        &["00", "1"],
        &["-01", "2"],
        &["00.5", "1.5"],
        &["1E5", "0.5", "007"],
        &["1,234", "2004E205"],
    ] {
        assert_eq!(kind(codes), ColumnType::Text, "{codes:?}");
    }
}

#[test]
fn measured_numbers_stay_numbers() {
    for numbers in [
        &["0", "0.5", "-0.25", "1e-3", "1.5E10", "+0.5"][..],
        &["0.0", "-0.0", "0e0", ".5"],
        &["1E5", "0.5"],
        &["2E3", "1E-3"],
        &["1e5", "1e16"],
        &["1E+05", "2E+05"],
        &["1.0E5", "3"],
        &["10e3", "2.5"],
    ] {
        assert_eq!(kind(numbers), ColumnType::Continuous, "{numbers:?}");
    }
    assert_eq!(kind(&["0", "10", "-5", "+7"]), ColumnType::Count);
    assert_eq!(kind(&["+12345678", "-12345678"]), ColumnType::Count);
    assert_eq!(kind(&["+12345678", "-1234.5"]), ColumnType::Continuous);
}

#[test]
fn the_first_value_that_decides_is_told_once() {
    let (_, notes) = column(&["10001", "", "02134", "00501"], &ReadOptions::new("t.csv"));
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((note.code, note.place.row, note.place.column.as_deref()), (code::READ_AS_CODES, Some(3), Some("x")));
    assert_eq!(note.message, "`x` is read as text: `02134` in row 3 has a leading zero, which a number would lose");
    assert_eq!(note.help, ["to read numbers: load … schema=\"x: int64\""]);
    assert!(column(&["1E5", "0.5"], &ReadOptions::new("t.csv")).1.is_empty());
}

#[test]
fn a_declared_kind_wins() {
    for (kind, values, text) in [
        (ColumnType::Count, ["02134", "+41791234567"], "2134 41791234567"),
        (ColumnType::Continuous, ["007.10", "2004E20"], "7.1 2.004e23"),
    ] {
        let (table, notes) = column(&values, &ReadOptions::new("t.csv").with_kind("x", kind));
        assert!(notes.is_empty(), "{notes:?}");
        let shown: Vec<String> =
            (0..2).filter_map(|row| pipewright_table::text::text_of(table.array("x").unwrap(), row)).collect();
        let numbers = |text: &str| text.split(' ').map(|word| word.parse::<f64>().unwrap()).collect::<Vec<_>>();
        assert_eq!((table.column("x").unwrap().kind, numbers(&shown.join(" "))), (kind, numbers(text)));
    }
    let asked = ReadOptions { decimal: Some(b','), ..ReadOptions::new("t.csv") };
    let (table, _) = read(b"x;n\n007,1;0,5\n038,10;0\n", &asked).unwrap();
    assert_eq!(
        table.columns().iter().map(|column| column.kind).collect::<Vec<_>>(),
        [ColumnType::Text, ColumnType::Continuous]
    );
}

#[test]
fn a_late_code_turns_the_whole_column_into_text() {
    let mut text = String::from("x,n\n");
    (0..300_000).for_each(|row| text.push_str(&format!("{row},1\n")));
    text.push_str("007,1\n");
    let (table, notes) = read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap();
    assert_eq!(table.column("x").unwrap().kind, ColumnType::Text);
    assert_eq!(notes.iter().map(|note| note.place.row).collect::<Vec<_>>(), [Some(300_001)]);
}

proptest! {
    #[test]
    fn parts_say_what_the_whole_says(
        texts in prop::collection::vec("[-+]?0?[0-9]{1,8}(\\.5|E5|e5|x)?", 0..12),
        cut in 0_usize..12,
    ) {
        let dialect = Dialect::new(b',', None);
        let of = |texts: &[String]| Codes::of(&TextArray::from_iter_values(texts), &dialect);
        let cut = cut.min(texts.len());
        let joined = of(&texts[..cut]).join(of(&texts[cut..]), cut);
        prop_assert_eq!(joined.verdict(), of(&texts).verdict());
    }
}
