//! `derive`: computes columns by expressions.

use crate::adapt::{fitted, state};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Assign, Chunks, Derive, DeriveState, Expression, FitContext, Schema};
use pipewright_operator::work::{Learned, Step};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Assigned, Bound, Effect, Environment, Example, Footprint, Form, Group, Neighbours,
    Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `derive`.
    struct DeriveArgs {
        /// The new columns as `name = expression`.
        positional columns: Vec<Assigned>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "derive",
        group: Group::Derive,
        summary: "Computes new columns, or replaces columns of the same name, by expressions.",
        details: "An expression may use columns made before it in the same stage, and every function of `pipewright \
                  help functions`. Functions of a single row learn nothing. An aggregate such as `mean(x)` is \
                  learned on the training rows and is a constant from then on. With `over(key, …)`, and for `lag`, \
                  `cumsum`, `rolling` and the like (window functions), the value is computed from the rows up to the \
                  current row, among those with the same keys: from all of them, from the last 5 rows with \
                  `over(key, 5)`, or from the last 30 days with `over(key, 30d)`. Days are those of the date among \
                  the keys, of the column with the role time, or of the only date of the table. A result that is not \
                  a finite number is missing. A duration becomes a number of days.",
        search: &["mutate", "assign", "compute", "column", "feature", "with_columns", "add", "lag", "rolling"],
        form: Form::Expression,
        examples: &[
            Example {
                script: "load titanic.csv | derive family = sibsp + parch + 1, child = age < 16 | show 3",
                output: "\
pclass  survived  sex        age  sibsp  parch  family  child
1st     survived  female      29      0      0       1  false
1st     survived  male    0.9167      1      2       4  true
1st     died      female       2      1      2       4  true
… 1306 more rows
",
            },
            Example {
                script: "load titanic.csv | select age, pclass | derive z = round(zscore(age), 2), usual = mode(pclass) \
                         | show 2",
                output: "   age  pclass      z  usual
    29  1st     -0.06  3rd
0.9167  1st     -2.01  3rd
… 1307 more rows
",
            },
            Example {
                script: "load visits.csv | select clinic, when | derive nth = count() over(clinic), \
                         month = count() over(clinic, 30d) | show 3",
                output: "\
clinic  when                 nth  month
north   2024-01-05T08:30:00    1      1
south   2024-01-05T14:00:00    1      1
north   2024-02-29T09:15:00    2      1
… 7 more rows
",
            },
        ],
        ..Spec::of::<DeriveArgs>()
    },
    bind,
    states: &[state::<DeriveState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let DeriveArgs { columns } = DeriveArgs::read(args)?;
    let assign = |assigned: Assigned| Assign { name: assigned.name.into(), expression: assigned.expression };
    let derived = Derived(Derive { assigns: columns.into_iter().map(assign).collect() });
    if derived.any(Expression::learns) && derived.any(Expression::looks_around) {
        // Fitted in a fold, the window would see the rows of that fold only.
        let message = "an aggregate is learned in every fold, and a window uses all rows: one stage cannot do both";
        let help =
            "split it into two stages, the window first: derive before = lag(x) | derive rest = before - mean(before)";
        return Err(ArgumentError::of("columns", code::WRONG_ORDER, message).help(help));
    }
    Ok(Bound::Step(Arc::new(derived)))
}

struct Derived(Derive);

impl Derived {
    fn any(&self, test: fn(&Expression) -> bool) -> bool {
        self.0.assigns.iter().any(|assign| test(&assign.expression))
    }
}

impl Step for Derived {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.schema(input)
    }

    fn footprint(&self, _: Effect) -> Footprint {
        let neighbours = Neighbours {
            earlier: self.any(Expression::looks_around),
            later: self.any(Expression::looks_ahead),
            all: false,
        };
        let effect = match (self.any(Expression::learns), neighbours.earlier) {
            (true, _) => Effect::Fit,
            (_, true) => Effect::Seq,
            _ => Effect::Row,
        };
        let assigns = self.0.assigns.iter().map(|assign| (&assign.name, &assign.expression));
        Footprint::of(effect).looking_at(neighbours).reading(self.0.reads()).making_values().computing(assigns)
    }

    fn fit(&self, rows: &dyn Chunks, _: &FitContext) -> Result<Learned, Failure> {
        let (state, notices) = self.0.fit_noting(rows)?;
        Ok(Learned::new(fitted(state, notices)))
    }
}
