//! `scale`: scales numeric features.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, Scaler, ScalerMethod, ScalerState, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// How features are scaled.
    struct Method(ScalerMethod) {
        "standard" => ScalerMethod::Standard,
        "minmax" => ScalerMethod::MinMax,
        "robust" => ScalerMethod::Robust,
        "maxabs" => ScalerMethod::MaxAbs,
        "squash" => ScalerMethod::Squash,
    }
}

arguments! {
    /// The arguments of `scale`.
    struct ScaleArgs {
        /// How features are scaled.
        positional method: Method = ScalerMethod::Standard;
        /// Columns to scale.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "scale",
        group: Group::Scale,
        summary: "Scales numeric features, as learned from the training rows.",
        details: "`standard`: (x − mean) / standard deviation (divided by n). `minmax`: (x − min) / (max − min). \
                  `robust`: (x − median) / (third quartile − first quartile), quartiles by linear interpolation. \
                  `maxabs`: x / max |x|. `squash`: `robust`, then squashed smoothly into -3 to 3 by x / √(1 + (x / \
                  3)²), which suits networks and limits outliers. A constant column becomes 0 (with `maxabs`, 1 or \
                  -1). Missing values stay missing.",
        search: &["standardise", "standardize", "normalise", "normalize", "zscore", "minmax", "squashing"],
        output: Flow::Recipe,
        effect: Effect::Fit,
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
        ..Spec::of::<ScaleArgs>()
    },
    bind,
    states: &[state::<ScalerState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ScaleArgs { method, columns } = ScaleArgs::read(args)?;
    Ok(Bound::Step(Arc::new(StepOf::new(Scaler { method: method.0, on: Some(columns) }))))
}
