//! How good predictions are: one table of metrics, each with its formula and its domain.
//!
//! The figures are scikit-learn's. A metric that is not defined on the rows at hand, where scikit-learn warns, raises or
//! answers with a number by convention, is [`Undefined`] with the reason: never a bare NaN, never a figure that means
//! nothing.
//!
//! ```
//! use pipewright_learn::{Outputs, Target, metric::Metric};
//! let truth = Target::Numbers(vec![1.0, 2.0, 3.0]);
//! let rmse = Metric::find("rmse").unwrap();
//! assert_eq!(rmse.score(&truth, &Outputs::Numbers(vec![1.0, 2.0, 6.0])), Ok(3.0_f64.sqrt()));
//! let r2 = Metric::find("r2").unwrap();
//! let constant = Target::Numbers(vec![1.0; 3]);
//! assert!(r2.score(&constant, &Outputs::Numbers(vec![1.0; 3])).is_err());
//! ```

mod confusion;
mod number;
mod probability;

pub use confusion::{Confusion, confusion};

use crate::data::{Outputs, Target};
use confusion::{Average, Ratio};
use std::fmt;

/// A figure for how good predictions are.
#[derive(Debug)]
pub struct Metric {
    /// Its name in scripts and tables.
    pub name: &'static str,
    /// Its formula and conventions, in a sentence or two.
    pub doc: &'static str,
    /// Which way is good.
    pub better: Better,
    rule: Rule,
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Bigger is better.
    Higher,
    /// Smaller is better.
    Lower,
}

/// What kind of target a metric judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Classes.
    Classes,
    /// Numbers.
    Numbers,
}

/// Why a metric has no value on these rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined(pub String);

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "undefined ({})", self.0)
    }
}

impl std::error::Error for Undefined {}

#[derive(Debug)]
enum Rule {
    /// From the table of true against predicted classes.
    Confusion(fn(&Confusion) -> Result<f64, Undefined>),
    /// From the true classes and the probabilities.
    Probabilities(fn(&Classified<'_>) -> Result<f64, Undefined>),
    /// From the true and the predicted numbers.
    Numbers(fn(&[f64], &[f64]) -> Result<f64, Undefined>),
}

/// True classes and what a model said of them: a row has `count` probabilities.
struct Classified<'a> {
    codes: &'a [u32],
    probabilities: &'a [f64],
    count: usize,
}

/// Every metric, the usual ones first.
pub const METRICS: &[Metric] = &[
    confusion_metric("accuracy", "share of rows whose predicted class is the true one", Confusion::accuracy),
    confusion_metric(
        "balanced_accuracy",
        "mean over the classes that occur of the share of their rows that were found",
        Confusion::balanced_accuracy,
    ),
    Metric {
        name: "auc",
        doc: "area under the ROC curve: P(score of a positive row > score of a negative row) + ½ P(equal), that is \
              Mann-Whitney's U / (P·N). The positive class is the second; with more classes, the mean over the classes \
              of each against the rest",
        better: Better::Higher,
        rule: Rule::Probabilities(probability::auc),
    },
    Metric {
        name: "log_loss",
        doc: "mean of -ln p(true class), natural logarithm, p clipped to [ε, 1-ε] with ε = 2^-52",
        better: Better::Lower,
        rule: Rule::Probabilities(probability::log_loss),
    },
    confusion_metric(
        "f1",
        "2TP / (2TP + FP + FN) of the second class when there are two, else the mean over classes",
        |confusion| confusion.ratio(Ratio::F1, Average::Usual),
    ),
    confusion_metric(
        "precision",
        "TP / (TP + FP) of the second class when there are two, else the mean over classes",
        |confusion| confusion.ratio(Ratio::Precision, Average::Usual),
    ),
    confusion_metric(
        "recall",
        "TP / (TP + FN) of the second class when there are two, else the mean over classes",
        |confusion| confusion.ratio(Ratio::Recall, Average::Usual),
    ),
    Metric {
        name: "brier",
        doc: "two classes: mean of (p - y)², y = 1 for the second class; more: mean over rows of Σ (p_k - y_k)² over \
              the classes (scikit-learn's scale_by_half=\"auto\")",
        better: Better::Lower,
        rule: Rule::Probabilities(probability::brier),
    },
    confusion_metric(
        "mcc",
        "Matthews' correlation of true and predicted classes (Gorodkin's R_K for more than two); 0 where all rows are \
         predicted as one class",
        Confusion::matthews,
    ),
    Metric {
        name: "rmse",
        doc: "√ mean (y - ŷ)²",
        better: Better::Lower,
        rule: Rule::Numbers(number::root_mean_squared_error),
    },
    Metric {
        name: "mae",
        doc: "mean |y - ŷ|",
        better: Better::Lower,
        rule: Rule::Numbers(number::mean_absolute_error),
    },
    Metric {
        name: "r2",
        doc: "1 - Σ(y - ŷ)² / Σ(y - ȳ)², ȳ the mean of the rows judged",
        better: Better::Higher,
        rule: Rule::Numbers(number::r_squared),
    },
    confusion_metric("f1_macro", "mean of F1 over the classes that occur or are predicted", |confusion| {
        confusion.ratio(Ratio::F1, Average::Macro)
    }),
    confusion_metric("f1_micro", "F1 of all classes' counts together; equals accuracy", |confusion| {
        confusion.ratio(Ratio::F1, Average::Micro)
    }),
    confusion_metric("f1_weighted", "mean of F1 over the classes, weighted by their true rows", |confusion| {
        confusion.ratio(Ratio::F1, Average::Weighted)
    }),
    confusion_metric(
        "precision_macro",
        "mean of precision over the classes that occur or are predicted",
        |confusion| confusion.ratio(Ratio::Precision, Average::Macro),
    ),
    confusion_metric("precision_micro", "precision of all classes' counts together; equals accuracy", |confusion| {
        confusion.ratio(Ratio::Precision, Average::Micro)
    }),
    confusion_metric("precision_weighted", "mean of precision, weighted by the classes' true rows", |confusion| {
        confusion.ratio(Ratio::Precision, Average::Weighted)
    }),
    confusion_metric("recall_macro", "mean of recall over the classes that occur or are predicted", |confusion| {
        confusion.ratio(Ratio::Recall, Average::Macro)
    }),
    confusion_metric("recall_micro", "recall of all classes' counts together; equals accuracy", |confusion| {
        confusion.ratio(Ratio::Recall, Average::Micro)
    }),
    confusion_metric(
        "recall_weighted",
        "mean of recall, weighted by the classes' true rows; equals accuracy",
        |confusion| confusion.ratio(Ratio::Recall, Average::Weighted),
    ),
];

const fn confusion_metric(
    name: &'static str,
    doc: &'static str,
    rule: fn(&Confusion) -> Result<f64, Undefined>,
) -> Metric {
    Metric { name, doc, better: Better::Higher, rule: Rule::Confusion(rule) }
}

impl Metric {
    /// The metric of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|metric| metric.name == name)
    }

    /// What kind of target it judges.
    #[must_use]
    pub fn task(&self) -> Task {
        match self.rule {
            Rule::Confusion(_) | Rule::Probabilities(_) => Task::Classes,
            Rule::Numbers(_) => Task::Numbers,
        }
    }

    /// Is score `a` better than score `b`?
    #[must_use]
    pub fn prefers(&self, a: f64, b: f64) -> bool {
        match self.better {
            Better::Higher => a > b,
            Better::Lower => a < b,
        }
    }

    /// Judges `outputs` against the truth, row by row. The value is finite.
    ///
    /// # Errors
    /// [`Undefined`] where the metric has no value: no rows, one class, a constant target, an output that is no finite
    /// number, or a target of the other kind.
    ///
    /// # Panics
    /// If truth and outputs differ in their number of rows or of classes.
    pub fn score(&self, truth: &Target, outputs: &Outputs) -> Result<f64, Undefined> {
        assert_eq!(truth.rows(), outputs.rows(), "one output a row");
        if truth.rows() == 0 {
            return Err(undefined("there are no rows"));
        }
        let (Outputs::Probabilities { values, .. } | Outputs::Numbers(values)) = outputs;
        if !values.iter().all(|value| value.is_finite()) {
            return Err(undefined("an output is not a finite number"));
        }
        let score = match (&self.rule, truth, outputs) {
            (Rule::Confusion(rule), Target::Classes { codes, count }, Outputs::Probabilities { classes, .. }) => {
                assert_eq!(count, classes, "truth and outputs have the same classes");
                rule(&confusion(codes, &predicted_classes(outputs), *count))?
            }
            (
                Rule::Probabilities(rule),
                Target::Classes { codes, count },
                Outputs::Probabilities { values, classes },
            ) => {
                assert_eq!(count, classes, "truth and outputs have the same classes");
                rule(&Classified { codes, probabilities: values, count: *count })?
            }
            (Rule::Numbers(rule), Target::Numbers(truth), Outputs::Numbers(predicted)) => {
                if !truth.iter().all(|value| value.is_finite()) {
                    return Err(undefined("a true value is not a finite number"));
                }
                rule(truth, predicted)?
            }
            _ => {
                let kind = if self.task() == Task::Classes { "classes" } else { "numbers" };
                return Err(Undefined(format!("{} judges {kind}", self.name)));
            }
        };
        if score.is_finite() { Ok(score) } else { Err(undefined("the errors leave the range of numbers")) }
    }
}

/// The most probable class of each row, ties to the first; for [`Outputs::Numbers`] there is none.
///
/// ```
/// use pipewright_learn::{Outputs, metric::predicted_classes};
/// let outputs = Outputs::Probabilities { values: vec![0.5, 0.5, 0.2, 0.8], classes: 2 };
/// assert_eq!(predicted_classes(&outputs), [0, 1]);
/// ```
#[must_use]
pub fn predicted_classes(outputs: &Outputs) -> Vec<u32> {
    match outputs {
        Outputs::Numbers(_) => Vec::new(),
        Outputs::Probabilities { values, classes } => values.chunks_exact(*classes).map(first_maximum).collect(),
    }
}

fn first_maximum(row: &[f64]) -> u32 {
    let mut best = 0;
    for (class, probability) in row.iter().enumerate() {
        if *probability > row[best] {
            best = class;
        }
    }
    u32::try_from(best).expect("fewer than 2^32 classes")
}

fn undefined(reason: &str) -> Undefined {
    Undefined(reason.to_owned())
}

#[cfg(test)]
mod tests;
