//! `group`: aggregates rows by groups.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Assign, GroupBy, Schema, Selection, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Assigned, Bound, Effect, Environment, Example, Flow, Footprint, Form, Group,
    RowsKept, Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `group`.
    struct GroupArgs {
        /// The new columns.
        positional measures: Vec<Assigned>;
        /// The columns to group by, or expressions such as `month(date)`; without any, all rows are one group.
        on columns: Selection = [];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "group",
        group: Group::Tables,
        summary: "Groups rows by the selected columns, and aggregates the others: one row per group.",
        details: "Rows are also grouped by computed keys: `group month(date) { … }`, `group city, y=year(date) { … \
                  }`. Without a key, all rows are one group. An aggregate takes any expression over a row, and \
                  aggregates and keys can be combined: `sum(price * n) / sum(n)`. `count()` counts rows, \
                  `count(x)` the values of x that are not missing. Groups keep the order in which they first \
                  appear; missing keys form a group of their own. Sums and means are exact, and rounded once.",
        search: &["groupby", "group_by", "aggregate", "summarise", "summarize", "by"],
        form: Form::Group,
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[
            Example {
                script: "load titanic.csv | group pclass { passengers = count(), age = mean(age) } | sort pclass \
                         | show",
                output: "\
pclass  passengers       age
1st            323  39.15992
2nd            277   29.5067
3rd            709  24.81637
",
            },
            Example {
                script: "load visits.csv | group month(when) { visits = count() } | show 2",
                output: "\
month(when)  visits
          1       2
          2       1
… 6 more rows
",
            },
            Example {
                script: "load titanic.csv | group { passengers = count(), age = mean(age) } | show",
                output: "\
passengers       age
      1309  29.88113
",
            },
            Example {
                script: "load penguins.csv | group Sex { range = max(`Body Mass (g)`) - min(`Body Mass (g)`) } | show",
                output: "\
Sex     range
MALE     3050
FEMALE   2500
·        1900
",
            },
        ],
        ..Spec::of::<GroupArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let GroupArgs { measures, columns: keys } = GroupArgs::read(args)?;
    let assign = |assigned: Assigned| Assign { name: assigned.name.into(), expression: assigned.expression };
    Ok(Bound::Rows(Arc::new(Grouped { keys, assigns: measures.into_iter().map(assign).collect() })))
}

/// One row per group of rows.
pub(super) struct Grouped {
    pub(super) keys: Selection,
    pub(super) assigns: Vec<Assign>,
}

impl Grouped {
    fn by(&self, schema: &Schema) -> Result<GroupBy, Failure> {
        Ok(GroupBy { keys: self.keys.resolve(schema)?, assigns: self.assigns.clone() })
    }
}

impl Rows for Grouped {
    fn footprint(&self, verb: Effect) -> Footprint {
        let measures = self.assigns.iter().map(|assign| (&assign.name, &assign.expression));
        let names = self.assigns.iter().flat_map(|assign| assign.expression.columns());
        let footprint = Footprint::of_new_table(verb).reading(names).computing(measures);
        footprint.keeping(RowsKept::Groups(self.keys.clone()))
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.by(input)?.schema(input)
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        self.by(&table.schema())?.apply(table)
    }
}
