//! `pivot`: long to wide.

use super::AggregateWord;
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Pivot, Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Group, Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `pivot`.
    struct PivotArgs {
        /// The column whose values become columns.
        option key: Arc<str>;
        /// The column whose values fill them.
        option value: Arc<str>;
        /// Aggregate of several values. Without it, several are an error.
        option agg: Option<AggregateWord>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "pivot",
        group: Group::Tables,
        summary: "Pivots the values of a column into columns: long to wide.",
        details: "Makes one column per value of `key`, named `key=level`, in sorted order after the others, and one \
                  row per combination of the other columns. A combination without a row is missing; several \
                  rows are aggregated by `agg`.",
        search: &["wide", "spread", "crosstab", "pivot_wider", "pivot_table", "reshape"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[Example {
            script: "load titanic.csv | select pclass, sex, age | pivot key=sex value=age agg=mean | show",
            output: "\
pclass  sex=female  sex=male
1st       37.03759  41.02925
2nd       27.49919   30.8154
3rd       22.18531  25.96227
",
        }],
        ..Spec::of::<PivotArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let PivotArgs { key, value, agg } = PivotArgs::read(args)?;
    Ok(Bound::Rows(Arc::new(Wide(Pivot { key, value, aggregate: agg.map(|word| word.0) }))))
}

struct Wide(Pivot);

impl Rows for Wide {
    fn footprint(&self, verb: Effect) -> Footprint {
        let names = [self.0.key.clone(), self.0.value.clone()];
        Footprint::of_new_table(verb).reading(names)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.schema(input)
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        self.0.apply(table)
    }
}
