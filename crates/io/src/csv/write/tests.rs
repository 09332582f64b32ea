//! Round trips.

use super::table as write;
use crate::ReadOptions;
use crate::csv::read;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Float64Array, Int64Array, Time64MicrosecondArray};
use pipewright_table::TextArray;
use pipewright_table::{Column, ColumnType, Table};
use proptest::prelude::*;
use std::sync::Arc;

fn written(table: &Table) -> String {
    let mut bytes = Vec::new();
    write(table, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Reads under the kinds of the table, with nothing else said.
fn read_back(table: &Table) -> Table {
    let mut options = ReadOptions::new("t.csv");
    options.kinds = table.columns().iter().map(|column| (column.name.to_string(), column.kind)).collect();
    let text = written(table);
    read(text.as_bytes(), &options).unwrap_or_else(|failure| panic!("{failure}: {text:?}")).0
}

fn of_numbers(numbers: Vec<f64>) -> Table {
    Table::new(vec![Column::new("x", ColumnType::Continuous)], vec![Arc::new(Float64Array::from(numbers)) as ArrayRef])
        .unwrap()
}

#[test]
fn numbers_at_the_edges() {
    let numbers =
        of_numbers(vec![-0.0, 0.0, 5e-324, -2.2e-308, f64::MAX, f64::MIN_POSITIVE, 1e15, 1e16, 1e-5, 9e-6, 0.1]);
    let expected = "x\n-0\n0\n5e-324\n-2.2e-308\n1.7976931348623157e308\n2.2250738585072014e-308\n1000000000000000\n1e16\n\
                    0.00001\n9e-6\n0.1\n";
    assert_eq!(written(&numbers), expected);
}

#[test]
fn texts_that_might_be_taken_for_something_else() {
    let texts = TextArray::from(vec!["'a'", "'b'", "# c", "sep=;", "it's", "NA", "true", "1,5", "10:30"]);
    for name in ["'x'", "#x", "sep=;", "\u{FEFF}x"] {
        let table =
            Table::new(vec![Column::new(name, ColumnType::Text)], vec![Arc::new(texts.clone()) as ArrayRef]).unwrap();
        assert_eq!(read_back(&table), table);
    }
}

proptest! {
    #[test]
    fn floats_come_back_bit_by_bit(numbers in prop::collection::vec(prop::num::f64::ANY, 1..20)) {
        // There are many values that are no number, and one is as good as another.
        let one = |number: f64| if number.is_nan() { f64::NAN } else { number };
        let numbers: Vec<f64> = numbers.into_iter().map(one).collect();
        let table = of_numbers(numbers.clone());
        let read = read_back(&table);
        let bits = |table: &Table| {
            let numbers = table.array("x").unwrap().as_primitive::<Float64Type>();
            numbers.values().iter().map(|number| number.to_bits()).collect::<Vec<u64>>()
        };
        prop_assert_eq!(bits(&read), bits(&table));
    }

    #[test]
    fn times_and_counts_come_back(rows in prop::collection::vec((
        prop::option::of(0..86_400_000_000_i64),
        prop::option::of(0..1440_i64),
        prop::option::of(any::<i64>()),
        prop::option::of("[#'sep=;a, ]{0,5}"),
    ), 0..10)) {
        let columns = vec![
            Column::new("time", ColumnType::Time),
            Column::new("minute", ColumnType::Time),
            Column::new("count", ColumnType::Count),
            Column::new("text", ColumnType::Text),
        ];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|row| row.0).collect::<Time64MicrosecondArray>()),
            Arc::new(rows.iter().map(|row| row.1.map(|minute| minute * 60_000_000)).collect::<Time64MicrosecondArray>()),
            Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|row| row.3.as_deref()).collect::<TextArray>()),
        ];
        let table = Table::new(columns, arrays).unwrap();
        prop_assert_eq!(&read_back(&table), &table, "{}", written(&table));
    }
}

/// Reads with nothing said.
fn read_plainly(table: &Table) -> Table {
    let text = written(table);
    read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap_or_else(|failure| panic!("{failure}: {text:?}")).0
}

fn of_texts(columns: &[(&str, &[Option<&str>])]) -> Table {
    let arrays = columns.iter().map(|(_, texts)| Arc::new(texts.iter().collect::<TextArray>()) as ArrayRef).collect();
    Table::new(columns.iter().map(|(name, _)| Column::new(*name, ColumnType::Text)).collect(), arrays).unwrap()
}

#[test]
fn texts_that_look_like_something_else_are_quoted_with_their_names() {
    let who: &[Option<&str>] = &[Some("a"), Some("NA"), Some("2024")];
    let table = of_texts(&[("code", &[Some("8"), None, Some("7")]), ("who", who)]);
    assert_eq!(written(&table), "\"code\",who\n\"8\",a\n,\"NA\"\n\"7\",2024\n");
    assert_eq!(read_plainly(&table), table);
    let codes = of_texts(&[("code", &[Some("1E5"), Some("2134"), Some("7")]), ("who", who)]);
    assert_eq!(written(&codes), "code,who\n1E5,a\n2134,\"NA\"\n7,2024\n");
    assert_eq!(read_plainly(&codes), codes);
}

#[test]
fn texts_stay_texts_in_any_company() {
    let forms =
        ["02134", "1E5", "12", "true", "2024-01-01", "31.12.2024", "10:30", "1,234", "+41791234567", "NA", "-", ""];
    for text in forms {
        let texts: &[Option<&str>] = &[Some(text), None, Some(text)];
        for columns in
            [vec![("x", texts)], vec![("x", texts), ("y", texts)], vec![("x", texts), ("y", &[Some("a"); 3])]]
        {
            let table = of_texts(&columns);
            // A comma has to be quoted anyhow, so that the quotes of a single column tell nothing.
            if columns.len() > 1 || !text.contains(',') {
                assert_eq!(read_plainly(&table), table, "{}", written(&table));
            }
        }
    }
}

#[test]
fn quotes_of_other_programs_say_nothing_about_types() {
    for text in [
        "\"a\",\"b\",\n\"1\",\"2\",3\n",
        "\"a\",\"b\"\n\"1\",\"2\"\n",
        "\"a\",\"b\"\n1,\"2\"\n",
        "a,b\n\"1\",\"2\"\n",
        "a,b\n\"1\",2\n",
        "\"a,\",b\n\"1\",2\n",
        "\"a\"\n\"1\"\n",
        "\"a\",b\n1,2\n",
    ] {
        let (table, _) = read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap();
        assert!(table.columns().iter().all(|column| column.kind == ColumnType::Count), "{text}");
    }
}

#[test]
fn a_column_of_moments_has_one_form() {
    let moments = |micros: &[i64]| {
        let dates: ArrayRef = Arc::new(arrow_array::TimestampMicrosecondArray::from(micros.to_vec()));
        let times: ArrayRef = Arc::new(Time64MicrosecondArray::from(micros.to_vec()));
        written(
            &Table::new(
                vec![Column::new("d", ColumnType::Date), Column::new("t", ColumnType::Time)],
                vec![dates, times],
            )
            .unwrap(),
        )
    };
    assert_eq!(moments(&[0, 0]), "d,t\n1970-01-01,00:00:00\n1970-01-01,00:00:00\n");
    assert_eq!(
        moments(&[0, 500_000]),
        "d,t\n1970-01-01T00:00:00.000,00:00:00.000\n1970-01-01T00:00:00.500,00:00:00.500\n"
    );
}

#[test]
fn what_is_written_does_not_depend_on_chunks() {
    use pipewright_table::{CHUNK_ROWS, Chunks};
    let rows = CHUNK_ROWS + 10;
    let late = |row: usize| if row + 1 == rows { "late".to_owned() } else { row.to_string() };
    let texts: ArrayRef = Arc::new(TextArray::from_iter_values((0..rows).map(late)));
    let dates: ArrayRef = Arc::new(arrow_array::TimestampMicrosecondArray::from_iter_values(
        (0..rows).map(|row| i64::from(row + 1 == rows)),
    ));
    let columns = vec![Column::new("x", ColumnType::Text), Column::new("d", ColumnType::Date)];
    let table = Table::new(columns, vec![texts, dates]).unwrap();
    assert_eq!(Chunks::count(&table), 2);
    let text = written(&table);
    assert!(text.starts_with("\"x\",d\n\"0\",1970-01-01T00:00:00.000000\n"), "{}", &text[..80]);
    assert!(text.ends_with("\"late\",1970-01-01T00:00:00.000001\n"));
}
