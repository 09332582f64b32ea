//! The .632 and .632+ estimators: errors of bootstrap samples without their optimism or pessimism.
//!
//! Source: B. Efron, R. Tibshirani, "Improvements on cross-validation: the .632+ bootstrap method", Journal of the
//! American Statistical Association 92 (1997).

use super::{Undefined, undefined};

/// The share of the rows that a bootstrap sample holds: 1 - 1/e, rounded as in the paper.
const HELD: f64 = 0.632;

/// Errors from which the error on new rows is estimated. The training error is too small; the error on the rows left out
/// of bootstrap samples is too large, since these samples hold only about 63.2 % of the rows.
///
/// ```
/// use pipewright_learn::compare::Optimism;
/// // The nearest neighbour has no training error. With labels at random it errs in half of the cases.
/// let nearest = Optimism { training: 0.0, out_of_bag: 0.5, no_information: 0.5 };
/// assert_eq!(nearest.plain()?, 0.316);
/// assert!((nearest.plus()? - 0.5).abs() < 1e-15);
/// # Ok::<(), pipewright_learn::metric::Undefined>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimism {
    /// The mean error on the rows that a model was trained on: all of them.
    pub training: f64,
    /// The mean error on rows outside of the bootstrap samples (the leave-one-out bootstrap).
    pub out_of_bag: f64,
    /// The error if predictions and true values were independent; see [`no_information_error`].
    pub no_information: f64,
}

impl Optimism {
    /// The .632 estimator: 0.368 · training error + 0.632 · out-of-bag error.
    ///
    /// # Errors
    /// [`Undefined`] if an error is negative or not finite.
    pub fn plain(&self) -> Result<f64, Undefined> {
        self.check()?;
        Ok((1.0 - HELD) * self.training + HELD * self.out_of_bag)
    }

    /// The .632+ estimator (equation 32): the .632 estimator + (e - training) · 0.368 · 0.632 · R / (1 - 0.368 R), where e
    /// is the out-of-bag error, at most that without information, and R = (e - training) / (no information - training)
    /// the relative overfitting rate; 0 if e or the error without information is no more than the training error.
    ///
    /// # Errors
    /// [`Undefined`] if an error is negative or not finite.
    pub fn plus(&self) -> Result<f64, Undefined> {
        let plain = self.plain()?;
        let excess = self.out_of_bag.min(self.no_information) - self.training;
        if excess <= 0.0 {
            return Ok(plain);
        }
        let rate = excess / (self.no_information - self.training);
        Ok(plain + excess * (1.0 - HELD) * HELD * rate / (1.0 - (1.0 - HELD) * rate))
    }

    fn check(&self) -> Result<(), Undefined> {
        let sound = |error: f64| error.is_finite() && error >= 0.0;
        match [self.training, self.out_of_bag, self.no_information].into_iter().all(sound) {
            true => Ok(()),
            false => Err(undefined("an error is not a finite number of at least 0")),
        }
    }
}

/// The share of wrong classes if true and predicted classes were independent: Σ pₖ (1 - qₖ), with the shares p of the true
/// and q of the predicted classes (equation 27).
///
/// # Errors
/// [`Undefined`] if there are no rows.
///
/// # Panics
/// If the lists differ in length.
pub fn no_information_error(truth: &[u32], predicted: &[u32]) -> Result<f64, Undefined> {
    assert_eq!(truth.len(), predicted.len(), "a prediction per row");
    if truth.is_empty() {
        return Err(undefined("there are no rows"));
    }
    let classes = truth.iter().chain(predicted).max().map_or(0, |&class| class as usize + 1);
    let counts = |codes: &[u32]| {
        let mut counts = vec![0_u64; classes];
        codes.iter().for_each(|&code| counts[code as usize] += 1);
        counts
    };
    let hits: u128 = counts(truth).into_iter().zip(counts(predicted)).map(|(p, q)| u128::from(p) * u128::from(q)).sum();
    let pairs = (truth.len() as u128).pow(2);
    Ok((pairs - hits) as f64 / pairs as f64)
}
