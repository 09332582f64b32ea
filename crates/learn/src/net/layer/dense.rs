//! Dense layers.

use super::{Part, Recorder, Rule, Start};
use pipewright_tensor::Node;
use serde::{Deserialize, Serialize};

/// values · kernel + bias: every output is a linear function of all inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// The number of outputs.
    pub units: usize,
}

impl Rule for Dense {
    fn check(&self) -> Result<(), String> {
        if self.units == 0 { Err("a dense layer needs at least one unit".to_owned()) } else { Ok(()) }
    }

    fn width(&self, _: usize) -> Result<usize, String> {
        Ok(self.units)
    }

    fn parts(&self, inputs: usize, parts: &mut Vec<Part>) {
        parts.push(Part { sides: [inputs, self.units], start: Start::Glorot });
        parts.push(Part { sides: [1, self.units], start: Start::Zeros });
    }

    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        let (kernel, bias) = (recorder.parameter(), recorder.parameter());
        let product = recorder.graph.matmul(values, kernel);
        recorder.graph.add_row(product, bias)
    }
}
