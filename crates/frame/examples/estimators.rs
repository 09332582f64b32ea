//! Benchmark of estimators: fit and apply on a million rows of 16 columns.
//!
//! `cargo run --release -p pipewright-frame --example estimators -- [NAME...]` times these steps, in script
//! notation; by default all of [`STEPS`]. Steps own the table, as in a pipeline. It prints a line of JSON for each: the
//! median of five runs in seconds, and the mean of the output, for comparison with `xtask/peers/estimators.py`, which
//! generates the same table.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

use arrow_array::{ArrayRef, Float64Array};
use pipewright_diagnostic::Failure;
use pipewright_frame::{
    BinMethod, Binner, Clip, ClipBound, Column, ColumnType, Estimator, Imputer, Log1p, PolynomialFeatures, Power,
    QuantileMapper, Scaler, Shape, Spline, State, Table, fit,
};
use rayon::prelude::*;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

const ROWS: u64 = 1_000_000;
const COLUMNS: u64 = 16;
/// Of steps that make many columns of one.
const FEW_COLUMNS: u64 = 4;
const TIMES: usize = 5;

/// Learns from a table and changes it.
type Step = fn(Table) -> Result<Table, Failure>;

const STEPS: &[(&str, Step)] = &[
    ("fillna mean", |table| changed(&Imputer::mean(), table)),
    ("fillna median", |table| changed(&Imputer::median(), table)),
    ("scale standard", |table| changed(&Scaler::standard(), table)),
    ("scale minmax", |table| changed(&Scaler::minmax(), table)),
    ("scale robust", |table| changed(&Scaler::robust(), table)),
    ("scale maxabs", |table| changed(&Scaler::maxabs(), table)),
    ("power yeojohnson", |table| changed(&Power::yeo_johnson(), table)),
    ("quantile normal", |table| changed(&QuantileMapper::to(Shape::Normal), table)),
    ("quantile uniform", |table| changed(&QuantileMapper::to(Shape::Uniform), table)),
    ("log1p", |table| changed(&Log1p::default(), table)),
    ("clip 1% 99%", |table| {
        let (low, high) = (Some(ClipBound::Quantile(0.01)), Some(ClipBound::Quantile(0.99)));
        changed(&Clip { low, high, on: None }, table)
    }),
    ("bin 10 width", |table| changed(&bins(BinMethod::Width), table)),
    ("bin 10 quantile", |table| changed(&bins(BinMethod::Quantile), table)),
    ("bin 10 kmeans", |table| changed(&bins(BinMethod::Kmeans), table)),
    ("poly 2", |table| changed(&PolynomialFeatures::of_degree(2), table)),
    ("spline 5", |table| changed(&Spline::default(), table)),
];

fn bins(method: BinMethod) -> Binner {
    Binner { bins: 10, method, onehot: false, on: None }
}

fn changed<E: Estimator>(estimator: &E, table: Table) -> Result<Table, Failure> {
    fit(estimator, &table)?.apply_owned(table)
}

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(name) = names.iter().find(|name| STEPS.iter().all(|(known, _)| known != name)) {
        return Err(format!("no step `{name}`").into());
    }
    for (name, step) in STEPS.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|other| other == name)) {
        let columns = if matches!(*name, "poly 2" | "spline 5") { FEW_COLUMNS } else { COLUMNS };
        let table = table(columns, name.starts_with("fillna"));
        let mut times = Vec::new();
        let mut mean = 0.0;
        for time in 0..TIMES {
            let own = copy_of(&table)?;
            let start = Instant::now();
            let made = step(own)?;
            times.push(start.elapsed().as_secs_f64());
            if time == 0 {
                mean = mean_of(&made)?;
            }
        }
        times.sort_by(f64::total_cmp);
        println!(r#"{{"name":"{name}","seconds":{:.4},"result":"{mean:.6}"}}"#, times[TIMES / 2]);
    }
    Ok(())
}

/// The same table in memory of its own.
fn copy_of(table: &Table) -> Result<Table, Failure> {
    Table::concat(&[table.head(1), table.slice(1, table.rows() - 1)])
}

/// A table of numbers between 0 and 8: even columns like a triangle, odd ones skewed; of every fourth, tenths only.
fn table(columns: u64, blanks: bool) -> Table {
    let made = (0..columns).into_par_iter().map(|column| {
        let number = |row: u64| {
            let place = column * ROWS * 4 + row * 4;
            let missing = blanks && uniform(place) < 0.05;
            let (first, second) = (uniform(place + 1), uniform(place + 2));
            let number = if column % 2 == 0 { 4.0 * (first + second) } else { 8.0 * first * second * second };
            (!missing).then_some(if column % 4 == 3 { (10.0 * number).floor() / 10.0 } else { number })
        };
        let numbers: ArrayRef = match blanks {
            true => Arc::new((0..ROWS).map(number).collect::<Float64Array>()),
            false => Arc::new(Float64Array::from_iter_values((0..ROWS).filter_map(number))),
        };
        (Column::new(format!("x{column}"), ColumnType::Continuous), numbers)
    });
    let (columns, arrays) = made.collect::<Vec<_>>().into_iter().unzip();
    Table::new(columns, arrays).expect("columns of one length")
}

/// A number in 0 to 1 that looks random (Steele, Lea and Flood 2014: SplitMix64).
fn uniform(place: u64) -> f64 {
    let state = (place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The mean of all numbers of a table.
fn mean_of(table: &Table) -> Result<f64, Failure> {
    let names: Vec<Arc<str>> = table.columns().iter().map(|column| column.name.clone()).collect();
    let numbers = table.numbers(&names)?;
    Ok(numbers.iter().sum::<f64>() / numbers.len() as f64)
}
