//! Adam, and AdamW.

use super::{Floor, power};
use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// Adam (Kingma, Ba 2015), bias-corrected: m ← m + (1 − β₁)·(g − m), v ← β₂·v + (1 − β₂)·g²,
/// θ ← θ − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// The learning rate.
    pub lr: f64,
    /// Decay rate β₁ of the first moment (mean of gradients).
    pub beta1: f64,
    /// Decay rate β₂ of the second moment (mean of squared gradients).
    pub beta2: f64,
    /// ε, added to the root for numerical stability.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { lr: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// AdamW (Loshchilov, Hutter 2019): θ ← (1 − lr·λ)·θ, then a step of [`Adam`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdamW {
    /// Settings of the [`Adam`] step.
    pub adam: Adam,
    /// Weight decay λ, relative to the learning rate.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> AdamW {
        AdamW { adam: Adam::default(), weight_decay: 0.01 }
    }
}

impl Adam {
    pub(super) fn step<T: Element>(
        &self,
        kept: f64,
        steps: u64,
        parameters: &mut [T],
        gradients: &[T],
        means: &mut [T],
        squares: &mut [T],
    ) {
        let rate = self.lr / (1.0 - power(self.beta1, steps));
        let root = 1.0 / (1.0 - power(self.beta2, steps)).sqrt();
        let [kept, rate, root, epsilon] = [kept, rate, root, self.epsilon].map(T::from_f64);
        let [new_mean, old_square, new_square] = [1.0 - self.beta1, self.beta2, 1.0 - self.beta2].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                let moments = means.iter_mut().zip(squares);
                for ((parameter, &gradient), (mean, square)) in parameters.iter_mut().zip(gradients).zip(moments) {
                    *mean = floor.moment(*mean + new_mean * (gradient - *mean));
                    *square = floor.moment(old_square * *square + new_square * floor.square(gradient));
                    *parameter = kept * *parameter - rate * *mean / (Element::sqrt(*square) * root + epsilon);
                }
            },
        );
    }
}
