//! Conformal prediction: intervals and sets that contain the true value with a chosen probability, whatever the model, if
//! calibration rows and new rows are exchangeable.
//!
//! With n rows and a miscoverage α, the bound is the ⌈(n + 1)(1 - α)⌉-th smallest score, the level
//! ⌈(n + 1)(1 - α)⌉ / n: V. Vovk, A. Gammerman, G. Shafer, "Algorithmic learning in a random world" (2005). If n + 1 < 1 / α
//! it would be infinite, which is an error. Sample weights are not used.
//!
//! ```
//! use pipewright_learn::calibrate::conformal;
//! // |y - ŷ| of nine rows: 90 % of new rows are within the largest of them.
//! let residuals = [0.3, 0.1, 0.9, 0.2, 0.5, 0.4, 0.8, 0.6, 0.7];
//! assert_eq!(conformal::bound(&residuals, 0.1)?, 0.9);
//! assert_eq!(conformal::bound(&residuals, 0.5)?, 0.5);
//! # Ok::<(), pipewright_learn::Failure>(())
//! ```

use super::{Classified, probabilities};
use crate::data::{Labels, Outputs};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// An interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Returns the bound on the scores of held-out rows that a new row keeps with probability 1 - `alpha`.
///
/// For split conformal intervals the scores are |y - ŷ|, and the interval is ŷ ± bound (J. Lei, M. G'Sell, A. Rinaldo, R.
/// Tibshirani, L. Wasserman, "Distribution-free predictive inference for regression", 2018). For conformalised quantile
/// regression they are [`quantile_scores`]. The coverage is between 1 - α and 1 - α + 1 / (n + 1) if scores have no ties.
///
/// # Errors
/// [`code::BAD_VALUE`] for an `alpha` outside of (0, 1), [`code::TOO_FEW_ROWS`] with the number that is needed,
/// [`code::NON_FINITE`].
pub fn bound(scores: &[f64], alpha: f64) -> Result<f64, Failure> {
    let left_out = left_out(scores.len(), alpha)?;
    check_finite(scores)?;
    Ok(smallest(&mut scores.to_vec(), scores.len() - left_out))
}

/// Returns max(low - y, y - high) of each row: the scores of conformalised quantile regression (Y. Romano, E. Patterson,
/// E. Candès, "Conformalized quantile regression", 2019). Their [`bound`] is for [`widened`].
///
/// # Errors
/// [`code::NON_FINITE`] naming the row.
///
/// # Panics
/// If the lists differ in length.
pub fn quantile_scores(low: &[f64], high: &[f64], truth: &[f64]) -> Result<Vec<f64>, Failure> {
    assert!(low.len() == truth.len() && high.len() == truth.len(), "two quantiles per row");
    [low, high, truth].into_iter().try_for_each(check_finite)?;
    Ok(low.iter().zip(high).zip(truth).map(|((low, high), y)| (low - y).max(y - high)).collect())
}

/// Returns the intervals [low - bound, high + bound] of conformalised quantile regression. A bound below 0 narrows the
/// quantiles; ends that cross are both replaced by their mean.
///
/// # Errors
/// [`code::NON_FINITE`] naming the row.
///
/// # Panics
/// If the lists differ in length.
pub fn widened(low: &[f64], high: &[f64], bound: f64) -> Result<Vec<Interval>, Failure> {
    assert_eq!(low.len(), high.len(), "two quantiles per row");
    [low, high, &[bound]].into_iter().try_for_each(check_finite)?;
    let widen = |(low, high): (&f64, &f64)| {
        let (low, high) = (low - bound, high + bound);
        if low <= high {
            return Interval { low, high };
        }
        let middle = f64::midpoint(low, high);
        Interval { low: middle, high: middle }
    };
    Ok(low.iter().zip(high).map(widen).collect())
}

/// Returns the CV+ intervals of new rows. `residuals` are |y - ŷ| of the training rows, each predicted by the model of its
/// fold; `fold_of` is the fold of each; `predictions` are those of each fold's model for the new rows.
///
/// With the prediction ŷ₋ₖ of the model without fold k, an interval reaches from the ⌊α(n + 1)⌋-th smallest of
/// ŷ₋ₖ₍ᵢ₎ - Rᵢ to the ⌈(1 - α)(n + 1)⌉-th smallest of ŷ₋ₖ₍ᵢ₎ + Rᵢ. It covers at least 1 - 2α, and about 1 - α (R. Barber,
/// E. Candès, A. Ramdas, R. Tibshirani, "Predictive inference with the jackknife+", 2021). If every row is a fold of its
/// own, it is the jackknife+. Ends that cross, as they may if α is above ½, are swapped.
///
/// # Errors
/// As [`bound`].
///
/// # Panics
/// If a row has no fold, a fold no predictions, or predictions are of different numbers of rows.
pub fn cv_plus(
    residuals: &[f64],
    fold_of: &[u32],
    predictions: &[Vec<f64>],
    alpha: f64,
) -> Result<Vec<Interval>, Failure> {
    assert_eq!(residuals.len(), fold_of.len(), "a fold per residual");
    assert!(fold_of.iter().all(|fold| (*fold as usize) < predictions.len()), "predictions of every fold");
    let rows = predictions.first().map_or(0, Vec::len);
    assert!(predictions.iter().all(|of_fold| of_fold.len() == rows), "the same new rows in every fold");
    let left_out = left_out(residuals.len(), alpha)?;
    check_finite(residuals)?;
    predictions.iter().try_for_each(|of_fold| check_finite(of_fold))?;
    let interval = |row: usize| {
        let ends = |sign: f64| {
            let end = |(residual, fold): (&f64, &u32)| predictions[*fold as usize][row] + sign * residual;
            residuals.iter().zip(fold_of).map(end).collect::<Vec<f64>>()
        };
        let low = smallest(&mut ends(-1.0), left_out - 1);
        let high = smallest(&mut ends(1.0), residuals.len() - left_out);
        Interval { low: low.min(high), high: high.max(low) }
    };
    Ok((0..rows).into_par_iter().map(interval).collect())
}

/// Returns the jackknife+ intervals of new rows: [`cv_plus`] where every training row is left out alone.
///
/// # Errors
/// As [`cv_plus`].
///
/// # Panics
/// As [`cv_plus`].
pub fn jackknife_plus(residuals: &[f64], predictions: &[Vec<f64>], alpha: f64) -> Result<Vec<Interval>, Failure> {
    let fold_of: Vec<u32> = (0..).take(residuals.len()).collect();
    cv_plus(residuals, &fold_of, predictions, alpha)
}

/// A rule of which classes a prediction set contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetRule {
    /// Least ambiguous sets: the score is 1 - p of the true class. The smallest sets on average; a set may be empty (M.
    /// Sadinle, J. Lei, L. Wasserman, "Least ambiguous set-valued classifiers", 2019).
    Lac,
    /// Adaptive sets: the score is the sum of the probabilities that are higher than that of the true class, so that a set
    /// takes classes from the highest until their sum passes the bound. Never empty; covers more than asked for where the
    /// most probable class alone does (Y. Romano, M. Sesia, E. Candès, "Classification with valid and adaptive coverage",
    /// 2020, without randomisation).
    Aps,
    /// Adaptive sets as in that paper: a random part of the class's own probability is added to the score, one number per
    /// row. Covers what is asked for and no more; a set may be empty.
    ApsRandomised,
}

/// Sets of classes that contain the true one with a chosen probability: plain data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassSets {
    rule: SetRule,
    classes: usize,
    bound: f64,
}

impl ClassSets {
    /// Learns the bound from held-out probabilities and the true classes. The key is used by
    /// [`SetRule::ApsRandomised`] only; that of new rows must be another. Rows with a weight of 0 are left out.
    ///
    /// # Errors
    /// As [`bound`]; [`code::WRONG_TASK`] for numbers.
    ///
    /// # Panics
    /// If the numbers of rows or of classes differ.
    pub fn fit(rule: SetRule, outputs: &Outputs, truth: &Labels, alpha: f64, key: Key) -> Result<ClassSets, Failure> {
        let rows = Classified::new(outputs, truth)?;
        let scores = (0_u64..).zip(rows.rows()).map(|(at, (row, class, _))| scores(rule, row, key.uniform(at))[class]);
        Ok(ClassSets { rule, classes: rows.classes, bound: bound(&scores.collect::<Vec<f64>>(), alpha)? })
    }

    /// Returns the set of each row, classes ascending.
    ///
    /// # Errors
    /// [`code::WRONG_TASK`] for numbers, [`code::WRONG_WIDTH`] for another number of classes, [`code::NON_FINITE`].
    pub fn sets(&self, outputs: &Outputs, key: Key) -> Result<Vec<Vec<u32>>, Failure> {
        let (values, classes) = probabilities(outputs)?;
        if classes != self.classes {
            let message = format!("the sets are of {} classes, the probabilities of {classes}", self.classes);
            return Err(Failure::new(code::WRONG_WIDTH, message));
        }
        let rows = (0_u64..).zip(values.chunks_exact(classes));
        Ok(rows.map(|(at, row)| self.set(row, key.uniform(at))).collect())
    }

    fn set(&self, row: &[f64], random: f64) -> Vec<u32> {
        let scores = scores(self.rule, row, random);
        (0_u32..).zip(scores).filter(|(_, score)| *score <= self.bound).map(|(class, _)| class).collect()
    }

    /// Returns the bound on the score.
    #[must_use]
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// Validates sets that came from a file.
    ///
    /// # Errors
    /// [`code::BAD_BUNDLE`] for numbers out of range.
    pub fn validate(&self) -> Result<(), Failure> {
        if self.classes >= 2 && self.bound.is_finite() {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "prediction sets with inconsistent numbers"))
    }
}

/// The score of each class, if it were the true one.
fn scores(rule: SetRule, row: &[f64], random: f64) -> Vec<f64> {
    let score = |class: usize| match rule {
        SetRule::Lac => 1.0 - row[class],
        SetRule::Aps => above(row, class),
        SetRule::ApsRandomised => above(row, class) + random * row[class],
    };
    (0..row.len()).map(score).collect()
}

/// The sum of the probabilities before that of a class, from the highest; the earlier class first on ties.
fn above(row: &[f64], class: usize) -> f64 {
    let is_before = |other: usize| row[other] > row[class] || (row[other] == row[class] && other < class);
    (0..row.len()).filter(|&other| is_before(other)).map(|other| row[other]).sum()
}

/// The number of scores that are at least the bound, ⌊α(n + 1)⌋.
fn left_out(rows: usize, alpha: f64) -> Result<usize, Failure> {
    // α(n + 1) may be a whole number that rounding has lowered.
    const ROUNDING: f64 = 1e-12;
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(Failure::new(code::BAD_VALUE, format!("a miscoverage of {alpha} does not lie between 0 and 1")));
    }
    let whole = |number: f64| (number * (1.0 + ROUNDING)).floor();
    let left_out = whole(alpha * (rows as f64 + 1.0));
    if left_out >= 1.0 {
        return Ok((left_out as usize).min(rows));
    }
    let needed = (1.0 / alpha * (1.0 - ROUNDING)).ceil() - 1.0;
    let message = format!("a coverage of {} needs {needed} held-out rows or more, and there are {rows}", 1.0 - alpha);
    Err(Failure::new(code::TOO_FEW_ROWS, message).help("use more rows or a lower coverage"))
}

fn check_finite(values: &[f64]) -> Result<(), Failure> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => Err(Failure::new(code::NON_FINITE, "a value is not a finite number").row(row as u64 + 1)),
    }
}

/// The number at a position, from 0, in ascending order.
fn smallest(values: &mut [f64], position: usize) -> f64 {
    *values.select_nth_unstable_by(position, f64::total_cmp).1
}
