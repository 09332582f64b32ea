//! `outliers`: treats values that lie far from the others.

use crate::adapt::{StepOf, TableStep, load_state};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Fence, OutlierAction, OutlierRows, OutlierRule, OutlierState, Outliers};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Value, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "outliers",
        group: Group::Clean,
        summary: "Drops training rows with unusual values, or changes such values.",
        details: "What is too far: `zscore 3`, so many standard deviations from the mean; `iqr 1.5`, so many interquartile \
                  ranges beyond the quartiles; `mad 3.5`, so many scaled median deviations from the median; `iforest 2%`, \
                  the rows that an isolation forest finds easiest to part from the others. `do=drop` leaves such rows out \
                  of what is learned from, and of nothing else: predictions keep every row. `do=clip` and `do=null` change \
                  the values, in all rows, by what the training rows say. A missing value is no outlier.",
        search: &["anomaly", "anomalies", "isolation", "forest", "zscore", "iqr", "tukey", "extreme"],
        output: Sort::Recipe,
        // `do=drop` changes the training rows, which binding says.
        effect: Effect::Fit,
        positionals: &[
            Param::with_default(
                "method",
                Domain::Word(&["iqr", "zscore", "mad", "iforest"]),
                "iqr",
                "What is measured.",
            ),
            Param::optional(
                "limit",
                Domain::OneOf(&[Domain::Positive, Domain::Share]),
                "How far is too far: 3 for `zscore`, 1.5 for `iqr`, 3.5 for `mad`; for `iforest` a share, 2%.",
            ),
        ],
        options: &[
            Param::with_default("do", Domain::Word(&["drop", "clip", "null"]), "drop", "What is done about it."),
            Param::optional("seed", Domain::Whole { min: 0 }, "The seed of `iforest`."),
        ],
        columns: Columns::Default("@numeric"),
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
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<OutlierState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let (on, limit) = (args.columns("columns").cloned(), args.get("limit"));
    let number = |usual: f64| match limit {
        Some(Value::Share(_)) => {
            let fault = Fault::of("limit", code::BAD_VALUE, "only `iforest` takes a share");
            Err(fault.help("for the others it is a distance: outliers iqr 1.5"))
        }
        Some(value) => Ok(value.number().unwrap_or(usual)),
        None => Ok(usual),
    };
    let unusual = match args.text("method") {
        Some("zscore") => OutlierRule::Value(Fence::ZScore(number(3.0)?)),
        Some("mad") => OutlierRule::Value(Fence::Mad(number(3.5)?)),
        Some("iforest") => OutlierRule::Whole(share(limit)?),
        _ => OutlierRule::Value(Fence::Iqr(number(1.5)?)),
    };
    let beyond = match args.text("do") {
        Some("clip") => OutlierAction::Clip,
        Some("null") => OutlierAction::Null,
        _ => {
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
            let message = "`iforest` judges rows as a whole, so that there is no value to change";
            Err(Fault::of("do", code::BAD_VALUE, message).help("write `do=drop`, or take `iqr`, `zscore` or `mad`"))
        }
    }
}

/// The share of the rows that are unusual.
fn share(limit: Option<&Value>) -> Result<f64, Fault> {
    match limit {
        None => Ok(0.02),
        Some(Value::Share(share)) => Ok(*share),
        Some(value) => value.number().filter(|share| *share < 1.0).ok_or_else(|| {
            Fault::of("limit", code::BAD_VALUE, format!("`iforest` takes a share, not {value}"))
                .help("the share of unusual rows: outliers iforest 2%")
        }),
    }
}

fn notices(state: &OutlierState) -> Vec<Failure> {
    let are = |count: u64| if count == 1 { "1 unusual row is".to_owned() } else { format!("{count} unusual rows are") };
    let note = |count| Failure::note(code::ROWS_LEFT_OUT, format!("{} left out of training", are(count)));
    Some(state.dropped()).filter(|&count| count > 0).map(note).into_iter().collect()
}
