//! Stochastic gradient descent.

use super::Floor;
use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// Stochastic gradient descent: b ← μ·b + g, θ ← θ − lr·b; with Nesterov's rule θ ← θ − lr·(g + μ·b).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sgd {
    /// The learning rate.
    pub lr: f64,
    /// Momentum μ.
    pub momentum: f64,
    /// Use Nesterov momentum?
    pub nesterov: bool,
    /// λ of the L2 penalty λ/2·‖θ‖², added to the gradient.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Sgd {
        Sgd { lr: 0.01, momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

impl Sgd {
    pub(super) fn step<T: Element>(&self, parameters: &mut [T], gradients: &[T], momenta: &mut [T]) {
        let [lr, decay, momentum] = [self.lr, self.weight_decay, self.momentum].map(T::from_f64);
        let floor = Floor::new();
        // Nesterov's rule steps along g + μ·b, the plain rule along b.
        let ahead = if self.nesterov { (T::ONE, momentum) } else { (T::ZERO, T::ONE) };
        vectorised(
            #[inline(always)]
            || {
                if momenta.is_empty() {
                    for (parameter, &gradient) in parameters.iter_mut().zip(gradients) {
                        *parameter -= lr * (gradient + decay * *parameter);
                    }
                    return;
                }
                for ((parameter, &gradient), moment) in parameters.iter_mut().zip(gradients).zip(momenta) {
                    let gradient = gradient + decay * *parameter;
                    *moment = floor.moment(momentum * *moment + gradient);
                    *parameter -= lr * (ahead.0 * gradient + ahead.1 * *moment);
                }
            },
        );
    }
}
