//! A program that embeds Pipewright: a table from Arrow, an evaluation read as numbers, a model kept in memory, and a
//! custom verb and function.
//!
//! ```sh
//! cargo run -p pipewright --example host
//! ```
#![allow(clippy::print_stdout)] // Examples print.

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use pipewright::operator::work::Rows;
use pipewright::operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Flow, Footprint, Group, Neighbours, RowsKept,
    Spec, Verb, arguments,
};
use pipewright::{Failure, Function, Key, MemoryWorld, Parameter, Progress, Schema, Session, Table};
use std::error::Error;
use std::sync::Arc;

arguments! {
    /// The arguments of `every`.
    struct EveryArgs {
        /// Distance between the rows that are kept.
        positional n: Count;
    }
}

/// `every 3`: keeps one row in three.
pub(crate) const EVERY: Verb = Verb {
    spec: Spec {
        name: "every",
        group: Group::Choose,
        summary: "Keeps one row in n.",
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        ..Spec::of::<EveryArgs>()
    },
    bind: |args: &Args, _: &Environment| -> Result<Bound, ArgumentError> {
        Ok(Bound::Rows(Arc::new(Every(EveryArgs::read(args)?.n.get()))))
    },
    states: &[],
};

struct Every(usize);

impl Rows for Every {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).looking_at(Neighbours::ALL).keeping(RowsKept::Others)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        let kept: Vec<u32> = (0..table.rows() as u32).step_by(self.0).collect();
        Ok(table.take(&kept))
    }
}

/// `area(length, width)`.
pub(crate) const AREA: Function = Function::of_numbers(
    "area",
    &[Parameter::number("length"), Parameter::number("width")],
    "length times width",
    |given| given[0] * given[1],
);

/// A table of flats, whose price depends on size and town.
fn flats(count: usize) -> Result<RecordBatch, Box<dyn Error>> {
    let towns = ["Ulm", "Bonn", "Kiel"];
    let size = |row: usize| 30.0 + (row * 37 % 101) as f64;
    let price = |row: usize| 3.0 * size(row) + 40.0 * (row % 3) as f64 + (row * 13 % 7) as f64;
    let columns: [(&str, ArrayRef); 4] = [
        ("length", Arc::new((0..count).map(|row| Some(size(row) / 5.0)).collect::<Float64Array>())),
        ("width", Arc::new(Float64Array::from(vec![5.0; count]))),
        ("town", Arc::new((0..count).map(|row| Some(towns[row % 3])).collect::<StringArray>())),
        ("price", Arc::new((0..count).map(|row| Some(price(row))).collect::<Float64Array>())),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// Runs the example and prints its results.
///
/// # Errors
/// The first failure.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let world = Arc::new(MemoryWorld::new());
    let mut session = Session::builder().world(world).threads(2).seed(7).register(EVERY).register(AREA).build()?;

    // Register a table by name; its arrays are shared.
    session.table("flats", flats(300)?)?;

    // Evaluations are available as numbers.
    let prepared = "load flats | every 2 | show 3 | target price | derive size = area(length, width)";
    let run = session.run(&format!("{prepared} | scale | train ridge | eval kfold 5")).ok()?;
    let evaluation = run.evaluation()?;
    let rmse = evaluation.metric("rmse")?;
    println!("{}: rmse {:.3} (baseline {:.3})", evaluation.model, rmse.mean()?, rmse.baseline().mean()?);
    assert!(rmse.mean()? < 0.1 * rmse.baseline().mean()?);
    assert_eq!((rmse.folds().len(), evaluation.rows()), (5, 150));

    // So are the out-of-fold predictions, and the table that the script shows.
    let held_out = evaluation.out_of_fold()?;
    assert_eq!((held_out.rows(), run.table()?.rows()), (150, 3));

    // A fitted pipeline stays in memory, can be serialised, and predicts new rows.
    let model = session.fit(&format!("{prepared} | scale | train ridge"))?;
    let model = session.load_model(&model.to_bytes())?;
    let new = Table::from_batch(&flats(6)?.project(&[0, 1, 2])?)?;
    let predicted = model.predict(&new)?;
    print!("{}", predicted.show(6, 80));
    assert_eq!(predicted.rows(), 6);
    Ok(())
}
