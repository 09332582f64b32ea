//! Test tables, for every crate that works on tables (feature `testing`).

use crate::TextArray;
use crate::literal::{self, Number, date_text};
use crate::{Column, ColumnType, Table};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use pipewright_world::random::Key;
use std::sync::Arc;

/// Parses a small table: a header line, comma-separated values, empty for missing ones. Each column gets the narrowest
/// type that fits. Quotes are not supported; the readers of files are in another crate.
///
/// # Panics
/// If a row does not have one value per name.
#[must_use]
pub fn table(text: &str) -> Table {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().expect("the first line holds the names");
    let rows: Vec<Vec<&str>> = lines.collect();
    assert!(rows.iter().all(|row| row.len() == names.len()), "a value for each name in each row");
    let column = |place: usize| {
        let values: Vec<Option<&str>> =
            rows.iter().map(|row| Some(row[place]).filter(|text| !text.is_empty())).collect();
        let (kind, array) = typed(&values);
        (Column::new(names[place], kind), array)
    };
    let (columns, arrays) = (0..names.len()).map(column).unzip();
    Table::new(columns, arrays).expect("columns of one length and different names")
}

fn typed(values: &[Option<&str>]) -> (ColumnType, ArrayRef) {
    fn all<T>(values: &[Option<&str>], read: impl Fn(&[u8]) -> Option<T>) -> Option<Vec<Option<T>>> {
        values.iter().any(Option::is_some).then_some(())?;
        values.iter().map(|value| value.map_or(Some(None), |text| read(text.as_bytes()).map(Some))).collect()
    }
    let whole = |text: &[u8]| match literal::number(text)? {
        Number::Whole(whole) => Some(whole),
        Number::Huge(_) | Number::Real(_) => None,
    };
    if let Some(truths) = all(values, literal::truth) {
        (ColumnType::Bool, Arc::new(BooleanArray::from(truths)))
    } else if let Some(counts) = all(values, whole) {
        (ColumnType::Count, Arc::new(Int64Array::from(counts)))
    } else if let Some(numbers) = all(values, |text| literal::number(text).map(Number::as_f64)) {
        (ColumnType::Continuous, Arc::new(Float64Array::from(numbers)))
    } else if let Some(moments) = all(values, literal::date) {
        (ColumnType::Date, Arc::new(TimestampMicrosecondArray::from(moments)))
    } else if let Some(times) = all(values, literal::time) {
        (ColumnType::Time, Arc::new(Time64MicrosecondArray::from(times)))
    } else {
        (ColumnType::Text, Arc::new(TextArray::from(values.to_vec())))
    }
}

/// Returns edge-case tables: without rows, with one, all missing, constant, infinite, huge.
#[must_use]
pub fn edge_tables() -> Vec<Table> {
    let key = Key::new(7);
    let usual = random_table(key, 40);
    let numbers = |numbers: Vec<Option<f64>>| {
        let rows = numbers.len();
        let mut columns =
            vec![Column::new("größe, \"cm\"", ColumnType::Continuous), Column::new("名前", ColumnType::Text)];
        columns.push(Column::new("n", ColumnType::Count));
        let texts = (0..rows).map(|row| (row % 3 > 0).then(|| format!("löv{}", row % 2)));
        let counts = (0..rows).map(|row| Some(row as i64 - 2));
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Float64Array::from(numbers)),
            Arc::new(texts.collect::<TextArray>()),
            Arc::new(counts.collect::<Int64Array>()),
        ];
        Table::new(columns, arrays).expect("columns of one length")
    };
    vec![
        usual.slice(0, 0),
        usual.slice(3, 1),
        usual.clone(),
        numbers(vec![None; 5]),
        numbers(vec![Some(0.1); 6]),
        numbers(vec![Some(1.0), Some(f64::INFINITY), None]),
        numbers(vec![Some(1.0), Some(f64::NAN), None]),
        numbers(vec![Some(1e308), Some(-1e308), Some(1.5e308), None]),
        numbers(vec![Some(5e-324), Some(0.0), Some(-0.0), Some(-5e-324)]),
        numbers((0..50).map(|row| Some(1e7 + f64::from(row) / 10.0)).collect()),
    ]
}

/// Generates a table with a column of every type, each with missing values: a function of `key`.
#[must_use]
pub fn random_table(key: Key, rows: usize) -> Table {
    let present = |name: &str, row: usize| key.child(name).child("missing").uniform(row as u64) >= 0.15;
    let at = |name: &str, row: usize, bound: u64| key.child(name).below(row as u64, bound);
    let column = |name: &str, kind: ColumnType| Column::new(name, kind);
    let text = |name: &'static str, row: usize, levels: u64| {
        present(name, row).then(|| format!("{name} {}", at(name, row, levels)))
    };
    let rows = 0..rows;
    let real = |row: usize| {
        let magnitude = 10_f64.powi(at("exponent", row, 9) as i32 - 4);
        present("real", row).then(|| (key.child("real").uniform(row as u64) - 0.5) * magnitude)
    };
    let date = |row: usize| present("date", row).then(|| at("date", row, 1000) as i64 * literal::DAY);
    let time = |row: usize| present("time", row).then(|| at("time", row, 24 * 60) as i64 * 60_000_000);
    let columns = vec![
        column("real", ColumnType::Continuous),
        column("count", ColumnType::Count),
        column("truth", ColumnType::Bool),
        column("category", ColumnType::Category),
        column("text", ColumnType::Text),
        column("date", ColumnType::Date),
        column("time", ColumnType::Time),
        column("id", ColumnType::Id),
    ];
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(rows.clone().map(real).collect::<Float64Array>()),
        Arc::new(
            rows.clone()
                .map(|row| present("count", row).then(|| at("count", row, 12) as i64 - 3))
                .collect::<Int64Array>(),
        ),
        Arc::new(
            rows.clone().map(|row| present("truth", row).then(|| at("truth", row, 2) == 1)).collect::<BooleanArray>(),
        ),
        Arc::new(rows.clone().map(|row| text("category", row, 5)).collect::<TextArray>()),
        Arc::new(rows.clone().map(|row| text("text", row, 200)).collect::<TextArray>()),
        Arc::new(rows.clone().map(date).collect::<TimestampMicrosecondArray>()),
        Arc::new(rows.clone().map(time).collect::<Time64MicrosecondArray>()),
        Arc::new(rows.map(|row| Some(format!("row {row} of {}", date_text(0)))).collect::<TextArray>()),
    ];
    Table::new(columns, arrays).expect("columns of one length")
}
