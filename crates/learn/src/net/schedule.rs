//! Schedules: a factor on a learning rate, a weight decay or a rate of dropout, as a function of the share of the
//! training that is done.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A schedule: its factor at time t, from 0 at the first step to 1 after the last.
///
/// ```
/// use pipewright_learn::net::Schedule;
/// assert_eq!(Schedule::Cosine.factor(0.5), 0.5);
/// assert_eq!(Schedule::FlatCosine.factor(0.5), 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// 1.
    Constant,
    /// 1 − t.
    Linear,
    /// γ^⌊t / every⌋: the rate is multiplied by γ each time that this share of the training is done. PyTorch's
    /// `StepLR`.
    Step {
        /// The share of the training between two drops.
        every: f64,
        /// The factor of a drop.
        gamma: f64,
    },
    /// γᵗ: from 1 to γ. PyTorch's `ExponentialLR`.
    Exponential {
        /// The factor at the end.
        gamma: f64,
    },
    /// ½·(1 + cos πt): I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), without
    /// restarts. PyTorch's `CosineAnnealingLR`.
    Cosine,
    /// A cosine in each of several cycles of equal length. PyTorch's `CosineAnnealingWarmRestarts`.
    CosineRestarts {
        /// The number of cycles.
        cycles: u32,
    },
    /// Up along a cosine from 1/25 to 1 in the first 30 %, then down to 1/250,000: L. Smith, N. Topin,
    /// "Super-Convergence" (2018), with the defaults of PyTorch's `OneCycleLR`.
    OneCycle,
    /// Up in a straight line to 1 until this share of the training is done, then 1.
    WarmUp {
        /// The share of the training that is warm-up.
        share: f64,
    },
    /// 1 in the first half, then ½·(1 + cos π(2t − 1)): `flat_cos` of D. Holzmüller, L. Grinsztajn, I. Steinwart,
    /// "Better by Default" (NeurIPS 2024).
    FlatCosine,
    /// ½·(1 − cos(2π·log₂(1 + 15t))): four cycles, each longer than the one before; `coslog4` of the same paper.
    CosLog4,
}

impl Schedule {
    /// Returns the factor at `t`, which is taken as 0 below 0 and as 1 above 1.
    #[must_use]
    pub fn factor(self, t: f64) -> f64 {
        let t = t.clamp(0.0, 1.0);
        // Deterministic on every platform, so that training has the same bits.
        let cosine = |share: f64| 0.5 * (1.0 + libm::cos(PI * share));
        match self {
            Schedule::Constant => 1.0,
            Schedule::Linear => 1.0 - t,
            Schedule::Step { every, gamma } => libm::pow(gamma, (t / every).floor()),
            Schedule::Exponential { gamma } => libm::pow(gamma, t),
            Schedule::Cosine => cosine(t),
            Schedule::CosineRestarts { cycles } => {
                let cycle = t * f64::from(cycles);
                cosine(cycle - cycle.floor())
            }
            Schedule::OneCycle => one_cycle(t, cosine),
            Schedule::WarmUp { share } => {
                if t < share {
                    t / share
                } else {
                    1.0
                }
            }
            Schedule::FlatCosine => cosine((2.0 * t).max(1.0) - 1.0),
            Schedule::CosLog4 => 0.5 * (1.0 - libm::cos(2.0 * PI * libm::log2(1.0 + 15.0 * t))),
        }
    }

    /// Is every factor a finite number of at least 0?
    #[must_use]
    pub fn is_sound(self) -> bool {
        let gamma = |gamma: f64| gamma.is_finite() && gamma > 0.0;
        match self {
            Schedule::Step { every, gamma: drop } => every.is_finite() && every > 0.0 && gamma(drop) && drop <= 1.0,
            Schedule::Exponential { gamma: end } => gamma(end),
            Schedule::CosineRestarts { cycles } => cycles > 0,
            Schedule::WarmUp { share } => (0.0..=1.0).contains(&share),
            _ => true,
        }
    }
}

/// From 1/25 up to 1, and down to 1/25/10⁴.
fn one_cycle(t: f64, cosine: impl Fn(f64) -> f64) -> f64 {
    const UP: f64 = 0.3;
    const START: f64 = 1.0 / 25.0;
    const END: f64 = START / 1e4;
    let between = |from: f64, to: f64, share: f64| to + (from - to) * cosine(share);
    if t < UP { between(START, 1.0, t / UP) } else { between(1.0, END, (t - UP) / (1.0 - UP)) }
}

/// A factor that drops when a loss has not decreased for some epochs: PyTorch's `ReduceLROnPlateau` with a threshold of
/// 0.
///
/// ```
/// use pipewright_learn::net::Plateau;
/// let mut plateau = Plateau::new(0.1, 2);
/// let factors: Vec<f64> = [1.0, 1.0, 1.0, 1.0, 0.5].map(|loss| plateau.observe(loss)).to_vec();
/// assert_eq!(factors, [1.0, 1.0, 1.0, 0.1, 0.1]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    drop: f64,
    patience: usize,
    best: f64,
    waited: usize,
    factor: f64,
}

impl Plateau {
    /// Multiplies by `drop` after more than `patience` epochs without a lower loss.
    #[must_use]
    pub fn new(drop: f64, patience: usize) -> Plateau {
        Plateau { drop, patience, best: f64::INFINITY, waited: 0, factor: 1.0 }
    }

    /// Returns the factor of the next epoch, given the loss of this one.
    pub fn observe(&mut self, loss: f64) -> f64 {
        if loss < self.best {
            (self.best, self.waited) = (loss, 0);
        } else {
            self.waited += 1;
        }
        if self.waited > self.patience {
            (self.factor, self.waited) = (self.factor * self.drop, 0);
        }
        self.factor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance, "{found} is not {wanted}");
    }

    #[test]
    fn coslog4_and_flat_cos_are_those_of_the_paper() {
        let coslog4 = |t| Schedule::CosLog4.factor(t);
        for cycle in 0..=4 {
            close(coslog4((f64::from(1 << cycle) - 1.0) / 15.0), 0.0, 1e-12);
        }
        for peak in [0.027_614, 0.121_895, 0.310_457, 0.687_581] {
            close(coslog4(peak), 1.0, 1e-5);
        }
        close(coslog4(0.1), 0.718_354_688_462, 1e-11);
        close(coslog4(0.5), 0.073_618_934_186, 1e-11);
        for (t, wanted) in [(0.0, 1.0), (0.5, 1.0), (0.6, 0.904_508_497), (0.75, 0.5), (1.0, 0.0)] {
            close(Schedule::FlatCosine.factor(t), wanted, 1e-9);
        }
    }

    /// Rates of `torch.optim.lr_scheduler` (PyTorch 2.15.0) for an SGD of rate 1, after the given steps of 100.
    #[test]
    fn the_others_are_those_of_pytorch() {
        let cases = [
            (
                Schedule::Step { every: 0.25, gamma: 0.1 },
                [(0, 1.0), (24, 1.0), (25, 0.1), (80, 0.001_000_000_000_000_000_2)],
            ),
            (Schedule::Exponential { gamma: 0.01 }, [(0, 1.0), (1, 0.954_992_586_021_436), (50, 0.1), (100, 0.01)]),
            (Schedule::Cosine, [(0, 1.0), (10, 0.975_528_258_147_576_8), (37, 0.698_573_945_317_390_3), (100, 0.0)]),
            (
                Schedule::CosineRestarts { cycles: 4 },
                [(0, 1.0), (10, 0.654_508_497_187_473_7), (25, 1.0), (99, 0.003_942_649_342_761_117)],
            ),
            (Schedule::OneCycle, [(0, 0.04), (10, 0.28), (30, 1.0), (100, 4e-6)]),
        ];
        for (schedule, rates) in cases {
            for (step, rate) in rates {
                close(schedule.factor(f64::from(step) / 100.0), rate, 1e-9);
            }
        }
    }
}
