//! Dropout.

use super::{Recorder, Rule};
use pipewright_tensor::{Node, op};
use serde::{Deserialize, Serialize};

/// Dropout (N. Srivastava and others, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 2014),
/// inverted: in a step of training, each number is 0 with probability `rate`, else divided by 1 − `rate`. Predictions
/// use all numbers as they are.
///
/// What is dropped is a function of the key, the step, the row's place in the batch and the unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// The share of numbers that are dropped, at least 0 and below 1.
    pub rate: f64,
}

impl Rule for Dropout {
    fn check(&self) -> Result<(), String> {
        match (0.0..1.0).contains(&self.rate) {
            true => Ok(()),
            false => {
                Err(format!("a share of {} of the units cannot be dropped; it is at least 0 and below 1", self.rate))
            }
        }
    }

    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        match recorder.random().filter(|_| self.is_random()) {
            Some((step, key)) => recorder.graph.dropout(values, step, op::Dropout { rate: self.rate, key }),
            None => values,
        }
    }

    fn is_random(&self) -> bool {
        self.rate > 0.0
    }
}
