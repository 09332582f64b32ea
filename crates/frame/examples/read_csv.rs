//! Reads a file, and prints its rows, its columns and the sum of its first numeric column: `read_csv FILE`.
#![allow(clippy::print_stdout)]

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{ColumnType, ReadOptions, read};
use pipewright_world::{OsWorld, World};

fn main() -> Result<(), Failure> {
    let failure = |message: String| Failure::new(code::CANNOT_READ, message);
    let path = std::env::args().nth(1).ok_or_else(|| failure("which file? read_csv FILE".into()))?;
    let world = OsWorld::new();
    let content = world.open(path.as_ref()).map_err(|error| failure(format!("{path}: {error}")))?;
    let table = read(&content, &ReadOptions::new(path), &world)?.table;
    println!("{} rows, {} columns, {} MB", table.rows(), table.columns().len(), table.memory_bytes() / 1_000_000);
    let numeric = table.columns().iter().zip(table.arrays()).find(|(column, _)| column.kind.is_numeric());
    if let Some((column, array)) = numeric {
        let sum: f64 = match column.kind {
            ColumnType::Count => array.as_primitive::<Int64Type>().iter().flatten().map(|value| value as f64).sum(),
            _ => array.as_primitive::<Float64Type>().iter().flatten().sum(),
        };
        println!("the sum of `{}` is {sum}", column.name);
    }
    Ok(())
}
