//! Temperature scaling.

use super::{Classified, clipped};
use crate::twofold::Twofold;
use serde::{Deserialize, Serialize};

/// Log-probabilities are multiplied by this, one over the temperature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Temperature {
    inverse: f64,
}

/// The logarithms of the lowest and of the highest inverse temperature, as in scikit-learn: separable classes have no
/// lowest temperature.
const ENDS: (f64, f64) = (-10.0, 10.0);

impl Temperature {
    /// Minimises the log loss, which is convex in the inverse temperature: Newton's method on its slope, and bisection
    /// where a step would leave the bracket. A share of each row is of the other classes, evenly.
    pub(super) fn fit(rows: &Classified, share: f64) -> Temperature {
        const STEPS: u32 = 200;
        let (mut low, mut high) = (ENDS.0.exp(), ENDS.1.exp());
        if slope(rows, low, share).0 >= 0.0 {
            return Temperature { inverse: low };
        }
        if slope(rows, high, share).0 <= 0.0 {
            return Temperature { inverse: high };
        }
        let mut at = 1.0;
        for _ in 0..STEPS {
            let (value, curve) = slope(rows, at, share);
            if value == 0.0 {
                break;
            }
            if value < 0.0 {
                low = at
            } else {
                high = at
            }
            let newton = at - value / curve;
            let next = if newton > low && newton < high { newton } else { low + (high - low) / 2.0 };
            if (next - at).abs() <= f64::EPSILON * at {
                at = next;
                break;
            }
            at = next;
        }
        Temperature { inverse: at }
    }

    pub(super) fn apply(self, row: &mut [f64]) {
        row.iter_mut().for_each(|probability| *probability = self.inverse * clipped(*probability).ln());
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.iter_mut().for_each(|value| *value = (*value - most).exp());
        let total: f64 = row.iter().sum();
        row.iter_mut().for_each(|value| *value /= total);
    }

    pub(super) fn is_sound(self) -> bool {
        self.inverse.is_finite() && self.inverse > 0.0
    }
}

/// The first and the second derivative of the log loss: weighted sums of the mean less the true log-probability, and of
/// the variance.
fn slope(rows: &Classified, inverse: f64, share: f64) -> (f64, f64) {
    let (mut first, mut second) = (Twofold::default(), 0.0);
    for (row, class, weight) in rows.rows() {
        let logs: Vec<f64> = row.iter().map(|probability| clipped(*probability).ln()).collect();
        let mut shares = row.to_vec();
        Temperature { inverse }.apply(&mut shares);
        let mean: f64 = shares.iter().zip(&logs).map(|(share, log)| share * log).sum();
        let spread: f64 = shares.iter().zip(&logs).map(|(share, log)| share * (log - mean).powi(2)).sum();
        let of_others = (logs.iter().sum::<f64>() - logs[class]) / (logs.len() - 1).max(1) as f64;
        // Without a share, the bits are those of the true class alone.
        let truth = if share == 0.0 { logs[class] } else { logs[class] + share * (of_others - logs[class]) };
        first = first.plus(weight * (mean - truth));
        second += weight * spread;
    }
    (first.value(), second)
}
