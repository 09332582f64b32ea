//! `fillna`: fills missing values.

use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Fill, Imputer, ImputerState, Value as Literal};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Fault, Form, Group, Param, Sort, Spec, Structure, Surroundings, Value, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "fillna",
        group: Group::Clean,
        summary: "Fills missing values with what the training rows say, or with a constant.",
        details: "`mean` and `median` take the numeric features, `mode` (of ties, the smallest) numbers and texts, a \
                  number the numeric features, a text the text features. A column without a single value in the \
                  training rows is an error. `indicator=true` adds a column that says where a value was missing.",
        search: &["impute", "missing", "null", "na", "nan", "blank"],
        form: Form::Plain,
        input: Sort::Recipe,
        output: Sort::Recipe,
        effect: Effect::Fit,
        structure: Structure::Plain,
        shape: None,
        positionals: &[Param::required(
            "with",
            Domain::OneOf(&[
                Domain::Word(&["mean", "median", "mode"]),
                Domain::Real { min: f64::MIN, max: f64::MAX },
                Domain::Text,
            ]),
            "What to fill with.",
        )],
        options: &[Param::with_default(
            "indicator",
            Domain::Truth,
            "false",
            "Adds a column that says where a value was missing.",
        )],
        columns: Columns::By(default_columns),
        examples: &[],
    },
    bind,
    load: Some(load_state::<ImputerState>),
};

fn default_columns(args: &Args) -> &'static str {
    match args.get("with") {
        Some(Value::Word(word)) if word == "mode" => "@features",
        Some(Value::Text(_)) => "@string",
        _ => "@numeric",
    }
}

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let fill = match args.get("with") {
        Some(Value::Word(word)) if word == "median" => Fill::Median,
        Some(Value::Word(word)) if word == "mode" => Fill::Mode,
        Some(Value::Real(number)) => Fill::Constant(Literal::Number(*number)),
        Some(Value::Text(text)) => Fill::Constant(Literal::Text(text.as_str().into())),
        _ => Fill::Mean,
    };
    let indicator = args.truth("indicator").unwrap_or(false);
    let imputer = Imputer { fill, on: args.columns("columns").cloned(), indicator };
    Ok(Bound::Step(Arc::new(StepOf::new(imputer))))
}
