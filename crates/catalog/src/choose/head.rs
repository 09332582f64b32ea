//! `head`: keeps the first rows.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Group, Int, Neighbours,
    RowsKept, Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `head`.
    struct HeadArgs {
        /// Number of rows.
        positional count: Int<0> = 10;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "head",
        group: Group::Choose,
        summary: "Keeps the first rows.",
        search: &["first", "top", "limit"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[Example {
            script: "load iris.csv | head 3 | show",
            output: "\
sepal_length  sepal_width  petal_length  petal_width  species
         5.1          3.5           1.4          0.2  setosa
         4.9            3           1.4          0.2  setosa
         4.7          3.2           1.3          0.2  setosa
",
        }],
        ..Spec::of::<HeadArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Rows(Arc::new(End(RowsKept::First(HeadArgs::read(args)?.count.get())))))
}

/// The first or the last rows.
pub(super) struct End(pub(super) RowsKept);

impl Rows for End {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).looking_at(Neighbours::ALL).keeping(self.0.clone())
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        Ok(match self.0 {
            RowsKept::First(count) => table.head(count),
            RowsKept::Last(count) => table.tail(count),
            _ => unreachable!("an end is the first or the last rows"),
        })
    }
}
