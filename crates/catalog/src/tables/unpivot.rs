//! `unpivot`: wide to long.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Schema, Selection, Table, Unpivot};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Group, RowsKept, Spec, Verb,
    arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `unpivot`.
    struct UnpivotArgs {
        /// Name of the new column of names.
        option key: Arc<str> = "name";
        /// Name of the new column of values.
        option value: Arc<str> = "value";
        /// The columns to unpivot.
        on columns: Selection;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "unpivot",
        group: Group::Tables,
        summary: "Unpivots columns into rows: wide to long.",
        details: "Makes one row per row and selected column, with the column's name and its value. The other columns \
                  are repeated, and missing values are kept. The selected columns must be of one kind.",
        search: &["long", "melt", "gather", "pivot_longer", "reshape", "stack"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
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
        ..Spec::of::<UnpivotArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let UnpivotArgs { key, value, columns: on } = UnpivotArgs::read(args)?;
    Ok(Bound::Rows(Arc::new(Long(Unpivot { on, key, value }))))
}

struct Long(Unpivot);

impl Rows for Long {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).reading_features().making_values().keeping(RowsKept::Others)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.schema(input)
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        self.0.apply(table)
    }
}
