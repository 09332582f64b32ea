//! `power`: raises numbers so that they look normal.

use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Power, PowerFamily, PowerState};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "power",
        group: Group::Scale,
        summary: "Raises numeric features to powers so that they look normal.",
        details: "The exponent of a column is the one of the largest likelihood in the training rows. `yeojohnson` takes \
                  all numbers, `boxcox` numbers above 0; another one is an error that names its row. Then mean 0 and \
                  standard deviation 1 (divided by n), unless `standardise=false`. A constant column becomes 0. Missing \
                  values stay missing.",
        search: &["yeo", "johnson", "box", "cox", "normal", "gaussian", "skew", "skewed"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[Param::with_default(
            "family",
            Domain::Word(&["yeojohnson", "boxcox"]),
            "yeojohnson",
            "Which powers.",
        )],
        options: &[Param::with_default(
            "standardise",
            Domain::Truth,
            "true",
            "Whether the result is brought to mean 0 and standard deviation 1.",
        )],
        columns: Columns::Default("@numeric"),
        examples: &[Example {
            script: "load diabetes.csv | select s1, s4 | head 4 | power | show",
            output: "        s1          s4
-0.9349769  0.01317998
 0.6611321   -1.427271
 -1.014431  0.01317998
  1.288275    1.400911
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<PowerState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let family = match args.text("family") {
        Some("boxcox") => PowerFamily::BoxCox,
        _ => PowerFamily::YeoJohnson,
    };
    let standardise = args.truth("standardise").unwrap_or(true);
    let power = Power { family, standardise, on: args.columns("columns").cloned() };
    Ok(Bound::Step(Arc::new(StepOf::new(power))))
}
