//! Schedule-free AdamW.

use super::{Floor, power};
use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// Schedule-free AdamW (Defazio and others, "The Road Less Scheduled", NeurIPS 2024), for a constant learning rate.
///
/// Gradients are those at y, and n = g / (√v / √(1 − β₂ᵗ) + ε) + λ·y; y ← y + (z − y) / t − lr·(1 − β₁·(1 − 1/t))·n,
/// and z ← z − lr·n. The weights to predict with are the mean of all z so far, x = y + (1 − 1/β₁)·(z − y).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScheduleFree {
    /// The learning rate.
    pub lr: f64,
    /// The weight β₁ of the mean x in y.
    pub beta1: f64,
    /// Decay rate β₂ of the second moment.
    pub beta2: f64,
    /// ε, added to the root for numerical stability.
    pub epsilon: f64,
    /// Weight decay λ, relative to the learning rate.
    pub weight_decay: f64,
}

impl Default for ScheduleFree {
    fn default() -> ScheduleFree {
        ScheduleFree { lr: 0.0025, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl ScheduleFree {
    pub(super) fn step<T: Element>(
        &self,
        steps: u64,
        parameters: &mut [T],
        gradients: &[T],
        ends: &mut [T],
        squares: &mut [T],
    ) {
        if steps == 1 {
            ends.copy_from_slice(parameters);
        }
        let share = 1.0 / steps as f64;
        let rate = self.lr * (1.0 - self.beta1 * (1.0 - share));
        let root = 1.0 / (1.0 - power(self.beta2, steps)).sqrt();
        let [share, rate, lr, root, epsilon] = [share, rate, self.lr, root, self.epsilon].map(T::from_f64);
        let [decay, old_square, new_square] = [self.weight_decay, self.beta2, 1.0 - self.beta2].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                let state = ends.iter_mut().zip(squares);
                for ((parameter, &gradient), (end, square)) in parameters.iter_mut().zip(gradients).zip(state) {
                    *square = floor.moment(old_square * *square + new_square * floor.square(gradient));
                    let normal = gradient / (Element::sqrt(*square) * root + epsilon) + decay * *parameter;
                    *parameter = *parameter + share * (*end - *parameter) - rate * normal;
                    *end -= lr * normal;
                }
            },
        );
    }

    /// The mean x, into `means`.
    pub(super) fn settle<T: Element>(&self, parameters: &[T], ends: &[T], means: &mut Vec<T>) {
        let share = T::from_f64(1.0 - 1.0 / self.beta1);
        means.clear();
        means.extend(parameters.iter().zip(ends).map(|(&parameter, &end)| parameter + share * (end - parameter)));
    }
}
