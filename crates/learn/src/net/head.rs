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
    /// One output: ln(number / mean), of numbers that are positive.
    Positive {
        /// The (weighted) mean of the target over the training rows.
        mean: f64,
    },
}

/// Logarithms of predictions, in units of the mean, are at most this, so that predictions are finite.
const LOGARITHM_MAX: f64 = 80.0;

/// Returns the width of the last layer that fits a target: 1 for two classes or numbers, K for K classes.
#[must_use]
pub fn natural_outputs(target: &Target) -> usize {
    match target {
        Target::Classes { count: 2, .. } | Target::Numbers(_) => 1,
        Target::Classes { count, .. } => *count,
    }
}

impl Head {
    /// Creates the head of a network with `outputs` outputs for a target and a loss.
    pub(super) fn new(labels: &Labels, outputs: usize, loss: Option<Loss>) -> Result<Head, Failure> {
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
                if let Some(loss) = loss.filter(|loss| loss.is_of_logarithms()) {
                    check_positive(values, loss)?;
                }
                let (mean, deviation) = mean_and_deviation(values, labels.weights());
                if !(mean.is_finite() && deviation.is_finite()) {
                    return Err(Failure::new(code::VALUE_OUT_OF_RANGE, "the target's values are too large to sum"));
                }
                Ok(match loss {
                    Some(loss) if loss.is_of_logarithms() => Head::Positive { mean },
                    _ => Head::Number { mean, deviation: if deviation > 0.0 { deviation } else { 1.0 } },
                })
            }
            Target::Numbers(_) => Err(wrong_width("1 (a number)")),
        }
    }

    /// Returns the requested loss if it fits, or the default of the head.
    pub(super) fn loss(self, asked: Option<Loss>) -> Result<Loss, Failure> {
        let own = match self {
            Head::Binary => Loss::BinaryCrossEntropy,
            Head::Classes { .. } => Loss::SoftmaxCrossEntropy,
            Head::Number { .. } | Head::Positive { .. } => Loss::MeanSquaredError,
        };
        let loss = asked.unwrap_or(own);
        loss.check()?;
        let is_of_numbers = matches!(self, Head::Number { .. } | Head::Positive { .. });
        let refuse = |message| Err(Failure::new(code::WRONG_TASK, message));
        match loss {
            Loss::MeanSquaredError => Ok(loss),
            Loss::BinaryCrossEntropy if self != Head::Binary => {
                refuse("binary cross-entropy is for two classes and one output")
            }
            Loss::SoftmaxCrossEntropy if !matches!(self, Head::Classes { .. }) => {
                refuse("softmax cross-entropy is for classes with one output each")
            }
            loss if loss.is_for_numbers() && !is_of_numbers => {
                refuse("this loss is for numbers, but the target is a class")
            }
            loss if !loss.is_for_numbers() && is_of_numbers => {
                refuse("this loss is for classes, but the target is a number")
            }
            loss => Ok(loss),
        }
    }

    /// Returns the number of outputs.
    #[must_use]
    pub fn outputs(self) -> usize {
        match self {
            Head::Binary | Head::Number { .. } | Head::Positive { .. } => 1,
            Head::Classes { count } => count,
        }
    }

    /// Where the outputs start and their unit, if they are numbers: a number is start + unit · output.
    pub(super) fn units(self) -> Option<(f64, f64)> {
        match self {
            Head::Binary | Head::Classes { .. } => None,
            Head::Number { mean, deviation } => Some((mean, deviation)),
            Head::Positive { mean } => Some((0.0, mean)),
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
            Head::Number { .. } | Head::Positive { .. } => {
                let (start, scale) = self.units().expect("numbers have units");
                Outputs::Numbers(values.iter().map(|&value| start + scale * f64::from(value)).collect())
            }
        }
    }

    /// The name of what follows the last layer.
    pub(super) fn activation(self) -> &'static str {
        match self {
            Head::Binary => "sigmoid",
            Head::Classes { .. } => "softmax",
            Head::Number { .. } => "linear",
            Head::Positive { .. } => "exp",
        }
    }

    /// Checks a head that came from a file, of a network with this many outputs.
    pub(super) fn validate(self, outputs: usize) -> Result<(), &'static str> {
        match self {
            head if head.outputs() != outputs => Err("a number of outputs that does not match its head"),
            Head::Number { mean, deviation } if !(mean.is_finite() && deviation.is_finite() && deviation > 0.0) => {
                Err("a scale of the target that is not finite")
            }
            Head::Positive { mean } if !(mean.is_finite() && mean > 0.0) => {
                Err("a scale of the target that is not finite")
            }
            Head::Classes { count: 0 | 1 } => Err("less than two classes"),
            _ => Ok(()),
        }
    }

    /// Records the outputs as probabilities, or as numbers in the units of the head.
    pub(super) fn record(self, graph: &mut Graph, last: Node) -> Node {
        match self {
            Head::Binary => graph.sigmoid(last),
            Head::Classes { .. } => graph.softmax(last),
            Head::Number { .. } => last,
            Head::Positive { .. } => {
                let limit = graph.constant(graph.shape(last), LOGARITHM_MAX);
                let last = graph.minimum(last, limit);
                graph.exp(last)
            }
        }
    }
}

/// Checks that a loss of logarithms is defined for these numbers.
fn check_positive(values: &[f64], loss: Loss) -> Result<(), Failure> {
    let (is_allowed, what): (fn(f64) -> bool, _) = match loss {
        Loss::Poisson => (|value| value >= 0.0, "at least 0"),
        _ => (|value| value > 0.0, "above 0"),
    };
    if let Some(row) = values.iter().position(|&value| !is_allowed(value)) {
        let message = format!("the target is {}; this loss needs numbers {what}", values[row]);
        return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).row(row as u64 + 1));
    }
    if values.iter().all(|value| *value == 0.0) {
        let message = "the target is 0 in all rows, and the logarithm of 0 is not finite";
        return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message));
    }
    Ok(())
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
