//! Curves over all thresholds of a score of two classes.

use super::ranking::{Ranking, Scored, Step};
use super::{Undefined, undefined};

/// A point of a ROC curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// Rows with at least this score are predicted positive; `None` at the first point, where none is.
    pub threshold: Option<f64>,
    /// The share of negative rows that are predicted positive.
    pub false_positive_rate: f64,
    /// The share of positive rows that are predicted positive.
    pub true_positive_rate: f64,
}

/// A point of a precision-recall curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrecisionRecall {
    /// Rows with at least this score are predicted positive.
    pub threshold: f64,
    /// The share of positive rows among those predicted positive.
    pub precision: f64,
    /// The share of positive rows that are predicted positive.
    pub recall: f64,
}

/// A point of a gain and lift curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    /// Rows with at least this score are taken.
    pub threshold: f64,
    /// The share of the rows that are taken.
    pub taken: f64,
    /// The share of the positive rows that are among them.
    pub gain: f64,
    /// The gain divided by the share taken: how many times as many positive rows as among rows at random.
    pub lift: f64,
}

/// The ROC curve, from (0, 0) to (1, 1). Points in the middle of a straight line of the thresholds next to each other are
/// left out, as by scikit-learn's `drop_intermediate`.
///
/// # Errors
/// [`Undefined`] if a class does not occur (with a weight above 0), or a score is not finite.
///
/// # Panics
/// If there is not a score and a weight per row, or a weight is negative or not finite.
///
/// ```
/// let points = pipewright_learn::metric::curve::roc(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8], None)?;
/// let rates: Vec<_> = points.iter().map(|point| (point.false_positive_rate, point.true_positive_rate)).collect();
/// assert_eq!(rates, [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]);
/// # Ok::<(), pipewright_learn::metric::Undefined>(())
/// ```
pub fn roc(truth: &[bool], scores: &[f64], weights: Option<&[f64]>) -> Result<Vec<RocPoint>, Undefined> {
    let (steps, all) = steps_of(truth, scores, weights)?;
    if all.negatives == 0.0 {
        return Err(undefined("no row is negative"));
    }
    // Second differences of 0: the point is in the middle of its neighbours.
    let is_corner = |place: usize| {
        let [Some(before), at, Some(after)] =
            [place.checked_sub(1).map(|before| &steps[before]), Some(&steps[place]), steps.get(place + 1)]
        else {
            return true;
        };
        let bends = |of: fn(&Step) -> f64| at.is_some_and(|at| of(after) - of(at) != of(at) - of(before));
        bends(|step| step.positives) || bends(|step| step.negatives)
    };
    let point = |step: &Step| RocPoint {
        threshold: Some(step.score),
        false_positive_rate: step.negatives / all.negatives,
        true_positive_rate: step.positives / all.positives,
    };
    let start = RocPoint { threshold: None, false_positive_rate: 0.0, true_positive_rate: 0.0 };
    let corners = (0..steps.len()).filter(|&place| is_corner(place)).map(|place| point(&steps[place]));
    Ok(std::iter::once(start).chain(corners).collect())
}

/// The precision-recall curve, a point per distinct score, descending: recall ascends to 1. scikit-learn lists the points
/// the other way round and adds one with precision 1 and recall 0.
///
/// # Errors
/// [`Undefined`] if no row is positive, or a score is not finite.
///
/// # Panics
/// As [`roc`].
pub fn precision_recall(
    truth: &[bool],
    scores: &[f64],
    weights: Option<&[f64]>,
) -> Result<Vec<PrecisionRecall>, Undefined> {
    let (steps, all) = steps_of(truth, scores, weights)?;
    let point = |step: &Step| PrecisionRecall {
        threshold: step.score,
        precision: step.positives / (step.positives + step.negatives),
        recall: step.positives / all.positives,
    };
    Ok(steps.iter().map(point).collect())
}

/// The gain and lift curve, a point per distinct score, descending.
///
/// # Errors
/// As [`precision_recall`].
///
/// # Panics
/// As [`roc`].
pub fn gain(truth: &[bool], scores: &[f64], weights: Option<&[f64]>) -> Result<Vec<Gain>, Undefined> {
    let (steps, all) = steps_of(truth, scores, weights)?;
    let point = |step: &Step| {
        let taken = (step.positives + step.negatives) / (all.positives + all.negatives);
        let gain = step.positives / all.positives;
        Gain { threshold: step.score, taken, gain, lift: gain / taken }
    };
    Ok(steps.iter().map(point).collect())
}

/// The steps, descending, and the last of them.
fn steps_of(truth: &[bool], scores: &[f64], weights: Option<&[f64]>) -> Result<(Vec<Step>, Step), Undefined> {
    assert_eq!(truth.len(), scores.len(), "a score per row");
    if let Some(weights) = weights {
        assert_eq!(truth.len(), weights.len(), "a weight per row");
        assert!(weights.iter().all(|weight| *weight >= 0.0 && weight.is_finite()), "weights are at least 0");
    }
    if !scores.iter().all(|score| score.is_finite()) {
        return Err(undefined("a score is not a finite number"));
    }
    let rows = truth.iter().zip(scores).enumerate().map(|(row, (&positive, &score))| Scored {
        score,
        positive,
        weight: weights.map_or(1.0, |weights| weights[row]),
    });
    let steps = Ranking::new(rows.filter(|row| row.weight > 0.0), weights.is_none()).steps();
    match steps.last().copied() {
        Some(all) if all.positives > 0.0 => Ok((steps, all)),
        _ => Err(undefined("no row is positive")),
    }
}
