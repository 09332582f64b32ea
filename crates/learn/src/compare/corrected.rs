//! Means of scores of folds: the corrected interval and the corrected t test.
//!
//! Source: C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52 (2003). Folds share most
//! of their training rows, so their scores vary less than those of independent samples would. The correction adds the
//! ratio of test to training rows to 1/n.

use super::{Interval, Undefined, check_confidence, check_finite, undefined};
use crate::distribution::{student_reach, student_two_sided};
use crate::twofold::Twofold;

/// A two-sided test of whether a mean is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// The mean of the differences.
    pub mean: f64,
    /// The standard error of the mean.
    pub std_error: f64,
    /// The mean divided by its standard error.
    pub statistic: f64,
    /// The degrees of freedom of Student's t distribution.
    pub freedom: f64,
    /// The probability of a statistic at least as far from 0, if the true mean is 0.
    pub p_value: f64,
}

/// The mean of the scores of folds, with the interval mean ± t·√((1/n + ratio)·s²): t is the quantile of Student's t
/// distribution with n - 1 degrees of freedom, s² the variance of the scores, and `ratio` the number of test rows divided
/// by that of training rows (1 / (k - 1) for k folds).
///
/// # Errors
/// [`Undefined`] for fewer than two scores, scores that are all equal or not finite.
///
/// # Panics
/// If `ratio` is negative or not finite, or `confidence` is not between 0 and 1.
pub fn corrected_interval(scores: &[f64], ratio: f64, confidence: f64) -> Result<Interval, Undefined> {
    check_confidence(confidence);
    let moments = Moments::of(scores, ratio)?;
    if moments.std_error == 0.0 {
        return Err(undefined("all scores are equal, so their spread is unknown"));
    }
    let reach = student_reach(1.0 - confidence, moments.freedom) * moments.std_error;
    Ok(Interval { estimate: moments.mean, low: moments.mean - reach, high: moments.mean + reach })
}

/// The corrected resampled paired t test: are the gains of one model over another on the same folds 0 in the mean?
/// t = mean / √((1/n + ratio)·s²) with n - 1 degrees of freedom; see [`corrected_interval`].
///
/// # Errors
/// As [`corrected_interval`].
///
/// # Panics
/// If `ratio` is negative or not finite.
pub fn corrected_test(differences: &[f64], ratio: f64) -> Result<Test, Undefined> {
    let Moments { mean, std_error, freedom } = Moments::of(differences, ratio)?;
    if std_error == 0.0 {
        return Err(undefined("all differences are equal, so their spread is unknown"));
    }
    let statistic = mean / std_error;
    Ok(Test { mean, std_error, statistic, freedom, p_value: student_two_sided(statistic, freedom) })
}

/// The mean of values of folds and its corrected standard error, which is 0 if all values are equal.
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) std_error: f64,
    pub(super) freedom: f64,
}

impl Moments {
    pub(super) fn of(values: &[f64], ratio: f64) -> Result<Moments, Undefined> {
        assert!(ratio >= 0.0 && ratio.is_finite(), "a ratio of numbers of rows is at least 0");
        check_finite(values)?;
        let [first, _, ..] = values else { return Err(undefined("there are fewer than two folds")) };
        let (count, freedom) = (values.len() as f64, values.len() as f64 - 1.0);
        // From the first value on, so that equal values have exactly that mean.
        let mean = first + Twofold::sum(values.iter().map(|value| value - first)) / count;
        let variance = Twofold::sum(values.iter().map(|value| (value - mean).powi(2))) / freedom;
        let std_error = ((1.0 / count + ratio) * variance).sqrt();
        if !std_error.is_finite() || !mean.is_finite() {
            return Err(undefined("the values are too large"));
        }
        Ok(Moments { mean, std_error, freedom })
    }
}
