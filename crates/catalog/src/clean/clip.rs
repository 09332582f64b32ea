//! `clip`: limits numbers to bounds.

use crate::adapt::{StepOf, state};
use pipewright_diagnostic::code;
use pipewright_frame::{Class, Clip, ClipBound, ClipState, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Fraction, Group, Number, Spec, Verb,
    arguments, either, words,
};
use std::sync::Arc;

words! {
    /// No bound.
    enum Unbounded { None = "none" }
}

either! {
    /// A bound.
    enum BoundArg { Number(Number), Quantile(Fraction), Unbounded(Unbounded) }
}

impl BoundArg {
    fn bound(&self) -> Option<ClipBound> {
        match self {
            BoundArg::Quantile(share) => Some(ClipBound::Quantile(share.0)),
            BoundArg::Number(Number::Whole(whole)) => Some(ClipBound::Whole(*whole)),
            BoundArg::Number(Number::Real(number)) => Some(ClipBound::Constant(*number)),
            BoundArg::Unbounded(Unbounded::None) => None,
        }
    }
}

arguments! {
    /// The arguments of `clip`.
    struct ClipArgs {
        /// Lower bound.
        positional low: BoundArg;
        /// Upper bound.
        positional high: BoundArg = BoundArg::Unbounded(Unbounded::None);
        /// Columns to clip.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "clip",
        group: Group::Clean,
        summary: "Clips numeric features to a lower and an upper bound.",
        details: "A bound is a number, a percentage such as `1%` for that quantile of the training rows, or `none`. \
                  Whole numbers stay whole if both bounds are whole numbers. Missing values stay missing.",
        search: &["winsorise", "winsorize", "clamp", "cap", "limit", "truncate"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[
            Example {
                script: "load titanic.csv | select age, sibsp | head 5 | clip 1 30 | show",
                output: "\
age  sibsp
 29      1
  1      1
  2      1
 30      1
 25      1
",
            },
            Example {
                script: "load iris.csv | select \"petal*\" | head 5 | clip 25% 75% on petal_length | show",
                output: "\
petal_length  petal_width
         1.4          0.2
         1.4          0.2
         1.4          0.2
         1.4          0.2
         1.4          0.2
",
            },
        ],
        ..Spec::of::<ClipArgs>()
    },
    bind,
    states: &[state::<ClipState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ClipArgs { low, high, columns } = ClipArgs::read(args)?;
    let (low, high) = (low.bound(), high.bound());
    if low.zip(high).is_some_and(|(low, high)| low.is_above(high)) {
        let fault = ArgumentError::of("high", code::BAD_VALUE, "the upper bound is below the lower one");
        return Err(fault.help("the lower bound comes first: clip 1% 99%"));
    }
    Ok(Bound::Step(Arc::new(StepOf::new(Clip { low, high, on: Some(columns) }))))
}
