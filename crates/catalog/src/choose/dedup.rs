//! `dedup`: drops duplicate rows.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Class, Schema, Selection, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Group, Neighbours, RowsKept,
    Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `dedup`.
    struct DedupArgs {
        /// Columns to compare.
        on columns: Selection = [Class::All];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "dedup",
        group: Group::Choose,
        summary: "Drops duplicate rows: keeps the first of rows that are equal, in all or in the selected columns.",
        details: "Two missing values are equal. The order of the rows does not change.",
        search: &["distinct", "unique", "duplicates", "drop_duplicates"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[
            Example {
                script: "load titanic.csv | dedup on pclass, survived | select pclass, survived | show",
                output: "\
pclass  survived
1st     survived
1st     died
2nd     died
2nd     survived
3rd     died
3rd     survived
",
            },
            Example { script: "load iris.csv | dedup | assert rows == 149", output: "" },
        ],
        ..Spec::of::<DedupArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Rows(Arc::new(Different(DedupArgs::read(args)?.columns))))
}

struct Different(Selection);

impl Rows for Different {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).looking_at(Neighbours::ALL).reading_features().keeping(RowsKept::Distinct(self.0.clone()))
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.resolve(input)?;
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        table.dedup(&self.0.resolve(&table.schema())?)
    }
}
