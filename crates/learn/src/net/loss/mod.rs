//! Losses, one line each in [`Loss`] with its formula and its source; their graphs are in the files of this folder.
//!
//! z are the sums of the last layer for a row, y its target: a number in units of its standard deviation from its mean
//! ([`Head::Number`]) or of its mean ([`Head::Positive`]), 0 or 1, or a 1 for one of several classes. e = y − z.

mod of_classes;
mod of_numbers;
#[cfg(test)]
mod tests;

use super::head::Head;
use pipewright_diagnostic::{Failure, code};
use pipewright_tensor::{Graph, Node};
use serde::{Deserialize, Serialize};

/// The loss that training minimises: the mean over the rows of a batch, each times its weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean squared error: e²; for classes, of their probabilities. PyTorch's `MSELoss`.
    MeanSquaredError,
    /// ½·e² up to |e| = δ, beyond that δ·(|e| − ½·δ): outliers pull less. P. Huber, "Robust Estimation of a Location
    /// Parameter" (1964); PyTorch's `HuberLoss`.
    Huber {
        /// δ, in standard deviations of the target.
        delta: f64,
    },
    /// ln cosh e: as [`Loss::Huber`] with δ = 1, but smooth. Keras' `LogCosh`.
    LogCosh,
    /// max(τ·e, (τ − 1)·e): the network predicts the τ-quantile. R. Koenker, G. Bassett, "Regression Quantiles" (1978).
    Quantile {
        /// τ, above 0 and below 1.
        level: f64,
    },
    /// eᶻ − y·z: the network predicts the mean of counts, e^z times their overall mean. PyTorch's `PoissonNLLLoss`.
    Poisson,
    /// z + y·e⁻ᶻ: the network predicts the mean of amounts above 0 whose spread grows with it, e^z times their overall
    /// mean. The negative log-likelihood of a gamma distribution (P. McCullagh, J. Nelder, "Generalized Linear Models",
    /// 1989).
    Gamma,
    /// Binary cross-entropy: −ln of the probability of the true one of two classes. PyTorch's `BCEWithLogitsLoss`.
    BinaryCrossEntropy,
    /// Softmax cross-entropy: −ln of the probability of the true class. PyTorch's `CrossEntropyLoss`.
    SoftmaxCrossEntropy,
    /// −(1 − p)^γ·ln p with p the probability of the true class: rows that are predicted well count less. T. Lin and
    /// others, "Focal Loss for Dense Object Detection" (2017), without α; torchvision's `sigmoid_focal_loss`.
    Focal {
        /// γ, at least 0; 0 is cross-entropy.
        gamma: f64,
    },
    /// Two classes: max(0, 1 − z) for the second, max(0, 1 + z) for the first. K classes: Σ max(0, 1 − zₜ + zⱼ) / K over
    /// all j but the true class t (PyTorch's `MultiMarginLoss`). Margins instead of probabilities, which are not
    /// calibrated. C. Cortes, V. Vapnik, "Support-Vector Networks" (1995).
    Hinge,
}

impl Loss {
    /// Is it for numbers? Else it is for classes; the squared error is for both.
    #[must_use]
    pub fn is_for_numbers(self) -> bool {
        matches!(
            self,
            Loss::MeanSquaredError
                | Loss::Huber { .. }
                | Loss::LogCosh
                | Loss::Quantile { .. }
                | Loss::Poisson
                | Loss::Gamma
        )
    }

    /// Is it for numbers that are positive, whose logarithm the network predicts?
    pub(super) fn is_of_logarithms(self) -> bool {
        matches!(self, Loss::Poisson | Loss::Gamma)
    }

    /// Is it a sum over classes, each times its share in the target? Then targets may be mixtures of classes.
    pub(super) fn takes_mixtures(self) -> bool {
        self != Loss::Hinge
    }

    /// Checks its setting.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] if it is out of range.
    pub(super) fn check(self) -> Result<(), Failure> {
        let (is_sound, what) = match self {
            Loss::Huber { delta } => (delta.is_finite() && delta > 0.0, "delta of the Huber loss must be above 0"),
            Loss::Quantile { level } => (level > 0.0 && level < 1.0, "the quantile must be above 0 and below 1"),
            Loss::Focal { gamma } => (gamma.is_finite() && gamma >= 0.0, "gamma of the focal loss must be at least 0"),
            _ => (true, ""),
        };
        if is_sound { Ok(()) } else { Err(Failure::new(code::BAD_VALUE, what)) }
    }

    /// Records the mean loss of a batch.
    pub(super) fn mean(self, graph: &mut Graph, head: Head, sums: Node, target: Node) -> Node {
        match self {
            Loss::MeanSquaredError => {
                let output = head.record(graph, sums);
                graph.mean_squared_error(output, target)
            }
            Loss::BinaryCrossEntropy => graph.binary_cross_entropy(sums, target),
            Loss::SoftmaxCrossEntropy => graph.softmax_cross_entropy(sums, target),
            _ => {
                let losses = self.rows(graph, head, sums, target);
                graph.mean(losses)
            }
        }
    }

    /// Records the loss of each row.
    pub(super) fn rows(self, graph: &mut Graph, head: Head, sums: Node, target: Node) -> Node {
        match (self, head) {
            (Loss::MeanSquaredError, _) => {
                let output = head.record(graph, sums);
                let errors = graph.subtract(output, target);
                let squares = graph.multiply(errors, errors);
                let total = graph.sum_columns(squares);
                graph.scale(total, 1.0 / head.outputs() as f64)
            }
            (Loss::Huber { delta }, _) => of_numbers::huber(graph, sums, target, delta),
            (Loss::LogCosh, _) => of_numbers::log_cosh(graph, sums, target),
            (Loss::Quantile { level }, _) => of_numbers::quantile(graph, sums, target, level),
            (Loss::Poisson, _) => of_numbers::poisson(graph, sums, target),
            (Loss::Gamma, _) => of_numbers::gamma(graph, sums, target),
            (Loss::BinaryCrossEntropy, _) => graph.sigmoid_cross_entropy(sums, target),
            (Loss::SoftmaxCrossEntropy, _) => graph.softmax_cross_entropy_rows(sums, target),
            (Loss::Focal { gamma }, Head::Classes { .. }) => of_classes::focal(graph, sums, target, gamma),
            (Loss::Focal { gamma }, _) => of_classes::binary_focal(graph, sums, target, gamma),
            (Loss::Hinge, Head::Classes { count }) => of_classes::hinge(graph, sums, target, count),
            (Loss::Hinge, _) => of_classes::binary_hinge(graph, sums, target),
        }
    }
}
