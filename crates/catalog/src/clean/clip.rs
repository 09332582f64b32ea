//! `clip`: cuts numbers off at bounds.

use crate::adapt::{StepOf, load_state};
use pipewright_diagnostic::code;
use pipewright_frame::{Clip, ClipBound, ClipState};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Value, Verb,
};
use std::sync::Arc;

const BOUND: Domain =
    Domain::OneOf(&[Domain::Real { min: f64::MIN, max: f64::MAX }, Domain::Share, Domain::Word(&["none"])]);

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "clip",
        group: Group::Clean,
        summary: "Cuts numeric features off at a lower and an upper bound.",
        details: "A bound is a number, a share such as `1%` for that quantile of the training rows, or `none`. Whole numbers \
                  stay whole where both bounds are whole numbers. Missing values stay missing.",
        search: &["winsorise", "winsorize", "clamp", "cap", "limit", "truncate"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[
            Param::required("low", BOUND, "Nothing below it."),
            Param::with_default("high", BOUND, "none", "Nothing above it."),
        ],
        columns: Columns::Default("@numeric"),
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
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ClipState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let bound = |name: &str| match args.get(name) {
        Some(Value::Share(share)) => Some(ClipBound::Quantile(*share)),
        Some(value) => value.number().map(ClipBound::Constant),
        None => None,
    };
    let (low, high) = (bound("low"), bound("high"));
    let crossed = match (low, high) {
        (Some(ClipBound::Constant(low)), Some(ClipBound::Constant(high)))
        | (Some(ClipBound::Quantile(low)), Some(ClipBound::Quantile(high))) => low > high,
        _ => false,
    };
    if crossed {
        let fault = Fault::of("high", code::BAD_VALUE, "the upper bound is below the lower one");
        return Err(fault.help("first the lower one: clip 1% 99%"));
    }
    Ok(Bound::Step(Arc::new(StepOf::new(Clip { low, high, on: args.columns("columns").cloned() }))))
}
