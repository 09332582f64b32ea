//! `outliers`: drops, clips or blanks outliers.

use crate::adapt::{StepOf, TableStep, state};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Class, Fence, OutlierAction, OutlierRows, OutlierRule, OutlierState, Outliers, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Fraction, Group, Positive, Seed, Spec,
    Verb, arguments, either, words,
};
use std::sync::Arc;

words! {
    /// How outliers are found.
    enum Method { Iqr = "iqr", ZScore = "zscore", Mad = "mad", Forest = "iforest" }
}

either! {
    /// Threshold of outliers: a distance, or a share of the rows.
    enum Limit { Distance(Positive), Share(Fraction) }
}

words! {
    /// Treatment of outliers.
    enum Action { Drop = "drop", Clip = "clip", Null = "null" }
}

arguments! {
    /// The arguments of `outliers`.
    struct OutliersArgs {
        /// How outliers are found.
        positional method: Method = Method::Iqr;
        /// Threshold: a distance; for `iforest`, the share of rows that are outliers.
        positional limit: Limit, by method {
            "zscore" => Limit::Distance(Positive(3.0)),
            "iqr" => Limit::Distance(Positive(1.5)),
            "mad" => Limit::Distance(Positive(3.5)),
            "iforest" => Limit::Share(Fraction(0.02)),
        };
        /// Drops the training row, clips the value to the threshold, or makes it missing.
        option action as "do": Action = Action::Drop;
        /// Random seed of `iforest`, in place of the seed of the run.
        option seed: Option<Seed>, for method in ["iforest"];
        /// Columns to check for outliers.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "outliers",
        group: Group::Clean,
        summary: "Drops training rows with outliers, or clips or blanks the outliers.",
        details: "`zscore 3`: more than 3 standard deviations from the mean. `iqr 1.5`: more than 1.5 interquartile \
                  ranges beyond the quartiles. `mad 3.5`: more than 3.5 scaled median absolute deviations from the \
                  median. `iforest 2%`: the 2 % of rows that an isolation forest isolates soonest. `do=drop` drops \
                  such rows from the training rows only: predictions keep every row. `do=clip` and `do=null` change \
                  the values in all rows, by thresholds learned from the training rows. A missing value is not an \
                  outlier.",
        search: &["anomaly", "anomalies", "isolation", "forest", "zscore", "iqr", "tukey", "extreme"],
        output: Flow::Recipe,
        // `do=drop` changes the training rows; binding sets that effect.
        effect: Effect::Fit,
        examples: &[
            Example {
                script: "load titanic.csv | select age, sibsp, parch | head 6 | outliers iqr 0.3 do=clip on age | show",
                output: "  age  sibsp  parch
   29      0      0
 1.15      1      2
    2      1      2
   30      1      2
   25      1      2
36.35      0      0
",
            },
            Example {
                script: "load titanic.csv | select age, sibsp, parch | head 6 | outliers iqr 0.3 on age | show",
                output: "\
age  sibsp  parch
 29      0      0
  2      1      2
 30      1      2
 25      1      2
",
            },
        ],
        ..Spec::of::<OutliersArgs>()
    },
    bind,
    states: &[state::<OutlierState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let OutliersArgs { method, limit, action, columns, .. } = OutliersArgs::read(args)?;
    let on = Some(columns);
    let unusual = match method {
        Method::ZScore => OutlierRule::Value(Fence::ZScore(distance(&limit)?)),
        Method::Mad => OutlierRule::Value(Fence::Mad(distance(&limit)?)),
        Method::Iqr => OutlierRule::Value(Fence::Iqr(distance(&limit)?)),
        Method::Forest => OutlierRule::Whole(share(&limit)?),
    };
    let beyond = match action {
        Action::Clip => OutlierAction::Clip,
        Action::Null => OutlierAction::Null,
        Action::Drop => {
            let step = TableStep {
                estimator: Arc::new(OutlierRows { unusual, on }),
                effect: Some(Effect::RowsTrain),
                notices,
            };
            return Ok(Bound::Step(Arc::new(step)));
        }
    };
    match unusual {
        OutlierRule::Value(fencing) => Ok(Bound::Step(Arc::new(StepOf::new(Outliers { fencing, beyond, on })))),
        OutlierRule::Whole(_) => {
            let message = "`iforest` finds unusual rows, not unusual values, so there is no value to change";
            Err(ArgumentError::of("do", code::BAD_VALUE, message)
                .help("write `do=drop`, or use `iqr`, `zscore` or `mad`"))
        }
    }
}

/// The distance beyond which a value is an outlier.
fn distance(limit: &Limit) -> Result<f64, ArgumentError> {
    match limit {
        Limit::Distance(distance) => Ok(distance.0),
        Limit::Share(_) => {
            let fault = ArgumentError::of("limit", code::BAD_VALUE, "only `iforest` takes a percentage");
            Err(fault.help("the other methods take a distance: outliers iqr 1.5"))
        }
    }
}

/// The share of the rows that are outliers.
fn share(limit: &Limit) -> Result<f64, ArgumentError> {
    match limit {
        Limit::Share(share) => Ok(share.0),
        Limit::Distance(share) if share.0 < 1.0 => Ok(share.0),
        Limit::Distance(distance) => {
            let message = format!("`iforest` takes a share of the rows, not {}", distance.0);
            Err(ArgumentError::of("limit", code::BAD_VALUE, message).help("for example: outliers iforest 2%"))
        }
    }
}

fn notices(state: &OutlierState) -> Vec<Failure> {
    let are = |count: u64| if count == 1 { "1 unusual row is".to_owned() } else { format!("{count} unusual rows are") };
    let note = |count| Failure::note(code::ROWS_LEFT_OUT, format!("{} left out of training", are(count)));
    Some(state.dropped()).filter(|&count| count > 0).map(note).into_iter().collect()
}
