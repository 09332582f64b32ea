//! Rows, models and functions that the tests explain.

#![allow(dead_code)] // Each test file uses some of these.

use pipewright_explain::{Failure, Numbers};
use pipewright_learn::data::{Categories, Column};
use pipewright_learn::{Dataset, Features, Key, Target};
use serde_json::Value;
use std::sync::Arc;

/// Numbers that look random: `rows` × `columns`, between -1 and 1.
pub(crate) fn numbers(rows: usize, columns: usize, seed: u64) -> Features {
    let key = Key::new(seed);
    let values = (0..rows * columns).map(|place| 2.0 * key.uniform(place as u64) - 1.0).collect();
    Features::new(rows, names(columns), values)
}

pub(crate) fn names(columns: usize) -> Arc<[String]> {
    (0..columns).map(|column| format!("x{column}")).collect()
}

/// A function of the numbers of each row.
pub(crate) fn function(of: impl Fn(&[f64]) -> f64 + Sync) -> impl Fn(&Features) -> Result<Numbers, Failure> + Sync {
    move |rows| {
        let columns: Vec<&[f64]> = (0..rows.columns()).map(|column| rows.column(column)).collect();
        let row = |row: usize| of(&columns.iter().map(|column| column[row]).collect::<Vec<f64>>());
        Ok((0..rows.rows()).map(row).collect::<Vec<f64>>().into())
    }
}

/// Rows with numbers, missing numbers, and categories with missing ones; a target that depends on all of them.
pub(crate) fn mixed(rows: usize, seed: u64) -> Dataset {
    let key = Key::new(seed);
    let number = |row: usize, column: u64| 4.0 * key.index(column).uniform(row as u64) - 2.0;
    let levels: Arc<[String]> = (0..6).map(|level| format!("level {level}")).collect();
    let mut codes: Vec<u32> = (0..rows).map(|row| key.index(9).below(row as u64, 6) as u32).collect();
    let mut first: Vec<f64> = (0..rows).map(|row| number(row, 0)).collect();
    let target = |row: usize| {
        let level = f64::from([3, 1, 4, 1, 5, 9][codes[row] as usize]);
        first[row] * number(row, 1) + level * f64::from(u8::from(number(row, 2) > 0.3)) + number(row, 3) / 4.0
    };
    let target: Vec<f64> = (0..rows).map(target).collect();
    for row in 0..rows {
        if key.index(10).uniform(row as u64) < 0.15 {
            first[row] = f64::NAN;
        }
        if key.index(11).uniform(row as u64) < 0.1 {
            codes[row] = Categories::MISSING;
        }
    }
    let dense = |column| Column::Dense((0..rows).map(|row| number(row, column)).collect::<Vec<f64>>().into());
    let columns = vec![
        Column::Dense(first.into()),
        dense(1),
        dense(2),
        dense(3),
        Column::Categories(Categories::new(codes.into(), levels)),
    ];
    Dataset::new(Features::from_columns(rows, names(5), columns), Target::Numbers(target))
}

pub(crate) fn assert_near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= tolerance);
    assert!(near, "{found:?} is not near {expected:?}");
}

pub(crate) fn oracle(text: &str) -> Value {
    serde_json::from_str(text).expect("oracles are JSON")
}

/// A list of lists of numbers, as features; `null` is a missing value.
pub(crate) fn features(value: &Value) -> Features {
    let rows = value.as_array().expect("a list of rows");
    let width = list(&rows[0]).len();
    let columns = (0..width).flat_map(|column| rows.iter().map(move |row| list(row)[column]));
    Features::new(rows.len(), names(width), columns.collect())
}

/// The numbers of a list, of any depth.
pub(crate) fn list(value: &Value) -> Vec<f64> {
    match value.as_array() {
        Some(values) => values.iter().flat_map(list).collect(),
        None => vec![value.as_f64().unwrap_or(f64::NAN)],
    }
}

/// Does work in pools of several sizes; the results must be equal.
pub(crate) fn on_any_threads<T: PartialEq + std::fmt::Debug + Send>(work: impl Fn() -> T + Sync) -> T {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(&work)
    };
    let one = on(1);
    assert_eq!(on(3), one);
    assert_eq!(on(8), one);
    one
}
