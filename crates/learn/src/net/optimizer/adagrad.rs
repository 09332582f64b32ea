//! Adagrad.

use super::Floor;
use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// Adagrad (Duchi, Hazan, Singer 2011): v ← v + g², θ ← θ − lr·g / (√v + ε).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adagrad {
    /// The learning rate.
    pub lr: f64,
    /// ε, added to the root for numerical stability.
    pub epsilon: f64,
}

impl Default for Adagrad {
    fn default() -> Adagrad {
        Adagrad { lr: 0.01, epsilon: 1e-10 }
    }
}

impl Adagrad {
    pub(super) fn step<T: Element>(&self, parameters: &mut [T], gradients: &[T], squares: &mut [T]) {
        let [lr, epsilon] = [self.lr, self.epsilon].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                for ((parameter, &gradient), square) in parameters.iter_mut().zip(gradients).zip(squares) {
                    *square += floor.square(gradient);
                    *parameter -= lr * gradient / (Element::sqrt(*square) + epsilon);
                }
            },
        );
    }
}
