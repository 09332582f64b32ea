//! The traits [`Transformer`] and [`Transform`]: matrices to matrices.

use crate::data::{Features, Target};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use serde::{Serialize, de::DeserializeOwned};

/// A transformer: a configuration that can be fitted.
pub trait Transformer: Send + Sync {
    /// The fitted transform.
    type Transform: Transform;

    /// Learns from all rows, and from the target if needed; all randomness comes from `key`.
    ///
    /// # Errors
    /// A [`Failure`] if there are too few rows; [`code::NO_TARGET`] if a target is needed and there is none.
    fn fit(&self, features: &Features, target: Option<&Target>, key: Key) -> Result<Self::Transform, Failure>;
}

/// A fitted transform: plain data that computes columns from columns.
pub trait Transform: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Transforms every row; the columns must be those of the training features, in the same order. The result for a
    /// row is bit for bit independent of the other rows.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row of a value that cannot be transformed.
    fn apply(&self, features: &Features) -> Result<Features, Failure>;

    /// Validates a transform that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// A [`Failure`] that names the problem.
    fn validate(&self) -> Result<(), Failure>;

    /// The number of input columns.
    fn inputs(&self) -> usize;
}

/// Returns the target, for transforms that need one.
///
/// # Errors
/// [`code::NO_TARGET`] if there is none.
pub(crate) fn needed(target: Option<&Target>) -> Result<&Target, Failure> {
    target.ok_or_else(|| Failure::new(code::NO_TARGET, "this step needs a target, and there is none"))
}

/// Creates the failure for a transform that cannot be the result of a fit.
pub(crate) fn bad_transform(what: &str) -> Failure {
    Failure::new(code::BAD_BUNDLE, what)
}
