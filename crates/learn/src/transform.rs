//! The two traits of what turns matrices into matrices.

use crate::data::{Features, Target};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use serde::{Serialize, de::DeserializeOwned};

/// A configuration that can learn a transform.
pub trait Transformer: Send + Sync {
    /// What it learns.
    type Transform: Transform;

    /// Learns from all rows, with the target where it uses one; all randomness comes from `key`.
    ///
    /// # Errors
    /// A [`Failure`] where the rows do not suffice; [`code::NO_TARGET`] where a target is needed and there is none.
    fn fit(&self, features: &Features, target: Option<&Target>, key: Key) -> Result<Self::Transform, Failure>;
}

/// What was learned: plain data that makes other columns of columns.
pub trait Transform: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Transforms every row; the columns are those of the training features, in their order. What becomes of a row
    /// is the same, bit for bit, whatever rows stand beside it.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row of a value that it cannot take.
    fn apply(&self, features: &Features) -> Result<Features, Failure>;

    /// Checks a transform that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// A [`Failure`] that names what is wrong.
    fn validate(&self) -> Result<(), Failure>;

    /// The number of input columns.
    fn inputs(&self) -> usize;
}

/// The target, for what learns with it.
///
/// # Errors
/// [`code::NO_TARGET`] where there is none.
pub(crate) fn needed(target: Option<&Target>) -> Result<&Target, Failure> {
    target.ok_or_else(|| Failure::new(code::NO_TARGET, "this learns with the target, and there is none"))
}

/// The failure for a transform that cannot have been learned.
pub(crate) fn bad_transform(what: &str) -> Failure {
    Failure::new(code::BAD_BUNDLE, what)
}
