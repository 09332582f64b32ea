//! `quantile`: quantile-transforms numbers.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, QuantileMapper, QuantileState, Selection, Shape};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Int, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// The distribution of the result.
    struct ShapeWord(Shape) { "normal" => Shape::Normal, "uniform" => Shape::Uniform }
}

arguments! {
    /// The arguments of `quantile`.
    struct QuantileArgs {
        /// Distribution of the result.
        positional shape: ShapeWord = Shape::Normal;
        /// Number of quantiles to learn; at most the number of values.
        option n_quantiles: Int<2, 100_000> = 1000;
        /// Columns to transform.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "quantile",
        group: Group::Scale,
        summary: "Quantile-transforms numeric features to a normal or a uniform distribution.",
        details: "A number becomes the share of training values below it, interpolated between `n_quantiles` \
                  quantiles: `uniform` keeps it, from 0 to 1; `normal` takes the normal quantile of it, from -5.2 to \
                  5.2. Robust to outliers, but distances between values are lost. Missing values stay missing.",
        search: &["rank", "uniform", "normal", "gaussian", "percentile"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load titanic.csv | select age, sibsp | head 5 | quantile uniform | show",
            output: " age  sibsp
0.75      0
   0      1
0.25      1
   1      1
 0.5      1
",
        }],
        ..Spec::of::<QuantileArgs>()
    },
    bind,
    states: &[state::<QuantileState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let QuantileArgs { shape, n_quantiles, columns } = QuantileArgs::read(args)?;
    let mapper = QuantileMapper { shape: shape.0, landmarks: n_quantiles.get(), on: Some(columns) };
    Ok(Bound::Step(Arc::new(StepOf::new(mapper))))
}
