//! `concat`: puts the rows of another table below.

use super::other::OtherRows;
use pipewright_diagnostic::Failure;
use pipewright_frame::{Concat, Schema, Table};
use pipewright_operator::work::{Combine, Rows};
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Footprint, Group, Param, RowsKept, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "concat",
        group: Group::Tables,
        summary: "Puts the rows of another table with the same columns below.",
        details: "Columns are matched by name; a column that one of the tables lacks is an error. The other table is a \
                  `let`, or comes with the program.",
        search: &["union", "append", "rbind", "stack", "bind_rows"],
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::RowsAll,
        positionals: &[Param::required("table", Domain::Table, "The other table.")],
        examples: &[Example {
            script: "let last = load iris.csv | where species == \"virginica\" | head 1\nload iris.csv | head 1 | \
                     concat last | select petal_length, species | show",
            output: "\
petal_length  species
         1.4  setosa
           6  virginica
",
        }],
        ..Spec::BASE
    },
    bind: |_: &Args, _: &Surroundings| -> Result<Bound, Fault> { Ok(Bound::Combine(Arc::new(Below))) },
    load: None,
};

struct Below;

impl Combine for Below {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).making_values().keeping(RowsKept::Others)
    }

    fn schema(&self, own: &Schema, other: &Schema) -> Result<Schema, Failure> {
        Concat.schema(own, other)
    }

    fn with(&self, other: Table) -> Result<Arc<dyn Rows>, Failure> {
        Ok(Arc::new(OtherRows {
            combine: Below,
            other,
            by_row: false,
            apply: |_, own, other| Concat.apply(own, other),
        }))
    }
}
