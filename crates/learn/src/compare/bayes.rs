//! Bayesian comparisons of two models: the probabilities that one is worse, equivalent or better.
//!
//! Sources: G. Corani, A. Benavoli, "A Bayesian approach for comparing cross-validated algorithms on multiple data sets",
//! Machine Learning 100 (2015); A. Benavoli et al., "A Bayesian Wilcoxon signed-rank test based on the Dirichlet process",
//! ICML 2014; A. Benavoli et al., "Time for a change: a tutorial for comparing multiple classifiers through Bayesian
//! analysis", JMLR 18 (2017).

use super::corrected::Moments;
use super::{Undefined, check_finite, undefined};
use crate::distribution::student_below;
use pipewright_world::random::Key;

/// Probabilities of the gain of one model over another; they add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    /// The gain is below the region of practical equivalence.
    pub worse: f64,
    /// The gain is within the region.
    pub equivalent: f64,
    /// The gain is above the region.
    pub better: f64,
}

impl Posterior {
    fn new(worse: f64, better: f64) -> Posterior {
        Posterior { worse, equivalent: (1.0 - worse - better).max(0.0), better }
    }
}

/// The Bayesian correlated t test: the posterior of the mean gain on folds is Student's t distribution with n - 1 degrees
/// of freedom around the mean, with the corrected variance (1/n + ratio)·s² of
/// [`corrected_test`](super::corrected_test). `rope` is half the width of the region of practical equivalence.
///
/// Gains that are all equal are taken for certain.
///
/// # Errors
/// [`Undefined`] for fewer than two differences, or one that is not finite.
///
/// # Panics
/// If `ratio` or `rope` is negative or not finite.
pub fn correlated_posterior(differences: &[f64], ratio: f64, rope: f64) -> Result<Posterior, Undefined> {
    check_rope(rope);
    let Moments { mean, std_error, freedom } = Moments::of(differences, ratio)?;
    if std_error == 0.0 {
        let certain = |is: bool| f64::from(u8::from(is));
        return Ok(Posterior::new(certain(mean < -rope), certain(mean > rope)));
    }
    let below = |end: f64| student_below(end / std_error, freedom);
    Ok(Posterior::new(below(-rope - mean), below(mean - rope)))
}

/// The Bayesian signed-rank test for mean gains on several data sets. A Dirichlet process with a prior of weight ½ at 0
/// gives weights w; the mean of two gains drawn with them is below the region of practical equivalence with
/// probability L = Σᵢⱼ wᵢwⱼ [(zᵢ + zⱼ)/2 < -rope], and above it with probability R. The result holds the shares of `draws`
/// drawn weights for which each of L, R and the rest is the largest; ties are shared.
///
/// # Errors
/// [`Undefined`] for no difference, or one that is not finite.
///
/// # Panics
/// If `rope` is negative or not finite, or `draws` is 0.
pub fn signed_rank_posterior(differences: &[f64], rope: f64, draws: u32, key: Key) -> Result<Posterior, Undefined> {
    check_rope(rope);
    assert!(draws > 0, "there are draws");
    check_finite(differences)?;
    if differences.is_empty() {
        return Err(undefined("there are no differences"));
    }
    let values: Vec<f64> = std::iter::once(0.0).chain(differences.iter().copied()).collect();
    let (mut worse, mut better) = (0.0, 0.0);
    for draw in 0..draws {
        let weights = dirichlet(values.len(), key.index(u64::from(draw)));
        let [left, right] = shares_beyond(&values, &weights, rope);
        let shares = [left, 1.0 - left - right, right];
        let most = shares.into_iter().fold(0.0, f64::max);
        let winners = shares.iter().filter(|share| **share == most).count() as f64;
        worse += if left == most { 1.0 / winners } else { 0.0 };
        better += if right == most { 1.0 / winners } else { 0.0 };
    }
    Ok(Posterior::new(worse / f64::from(draws), better / f64::from(draws)))
}

/// The weight of the pairs of values whose mean is below -`rope`, and of those above `rope`; half of it at the ends.
fn shares_beyond(values: &[f64], weights: &[f64], rope: f64) -> [f64; 2] {
    let step = |over: f64| {
        if over > 0.0 {
            1.0
        } else if over == 0.0 {
            0.5
        } else {
            0.0
        }
    };
    let mut shares = [0.0; 2];
    for (one, weight) in values.iter().zip(weights) {
        for (other, also) in values.iter().zip(weights) {
            let (sum, weight) = (one + other, weight * also);
            shares[0] += weight * step(-sum - 2.0 * rope);
            shares[1] += weight * step(sum - 2.0 * rope);
        }
    }
    shares
}

/// Draws weights that add up to 1 from a Dirichlet distribution with parameters ½, 1, 1, …
fn dirichlet(count: usize, key: Key) -> Vec<f64> {
    let exponential = |position: u64| -(-key.uniform(position)).ln_1p();
    let mut draws: Vec<f64> = (0..count as u64).map(exponential).collect();
    // An exponential number times one of the arcsine distribution has the gamma distribution of shape ½.
    draws[0] *= (std::f64::consts::PI * key.uniform(count as u64)).cos().powi(2);
    let total: f64 = draws.iter().sum();
    draws.iter_mut().for_each(|draw| *draw /= total);
    draws
}

fn check_rope(rope: f64) {
    assert!(rope >= 0.0 && rope.is_finite(), "a region of practical equivalence is at least 0 wide");
}
