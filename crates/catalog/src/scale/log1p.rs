//! `log1p`: log-transforms numbers.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, Log1p, Log1pState, Selection};
use pipewright_operator::{Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Spec, Verb, arguments};
use std::sync::Arc;

arguments! {
    /// The arguments of `log1p`.
    struct Log1pArgs {
        /// Columns to transform.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "log1p",
        group: Group::Scale,
        summary: "Log-transforms numeric features: ln(1 + x).",
        details: "For skewed amounts and counts; 0 stays 0. A value of -1 or less is an error that names its row. \
                  Missing values stay missing.",
        search: &["log", "logarithm", "ln", "skew", "skewed"],
        examples: &[Example {
            script: "load titanic.csv | select age, sibsp, parch | head 3 | log1p on sibsp, parch | show",
            output: "   age      sibsp     parch
    29          0         0
0.9167  0.6931472  1.098612
     2  0.6931472  1.098612
",
        }],
        ..Spec::of::<Log1pArgs>()
    },
    bind,
    states: &[state::<Log1pState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let on = Some(Log1pArgs::read(args)?.columns);
    Ok(Bound::Step(Arc::new(StepOf::new(Log1p { on }))))
}
