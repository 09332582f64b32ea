//! NAdam.

use super::{Floor, power};
use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// NAdam, Adam with Nesterov momentum (Dozat 2016): with μₜ = β₁·(1 − ½·0.96^(t·ψ)) and the moments of
/// [`Adam`](super::Adam), θ ← θ − lr·((1 − μₜ) / (1 − Π μ)·g + μₜ₊₁ / (1 − μₜ₊₁·Π μ)·m) / (√v / √(1 − β₂ᵗ) + ε), the
/// product over all steps so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NAdam {
    /// The learning rate.
    pub lr: f64,
    /// Decay rate β₁ of the first moment.
    pub beta1: f64,
    /// Decay rate β₂ of the second moment.
    pub beta2: f64,
    /// ε, added to the root for numerical stability.
    pub epsilon: f64,
    /// ψ, the decay of the momentum.
    pub momentum_decay: f64,
}

impl Default for NAdam {
    fn default() -> NAdam {
        NAdam { lr: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, momentum_decay: 0.004 }
    }
}

impl NAdam {
    /// μ of a step.
    pub(super) fn momentum(&self, step: u64) -> f64 {
        self.beta1 * (1.0 - 0.5 * libm::pow(0.96, step as f64 * self.momentum_decay))
    }

    /// `product` is that of the momenta of all steps, this one included.
    pub(super) fn step<T: Element>(
        &self,
        (steps, product): (u64, f64),
        parameters: &mut [T],
        gradients: &[T],
        means: &mut [T],
        squares: &mut [T],
    ) {
        let (now, next) = (self.momentum(steps), self.momentum(steps + 1));
        let of_gradient = self.lr * (1.0 - now) / (1.0 - product);
        let of_mean = self.lr * next / (1.0 - product * next);
        let root = 1.0 / (1.0 - power(self.beta2, steps)).sqrt();
        let [of_gradient, of_mean, root, epsilon] = [of_gradient, of_mean, root, self.epsilon].map(T::from_f64);
        let [new_mean, old_square, new_square] = [1.0 - self.beta1, self.beta2, 1.0 - self.beta2].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                let moments = means.iter_mut().zip(squares);
                for ((parameter, &gradient), (mean, square)) in parameters.iter_mut().zip(gradients).zip(moments) {
                    *mean = floor.moment(*mean + new_mean * (gradient - *mean));
                    *square = floor.moment(old_square * *square + new_square * floor.square(gradient));
                    let step = of_gradient * gradient + of_mean * *mean;
                    *parameter -= step / (Element::sqrt(*square) * root + epsilon);
                }
            },
        );
    }
}
