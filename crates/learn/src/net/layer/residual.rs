//! Residual blocks.

use super::{Layer, Misfit, Part, Recorder, Rule, Running};
use pipewright_tensor::Node;
use serde::{Deserialize, Serialize};

/// x + layers(x) (K. He and others, "Deep Residual Learning", 2016): the layers have as many outputs as inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// The layers whose outputs are added to their inputs.
    pub layers: Vec<Layer>,
}

impl Rule for Residual {
    fn inner(&self) -> &[Vec<Layer>] {
        std::slice::from_ref(&self.layers)
    }

    fn width(&self, inputs: usize) -> Result<usize, String> {
        let outputs = super::outputs_of(&self.layers, inputs).map_err(|Misfit { message, .. }| message)?;
        match outputs == inputs {
            true => Ok(inputs),
            false => Err(format!("a residual block of {inputs} inputs needs {inputs} outputs, and it has {outputs}")),
        }
    }

    fn parts(&self, inputs: usize, parts: &mut Vec<Part>) {
        super::add_parts(&self.layers, inputs, parts);
    }

    fn running(&self, inputs: usize, running: &mut Vec<Running>) {
        super::add_running(&self.layers, inputs, running);
    }

    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        let outputs = recorder.chain(&self.layers, values);
        recorder.graph.add(values, outputs)
    }
}
