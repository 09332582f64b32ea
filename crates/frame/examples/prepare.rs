//! From a CSV file to one matrix of 32-bit numbers: fill by means, standardise, one-hot.
//!
//! `cargo run --release -p pipewright-frame --example prepare -- FILE [COLUMN...]` prepares these columns; without
//! any, all of the file but its dates and times. It prints the shape of the matrix and a few sums, by which it can be
//! compared with what others make of the same file.
#![allow(clippy::print_stdout)] // What a program is for.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use pipewright_frame::{Encoder, Imputer, Kind, ReadOptions, Scaler, State, Table, fit, read, sketch};
use pipewright_world::{OsWorld, World};
use rayon::prelude::*;
use std::error::Error;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let world = OsWorld::new();
    let content = world.open(file.as_ref())?;
    let mut options = ReadOptions::new(file);
    let mut columns: Vec<Arc<str>> = arguments.map(Arc::from).collect();
    if columns.is_empty() {
        let schema = sketch(&content, &options)?.schema;
        let prepared = schema.columns().filter(|column| !matches!(column.kind, Kind::Date | Kind::Time));
        columns.extend(prepared.map(|column| column.name.clone()));
    }
    // What is not needed is not parsed.
    options.columns = Some(columns.into());
    let table = read(&content, &options, &world)?.table;

    let table = fit(&Imputer::mean(), &table)?.apply(&table)?;
    let table = fit(&Scaler::standard(), &table)?.apply(&table)?;
    let table = fit(&Encoder::onehot(), &table)?.apply(&table)?;

    let matrix = matrix(&table)?;
    report(&matrix, &table);
    Ok(())
}

/// The values of a column without nulls.
enum Values<'a> {
    Floats(&'a [f64]),
    Integers(&'a [i64]),
    Truths(&'a arrow_array::BooleanArray),
}

impl<'a> Values<'a> {
    fn of(array: &'a ArrayRef) -> Result<Values<'a>, String> {
        match array.data_type() {
            _ if array.null_count() > 0 => Err("a value is missing".into()),
            DataType::Float64 => Ok(Values::Floats(array.as_primitive::<Float64Type>().values())),
            DataType::Int64 => Ok(Values::Integers(array.as_primitive::<Int64Type>().values())),
            DataType::Boolean => Ok(Values::Truths(array.as_boolean())),
            other => Err(format!("{other} is no number")),
        }
    }

    fn get(&self, row: usize) -> f32 {
        match self {
            Values::Floats(values) => values[row] as f32,
            Values::Integers(values) => values[row] as f32,
            Values::Truths(values) => f32::from(u8::from(values.value(row))),
        }
    }
}

/// Rows that are turned at once: few enough for their numbers to stay close to the processor.
const BLOCK_ROWS: usize = 512;

/// The table row after row.
fn matrix(table: &Table) -> Result<Vec<f32>, String> {
    let columns = table.arrays().iter().map(Values::of).collect::<Result<Vec<_>, _>>()?;
    let width = columns.len();
    let mut matrix = vec![0.0; table.rows() * width];
    matrix.par_chunks_mut(BLOCK_ROWS * width).enumerate().for_each(|(block, numbers)| {
        for (position, column) in columns.iter().enumerate() {
            let places = numbers[position..].iter_mut().step_by(width);
            let rows = block * BLOCK_ROWS..;
            places.zip(rows).for_each(|(place, row)| *place = column.get(row));
        }
    });
    Ok(matrix)
}

/// Shape, the mean of the first rows, the standard deviation of the first column, and the sum of all truth values.
fn report(matrix: &[f32], table: &Table) {
    let (rows, width) = (table.rows(), table.columns().len());
    let wide = |numbers: &[f32]| numbers.iter().map(|&number| f64::from(number)).sum::<f64>();
    let head = &matrix[..matrix.len().min(100_000 * width)];
    let mean = wide(head) / head.len() as f64;
    let first = || matrix.iter().step_by(width).map(|&number| f64::from(number));
    let centre = first().sum::<f64>() / rows as f64;
    let spread = (first().map(|number| (number - centre).powi(2)).sum::<f64>() / rows as f64).sqrt();
    let truths = table.columns().iter().take_while(|column| column.kind != Kind::Bool).count();
    let ones: f64 = matrix.chunks(width).map(|row| wide(&row[truths..])).sum();
    println!("{{\"shape\": [{rows}, {width}], \"mean\": {mean:.6}, \"std0\": {spread:.5}, \"ones\": {ones:.1}}}");
}
