//! From a CSV file to one matrix of 32-bit numbers: impute means, standardise, one-hot encode.
//!
//! `cargo run --release -p pipewright-frame --example prepare -- FILE [COLUMN...]` prepares these columns; by
//! default all columns except dates and times. It prints the shape of the matrix and a few sums, for comparison with
//! other tools on the same file.
#![allow(clippy::print_stdout)] // What a program is for.

use pipewright_frame::{Applied, Chunks, ColumnType, Encoder, Imputer, ReadOptions, Scaler, fit, matrix, read, sketch};
use pipewright_world::{OsWorld, World};
use rayon::prelude::*;
use std::error::Error;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let world = OsWorld::new();
    let content = world.open(file.as_ref())?;
    let options = ReadOptions::new(file);
    let mut columns: Vec<Arc<str>> = arguments.map(Arc::from).collect();
    if columns.is_empty() {
        let schema = sketch(&content, &options)?.schema;
        let prepared = schema.columns().filter(|column| !matches!(column.kind, ColumnType::Date | ColumnType::Time));
        columns.extend(prepared.map(|column| column.name.clone()));
    }
    // Columns that are not needed are not parsed.
    let options = options.with_columns(columns);
    let table = read(&content, &options, &world)?.table;

    // A step is fitted to what the steps before make of each chunk; the whole of that is never in memory.
    let fill = fit(&Imputer::mean(), &table)?;
    let filled = Applied::new(&table).then(&fill)?;
    let scale = fit(&Scaler::standard(), &filled)?;
    let encode = fit(&Encoder::onehot(), &table)?;
    let ready = filled.then(&scale)?.then(&encode)?;

    let schema = ready.schema();
    let names: Vec<Arc<str>> = schema.columns().map(|column| column.name.clone()).collect();
    let matrix = matrix::<f32>(&ready, &names)?;
    let numbers = schema.columns().filter(|column| column.kind != ColumnType::Bool).count();
    report(&matrix, names.len(), numbers);
    Ok(())
}

/// Shape, the mean of the first rows, the standard deviation of the first column, and the sum of all booleans, which
/// follow the numbers.
fn report(matrix: &[f32], width: usize, numbers: usize) {
    let rows = matrix.len() / width;
    let head = &matrix[..matrix.len().min(100_000 * width)];
    let mean = head.iter().map(|&number| f64::from(number)).sum::<f64>() / head.len() as f64;
    let sums = |rows: &[f32]| {
        rows.chunks(width).fold([0.0; 3], |[sum, squares, ones], row| {
            let first = f64::from(row[0]);
            [sum + first, squares + first * first, ones + f64::from(row[numbers..].iter().sum::<f32>())]
        })
    };
    let parts: Vec<[f64; 3]> = matrix.par_chunks(10_000 * width).map(sums).collect();
    let [sum, squares, ones] = [0, 1, 2].map(|which| parts.iter().map(|part| part[which]).sum::<f64>());
    let spread = (squares / rows as f64 - (sum / rows as f64).powi(2)).sqrt();
    println!("{{\"shape\": [{rows}, {width}], \"mean\": {mean:.6}, \"std0\": {spread:.5}, \"ones\": {ones:.1}}}");
}
