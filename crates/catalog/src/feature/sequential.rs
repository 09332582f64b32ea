//! `sequential`: columns chosen one at a time by how well a model does with them.

use crate::adapt::{TableStep, load_state};
use crate::matrix::{COLUMNS, Choose, ChooseState, Inputs};
use pipewright_learn::select::{Direction, Sequential};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "sequential",
        group: Group::Features,
        summary: "Adds the column that helps a model most, again and again, or takes away the one that is missed least.",
        details: "Columns are judged by five-fold cross-validation of the training rows: ridge regression by R² for \
                  numbers, logistic regression by accuracy for classes, with `l2=1`. That is a model for every column, \
                  step and fold; `rfe` takes far fewer. Columns that stay are as they were.",
        search: &["forward selection", "backward selection", "stepwise", "feature selection", "wrapper"],
        output: Sort::Recipe,
        effect: Effect::FitTarget,
        shape: Some(Param::required("count", Domain::Whole { min: 1 }, "How many columns stay.")),
        positionals: &[Param::with_default(
            "direction",
            Domain::Word(&["forward", "backward"]),
            "forward",
            "From no column up, or from all of them down.",
        )],
        columns: Columns::Default(COLUMNS),
        examples: &[Example {
            script: "load diabetes.csv | target progression | sequential[3] | train linear | eval holdout 20% seed=1 | assert r2 > 0.3",
            output: "\
linear predicts progression (regression)
holdout, 88 rows, seed 1

                        mean    lowest   highest    baseline
rmse                 60.5678   60.5678   60.5678     78.3294
mae                  52.0873   52.0873   52.0873     67.0716
r2                    0.4008    0.4008    0.4008     -0.0021
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ChooseState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let direction = if args.text("direction") == Some("backward") { Direction::Backward } else { Direction::Forward };
    let inputs = Inputs { step: "`sequential`", on: args.columns("columns").cloned() };
    let transformer = Sequential { count: args.whole("count").unwrap_or(1), direction };
    Ok(Bound::Step(Arc::new(TableStep::new(Choose { inputs, transformer, aims: true, says: "step" }))))
}
