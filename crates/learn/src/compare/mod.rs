//! Intervals of scores, and comparisons of two models or more: how sure is it that one is better?
//!
//! - Scores of folds: [`corrected_interval`], [`corrected_test`] and the Bayesian [`correlated_posterior`] account for
//!   training rows that the folds share. The naive standard error of a mean does not, and is far too small.
//! - One test set: [`Bootstrap`] gives intervals of any metric, [`Delong`] compares areas under ROC curves, and [`McNemar`]
//!   compares accuracies.
//! - Several data sets: the Bayesian [`signed_rank_posterior`].
//! - Several comparisons: [`holm`] corrects their p-values.
//!
//! Differences are gains: above 0 if the first model is better ([`Metric::gain`](crate::Metric::gain)). A
//! [`Verdict`] follows from an [`Interval`] or a [`Posterior`] and a *region of practical equivalence*: gains that small do
//! not matter.
//!
//! ```
//! use pipewright_learn::compare::{Verdict, corrected_interval, corrected_test};
//! // Gains in accuracy in two repetitions of 5 folds: each tests one row for every four that it trains on.
//! let gains = [0.01, 0.02, 0.0, 0.015, 0.005, 0.012, 0.018, -0.002, 0.011, 0.009];
//! assert!((corrected_test(&gains, 0.25)?.statistic - 2.30803).abs() < 1e-5);
//! let interval = corrected_interval(&gains, 0.25, 0.95)?;
//! assert_eq!(interval.verdict(0.0), Verdict::Better);
//! assert_eq!(interval.verdict(0.005), Verdict::Undecided);
//! # Ok::<(), pipewright_learn::metric::Undefined>(())
//! ```

mod bayes;
mod bootstrap;
mod corrected;
mod delong;
mod mcnemar;
mod optimism;
mod several;
mod verdict;

pub use bayes::{Posterior, correlated_posterior, signed_rank_posterior};
pub use bootstrap::{Bootstrap, Ends, NoInterval};
pub use corrected::{Test, corrected_interval, corrected_test};
pub use delong::{AreaTest, Delong};
pub use mcnemar::McNemar;
pub use optimism::{Optimism, no_information_error};
pub use several::holm;
pub use verdict::Verdict;

use crate::metric::{Undefined, undefined};

/// An estimate and the interval that holds the true value with the confidence that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// # Panics
/// If `confidence` is not between 0 and 1.
fn check_confidence(confidence: f64) {
    assert!(confidence > 0.0 && confidence < 1.0, "a confidence lies between 0 and 1");
}

fn check_finite(values: &[f64]) -> Result<(), Undefined> {
    if values.iter().all(|value| value.is_finite()) { Ok(()) } else { Err(undefined("a value is not a finite number")) }
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
