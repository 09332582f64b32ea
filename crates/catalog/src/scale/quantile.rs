//! `quantile`: spreads numbers out by their ranks.

use crate::adapt::{StepOf, at_most, load_state};
use pipewright_frame::{QuantileMapper, QuantileState, Shape};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "quantile",
        group: Group::Scale,
        summary: "Spreads numeric features out by their ranks, evenly or as a normal distribution does.",
        details: "A number becomes the share of training values below it, interpolated between `n_quantiles` of them; \
                  `uniform` leaves it in 0 to 1, `normal` takes the normal quantile for it, from -5.2 to 5.2. Outliers \
                  lose their reach, and distances between numbers their meaning. Missing values stay missing.",
        search: &["rank", "uniform", "normal", "gaussian", "percentile"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[Param::with_default(
            "shape",
            Domain::Word(&["normal", "uniform"]),
            "normal",
            "What the result looks like.",
        )],
        options: &[Param::with_default(
            "n_quantiles",
            Domain::Whole { min: 2 },
            "1000",
            "How many quantiles are kept; no more than there are values.",
        )],
        columns: Columns::Default("@numeric"),
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
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<QuantileState>),
};

/// More would be no closer.
const QUANTILES_MAX: usize = 100_000;

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let shape = match args.text("shape") {
        Some("uniform") => Shape::Uniform,
        _ => Shape::Normal,
    };
    let landmarks = at_most(args, "n_quantiles", QUANTILES_MAX)?;
    let mapper = QuantileMapper { shape, landmarks, on: args.columns("columns").cloned() };
    Ok(Bound::Step(Arc::new(StepOf::new(mapper))))
}
