//! Gated linear units.

use super::{Recorder, Rule};
use pipewright_tensor::{Node, Size};
use serde::{Deserialize, Serialize};

/// Gated linear units (Y. Dauphin and others 2017): the first half of the columns times the sigmoid of the second half.
/// PyTorch's `GLU`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glu {}

impl Rule for Glu {
    fn width(&self, inputs: usize) -> Result<usize, String> {
        match inputs.is_multiple_of(2) {
            true => Ok(inputs / 2),
            false => Err(format!("gated units need an even number of inputs, and there are {inputs}")),
        }
    }

    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        let graph = &mut *recorder.graph;
        let Size::Fixed(inputs) = graph.shape(values).columns else { unreachable!("columns are fixed") };
        let half = inputs / 2;
        let (own, gate) = (graph.slice(values, 0, half), graph.slice(values, half, half));
        let gate = graph.sigmoid(gate);
        graph.multiply(own, gate)
    }
}
