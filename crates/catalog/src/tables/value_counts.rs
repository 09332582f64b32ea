//! `value_counts`: how often each value occurs.

use super::group::Grouped;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Float64Array};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Aggregate, Arithmetic, Assign, Direction, Expression, Schema, Selection, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Form, Group, Spec, Verb,
    arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `value_counts`.
    struct ValueCountsArgs {
        /// The columns whose values are counted; those of several columns are counted together.
        on columns: Selection;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "value_counts",
        group: Group::Tables,
        summary: "Counts how often each value of the selected columns occurs, the most frequent first.",
        details: "`count` is the number of rows with the value, `share` their share of all rows. Missing is a value \
                  too. Values of equal counts keep the order in which they first appear.",
        search: &["frequencies", "frequency", "tabulate", "tally", "levels"],
        form: Form::Selector,
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[Example {
            script: "load titanic.csv | value_counts pclass | show",
            output: "\
pclass  count      share
3rd       709  0.5416348
1st       323  0.2467532
2nd       277  0.2116119
",
        }],
        ..Spec::of::<ValueCountsArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let keys = ValueCountsArgs::read(args)?.columns;
    let count = Expression::Aggregate(Aggregate::Rows, None);
    // The total is known once all rows are counted; until then a share is a number like any other.
    let share = count.clone().arithmetic(Arithmetic::Divide, Expression::from(1.0));
    let assigns =
        vec![Assign { name: "count".into(), expression: count }, Assign { name: "share".into(), expression: share }];
    Ok(Bound::Rows(Arc::new(ValueCounts(Grouped { keys, assigns }))))
}

struct ValueCounts(Grouped);

impl Rows for ValueCounts {
    fn footprint(&self, verb: Effect) -> Footprint {
        self.0.footprint(verb)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.schema(input)
    }

    fn apply(&self, table: &Table, key: Key, progress: &dyn Progress) -> Result<Table, Failure> {
        let counted = self.0.apply(table, key, progress)?;
        let counts = counted.array("count")?.as_primitive::<Int64Type>().values();
        let shares: Float64Array = counts.iter().map(|&count| Some(count as f64 / table.rows() as f64)).collect();
        let share = counted.column("share")?.clone();
        let shared = counted.with_column(share, Arc::new(shares) as ArrayRef)?;
        shared.sort(&[("count".into(), Direction::Descending)])
    }
}
