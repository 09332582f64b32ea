//! Lion.

use super::Floor;
use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// Lion (Chen and others, "Symbolic Discovery of Optimization Algorithms", 2023):
/// θ ← (1 − lr·λ)·θ − lr·sign(β₁·m + (1 − β₁)·g), then m ← β₂·m + (1 − β₂)·g.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lion {
    /// The learning rate.
    pub lr: f64,
    /// Weight β₁ of the moment in a step.
    pub beta1: f64,
    /// Decay rate β₂ of the moment.
    pub beta2: f64,
    /// Weight decay λ, relative to the learning rate.
    pub weight_decay: f64,
}

impl Default for Lion {
    fn default() -> Lion {
        Lion { lr: 1e-4, beta1: 0.9, beta2: 0.99, weight_decay: 0.0 }
    }
}

impl Lion {
    pub(super) fn step<T: Element>(&self, kept: f64, parameters: &mut [T], gradients: &[T], means: &mut [T]) {
        let [kept, lr, old, new] = [kept, self.lr, self.beta1, 1.0 - self.beta1].map(T::from_f64);
        let [old_mean, new_mean] = [self.beta2, 1.0 - self.beta2].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                for ((parameter, &gradient), mean) in parameters.iter_mut().zip(gradients).zip(means) {
                    let step = old * *mean + new * gradient;
                    // A NaN is a step of itself.
                    let side = if step > T::ZERO { lr } else { -lr };
                    let step = if step == T::ZERO || Element::is_nan(step) { step } else { side };
                    *parameter = kept * *parameter - step;
                    *mean = floor.moment(old_mean * *mean + new_mean * gradient);
                }
            },
        );
    }
}
