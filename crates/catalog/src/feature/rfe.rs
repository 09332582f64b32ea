//! `rfe`: recursive feature elimination.

use crate::adapt::{TableStep, load_state};
use crate::matrix::{COLUMNS, Choose, ChooseState, Inputs};
use pipewright_diagnostic::code;
use pipewright_learn::select::{Eliminate, Remaining};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "rfe",
        group: Group::Features,
        summary: "Fits a model, drops the columns with the smallest coefficients, and again.",
        details: "`rfe[10]` ends with 10 columns, `rfe auto` with the number that does best in five-fold cross-validation \
                  of the training rows. The model is ridge regression for numbers and logistic regression for classes, \
                  with `l2=1`; coefficients are in the units of the columns, so put `scale` before it. `step=3` drops 3 \
                  columns at a time. Columns that stay are as they were.",
        search: &["recursive feature elimination", "feature selection", "backward elimination", "rfecv"],
        output: Sort::Recipe,
        effect: Effect::FitTarget,
        shape: Some(Param::optional("count", Domain::Whole { min: 1 }, "How many columns are left.")),
        positionals: &[Param::optional(
            "number",
            Domain::Word(&["auto"]),
            "`auto`: as many as do best in cross-validation, instead of a count.",
        )],
        options: &[Param::with_default("step", Domain::Whole { min: 1 }, "1", "How many columns go at a time.")],
        columns: Columns::Default(COLUMNS),
        examples: &[Example {
            script: "load diabetes.csv | target progression | scale | rfe[4] | train linear | eval kfold 5 shuffle=false | assert r2 > 0.45",
            output: "\
linear predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean    lowest   highest    baseline
rmse                 55.9031   54.8192   56.5920     77.2636
mae                  45.5609   43.8419   47.0350     66.0456
r2                    0.4589    0.3833    0.5051     -0.0275
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ChooseState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let keep = match (args.whole("count"), args.text("number")) {
        (Some(_), Some(_)) => {
            let message = "`rfe` ends with a number of columns, or with as many as do best, not both";
            return Err(Fault::of("number", code::BAD_VALUE, message).help("rfe[10], or rfe auto"));
        }
        (Some(count), None) => Remaining::Count(count),
        (None, _) => Remaining::Validated,
    };
    let inputs = Inputs { step: "`rfe`", on: args.columns("columns").cloned() };
    let transformer = Eliminate { keep, step: args.whole("step").unwrap_or(1) };
    Ok(Bound::Step(Arc::new(TableStep::new(Choose { inputs, transformer, aims: true, says: "rank" }))))
}
