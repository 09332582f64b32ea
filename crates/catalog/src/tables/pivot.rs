//! `pivot`: a column a name.

use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{Pivot, Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Footprint, Group, Neighbours, Param, RowsKept, Sort, Spec,
    Surroundings, Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "pivot",
        group: Group::Tables,
        summary: "Makes a column of every value of a key, and one row of the rows that agree in all other columns.",
        details: "The new columns are named `key=level` and stand in the order of the key's values, behind the others. \
                  Where no row has the key, the value is missing; where several have it, `agg` makes one value of \
                  theirs.",
        search: &["wide", "spread", "crosstab", "pivot_wider", "pivot_table", "reshape"],
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::RowsAll,
        options: &[
            Param::required("key", Domain::Column, "The column whose values become columns."),
            Param::required("value", Domain::Column, "The column whose values stand in them."),
            Param::optional(
                "agg",
                Domain::Word(super::AGGREGATES),
                "One value for several; without it, several are an error.",
            ),
        ],
        examples: &[Example {
            script: "load titanic.csv | select pclass, sex, age | pivot key=sex value=age agg=mean | show",
            output: "\
pclass  sex=female  sex=male
1st       37.03759  41.02925
2nd       27.49919   30.8154
3rd       22.18531  25.96227
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let column = |name: &'static str| match args.text(name) {
        Some(column) => Ok(Arc::from(column)),
        None => Err(Fault::of(name, code::MISSING_ARGUMENT, format!("`{name}=` is missing: name a column"))),
    };
    let aggregate = args.text("agg").and_then(super::aggregate);
    Ok(Bound::Rows(Arc::new(Wide(Pivot { key: column("key")?, value: column("value")?, aggregate }))))
}

struct Wide(Pivot);

impl Rows for Wide {
    fn footprint(&self, verb: Effect) -> Footprint {
        let names = [self.0.key.clone(), self.0.value.clone()];
        Footprint::of(verb)
            .looking_at(Neighbours::ALL)
            .reading(names)
            .reading_features()
            .making_values()
            .keeping(RowsKept::Others)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.schema(input)
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Watch) -> Result<Table, Failure> {
        self.0.apply(table)
    }
}
