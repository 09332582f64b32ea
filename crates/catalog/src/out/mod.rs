//! Output: saved models, predictions, tables.

pub(crate) mod apply;
pub(crate) mod freeze;
pub(crate) mod predict;
pub(crate) mod report;
pub(crate) mod save;
pub(crate) mod write;

use pipewright_artifact::{HEADER_BYTES_MAX, claimed_bytes};
use pipewright_diagnostic::{Failure, code};
use pipewright_operator::{ArgumentError, Environment, FilePath, Registry, failure_of};
use std::io;

/// Writes a file of the script, whole or not at all.
///
/// # Errors
/// `CANNOT_WRITE`.
pub(crate) fn put(path: &str, text: &str, environment: &Environment) -> Result<(), Failure> {
    let written = environment.world.replace(&environment.place(path), &mut |out| out.write_all(text.as_bytes()));
    written.map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", path.as_ref(), &error))
}

/// What the file holds.
///
/// # Errors
/// `CANNOT_READ`, and those of `decode`.
pub(crate) fn read_bundle<T>(
    FilePath(path): &FilePath,
    environment: &Environment,
    decode: fn(&[u8], &Registry) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let unreadable = |error: io::Error| failure_of(code::CANNOT_READ, "cannot read", path.as_ref(), &error);
    let content = environment.open(&environment.place(path)).map_err(unreadable)?;
    let start = content.start(HEADER_BYTES_MAX).map_err(unreadable)?;
    let claimed = usize::try_from(claimed_bytes(&start)?).unwrap_or(usize::MAX);
    // One byte more than claimed shows that something follows the end.
    let bytes = content.start(claimed.saturating_add(1)).map_err(unreadable)?;
    content.unchanged().map_err(unreadable)?;
    decode(&bytes, environment.registry)
}

/// As [`read_bundle`], for this argument.
pub(crate) fn bundle_of<T>(
    argument: &'static str,
    path: &FilePath,
    environment: &Environment,
    decode: fn(&[u8], &Registry) -> Result<T, Failure>,
) -> Result<T, ArgumentError> {
    read_bundle(path, environment, decode).map_err(|failure| ArgumentError {
        help: failure.help,
        ..ArgumentError::of(argument, failure.code, failure.message)
    })
}
