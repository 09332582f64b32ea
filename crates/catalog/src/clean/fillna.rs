//! `fillna`: fills missing values.

use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Fill, Imputer, ImputerState, Value as Literal};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Value, Verb,
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
        output: Sort::Recipe,
        effect: Effect::Fit,
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
        examples: &[
            Example {
                script: "load penguins.csv | select Species, \"Beak*\" | head 5 | fillna mean | show",
                output: "\
Species  Beak Length (mm)  Beak Depth (mm)
Adelie               39.1             18.7
Adelie               39.5             17.4
Adelie               40.3               18
Adelie               38.9            18.35
Adelie               36.7             19.3
",
            },
            Example {
                script: "load penguins.csv | select Sex | head 5 | fillna \"unknown\" indicator=true | show",
                output: "\
Sex      Sex (missing)
MALE     false
FEMALE   false
FEMALE   false
unknown  true
FEMALE   false
",
            },
        ],
        ..Spec::BASE
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
