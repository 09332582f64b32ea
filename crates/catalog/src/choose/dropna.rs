//! `dropna`: drops rows with missing values.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Class, Schema, Selection, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Group, RowsKept, Spec, Verb,
    arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `dropna`.
    struct DropnaArgs {
        /// Columns to check for missing values.
        on columns: Selection = [Class::All];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "dropna",
        group: Group::Choose,
        summary: "Drops rows with missing values, in any or in the selected columns.",
        details: "Rows are dropped before anything is learned, and a saved pipeline drops none: to predict rows with \
                  missing values too, fill them with `fillna`.",
        search: &["missing", "null", "na", "complete", "drop_nulls"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[
            Example { script: "load titanic.csv | dropna | assert rows == 1046", output: "" },
            Example {
                script: "load penguins.csv | dropna on Sex | select Species, Sex | show 4",
                output: "\
Species  Sex
Adelie   MALE
Adelie   FEMALE
Adelie   FEMALE
Adelie   FEMALE
… 329 more rows
",
            },
        ],
        ..Spec::of::<DropnaArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Rows(Arc::new(Complete(DropnaArgs::read(args)?.columns))))
}

struct Complete(Selection);

impl Rows for Complete {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).reading_features().keeping(RowsKept::Complete)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.resolve(input)?;
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        table.dropna(&self.0.resolve(&table.schema())?)
    }
}
