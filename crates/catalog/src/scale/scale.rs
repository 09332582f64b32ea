//! `scale`: brings numbers to one scale.

use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Scaler, ScalerMethod, ScalerState};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "scale",
        group: Group::Scale,
        summary: "Brings numeric features to one scale, learned from the training rows.",
        details: "`standard`: (x − mean) / standard deviation, which divides by n. `minmax`: (x − min) / (max − min). \
                  `robust`: (x − median) / (third quartile − first quartile), quartiles by linear interpolation. \
                  `maxabs`: x / max |x|. `squash`: as `robust`, then pressed smoothly into -3 to 3 by \
                  x / √(1 + (x / 3)²), which suits networks and tames outliers. A constant column becomes 0 (for `maxabs`, \
                  1 or -1). Missing values stay missing.",
        search: &["standardise", "standardize", "normalise", "normalize", "zscore", "minmax", "squashing"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[Param::with_default(
            "method",
            Domain::Word(&["standard", "minmax", "robust", "maxabs", "squash"]),
            "standard",
            "Which scale.",
        )],
        columns: Columns::Default("@numeric"),
        examples: &[
            Example {
                script: "load iris.csv | select \"sepal*\" | head 4 | scale | show",
                output: "\
sepal_length  sepal_width
    1.432078     1.603567
   0.3905667    -1.069045
  -0.6509446            0
     -1.1717   -0.5345225
",
            },
            Example {
                script: "load iris.csv | select \"sepal*\" | head 4 | scale minmax on sepal_width | show",
                output: "\
sepal_length  sepal_width
         5.1            1
         4.9            0
         4.7          0.4
         4.6          0.2
",
            },
        ],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ScalerState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let method = match args.text("method") {
        Some("minmax") => ScalerMethod::MinMax,
        Some("robust") => ScalerMethod::Robust,
        Some("maxabs") => ScalerMethod::MaxAbs,
        Some("squash") => ScalerMethod::Squash,
        _ => ScalerMethod::Standard,
    };
    Ok(Bound::Step(Arc::new(StepOf::new(Scaler { method, on: args.columns("columns").cloned() }))))
}
