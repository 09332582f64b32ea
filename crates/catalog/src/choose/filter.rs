//! `where`: filters rows by a condition.

use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::{ExprKind, Expression, Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Condition, Effect, Environment, Example, Flow, Footprint, Form, Group,
    RowsKept, Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `where`.
    struct WhereArgs {
        /// A condition over columns.
        positional condition: Condition;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "where",
        group: Group::Choose,
        summary: "Keeps the rows for which a condition is true.",
        details: "A comparison with a missing value is neither true nor false, so its row is dropped; `is null` \
                  finds missing values. Rows are filtered before anything is learned.",
        search: &["filter", "rows", "if", "query"],
        form: Form::Expression,
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[
            Example {
                script: "load titanic.csv | where age > 70 and sex == \"female\" | show",
                output: "\
pclass  survived  sex     age  sibsp  parch
1st     survived  female   76      1      0
",
            },
            Example {
                script: "load penguins.csv | where Sex is null and Island in [\"Biscoe\"] | show 2",
                output: "\
Species  Island  Beak Length (mm)  Beak Depth (mm)  Flipper Length (mm)  Body Mass (g)  Sex
Gentoo   Biscoe              44.5             14.3                  216           4100  ·
Gentoo   Biscoe              46.2             14.4                  214           4650  ·
… 3 more rows
",
            },
        ],
        ..Spec::of::<WhereArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Rows(Arc::new(Where(WhereArgs::read(args)?.condition.expression))))
}

struct Where(Expression);

impl Rows for Where {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).reading(self.0.columns()).keeping(RowsKept::Where(self.0.clone()))
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        if self.0.kind(input)? == ExprKind::Bool {
            return Ok(input.clone());
        }
        Err(Failure::new(code::TYPE_MISMATCH, "this is not a condition: it is neither true nor false")
            .help("compare it with something: ==, !=, <, <=, >, >=, in, is null"))
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        Ok(table.filter(&self.0.mask(table)?))
    }
}
