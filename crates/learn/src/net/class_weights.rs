//! Weights of rows by their class.

use super::rows::mean_one;
use crate::class_weights::{add_weights, balancing};
use crate::data::{Labels, Target};
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// How much each class counts, besides the weights of rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// All classes count the same per row.
    #[default]
    Equal,
    /// By the inverse of their frequency: all classes count the same in sum, as scikit-learn's
    /// `class_weight="balanced"`.
    Balanced,
    /// A factor per class, by code, as the `weight` of PyTorch's `CrossEntropyLoss`.
    Given(Vec<f64>),
}

impl ClassWeights {
    /// Returns the factor of each class; `None` if all classes count the same.
    ///
    /// # Errors
    /// [`code::WRONG_TASK`] if the target is a number; [`code::BAD_VALUE`] if factors are not one per class, not finite,
    /// below 0, or all 0.
    pub(super) fn factors(&self, labels: &Labels) -> Result<Option<Vec<f64>>, Failure> {
        let (codes, count) = match (self, labels.target()) {
            (ClassWeights::Equal, _) => return Ok(None),
            (_, Target::Classes { codes, count }) => (codes, *count),
            (_, Target::Numbers(_)) => {
                return Err(Failure::new(
                    code::WRONG_TASK,
                    "weights of classes are for classes, but the target is a number",
                ));
            }
        };
        let mut sums = vec![0.0; count];
        add_weights(codes, labels.weights(), &mut sums);
        let factors = match self {
            ClassWeights::Given(factors) => factors.clone(),
            _ => balancing(&sums),
        };
        let is_sound = factors.len() == count && factors.iter().all(|factor| factor.is_finite() && *factor >= 0.0);
        let total: f64 = factors.iter().zip(&sums).map(|(factor, sum)| factor * sum).sum();
        if is_sound && total > 0.0 && total.is_finite() {
            return Ok(Some(factors));
        }
        let message = format!("weights of classes must be {count} finite numbers of at least 0, not all 0");
        Err(Failure::new(code::BAD_VALUE, message))
    }
}

/// Returns the weight of each row, 1 on average, so that step sizes are as without weights.
pub(super) fn row_weights(labels: &Labels, factors: Option<&[f64]>) -> Vec<f32> {
    let (Some(factors), Target::Classes { codes, .. }) = (factors, labels.target()) else { return mean_one(labels) };
    let own = |row: usize| labels.weights().map_or(1.0, |weights| weights[row]);
    let weights: Vec<f64> = codes.iter().enumerate().map(|(row, &code)| own(row) * factors[code as usize]).collect();
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    // Of validation rows, all may be of classes that do not count.
    let scale = if mean > 0.0 { 1.0 / mean } else { 0.0 };
    weights.into_iter().map(|weight| (weight * scale) as f32).collect()
}
