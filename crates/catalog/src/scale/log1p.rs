//! `log1p`: takes logarithms.

use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Log1p, Log1pState};
use pipewright_operator::{Args, Bound, Columns, Example, Fault, Group, Spec, Surroundings, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "log1p",
        group: Group::Scale,
        summary: "Replaces numeric features by ln(1 + x).",
        details: "Good for amounts and counts that span magnitudes; 0 stays 0. A value of -1 or less is an error that \
                  names its row. Missing values stay missing.",
        search: &["log", "logarithm", "ln", "skew", "skewed"],
        columns: Columns::Default("@numeric"),
        examples: &[Example {
            script: "load titanic.csv | select age, sibsp, parch | head 3 | log1p on sibsp, parch | show",
            output: "   age      sibsp     parch
    29          0         0
0.9167  0.6931472  1.098612
     2  0.6931472  1.098612
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<Log1pState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Step(Arc::new(StepOf::new(Log1p { on: args.columns("columns").cloned() }))))
}
