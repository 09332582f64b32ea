//! `unpivot`: a row a name.

use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{Schema, Table, Unpivot};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Footprint, Group, Param, RowsKept, Sort, Spec, Surroundings,
    Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "unpivot",
        group: Group::Tables,
        summary: "Makes a row for every row and every selected column, of the column's name and its value.",
        details: "The other columns are repeated, and missing values stay. The selected columns hold one kind of \
                  values.",
        search: &["long", "melt", "gather", "pivot_longer", "reshape", "stack"],
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::RowsAll,
        options: &[
            Param::with_default("key", Domain::Column, "name", "What the column of names is called."),
            Param::with_default("value", Domain::Column, "value", "What the column of values is called."),
        ],
        columns: Columns::Default(""),
        examples: &[Example {
            script: "load iris.csv | head 2 | unpivot on \"petal*\" key=part value=cm | drop \"sepal*\" | show",
            output: "\
species  part           cm
setosa   petal_length  1.4
setosa   petal_width   0.2
setosa   petal_length  1.4
setosa   petal_width   0.2
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let on = args.columns("columns").cloned().ok_or_else(|| {
        let message = "columns are missing: name those that are to become one, `unpivot on jan..dec`";
        Fault::of("columns", code::MISSING_ARGUMENT, message)
    })?;
    let name = |name: &str| Arc::from(args.text(name).unwrap_or(name));
    Ok(Bound::Rows(Arc::new(Long(Unpivot { on, key: name("key"), value: name("value") }))))
}

struct Long(Unpivot);

impl Rows for Long {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).reading_features().making_values().keeping(RowsKept::Others)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.schema(input)
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Watch) -> Result<Table, Failure> {
        self.0.apply(table)
    }
}
