//! `spline`: smooth bumps of numbers.

use crate::adapt::{StepOf, at_most, load_state};
use pipewright_frame::{Knots, Spline, SplineState};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "spline",
        group: Group::Features,
        summary: "Replaces numeric features by smooth bumps, so that a linear model can follow a curve.",
        details: "B-splines over knots between minimum and maximum of the training rows: `age (spline 1)` and so on, \
                  `knots + degree - 1` of them, which are 0 or more and add up to 1. Beyond the outermost knots they stay \
                  what they are there. A constant column becomes 0. Missing values stay missing.",
        search: &["bspline", "basis", "curve", "nonlinear", "smooth", "knots"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[Param::with_default("n_knots", Domain::Whole { min: 2 }, "5", "How many knots.")],
        options: &[
            Param::with_default("degree", Domain::Whole { min: 1 }, "3", "The degree between knots, up to 5."),
            Param::with_default("knots", Domain::Word(&["uniform", "quantile"]), "uniform", "Where the knots are."),
            Param::with_default(
                "include_bias",
                Domain::Truth,
                "true",
                "Whether the last spline is made too, which follows from the others.",
            ),
        ],
        columns: Columns::Default("@numeric"),
        examples: &[Example {
            script: "load titanic.csv | select age, sibsp | head 4 | spline 2 degree=1 on age | show",
            output: "\
age (spline 1)  age (spline 2)  sibsp
    0.03438399        0.965616      0
             1               0      1
     0.9627518      0.03724818      1
             0               1      1
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<SplineState>),
};

const KNOTS_MAX: usize = 1000;
const DEGREE_MAX: usize = 5;

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let placing = match args.text("knots") {
        Some("quantile") => Knots::Quantile,
        _ => Knots::Uniform,
    };
    let (knots, degree) = (at_most(args, "n_knots", KNOTS_MAX)?, at_most(args, "degree", DEGREE_MAX)?);
    let bias = args.truth("include_bias").unwrap_or(true);
    let spline = Spline { knots, degree, placing, bias, on: args.columns("columns").cloned() };
    Ok(Bound::Step(Arc::new(StepOf::new(spline))))
}
