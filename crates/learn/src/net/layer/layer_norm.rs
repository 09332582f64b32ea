//! Layer normalisation.

use super::{Part, Recorder, Rule, Start};
use pipewright_tensor::Node;
use serde::{Deserialize, Serialize};

/// Layer normalisation (J. Ba, J. Kiros, G. Hinton 2016): gain · (x − μ) / √(σ² + ε) + bias, with the mean and the variance
/// of each row over its columns, and a gain and a bias per column. PyTorch's `LayerNorm`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNorm {
    /// ε, added to the variance.
    pub epsilon: f64,
}

impl Default for LayerNorm {
    fn default() -> LayerNorm {
        LayerNorm { epsilon: 1e-5 }
    }
}

impl Rule for LayerNorm {
    fn check(&self) -> Result<(), String> {
        match self.epsilon.is_finite() && self.epsilon > 0.0 {
            true => Ok(()),
            false => Err("epsilon of layer normalisation is above 0".to_owned()),
        }
    }

    fn parts(&self, inputs: usize, parts: &mut Vec<Part>) {
        parts.push(Part { sides: [1, inputs], start: Start::Ones });
        parts.push(Part { sides: [1, inputs], start: Start::Zeros });
    }

    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        let (gain, bias) = (recorder.parameter(), recorder.parameter());
        recorder.graph.layer_norm(values, gain, bias, self.epsilon)
    }
}
