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
    /// Identity: the layer is linear.
    None,
}

impl Activation {
    /// Its name: `relu`, `sigmoid`, `tanh`, or `linear` for none.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
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
            Activation::None => sums,
        }
    }
}
