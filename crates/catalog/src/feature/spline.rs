//! `spline`: B-spline features.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, Knots, Selection, Spline, SplineState};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Int, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// Where the knots are.
    struct Placing(Knots) { "uniform" => Knots::Uniform, "quantile" => Knots::Quantile }
}

arguments! {
    /// The arguments of `spline`.
    struct SplineArgs {
        /// Number of knots.
        positional n_knots: Int<2, 1000> = 5;
        /// Degree of the polynomials between knots.
        option degree: Int<1, 5> = 3;
        /// Where the knots are.
        option knots: Placing = Knots::Uniform;
        /// Includes the last spline, which follows from the others.
        option include_bias: bool = true;
        /// Columns to replace.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "spline",
        group: Group::Features,
        summary: "Replaces numeric features by B-spline features, so that a linear model can fit curves.",
        details: "Knots lie between minimum and maximum of the training rows; each column becomes `knots + degree - \
                  1` splines, `age (spline 1)` and so on, which are not negative and add up to 1. Beyond the \
                  outermost knots they are constant. A constant column becomes 0. Missing values stay missing.",
        search: &["bspline", "basis", "curve", "nonlinear", "smooth", "knots"],
        output: Flow::Recipe,
        effect: Effect::Fit,
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
        ..Spec::of::<SplineArgs>()
    },
    bind,
    states: &[state::<SplineState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let SplineArgs { n_knots, degree, knots, include_bias: bias, columns } = SplineArgs::read(args)?;
    let (knots, placing) = (n_knots.get(), knots.0);
    let spline = Spline { knots, degree: degree.get(), placing, bias, on: Some(columns) };
    Ok(Bound::Step(Arc::new(StepOf::new(spline))))
}
