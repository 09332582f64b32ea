//! RMSprop.

use super::Floor;
use pipewright_tensor::{Element, vectorised};
use serde::{Deserialize, Serialize};

/// RMSprop (Hinton): v ← α·v + (1 − α)·g², θ ← θ − lr·g / (√v + ε).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RmsProp {
    /// The learning rate.
    pub lr: f64,
    /// Smoothing constant α of the squared gradient.
    pub alpha: f64,
    /// ε, added to the root for numerical stability.
    pub epsilon: f64,
}

impl Default for RmsProp {
    fn default() -> RmsProp {
        RmsProp { lr: 0.001, alpha: 0.99, epsilon: 1e-8 }
    }
}

impl RmsProp {
    pub(super) fn step<T: Element>(&self, parameters: &mut [T], gradients: &[T], squares: &mut [T]) {
        let [lr, alpha, new, epsilon] = [self.lr, self.alpha, 1.0 - self.alpha, self.epsilon].map(T::from_f64);
        let floor = Floor::new();
        vectorised(
            #[inline(always)]
            || {
                for ((parameter, &gradient), square) in parameters.iter_mut().zip(gradients).zip(squares) {
                    *square = floor.moment(alpha * *square + new * floor.square(gradient));
                    *parameter -= lr * gradient / (Element::sqrt(*square) + epsilon);
                }
            },
        );
    }
}
