//! Groups or joins large tables, and prints what came out and how long each took: `relation group|join FOLDER`. The
//! folder holds the Parquet files of `xtask/peers/data.py`.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Aggregate, Grouping, Join, JoinKind, Measure, ReadOptions, Table, read};
use pipewright_world::{OsWorld, World};
use std::time::Instant;

fn main() -> Result<(), Failure> {
    let failure = |message: &str| Failure::new(code::CANNOT_READ, message);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["group", folder] => group(folder),
        ["join", folder] => join(folder),
        _ => Err(failure("which? relation group|join FOLDER")),
    }
}

fn group(folder: &str) -> Result<(), Failure> {
    let rows = table(folder, "rows", &["text", "whole", "sparse", "x", "y"])?;
    let mut told = Vec::new();
    for key in ["text", "whole", "sparse"] {
        let measures = vec![
            Measure::rows("n"),
            Measure::new("x mean", Aggregate::Mean, "x"),
            Measure::new("x sum", Aggregate::Sum, "x"),
            Measure::new("y mean", Aggregate::Mean, "y"),
            Measure::new("y sum", Aggregate::Sum, "y"),
        ];
        let grouping = Grouping { keys: vec![key.into()], measures };
        told.push(timed(key, "y mean", || grouping.apply(&rows))?);
    }
    println!("{}", told.join(", "));
    Ok(())
}

fn join(folder: &str) -> Result<(), Failure> {
    let rows = table(folder, "rows", &["whole", "order", "x"])?;
    let (lookup, other) = (table(folder, "lookup", &["whole", "rate"])?, table(folder, "other", &["order", "z"])?);
    let on = |name: &str| vec![(name.into(), name.into())];
    let inner = Join { how: JoinKind::Inner, on: on("whole") };
    let left = Join { how: JoinKind::Left, on: on("whole") };
    let large = Join { how: JoinKind::Inner, on: on("order") };
    let told = [
        timed("lookup", "rate", || inner.apply(&rows, &lookup))?,
        timed("left", "rate", || left.apply(&rows, &lookup))?,
        timed("large", "z", || large.apply(&rows, &other))?,
    ];
    println!("{}", told.join(", "));
    Ok(())
}

fn table(folder: &str, name: &str, columns: &[&str]) -> Result<Table, Failure> {
    let (path, world) = (format!("{folder}/{name}.parquet"), OsWorld::new());
    let failure = |error| Failure::new(code::CANNOT_READ, format!("{path}: {error}"));
    let content = world.open(path.as_ref()).map_err(failure)?;
    let options = ReadOptions::new(&*path).with_columns(columns.iter().copied());
    read(&content, &options, &world)?.table.select(columns)
}

/// The rows that `work` makes, the sum of a column of theirs, and the seconds that it takes.
fn timed(name: &str, column: &str, work: impl Fn() -> Result<Table, Failure>) -> Result<String, Failure> {
    let start = Instant::now();
    let made = work()?;
    let seconds = start.elapsed().as_secs_f64();
    let sum: f64 = made.numbers(&[column.into()])?.iter().sum();
    Ok(format!("{name} {} rows, sum {sum:.3}, {seconds:.3} s", made.rows()))
}
