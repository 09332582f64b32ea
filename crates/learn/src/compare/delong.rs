//! Areas under ROC curves: their variance, and the comparison of two of the same rows.
//!
//! Sources: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
//! operating characteristic curves: a nonparametric approach", Biometrics 44 (1988); X. Sun, W. Xu, "Fast implementation of
//! DeLong's algorithm for comparing the areas under correlated receiver operating characteristic curves", IEEE Signal
//! Processing Letters 21 (2014).

use super::{Interval, Undefined, check_confidence, check_finite, undefined};
use crate::distribution::{normal_reach, normal_two_sided};
use crate::order::midranks;
use crate::twofold::Twofold;

/// The area under a ROC curve with what is needed for its variance. Rows weigh 1.
///
/// ```
/// use pipewright_learn::compare::Delong;
/// let truth = [false, false, true, true, true];
/// let area = Delong::new(&truth, &[0.1, 0.6, 0.4, 0.8, 0.9])?;
/// assert_eq!(area.area(), 5.0 / 6.0);
/// let interval = area.interval(0.95)?;
/// assert!(interval.low < 0.5 && interval.high == 1.0);
/// # Ok::<(), pipewright_learn::metric::Undefined>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Delong {
    truth: Vec<bool>,
    area: f64,
    /// For each positive row the share of negative rows below it.
    positives: Vec<f64>,
    /// For each negative row the share of positive rows above it.
    negatives: Vec<f64>,
}

/// The comparison of two areas under ROC curves of the same rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaTest {
    /// The first area minus the second.
    pub difference: f64,
    /// The standard error of the difference.
    pub std_error: f64,
    /// The difference divided by its standard error.
    pub statistic: f64,
    /// The probability of a statistic at least as far from 0, if the true areas are equal.
    pub p_value: f64,
}

impl Delong {
    /// Computes the area for rows of two classes and their scores; higher scores speak for `true`.
    ///
    /// # Errors
    /// [`Undefined`] unless there are two rows or more of each class, or if a score is not finite.
    ///
    /// # Panics
    /// If there is not a score per row.
    pub fn new(truth: &[bool], scores: &[f64]) -> Result<Delong, Undefined> {
        assert_eq!(truth.len(), scores.len(), "a score per row");
        check_finite(scores)?;
        let of = |class: bool| -> Vec<f64> {
            let rows = truth.iter().zip(scores).filter(|(truth, _)| **truth == class);
            rows.map(|(_, score)| *score).collect()
        };
        let (positive, negative) = (of(true), of(false));
        if positive.len() < 2 || negative.len() < 2 {
            return Err(undefined("a class has fewer than two rows"));
        }
        let ranks = midranks(scores, None);
        // The rank among all rows minus that among the class: the number of rows of the other class below.
        let below = |class: bool, scores: &[f64]| -> Vec<f64> {
            let all = ranks.iter().zip(truth).filter(|(_, truth)| **truth == class).map(|(rank, _)| rank);
            all.zip(midranks(scores, None)).map(|(all, own)| all - own).collect()
        };
        let (m, n) = (positive.len() as f64, negative.len() as f64);
        let below_positive = below(true, &positive);
        Ok(Delong {
            truth: truth.to_vec(),
            // Halves of whole numbers: the only rounding is that of the division.
            area: below_positive.iter().sum::<f64>() / (m * n),
            positives: below_positive.into_iter().map(|below| below / n).collect(),
            negatives: below(false, &negative).into_iter().map(|below| 1.0 - below / m).collect(),
        })
    }

    /// Returns the area.
    #[must_use]
    pub fn area(&self) -> f64 {
        self.area
    }

    /// Returns the variance of the area.
    #[must_use]
    pub fn variance(&self) -> f64 {
        variance_of_mean(&self.positives) + variance_of_mean(&self.negatives)
    }

    /// The interval area ± z·√variance, within 0 and 1.
    ///
    /// # Errors
    /// [`Undefined`] if the scores separate the classes, so that the variance is 0.
    ///
    /// # Panics
    /// If `confidence` is not between 0 and 1.
    pub fn interval(&self, confidence: f64) -> Result<Interval, Undefined> {
        check_confidence(confidence);
        let variance = self.variance();
        if variance == 0.0 {
            return Err(undefined("the estimated variance of the area is 0"));
        }
        let reach = normal_reach(1.0 - confidence) * variance.sqrt();
        Ok(Interval { estimate: self.area, low: (self.area - reach).max(0.0), high: (self.area + reach).min(1.0) })
    }

    /// Tests whether two areas of the same rows are equal.
    ///
    /// # Errors
    /// [`Undefined`] if the variance of the difference is 0, as for equal orders of the rows.
    ///
    /// # Panics
    /// If the areas are not of the same rows.
    pub fn compare(&self, other: &Delong) -> Result<AreaTest, Undefined> {
        assert_eq!(self.truth, other.truth, "two areas of the same rows");
        let less = |one: &[f64], two: &[f64]| -> Vec<f64> { one.iter().zip(two).map(|(one, two)| one - two).collect() };
        let variance = variance_of_mean(&less(&self.positives, &other.positives))
            + variance_of_mean(&less(&self.negatives, &other.negatives));
        if variance == 0.0 {
            return Err(undefined("the estimated variance of the difference is 0"));
        }
        let (difference, std_error) = (self.area - other.area, variance.sqrt());
        let statistic = difference / std_error;
        Ok(AreaTest { difference, std_error, statistic, p_value: normal_two_sided(statistic) })
    }
}

/// s²/n; exactly 0 for equal values.
fn variance_of_mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let first = values[0];
    let mean = first + Twofold::sum(values.iter().map(|value| value - first)) / count;
    Twofold::sum(values.iter().map(|value| (value - mean).powi(2))) / (count - 1.0) / count
}
