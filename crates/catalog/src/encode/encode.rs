//! `encode`: turns names into numbers.

use crate::adapt::{StepOf, TableStep, load_state};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Encoder, EncoderMethod, EncoderState, Rare, Smooth, TargetEncoder, TargetMethod, Unseen};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Value, Verb,
};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "encode",
        group: Group::Encode,
        summary: "Turns names into numbers, with the levels that the training rows have.",
        details: "`onehot`: a truth value for every level (`sex=female`), in sorted order, and one for missing values \
                  (`sex (missing)`) if there were any. `ordinal`: the place of the level in sorted order or in that of \
                  `order=`, from 0; -1 for missing and unseen ones. `count`: how many training rows have the level, or \
                  which share of them. `hash[1024]`: a truth value for each of so many buckets (`town (hash 17)`), of \
                  which FNV-1a chooses one. `target`: the mean of the target where the level stands, a column for each \
                  of three or more classes (`town=setosa`). `woe`: the weight of evidence for the positive of two \
                  classes. `auto`: what fits each column: texts become one-hot, truth values stay; dates, ids and texts \
                  that are nearly all different are left out, with a note. `target` and `woe` learn with the target, \
                  and cross-fit: each training row gets the number that the other parts of the training rows teach, \
                  so that no row sees its own target.",
        search: &["onehot", "dummies", "categorical", "label", "ordinal", "frequency", "impact", "mean", "hashing"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[Param::with_default(
            "method",
            Domain::OneOf(&[
                Domain::Word(&["auto", "onehot", "ordinal", "count", "target", "woe"]),
                Domain::Sized("hash"),
            ]),
            "auto",
            "What becomes of a column.",
        )],
        options: &[
            Param::optional(
                "rare",
                Domain::OneOf(&[Domain::Share, Domain::Whole { min: 0 }]),
                "Folds levels in fewer rows than this share or number into one, `NAME (other)`.",
            ),
            Param::with_default(
                "unknown",
                Domain::Word(&["zero", "other", "error"]),
                "zero",
                "What becomes of a level that was not there in training: it says nothing (false everywhere, a count of \
                 0, the mean of the target), it is as rare levels are, or it is an error.",
            ),
            Param::optional("order", Domain::List(&Domain::Text), "All levels from the least on; for `ordinal`."),
            Param::optional("share", Domain::Truth, "Shares of all rows in place of numbers of rows; for `count`."),
            Param::optional(
                "smooth",
                Domain::OneOf(&[Domain::Word(&["auto"]), Domain::Real { min: 0.0, max: f64::MAX }]),
                "How many rows with the mean of all rows each level gets besides its own; `auto`, if it is not said, \
                 weighs the mean of the level by its variance; for `target`.",
            ),
            Param::optional(
                "cv",
                Domain::Whole { min: 2 },
                "How many parts the training rows are cut into; 5 if it is not said; for `target` and `woe`.",
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
            Example {
                script: "load titanic.csv | select sex, pclass | head 3 | encode count on sex | show",
                output: "\
sex  pclass
  2  1st
  1  1st
  2  1st
",
            },
        ],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<EncoderState>),
};

/// The options that only some methods take.
const OWN: [(&str, &[&str]); 5] = [
    ("rare", &["auto", "onehot", "ordinal", "count", "target", "woe"]),
    ("order", &["ordinal"]),
    ("share", &["count"]),
    ("smooth", &["target"]),
    ("cv", &["target", "woe"]),
];

/// The buckets of `hash`, where it is not said how many.
const BUCKETS: usize = 1024;

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let (method, size) = args.sized("method").unwrap_or(("auto", None));
    refuse_misplaced(args, method)?;
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
    let on = args.columns("columns").cloned();
    let method = match method {
        "target" | "woe" => {
            let smooth = args.real("smooth").map_or(Smooth::Auto, Smooth::Rows);
            let method = if method == "woe" { TargetMethod::Evidence } else { TargetMethod::Mean(smooth) };
            let folds = args.whole("cv").map_or(5, |folds| u32::try_from(folds).unwrap_or(u32::MAX));
            let estimator = TargetEncoder { method, folds, unseen, rare, on };
            let effect = Some(Effect::FitTarget);
            return Ok(Bound::Step(Arc::new(TableStep { effect, ..TableStep::new(estimator) })));
        }
        "onehot" => EncoderMethod::OneHot,
        "ordinal" => EncoderMethod::Ordinal,
        "count" => EncoderMethod::Count { share: args.truth("share").unwrap_or(false) },
        "hash" => EncoderMethod::Hash { buckets: u32::try_from(size.unwrap_or(BUCKETS)).unwrap_or(u32::MAX) },
        _ => EncoderMethod::Auto,
    };
    let estimator = Encoder { method, unseen, rare, order: order(args)?, on };
    Ok(Bound::Step(Arc::new(StepOf { estimator, notices })))
}

/// Options that another method takes are no options of this one.
fn refuse_misplaced(args: &Args, method: &str) -> Result<(), Fault> {
    for (option, methods) in OWN {
        if args.is_given(option) && !methods.contains(&method) {
            let message = format!("`encode {method}` has no use for `{option}`");
            let those: Vec<String> = methods.iter().map(|method| format!("`encode {method}`")).collect();
            return Err(
                Fault::of(option, code::MISPLACED_OPTION, message).help(format!("it is for {}", those.join(", ")))
            );
        }
    }
    Ok(())
}

/// The declared order of levels.
fn order(args: &Args) -> Result<Option<Arc<[String]>>, Fault> {
    let Some(items) = args.list("order") else { return Ok(None) };
    if args.is_given("rare") {
        let message = "levels in a declared order are not folded";
        return Err(Fault::of("rare", code::MISPLACED_OPTION, message).help("leave `rare` or `order` out"));
    }
    let mut seen = BTreeSet::new();
    let mut levels = Vec::new();
    for item in items {
        let Value::Text(level) = &item.node else { continue };
        if !seen.insert(level) {
            return Err(
                Fault::of("order", code::BAD_VALUE, format!("the level `{level}` is there twice")).at(item.span)
            );
        }
        levels.push(level.clone());
    }
    Ok(Some(levels.into()))
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
