//! Output: saved models, predictions, tables.

pub(crate) mod apply;
pub(crate) mod freeze;
pub(crate) mod predict;
pub(crate) mod save;
pub(crate) mod write;

use pipewright_diagnostic::{Failure, code};
use pipewright_operator::{ArgumentError, Environment, FilePath, Registry, failure_of};

/// What the file holds.
///
/// # Errors
/// `CANNOT_READ`, and those of `decode`.
pub(crate) fn read_bundle<T>(
    FilePath(path): &FilePath,
    environment: &Environment,
    decode: fn(&[u8], &Registry) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let bytes = environment.world.read(&environment.place(path));
    let bytes = bytes.map_err(|error| failure_of(code::CANNOT_READ, "cannot read", path.as_ref(), &error))?;
    decode(&bytes, environment.registry)
}

/// As [`read_bundle`], for the argument `path`.
fn bundle_of_path<T>(
    path: &FilePath,
    environment: &Environment,
    decode: fn(&[u8], &Registry) -> Result<T, Failure>,
) -> Result<T, ArgumentError> {
    read_bundle(path, environment, decode).map_err(|failure| ArgumentError {
        help: failure.help,
        ..ArgumentError::of("path", failure.code, failure.message)
    })
}
