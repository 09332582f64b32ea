//! Kinds of layers of networks.

use crate::{Args, ArgumentError, Spec};
use pipewright_learn::net::layer::Layer;

/// A kind of layer of a network: `net { dense[64] | dropout 20% | dense[auto] }`.
pub struct LayerKind {
    /// Its specification.
    pub spec: Spec,
    /// Makes the layers that a stage stands for, given the number of inputs if the script determines it.
    ///
    /// # Errors
    /// An [`ArgumentError`] if the arguments or the number of inputs do not fit.
    pub build: fn(&Args, inputs: Option<usize>) -> Result<Vec<Layer>, ArgumentError>,
}

impl std::fmt::Debug for LayerKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec.name)
    }
}

impl PartialEq for LayerKind {
    fn eq(&self, other: &LayerKind) -> bool {
        self.spec.name == other.spec.name
    }
}
