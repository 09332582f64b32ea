//! `encode`: encodes categories as numbers.

use crate::adapt::{StepOf, TableStep, state};
use pipewright_diagnostic::{Failure, Spanned, code};
use pipewright_frame::{
    Class, Encoder, EncoderMethod, EncoderState, Rare, Selection, Smooth, TargetEncoder, TargetMethod, Unseen,
};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Fraction, Group, Int, NonNegative, Spec,
    Verb, arguments, either, words,
};
use std::collections::BTreeSet;
use std::sync::Arc;

words! {
    /// How categories become numbers.
    enum Method {
        Auto = "auto",
        OneHot = "onehot",
        Ordinal = "ordinal",
        Count = "count",
        Target = "target",
        Evidence = "woe",
        Hash(1024) = "hash",
    }
}

either! {
    /// Which levels are rare.
    enum RareLevels { Share(Fraction), Count(Int<0>) }
}

words! {
    /// Encoding of an unseen level.
    struct UnseenWord(Unseen) { "zero" => Unseen::Zero, "other" => Unseen::Other, "error" => Unseen::Error }
}

words! {
    /// Smoothing derived from the variance of each level (empirical Bayes).
    enum AutoSmooth { Auto = "auto" }
}

either! {
    /// Smoothing strength.
    enum Smoothing { Auto(AutoSmooth), Rows(NonNegative) }
}

arguments! {
    /// The arguments of `encode`.
    struct EncodeArgs {
        /// How categories become numbers.
        positional method: Method = Method::Auto;
        /// Groups levels with fewer rows than this share or number into one, `NAME (other)`.
        option rare: Option<RareLevels>, for method in ["auto", "onehot", "ordinal", "count", "target", "woe"];
        /// A level that is not in the training rows: `zero` encodes no information (false everywhere, a count of 0, the mean of the target), `other` treats it as a rare level, `error` is an error.
        option unknown: UnseenWord = Unseen::Zero;
        /// All levels, in ascending order.
        option order: Option<Vec<Spanned<String>>>, for method in ["ordinal"];
        /// Relative frequencies instead of counts.
        option share: bool = false, for method in ["count"];
        /// Smoothing: this many rows with the mean of all rows are added to each level; `auto` weighs the mean of a level by its variance.
        option smooth: Smoothing = Smoothing::Auto(AutoSmooth::Auto), for method in ["target"];
        /// Number of folds for cross-fitting.
        option cv: Int<2> = 5, for method in ["target", "woe"];
        /// Columns to encode.
        on columns: Selection, by method {
            "auto" => [Class::Features],
            "onehot" => [Class::String],
            "ordinal" => [Class::String],
            "count" => [Class::String],
            "target" => [Class::String],
            "woe" => [Class::String],
            "hash" => [Class::String],
        };
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "encode",
        group: Group::Encode,
        summary: "Encodes categories as numbers, with the levels of the training rows.",
        details: "`onehot`: a boolean column per level (`sex=female`), in sorted order, and one for missing values \
                  (`sex (missing)`) if there are any. `ordinal`: the index of the level, from 0, in sorted order or \
                  in that of `order=`; -1 for missing and unknown levels. `count`: the number of training rows with \
                  the level. `hash[1024]`: a boolean column per bucket (`town (hash 17)`), chosen by FNV-1a. \
                  `target`: the mean of the target per level; with three or more classes, one column per class \
                  (`town=setosa`). `woe`: the weight of evidence for the positive of two classes. `auto`: one-hot \
                  for text, booleans unchanged; dates, ids and nearly unique text are left out, with a note. \
                  `target` and `woe` learn from the target and are cross-fitted: each training row is encoded by the \
                  other folds of the training rows, so no row sees its own target.",
        search: &["onehot", "dummies", "categorical", "label", "ordinal", "frequency", "impact", "mean", "hashing"],
        output: Flow::Recipe,
        effect: Effect::Fit,
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
        ..Spec::of::<EncodeArgs>()
    },
    bind,
    states: &[state::<EncoderState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let EncodeArgs { method, rare, unknown, order, share, smooth, cv, columns } = EncodeArgs::read(args)?;
    let (unseen, on) = (unknown.0, Some(columns));
    let rare = rare.map(|rare| match rare {
        RareLevels::Share(share) => Rare::Share(share.0),
        RareLevels::Count(count) => Rare::Count(count.0),
    });
    let smooth = match smooth {
        Smoothing::Auto(AutoSmooth::Auto) => Smooth::Auto,
        Smoothing::Rows(rows) => Smooth::Rows(rows.0),
    };
    let by_target = |method: TargetMethod| {
        let estimator = TargetEncoder { method, folds: cv.saturating_u32(), unseen, rare, on: on.clone() };
        let effect = Some(Effect::FitTarget);
        Ok(Bound::Step(Arc::new(TableStep { effect, ..TableStep::new(estimator) })))
    };
    let method = match method {
        Method::Target => return by_target(TargetMethod::Mean(smooth)),
        Method::Evidence => return by_target(TargetMethod::Evidence),
        Method::Auto => EncoderMethod::Auto,
        Method::OneHot => EncoderMethod::OneHot,
        Method::Ordinal => EncoderMethod::Ordinal,
        Method::Count => EncoderMethod::Count { share },
        Method::Hash(buckets) => EncoderMethod::Hash { buckets: u32::try_from(buckets).unwrap_or(u32::MAX) },
    };
    let order = order.map(|levels| checked_order(levels, rare.is_some())).transpose()?;
    let estimator = Encoder { method, unseen, rare, order, on };
    Ok(Bound::Step(Arc::new(StepOf { notices, ..StepOf::new(estimator) })))
}

/// The levels in their declared order, each once.
fn checked_order(levels: Vec<Spanned<String>>, folds_rare: bool) -> Result<Arc<[String]>, ArgumentError> {
    if folds_rare {
        let message = "levels in a declared order cannot be grouped as rare";
        return Err(ArgumentError::of("rare", code::MISPLACED_OPTION, message).help("leave out `rare` or `order`"));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = levels.iter().find(|level| !seen.insert(&level.node)) {
        let message = format!("the level `{}` is listed twice", twice.node);
        return Err(ArgumentError::of("order", code::BAD_VALUE, message).at(twice.span));
    }
    Ok(levels.into_iter().map(|level| level.node).collect())
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
