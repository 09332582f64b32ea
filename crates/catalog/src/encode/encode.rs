//! `encode`: turns names into numbers.

use crate::adapt::{StepOf, load_state};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Encoder, EncoderMethod, EncoderState, Rare, Unseen};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Value, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "encode",
        group: Group::Encode,
        summary: "Turns names into numbers, with the levels that the training rows have.",
        details: "`onehot`: a truth value for every level (`sex=female`), in sorted order, and one for missing values \
                  (`sex (missing)`) if there were any. `ordinal`: the place of the level in sorted order, from 0; -1 \
                  for missing and unseen ones. `auto`: what fits each column: texts become one-hot, truth values stay; \
                  dates, ids and texts that are nearly all different are left out, with a note.",
        search: &["onehot", "dummies", "categorical", "label", "ordinal"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[Param::with_default(
            "method",
            Domain::Word(&["auto", "onehot", "ordinal"]),
            "auto",
            "What becomes of a column.",
        )],
        options: &[
            Param::optional(
                "rare",
                Domain::OneOf(&[Domain::Share, Domain::Whole { min: 0 }]),
                "Folds levels in fewer rows than this share or number into `NAME (other)`.",
            ),
            Param::with_default(
                "unknown",
                Domain::Word(&["zero", "other", "error"]),
                "zero",
                "What becomes of a level that was not there in training: false everywhere, true in `NAME (other)`, or \
                 an error.",
            ),
        ],
        columns: Columns::Default("@string"),
        examples: &[
            Example {
                script: "load penguins.csv | select Island, Sex | head 4 | encode onehot | show",
                output: "\
Island=Torgersen  Sex=FEMALE  Sex=MALE  Sex (missing)
true              false       true      false
true              true        false     false
true              true        false     false
true              false       false     true
",
            },
            Example {
                script: "load titanic.csv | select sex, pclass | head 3 | encode ordinal on sex | show",
                output: "\
sex  pclass
  0  1st
  1  1st
  0  1st
",
            },
        ],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<EncoderState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let method = match args.text("method") {
        Some("onehot") => EncoderMethod::OneHot,
        Some("ordinal") => EncoderMethod::Ordinal,
        _ => EncoderMethod::Auto,
    };
    let unseen = match args.text("unknown") {
        Some("other") => Unseen::Other,
        Some("error") => Unseen::Error,
        _ => Unseen::Zero,
    };
    let rare = match args.get("rare") {
        Some(Value::Share(share)) => Some(Rare::Share(*share)),
        Some(Value::Whole(count)) => Some(Rare::Count(count.unsigned_abs())),
        _ => None,
    };
    let estimator = Encoder { method, unseen, rare, on: args.columns("columns").cloned() };
    Ok(Bound::Step(Arc::new(StepOf { estimator, notices })))
}

fn notices(state: &EncoderState) -> Vec<Failure> {
    let left_out = state.left_out();
    left_out
        .iter()
        .map(|left| {
            let message = format!("`{}` is left out: {}", left.column, left.reason);
            Failure::note(code::COLUMN_LEFT_OUT, message).column(left.column.as_str())
        })
        .collect()
}
