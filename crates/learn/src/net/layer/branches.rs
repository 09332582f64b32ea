//! Branches side by side.

use super::{Layer, Misfit, Part, Recorder, Rule, Running};
use pipewright_tensor::Node;
use serde::{Deserialize, Serialize};

/// Chains of layers on the same inputs, whose outputs are put side by side. A chain without layers passes the inputs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branches {
    /// The chains, at least one.
    pub branches: Vec<Vec<Layer>>,
}

impl Rule for Branches {
    fn inner(&self) -> &[Vec<Layer>] {
        &self.branches
    }

    fn check(&self) -> Result<(), String> {
        if self.branches.is_empty() { Err("branches need at least one chain of layers".to_owned()) } else { Ok(()) }
    }

    fn width(&self, inputs: usize) -> Result<usize, String> {
        let outputs = |branch: &Vec<Layer>| super::outputs_of(branch, inputs).map_err(|Misfit { message, .. }| message);
        let widths = self.branches.iter().map(outputs).collect::<Result<Vec<usize>, String>>()?;
        let total = widths.into_iter().try_fold(0_usize, usize::checked_add);
        total.ok_or_else(|| "branches of too many outputs".to_owned())
    }

    fn parts(&self, inputs: usize, parts: &mut Vec<Part>) {
        self.branches.iter().for_each(|branch| super::add_parts(branch, inputs, parts));
    }

    fn running(&self, inputs: usize, running: &mut Vec<Running>) {
        self.branches.iter().for_each(|branch| super::add_running(branch, inputs, running));
    }

    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        let mut outputs: Vec<Node> = self.branches.iter().map(|branch| recorder.chain(branch, values)).collect();
        let first = outputs.remove(0);
        outputs.into_iter().fold(first, |left, right| recorder.graph.concat(left, right))
    }
}
