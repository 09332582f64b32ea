//! `rfe`: recursive feature elimination.

use crate::adapt::{TableStep, state};
use crate::matrix::{Choose, ChooseState, Inputs};
use pipewright_diagnostic::code;
use pipewright_frame::{Class, Selection};
use pipewright_learn::select::{Eliminate, Remaining};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Spec, Verb, arguments,
    words,
};
use std::sync::Arc;

words! {
    /// A number of columns chosen by cross-validation.
    enum AutoNumber { Auto = "auto" }
}

arguments! {
    /// The arguments of `rfe`.
    struct RfeArgs {
        /// Number of columns to keep.
        shape count: Option<Count>;
        /// `auto`, the default without a count: the number that cross-validation finds best.
        positional number: Option<AutoNumber>;
        /// Number of columns to drop per round.
        option step: Count = 1;
        /// Columns to choose from.
        on columns: Selection = [Class::Numeric, Class::Bool];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "rfe",
        group: Group::Features,
        summary: "Recursive feature elimination: fits a model, drops the columns with the smallest coefficients, and \
                  repeats.",
        details: "`rfe[10]` ends with 10 columns, `rfe auto` with the number that does best in five-fold \
                  cross-validation on the training rows. The model is ridge regression for numbers and logistic \
                  regression for classes, with `l2=1`; coefficients are in units of the columns, so put `scale` \
                  before it. Columns that are kept do not change.",
        search: &["recursive feature elimination", "feature selection", "backward elimination", "rfecv"],
        output: Flow::Recipe,
        effect: Effect::FitTarget,
        examples: &[Example {
            script: "load diabetes.csv | target progression | scale | rfe[3] | show 2",
            output: "     bmi          s1         s5  progression
1.297088  -0.9297458  0.4185309          151
-1.08218  -0.1776243  -1.436589           75
… 440 more rows
",
        }],
        ..Spec::of::<RfeArgs>()
    },
    bind,
    states: &[state::<ChooseState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let RfeArgs { count, number, step, columns } = RfeArgs::read(args)?;
    let keep = match (count, number) {
        (Some(_), Some(AutoNumber::Auto)) => {
            let message = "`rfe` keeps a number of columns or finds the best number, not both";
            return Err(ArgumentError::of("number", code::BAD_VALUE, message).help("rfe[10], or rfe auto"));
        }
        (Some(count), None) => Remaining::Count(count.get()),
        (None, _) => Remaining::Validated,
    };
    let inputs = Inputs { step: "`rfe`", on: Some(columns) };
    let transformer = Eliminate { keep, step: step.get() };
    Ok(Bound::Step(Arc::new(TableStep::new(Choose { inputs, transformer, aims: true, says: "rank" }))))
}
