//! Sample data sets that are generated: `load moons(n=1000)`.

mod models;
mod shapes;

use arrow_array::{ArrayRef, Float64Array, LargeStringArray};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Column, ColumnType, Schema, Table};
use pipewright_learn::Key;
use pipewright_learn::generate::{Answers, Generate};
use pipewright_operator::work::{Pushdown, Sketch, Source};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Data, Effect, Environment, Flow, Generator, Group, Int, Seed, Spec,
};
use std::sync::Arc;

/// All generated data sets, in the order of the reference.
pub(crate) const GENERATORS: &[&Generator] = &[
    &shapes::MOONS,
    &shapes::CIRCLES,
    &shapes::BLOBS,
    &models::CLASSIFICATION,
    &models::REGRESSION,
    &models::FRIEDMAN1,
    &shapes::S_CURVE,
    &shapes::SWISS_ROLL,
];

/// Up to this size, a check makes a table to tell more about it.
const WHOLE_MAX: u64 = 1 << 20;

/// Number of rows, as many as a table may have.
type RowCount = Int<1, { u32::MAX as u64 }>;

/// Number of columns, classes or clusters.
type Width<const MIN: u64> = Int<MIN, 100_000>;

/// The source of a generated data set: columns `x1`, `x2`, … and `y`, the answer.
struct Generates<G> {
    config: G,
    key: Key,
    /// Names the data set and its arguments, for the recognition of equal tables.
    origin: String,
}

impl<G: Generate + Send + Sync> Generates<G> {
    fn columns(&self) -> Vec<Column> {
        let extent = self.config.extent();
        let feature = |index| Column::new(format!("x{index}"), ColumnType::Continuous);
        let answer = if extent.classes { ColumnType::Category } else { ColumnType::Continuous };
        (1..=extent.features).map(feature).chain([Column::new("y", answer)]).collect()
    }
}

impl<G: Generate + Send + Sync> Source for Generates<G> {
    fn sketch(&self, _: &Environment) -> Result<Option<Sketch>, Failure> {
        let schema = Schema::new(self.columns());
        let memory_bytes = u64::try_from(self.config.extent().bytes()).unwrap_or(u64::MAX);
        // The kinds are certain in any case; a check makes small tables only.
        let whole = memory_bytes <= WHOLE_MAX;
        Ok(Some(Sketch { schema, whole, has_rows: true, memory_bytes, notices: Vec::new() }))
    }

    fn origins(&self, _: &Environment, _: bool) -> Vec<String> {
        vec![self.origin.clone()]
    }

    /// Returns the whole table, all columns included: they share their random numbers.
    fn read(&self, _: &Pushdown, _: &Environment, _: &dyn Progress) -> Result<Data, Failure> {
        let made = self.config.generate(self.key)?;
        let mut arrays: Vec<ArrayRef> =
            made.features.into_iter().map(|values| Arc::new(Float64Array::from(values)) as ArrayRef).collect();
        arrays.push(match made.answers {
            Answers::Numbers(answers) => Arc::new(Float64Array::from(answers)),
            Answers::Classes(classes) => {
                let names: Vec<String> =
                    (0..=classes.iter().max().copied().unwrap_or(0)).map(|class| class.to_string()).collect();
                let text = |class: &u32| names[*class as usize].as_str();
                Arc::new(LargeStringArray::from_iter_values(classes.iter().map(text)))
            }
        });
        Ok(Data::Table(Table::new(self.columns(), arrays)?))
    }
}

fn source<G: Generate + Send + Sync + 'static>(
    args: &Args,
    spec: &Spec,
    seed: Seed,
    config: G,
) -> Result<Arc<dyn Source>, ArgumentError> {
    Ok(Arc::new(Generates {
        config,
        key: Key::new(seed.0),
        origin: format!("generated:{}", args.canonical(spec, &[])),
    }))
}

/// What generators have in common.
const fn spec<A: Arguments>() -> Spec {
    Spec {
        group: Group::Generated,
        input: Flow::Nothing,
        output: Flow::Table,
        effect: Effect::Source,
        ..Spec::of::<A>()
    }
}
