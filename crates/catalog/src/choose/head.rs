//! `head`: keeps the first rows.

use pipewright_diagnostic::{Failure, Watch};
use pipewright_frame::{Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Arguments, Bound, Effect, Example, Fault, Footprint, Group, Neighbours, RowsKept, Sort, Spec, Surroundings,
    Verb, Whole, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `head`.
    struct HeadArgs {
        /// Number of rows.
        positional count: Whole<0> = 10;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "head",
        group: Group::Choose,
        summary: "Keeps the first rows.",
        search: &["first", "top", "limit"],
        input: Sort::Table,
        output: Sort::Table,
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
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Rows(Arc::new(Head(HeadArgs::read(args)?.count.get()))))
}

struct Head(usize);

impl Rows for Head {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).looking_at(Neighbours::ALL).keeping(RowsKept::First(self.0))
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Watch) -> Result<Table, Failure> {
        Ok(table.head(self.0))
    }
}
