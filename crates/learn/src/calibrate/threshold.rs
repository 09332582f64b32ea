//! The cut on the probability of the positive class.

use super::Classified;
use crate::data::{Labels, Outputs};
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};

/// What a cut is best for. Rates are of weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Criterion {
    /// The highest F1, 2TP / (2TP + FP + FN).
    F1,
    /// The highest true positive rate less false positive rate: W. Youden, "Index for rating diagnostic tests" (1950).
    Youden,
    /// The highest share of correct rows.
    Accuracy,
    /// The lowest mean cost of a row.
    Cost {
        /// The cost of a false positive, at least 0.
        false_positive: f64,
        /// The cost of a false negative, at least 0.
        false_negative: f64,
    },
    /// The highest precision among cuts of at least this recall.
    Recall(f64),
    /// The highest recall among cuts of at least this precision.
    Precision(f64),
}

/// A cut: a row is positive if its probability is above the threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// The threshold, in [0, 1].
    pub threshold: f64,
    /// The value of what was maximised or minimised: for [`Criterion::Recall`] the precision, for
    /// [`Criterion::Precision`] the recall, for [`Criterion::Cost`] the mean cost.
    pub value: f64,
}

/// Weights of rows by truth and prediction.
#[derive(Clone, Copy)]
struct Table {
    hits: f64,
    false_positives: f64,
    positives: f64,
    negatives: f64,
}

/// Returns the best cut on the probability of the second of two classes.
///
/// Every cut between two neighbouring probabilities is tried, and those below the lowest and above the highest one; a cut
/// lies midway between its neighbours (0 and 1 at the ends), or at 0.5 if that is between them: then nothing changes. Of
/// equally good cuts the one nearest to 0.5 is taken, and of two equally near ones the lower. As with
/// [`Outputs::labels`] at 0.5, a row is positive if its probability is above the cut, not at it.
///
/// # Errors
/// [`code::WRONG_TASK`] for numbers or more than two classes, [`code::ONE_CLASS`] if a single class occurs,
/// [`code::EMPTY_DATA`] without rows, [`code::BAD_VALUE`] for a negative cost, a recall or precision outside of (0, 1], or
/// one that no cut reaches.
///
/// # Panics
/// If the numbers of rows or of classes differ.
///
/// ```
/// use pipewright_learn::{Outputs, Target, calibrate::{Criterion, best_cut}};
/// let outputs = Outputs::Probabilities { values: vec![0.9, 0.1, 0.8, 0.2, 0.6, 0.4], classes: 2 };
/// let truth = Target::Classes { codes: vec![0, 1, 1], count: 2 }.into();
/// let cut = best_cut(&outputs, &truth, Criterion::Accuracy)?;
/// assert!((cut.threshold - 0.15).abs() < 1e-12 && cut.value == 1.0);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
pub fn best_cut(outputs: &Outputs, truth: &Labels, criterion: Criterion) -> Result<Cut, Failure> {
    criterion.check()?;
    let rows = Classified::new(outputs, truth)?;
    if rows.classes != 2 {
        let message = format!("a cut is on the probability of one of two classes, and there are {}", rows.classes);
        return Err(Failure::new(code::WRONG_TASK, message));
    }
    rows.check_classes()?;
    let mut best: Option<Cut> = None;
    for (threshold, table) in cuts(&rows) {
        let Some(value) = criterion.value(&table) else { continue };
        let order = |cut: &Cut| {
            let first = if criterion.prefers_lower() { cut.value } else { -cut.value };
            (first, (cut.threshold - 0.5).abs(), cut.threshold)
        };
        let cut = Cut { threshold, value };
        if best.is_none_or(|best| order(&cut) < order(&best)) {
            best = Some(cut);
        }
    }
    best.ok_or_else(|| Failure::new(code::BAD_VALUE, "no cut reaches this recall or precision").help("ask for less"))
}

/// All cuts from the highest to the lowest, with what they give.
fn cuts(rows: &Classified) -> Vec<(f64, Table)> {
    let mut order: Vec<(f64, usize, f64)> = rows.rows().map(|(row, class, weight)| (row[1], class, weight)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let of_class = |class: usize| {
        let weights = order.iter().filter(|(_, of_row, _)| *of_row == class).map(|(_, _, weight)| *weight);
        Twofold::sum(weights)
    };
    let (positives, negatives) = (of_class(1), of_class(0));
    let (mut hits, mut false_positives) = (Twofold::default(), Twofold::default());
    let (mut cuts, mut above) = (Vec::new(), 1.0);
    let table = |hits: Twofold, false_positives: Twofold| Table {
        hits: hits.value(),
        false_positives: false_positives.value(),
        positives,
        negatives,
    };
    for ties in order.chunk_by(|a, b| a.0 == b.0) {
        let below = ties[0].0;
        // At 1 no cut is above the highest probability but 1 itself, and a row is positive only above its cut.
        cuts.push((between(below, above), table(hits, false_positives)));
        for (_, class, weight) in ties {
            let side = if *class == 1 { &mut hits } else { &mut false_positives };
            *side = side.plus(*weight);
        }
        above = below;
    }
    if above > 0.0 {
        cuts.push((between(0.0, above), table(hits, false_positives)));
    }
    cuts
}

/// A threshold t with low ≤ t < high, or both if they are the same.
fn between(low: f64, high: f64) -> f64 {
    if low <= 0.5 && 0.5 < high {
        return 0.5;
    }
    let middle = low + (high - low) / 2.0;
    if middle < high { middle } else { low }
}

impl Criterion {
    fn check(self) -> Result<(), Failure> {
        let sound = match self {
            Criterion::F1 | Criterion::Youden | Criterion::Accuracy => true,
            Criterion::Cost { false_positive, false_negative } => {
                [false_positive, false_negative].iter().all(|cost| cost.is_finite() && *cost >= 0.0)
            }
            Criterion::Recall(level) | Criterion::Precision(level) => level > 0.0 && level <= 1.0,
        };
        if sound {
            return Ok(());
        }
        let message = match self {
            Criterion::Cost { .. } => "costs must be finite and at least 0".to_owned(),
            _ => "a recall or a precision lies above 0, and at most at 1".to_owned(),
        };
        Err(Failure::new(code::BAD_VALUE, message))
    }

    fn prefers_lower(self) -> bool {
        matches!(self, Criterion::Cost { .. })
    }

    /// The value at a cut; `None` if the cut does not count.
    fn value(self, table: &Table) -> Option<f64> {
        let &Table { hits, false_positives, positives, negatives } = table;
        let (recall, predicted) = (hits / positives, hits + false_positives);
        let precision = (predicted > 0.0).then(|| hits / predicted);
        Some(match self {
            Criterion::F1 => 2.0 * hits / (predicted + positives),
            Criterion::Youden => recall - false_positives / negatives,
            Criterion::Accuracy => (hits + negatives - false_positives) / (positives + negatives),
            Criterion::Cost { false_positive, false_negative } => {
                (false_positive * false_positives + false_negative * (positives - hits)) / (positives + negatives)
            }
            Criterion::Recall(level) => return precision.filter(|_| recall >= level),
            Criterion::Precision(level) => return precision.filter(|value| *value >= level).map(|_| recall),
        })
    }
}
