//! `dropna`: leaves out rows with missing values.

use pipewright_diagnostic::{Failure, Watch};
use pipewright_frame::{Class, Schema, Selection, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Bound, Columns, Effect, Example, Fault, Footprint, Group, RowsKept, Sort, Spec, Surroundings, Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "dropna",
        group: Group::Choose,
        summary: "Leaves out the rows that miss a value, anywhere or in the selected columns.",
        details: "The rows are chosen before anything is learned, and a saved pipeline leaves out none: to predict \
                  rows with missing values too, `fillna` them.",
        search: &["missing", "null", "na", "complete", "drop_nulls"],
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::RowsAll,
        columns: Columns::Default("@all"),
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
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Rows(Arc::new(Complete(args.columns("columns").cloned().unwrap_or(Selection::Class(Class::All))))))
}

struct Complete(Selection);

impl Rows for Complete {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).reading_features().keeping(RowsKept::Others)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.resolve(input)?;
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Watch) -> Result<Table, Failure> {
        table.dropna(&self.0.resolve(&table.schema())?)
    }
}
