//! Training data larger than memory that a learner reads as often as it needs.

use crate::data::Dataset;
use pipewright_diagnostic::Failure;
use pipewright_world::{Content, Fill};
use std::sync::Arc;

/// Rows that are read chunk by chunk, the same ones in every pass.
///
/// Levels of categories are numbered chunk by chunk; no column is sparse, and no row has a weight of 0.
pub trait Passes: Sync {
    /// The names of the features.
    fn names(&self) -> &[String];

    /// Hands over every chunk, in order.
    ///
    /// # Errors
    /// Those of `take`, and of a chunk that cannot be read.
    fn each(&self, take: &mut dyn FnMut(Dataset) -> Result<(), Failure>) -> Result<(), Failure>;

    /// Writes a temporary file without a name, which is gone when the content is dropped.
    ///
    /// # Errors
    /// A [`Failure`] if it cannot be written.
    fn scratch(&self, fill: Fill<'_>) -> Result<Arc<dyn Content>, Failure>;
}
