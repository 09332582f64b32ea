//! `group`: one row a group.

use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{Assign, GroupBy, Schema, Selection, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Assigned, Bound, Columns, Domain, Effect, Example, Fault, Footprint, Form, Group, Neighbours, Param,
    RowsKept, Sort, Spec, Surroundings, Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "group",
        group: Group::Tables,
        summary: "Makes one row of all rows with equal values in the selected columns, with aggregates of the others.",
        details: "An aggregate takes whatever can be computed of a row, and whatever can be computed of aggregates and \
                  keys makes a column: `sum(price * n) / sum(n)`. `count()` counts rows, `count(x)` the values of x \
                  that are not missing. The groups stand in the order in which they first appear; a missing key is a \
                  group of its own. Sums and means are exact, and rounded once.",
        search: &["groupby", "group_by", "aggregate", "summarise", "summarize", "by"],
        form: Form::Group,
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::RowsAll,
        positionals: &[Param::required("measures", Domain::Assigns, "The new columns.")],
        columns: Columns::Default(""),
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
                script: "load penguins.csv | group Sex { range = max(`Body Mass (g)`) - min(`Body Mass (g)`) } | show",
                output: "\
Sex     range
MALE     3050
FEMALE   2500
·        1900
",
            },
        ],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let keys = args.columns("columns").cloned().ok_or_else(|| {
        let message = "columns are missing: name those whose values make a group";
        Fault::of("columns", code::MISSING_ARGUMENT, message)
    })?;
    let assign =
        |assigned: &Assigned| Assign { name: assigned.name.as_str().into(), expression: assigned.expression.clone() };
    let assigns = args.assigns("measures").unwrap_or_default().iter().map(assign).collect();
    Ok(Bound::Rows(Arc::new(Grouped { keys, assigns })))
}

struct Grouped {
    keys: Selection,
    assigns: Vec<Assign>,
}

impl Grouped {
    fn by(&self, schema: &Schema) -> Result<GroupBy, Failure> {
        Ok(GroupBy { keys: self.keys.resolve(schema)?, assigns: self.assigns.clone() })
    }
}

impl Rows for Grouped {
    fn footprint(&self, verb: Effect) -> Footprint {
        let names = self.assigns.iter().flat_map(|assign| assign.expression.columns());
        Footprint::of(verb)
            .looking_at(Neighbours::ALL)
            .reading(names)
            .reading_features()
            .making_values()
            .keeping(RowsKept::Others)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.by(input)?.schema(input)
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Watch) -> Result<Table, Failure> {
        self.by(&table.schema())?.apply(table)
    }
}
