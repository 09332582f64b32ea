//! Output: saved models, predictions, tables.

pub(crate) mod apply;
pub(crate) mod freeze;
pub(crate) mod predict;
pub(crate) mod save;
pub(crate) mod write;

use pipewright_diagnostic::{Failure, code};
use pipewright_operator::{ArgumentError, Environment, FilePath, Registry, failure_of};

/// Reads the file named by the argument `path`.
fn read_bundle<T>(
    FilePath(path): &FilePath,
    environment: &Environment,
    decode: fn(&[u8], &Registry) -> Result<T, Failure>,
) -> Result<T, ArgumentError> {
    let fault = |failure: Failure| {
        let mut fault = ArgumentError::of("path", failure.code, failure.message);
        fault.help = failure.help;
        fault
    };
    let bytes = environment
        .world
        .read(&environment.place(path))
        .map_err(|error| fault(failure_of(code::CANNOT_READ, "cannot read", path.as_ref(), &error)))?;
    decode(&bytes, environment.registry).map_err(fault)
}
