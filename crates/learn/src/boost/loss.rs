//! Losses of gradient boosting on one score per row.

use crate::order::quantile;
use crate::tree::Derivative as Rounded;
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::sync::Arc;

/// The first and the second derivative of a loss by the score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Derivatives {
    /// The first derivative.
    pub first: f64,
    /// The second derivative, or an upper bound of it; not negative.
    pub second: f64,
}

/// How a prediction follows from a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Link {
    /// The score itself.
    Identity,
    /// `exp(score)`.
    Exp,
    /// `1 / (1 + exp(-score))`, the probability of the second of two classes.
    Logistic,
    /// The softmax of a score per class.
    Softmax,
}

/// A loss of one number or of two classes (0 and 1), as a function of a score.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target};
/// use pipewright_learn::boost::{Derivatives, Gbdt, Link, Loss, Objective};
/// use std::sync::Arc;
/// /// log(cosh(score - target))
/// #[derive(Debug)]
/// struct LogCosh;
/// impl Loss for LogCosh {
///     fn start(&self, target: &[f64], _: Option<&[f64]>) -> f64 {
///         target.iter().sum::<f64>() / target.len() as f64
///     }
///     fn derivatives(&self, score: f64, target: f64) -> Derivatives {
///         let first = (score - target).tanh();
///         Derivatives { first, second: 1.0 - first * first }
///     }
///     fn value(&self, score: f64, target: f64) -> f64 {
///         (score - target).cosh().ln()
///     }
/// }
/// let rows: Vec<[f64; 1]> = (0..100).map(|x| [f64::from(x)]).collect();
/// let target = rows.iter().map(|[x]| if *x < 50.0 { 1.0 } else { 2.0 }).collect();
/// let train = Dataset::new(Features::from_rows(["x"], &rows), Target::Numbers(target));
/// let gbdt = Gbdt { loss: Objective::Custom(Arc::new(LogCosh)), ..Gbdt::with_trees(50) };
/// let predicted = gbdt.fit(&train)?.predict(&train.features)?;
/// assert!((predicted.values()[0] - 1.0).abs() < 0.1);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
pub trait Loss: Debug + Send + Sync {
    /// The score with the least loss over all rows: what the trees start from.
    fn start(&self, target: &[f64], weights: Option<&[f64]>) -> f64;

    /// The derivatives by the score.
    fn derivatives(&self, score: f64, target: f64) -> Derivatives;

    /// The loss of a row, up to a constant that depends on the target alone.
    fn value(&self, score: f64, target: f64) -> f64;

    /// How a prediction follows from the score.
    fn link(&self) -> Link {
        Link::Identity
    }

    /// Checks a value of the target.
    ///
    /// # Errors
    /// What is wrong with it, as "…; the loss takes …".
    fn check(&self, target: f64) -> Result<(), String> {
        let _ = target;
        Ok(())
    }

    /// For losses whose derivatives tell little of how far away the minimum is: the quantile of the differences of
    /// target and score that a leaf has for its value, in place of a Newton step.
    fn leaf_quantile(&self) -> Option<f64> {
        None
    }

    /// The longest Newton step of a leaf, before the learning rate.
    fn longest_step(&self) -> f64 {
        f64::INFINITY
    }
}

/// The loss that boosting minimises.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Objective {
    /// Squared error for numbers, log loss for classes.
    #[default]
    Auto,
    /// ½·(score − y)².
    Squared,
    /// |score − y|.
    Absolute,
    /// Squared error up to a distance of `delta`, absolute error beyond (Huber, 1964).
    Huber {
        /// In the units of the target.
        delta: f64,
    },
    /// The pinball loss, whose minimum is the quantile of this level.
    Quantile {
        /// Between 0 and 1.
        level: f64,
    },
    /// Poisson deviance, with a log link: counts.
    Poisson,
    /// Gamma deviance, with a log link: positive numbers.
    Gamma,
    /// Tweedie deviance, with a log link: numbers from 0 on.
    Tweedie {
        /// The power of the variance function, between 1 and 2.
        power: f64,
    },
    /// Another loss.
    Custom(Arc<dyn Loss>),
}

impl Objective {
    /// The loss for numbers.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] for a parameter out of its range.
    pub(super) fn of_numbers(&self) -> Result<Arc<dyn Loss>, Failure> {
        let bad = |what: &str| Err(Failure::new(code::BAD_VALUE, what));
        match *self {
            Objective::Auto | Objective::Squared => Ok(Arc::new(Squared)),
            Objective::Absolute => Ok(Arc::new(Quantile { level: 0.5 })),
            Objective::Huber { delta } if delta > 0.0 => Ok(Arc::new(Huber { delta })),
            Objective::Huber { .. } => bad("the `delta` of the Huber loss is above 0"),
            Objective::Quantile { level } if level > 0.0 && level < 1.0 => Ok(Arc::new(Quantile { level })),
            Objective::Quantile { .. } => bad("the level of a quantile is between 0 and 1"),
            Objective::Poisson => Ok(Arc::new(Tweedie { power: 1.0 })),
            Objective::Gamma => Ok(Arc::new(Tweedie { power: 2.0 })),
            Objective::Tweedie { power } if power > 1.0 && power < 2.0 => Ok(Arc::new(Tweedie { power })),
            Objective::Tweedie { .. } => bad("the power of the Tweedie loss is between 1 and 2"),
            Objective::Custom(ref loss) => Ok(loss.clone()),
        }
    }
}

/// Weighted mean; a target of equal values gives that value exactly.
fn mean(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let Some(first) = values.first() else { return 0.0 };
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let total = Twofold::sum((0..values.len()).map(weight));
    first + Twofold::sum(values.iter().enumerate().map(|(row, value)| weight(row) * ((value - first) / total)))
}

#[derive(Debug)]
struct Squared;

impl Loss for Squared {
    fn start(&self, target: &[f64], weights: Option<&[f64]>) -> f64 {
        mean(target, weights)
    }

    fn derivatives(&self, score: f64, target: f64) -> Derivatives {
        Derivatives { first: score - target, second: 1.0 }
    }

    fn value(&self, score: f64, target: f64) -> f64 {
        0.5 * (score - target) * (score - target)
    }
}

#[derive(Debug)]
struct Huber {
    delta: f64,
}

impl Loss for Huber {
    fn start(&self, target: &[f64], weights: Option<&[f64]>) -> f64 {
        Quantile { level: 0.5 }.start(target, weights)
    }

    /// The second derivative is that of the inner part everywhere, which bounds it.
    fn derivatives(&self, score: f64, target: f64) -> Derivatives {
        Derivatives { first: (score - target).clamp(-self.delta, self.delta), second: 1.0 }
    }

    fn value(&self, score: f64, target: f64) -> f64 {
        let distance = (score - target).abs();
        let inner = distance.min(self.delta);
        0.5 * inner * inner + self.delta * (distance - inner)
    }
}

/// The pinball loss; half the absolute error at level 0.5, which has the same minimum.
#[derive(Debug)]
struct Quantile {
    level: f64,
}

impl Loss for Quantile {
    fn start(&self, target: &[f64], weights: Option<&[f64]>) -> f64 {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        quantile(&mut target.iter().enumerate().map(|(row, &y)| (y, weight(row))).collect::<Vec<_>>(), self.level)
    }

    fn derivatives(&self, score: f64, target: f64) -> Derivatives {
        let first = match score.total_cmp(&target) {
            std::cmp::Ordering::Greater => 1.0 - self.level,
            std::cmp::Ordering::Less => -self.level,
            std::cmp::Ordering::Equal => 0.0,
        };
        Derivatives { first, second: 1.0 }
    }

    fn value(&self, score: f64, target: f64) -> f64 {
        let above = target - score;
        (self.level * above).max((self.level - 1.0) * above)
    }

    fn leaf_quantile(&self) -> Option<f64> {
        Some(self.level)
    }
}

/// Half the Tweedie deviance with a log link; Poisson for power 1, gamma for power 2 (Jørgensen, "Exponential
/// Dispersion Models", 1987).
#[derive(Debug)]
struct Tweedie {
    power: f64,
}

impl Loss for Tweedie {
    fn start(&self, target: &[f64], weights: Option<&[f64]>) -> f64 {
        mean(target, weights).max(f64::MIN_POSITIVE).ln().max(-30.0)
    }

    fn derivatives(&self, score: f64, target: f64) -> Derivatives {
        let (one, two) = (1.0 - self.power, 2.0 - self.power);
        let (observed, expected) = (target * (one * score).exp(), (two * score).exp());
        Derivatives { first: expected - observed, second: two * expected - one * observed }
    }

    fn value(&self, score: f64, target: f64) -> f64 {
        let (one, two) = (1.0 - self.power, 2.0 - self.power);
        let observed = if one == 0.0 { target * score } else { target * (one * score).exp() / one };
        let expected = if two == 0.0 { score } else { (two * score).exp() / two };
        expected - observed
    }

    fn link(&self) -> Link {
        Link::Exp
    }

    fn check(&self, target: f64) -> Result<(), String> {
        let (fits, takes) =
            if self.power == 2.0 { (target > 0.0, "numbers above 0") } else { (target >= 0.0, "numbers from 0 on") };
        if fits { Ok(()) } else { Err(format!("the target is {target}; this loss takes {takes}")) }
    }

    fn longest_step(&self) -> f64 {
        1.0
    }
}

/// The log loss of two classes; the score is the log-odds of the second.
#[derive(Debug)]
pub(super) struct LogLoss;

impl Loss for LogLoss {
    fn start(&self, target: &[f64], weights: Option<&[f64]>) -> f64 {
        log_odds(mean(target, weights))
    }

    fn derivatives(&self, score: f64, target: f64) -> Derivatives {
        let chance = logistic(score);
        Derivatives { first: chance - target, second: chance * (1.0 - chance) }
    }

    fn value(&self, score: f64, target: f64) -> f64 {
        // ln(1 + exp(score)) without overflow.
        score.max(0.0) + (-score.abs()).exp().ln_1p() - target * score
    }

    fn link(&self) -> Link {
        Link::Logistic
    }
}

/// The log-odds of a chance, which is kept away from 0 and 1.
pub(super) fn log_odds(chance: f64) -> f64 {
    let chance = chance.clamp(1e-15, 1.0 - 1e-15);
    (chance / (1.0 - chance)).ln()
}

pub(super) fn logistic(score: f64) -> f64 {
    let odds = (-score.abs()).exp();
    if score >= 0.0 { 1.0 / (1.0 + odds) } else { odds / (1.0 + odds) }
}

/// Turns scores into their softmax.
pub(super) fn softmax(scores: &mut [f64]) {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        total += *score;
    }
    scores.iter_mut().for_each(|score| *score /= total);
}

impl From<Derivatives> for Rounded {
    fn from(derivatives: Derivatives) -> Rounded {
        Rounded { first: derivatives.first, second: derivatives.second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_value() {
        let losses: [(&dyn Loss, &[f64]); 7] = [
            (&Squared, &[-3.0, 0.5]),
            (&Huber { delta: 1.0 }, &[-3.0, 0.5]),
            (&Quantile { level: 0.2 }, &[-3.0, 0.5]),
            (&Tweedie { power: 1.0 }, &[0.0, 3.0]),
            (&Tweedie { power: 1.5 }, &[0.0, 3.0]),
            (&Tweedie { power: 2.0 }, &[0.1, 3.0]),
            (&LogLoss, &[0.0, 1.0]),
        ];
        for (loss, targets) in losses {
            for &target in targets {
                for score in [-2.3, -0.3, 0.1, 1.7] {
                    let step = 1e-5;
                    let at = |score: f64| loss.value(score, target);
                    let first = (at(score + step) - at(score - step)) / (2.0 * step);
                    let found = loss.derivatives(score, target);
                    assert!((found.first - first).abs() < 1e-6, "{loss:?} {score} {target}: {found:?}, {first}");
                    let slope = |score: f64| loss.derivatives(score, target).first;
                    let second = (slope(score + step) - slope(score - step)) / (2.0 * step);
                    // Of the robust losses it is a bound.
                    let is_bound = loss.leaf_quantile().is_some() || matches!(second, 0.0);
                    let fits = if is_bound { found.second >= second } else { (found.second - second).abs() < 1e-6 };
                    assert!(fits, "{loss:?} {score} {target}: {found:?}, {second}");
                }
            }
        }
    }

    #[test]
    fn the_start_has_the_least_loss() {
        let target = [0.5, 0.25, 3.0, 1.0, 0.125];
        let weights = [1.0, 2.0, 0.5, 1.0, 3.0];
        for objective in [
            Objective::Squared,
            Objective::Absolute,
            Objective::Quantile { level: 0.3 },
            Objective::Poisson,
            Objective::Gamma,
            Objective::Tweedie { power: 1.4 },
        ] {
            let loss = objective.of_numbers().unwrap();
            let total = |score: f64| -> f64 {
                target.iter().zip(weights).map(|(&y, weight)| weight * loss.value(score, y)).sum()
            };
            let start = loss.start(&target, Some(&weights));
            for near in [start - 1e-3, start + 1e-3] {
                assert!(total(near) >= total(start) - 1e-12, "{objective:?}: {start}");
            }
        }
    }
}
