//! RAdam.

use super::{Floor, power};
use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// RAdam, rectified Adam (Liu and others 2020): with ρ∞ = 2 / (1 − β₂) − 1 and ρₜ = ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ), a step of
/// [`Adam`](super::Adam) times √((ρₜ − 4)·(ρₜ − 2)·ρ∞ / ((ρ∞ − 4)·(ρ∞ − 2)·ρₜ)) where ρₜ > 5, before that
/// θ ← θ − lr / (1 − β₁ᵗ)·m.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RAdam {
    /// The learning rate.
    pub lr: f64,
    /// Decay rate β₁ of the first moment.
    pub beta1: f64,
    /// Decay rate β₂ of the second moment.
    pub beta2: f64,
    /// ε, added to the root for numerical stability.
    pub epsilon: f64,
}

impl Default for RAdam {
    fn default() -> RAdam {
        RAdam { lr: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

impl RAdam {
    /// The factor of the adaptive step, once the variance of the squares is finite.
    fn rectified(&self, steps: u64) -> Option<f64> {
        let decayed = power(self.beta2, steps);
        let limit = 2.0 / (1.0 - self.beta2) - 1.0;
        let length = limit - 2.0 * steps as f64 * decayed / (1.0 - decayed);
        let of = |length: f64| (length - 4.0) * (length - 2.0) / length;
        (length > 5.0).then(|| (of(length) / of(limit)).sqrt() * (1.0 - decayed).sqrt())
    }

    pub(super) fn step<T: Element>(
        &self,
        steps: u64,
        parameters: &mut [T],
        gradients: &[T],
        means: &mut [T],
        squares: &mut [T],
    ) {
        let rate = self.lr / (1.0 - power(self.beta1, steps));
        // Without a factor, the divisor is 1.
        let (rate, root, rest) = match self.rectified(steps) {
            Some(factor) => (rate * factor, 1.0, self.epsilon),
            None => (rate, 0.0, 1.0),
        };
        let [rate, root, rest] = [rate, root, rest].map(T::from_f64);
        let [new_mean, old_square, new_square] = [1.0 - self.beta1, self.beta2, 1.0 - self.beta2].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                let moments = means.iter_mut().zip(squares);
                for ((parameter, &gradient), (mean, square)) in parameters.iter_mut().zip(gradients).zip(moments) {
                    *mean = floor.moment(*mean + new_mean * (gradient - *mean));
                    *square = floor.moment(old_square * *square + new_square * floor.square(gradient));
                    *parameter -= rate * *mean / (Element::sqrt(*square) * root + rest);
                }
            },
        );
    }
}
