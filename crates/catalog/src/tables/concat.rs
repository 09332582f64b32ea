//! `concat`: appends the rows of another table.

use super::other::OtherRows;
use pipewright_diagnostic::Failure;
use pipewright_frame::{Concat, Schema, Table};
use pipewright_operator::work::{Combine, Rows};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Combined, Effect, Environment, Example, Flow, Footprint, Group, RowsKept,
    Spec, TableName, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `concat`.
    struct ConcatArgs {
        /// The other table: a `let`, or a sample data set.
        positional table: TableName;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "concat",
        group: Group::Tables,
        summary: "Appends the rows of another table with the same columns.",
        details: "Columns are matched by name; a column that is missing from either table is an error.",
        search: &["union", "append", "rbind", "stack", "bind_rows"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[Example {
            script: "let last = load iris.csv | where species == \"virginica\" | head 1\nload iris.csv | head 1 | \
                     concat last | select petal_length, species | show",
            output: "\
petal_length  species
         1.4  setosa
           6  virginica
",
        }],
        ..Spec::of::<ConcatArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    // The planner resolves the table.
    ConcatArgs::read(args).map(|_| Bound::Combine(Arc::new(Below)))
}

struct Below;

impl Combine for Below {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).making_values().keeping(RowsKept::Others).combining(Combined::Rows)
    }

    fn schema(&self, own: &Schema, other: &Schema) -> Result<Schema, Failure> {
        Concat.schema(own, other)
    }

    fn with(&self, other: Table) -> Result<Arc<dyn Rows>, Failure> {
        Ok(Arc::new(OtherRows {
            combine: Below,
            other,
            by_row: false,
            apply: |_, own, other, _| Concat.apply(own, other),
        }))
    }
}
