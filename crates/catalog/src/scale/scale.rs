//! `scale`: brings numbers to one scale.

use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Scaler, ScalerMethod, ScalerState};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Fault, Form, Group, Param, Sort, Spec, Structure, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "scale",
        group: Group::Scale,
        summary: "Brings numeric features to one scale, learned from the training rows.",
        details: "`standard`: (x − mean) / standard deviation, which divides by n. `minmax`: (x − min) / (max − min). \
                  `robust`: (x − median) / (third quartile − first quartile), quartiles by linear interpolation. A \
                  constant column becomes 0. Missing values stay missing.",
        search: &["standardise", "standardize", "normalise", "normalize", "zscore", "minmax"],
        form: Form::Plain,
        input: Sort::Recipe,
        output: Sort::Recipe,
        effect: Effect::Fit,
        structure: Structure::Plain,
        shape: None,
        positionals: &[Param::with_default(
            "method",
            Domain::Word(&["standard", "minmax", "robust"]),
            "standard",
            "Which scale.",
        )],
        options: &[],
        columns: Columns::Default("@numeric"),
        examples: &[],
    },
    bind,
    load: Some(load_state::<ScalerState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let method = match args.text("method") {
        Some("minmax") => ScalerMethod::MinMax,
        Some("robust") => ScalerMethod::Robust,
        _ => ScalerMethod::Standard,
    };
    Ok(Bound::Step(Arc::new(StepOf::new(Scaler { method, on: args.columns("columns").cloned() }))))
}
