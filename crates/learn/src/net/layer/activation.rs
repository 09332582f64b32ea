//! Activations: a function of each number.

use super::{Recorder, Rule};
use pipewright_tensor::Node;
use serde::{Deserialize, Serialize};

/// A function of each number, usually the sums of a dense layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// max(z, 0).
    #[default]
    Relu,
    /// 1 / (1 + e⁻ᶻ).
    Sigmoid,
    /// tanh z.
    Tanh,
    /// z·Φ(z), with Φ the distribution function of the standard normal distribution (Hendrycks, Gimpel 2016).
    Gelu,
    /// z / (1 + e⁻ᶻ) (Hendrycks, Gimpel 2016); also called swish.
    Silu,
    /// The scaled exponential rectifier (Klambauer and others 2017).
    Selu,
    /// z·tanh(ln(1 + eᶻ)) (Misra 2019).
    Mish,
    /// ln(1 + eᶻ).
    Softplus,
    /// Identity: the layer is linear.
    None,
}

impl Activation {
    /// Its name, such as `relu`; `linear` for none.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
            Activation::Selu => "selu",
            Activation::Mish => "mish",
            Activation::Softplus => "softplus",
            Activation::None => "linear",
        }
    }
}

impl Rule for Activation {
    fn record(&self, Recorder { graph, .. }: &mut Recorder<'_>, sums: Node) -> Node {
        match self {
            Activation::Relu => graph.relu(sums),
            Activation::Sigmoid => graph.sigmoid(sums),
            Activation::Tanh => graph.tanh(sums),
            Activation::Gelu => graph.gelu(sums),
            Activation::Silu => graph.silu(sums),
            Activation::Selu => graph.selu(sums),
            Activation::Mish => graph.mish(sums),
            Activation::Softplus => graph.softplus(sums),
            Activation::None => sums,
        }
    }
}
