//! The head of a network: what the outputs of its last layer mean.

use super::loss::Loss;
use crate::data::{Labels, Outputs, Target};
use pipewright_diagnostic::{Failure, code};
use pipewright_tensor::{Graph, Node};
use serde::{Deserialize, Serialize};

/// Meaning of the outputs of the last layer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// One output: the logit of the second of two classes.
    Binary,
    /// One output per class: the logits of a softmax.
    Classes {
        /// Number of classes.
        count: usize,
    },
    /// One output: (number − mean) / deviation.
    Number {
        /// The (weighted) mean of the target over the training rows.
        mean: f64,
        /// Its standard deviation over the training rows (with divisor n, or the sum of weights); 1 if that is 0.
        deviation: f64,
    },
}

/// Returns the width of the last layer that fits a target: 1 for two classes or numbers, K for K classes.
#[must_use]
pub fn natural_outputs(target: &Target) -> usize {
    match target {
        Target::Classes { count: 2, .. } | Target::Numbers(_) => 1,
        Target::Classes { count, .. } => *count,
    }
}

impl Head {
    /// Creates the head of a network with `outputs` outputs for a target.
    pub(super) fn new(labels: &Labels, outputs: usize) -> Result<Head, Failure> {
        let wrong_width = |wanted: &str| {
            let plural = if outputs == 1 { "" } else { "s" };
            Failure::new(
                code::WRONG_WIDTH,
                format!("the network has {outputs} output{plural}, the target needs {wanted}"),
            )
            .help("the last size of a network is its output width; `auto` derives it")
        };
        match labels.target() {
            Target::Classes { count: 0 | 1, .. } => Err(Failure::new(code::ONE_CLASS, "the target has only one class")),
            Target::Classes { count: 2, .. } if outputs == 1 => Ok(Head::Binary),
            Target::Classes { count, .. } if outputs == *count => Ok(Head::Classes { count: *count }),
            Target::Classes { count: 2, .. } => Err(wrong_width("1 (two classes)")),
            Target::Classes { count, .. } => Err(wrong_width(&format!("{count} (one per class)"))),
            Target::Numbers(values) if outputs == 1 => {
                let (mean, deviation) = mean_and_deviation(values, labels.weights());
                if !(mean.is_finite() && deviation.is_finite()) {
                    return Err(Failure::new(code::VALUE_OUT_OF_RANGE, "the target's values are too large to sum"));
                }
                Ok(Head::Number { mean, deviation: if deviation > 0.0 { deviation } else { 1.0 } })
            }
            Target::Numbers(_) => Err(wrong_width("1 (a number)")),
        }
    }

    /// Returns the requested loss if it fits, or the default of the head.
    pub(super) fn loss(self, asked: Option<Loss>) -> Result<Loss, Failure> {
        let own = match self {
            Head::Binary => Loss::BinaryCrossEntropy,
            Head::Classes { .. } => Loss::SoftmaxCrossEntropy,
            Head::Number { .. } => Loss::MeanSquaredError,
        };
        match asked {
            None => Ok(own),
            Some(loss) if loss == own || loss == Loss::MeanSquaredError => Ok(loss),
            Some(Loss::BinaryCrossEntropy) => {
                Err(Failure::new(code::WRONG_TASK, "binary cross-entropy is for two classes and one output"))
            }
            Some(_) => Err(Failure::new(code::WRONG_TASK, "softmax cross-entropy is for classes with one output each")),
        }
    }

    /// Returns the number of outputs.
    #[must_use]
    pub fn outputs(self) -> usize {
        match self {
            Head::Binary | Head::Number { .. } => 1,
            Head::Classes { count } => count,
        }
    }

    /// Converts outputs in single precision, row-major, to predictions.
    pub(super) fn outputs_of(self, values: &[f32]) -> Outputs {
        match self {
            Head::Binary => Outputs::Probabilities {
                values: values.iter().map(|&p| f64::from(p)).flat_map(|p| [1.0 - p, p]).collect(),
                classes: 2,
            },
            Head::Classes { count } => Outputs::Probabilities {
                values: values.chunks_exact(count).flat_map(normalised).collect(),
                classes: count,
            },
            Head::Number { mean, deviation } => {
                Outputs::Numbers(values.iter().map(|&value| mean + deviation * f64::from(value)).collect())
            }
        }
    }

    /// Records the outputs as probabilities, or unchanged if they are numbers.
    pub(super) fn record(self, graph: &mut Graph, last: Node) -> Node {
        match self {
            Head::Binary => graph.sigmoid(last),
            Head::Classes { .. } => graph.softmax(last),
            Head::Number { .. } => last,
        }
    }
}

/// Mean and standard deviation (with divisor n, or the sum of the weights).
pub(super) fn mean_and_deviation(values: &[f64], weights: Option<&[f64]>) -> (f64, f64) {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let count = weights.map_or(values.len().max(1) as f64, |weights| weights.iter().sum());
    let mean = values.iter().enumerate().map(|(row, value)| weight(row) * value).sum::<f64>() / count;
    let square = |(row, value): (usize, &f64)| weight(row) * ((value - mean) * (value - mean));
    let variance = values.iter().enumerate().map(square).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// Converts probabilities from single precision to ones that sum to 1 in double precision.
fn normalised(row: &[f32]) -> impl Iterator<Item = f64> + '_ {
    let sum: f64 = row.iter().map(|&p| f64::from(p)).sum();
    row.iter().map(move |&p| f64::from(p) / sum)
}
