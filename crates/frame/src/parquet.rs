//! Parquet files.

use crate::ReadOptions;
use crate::file::{Reader, Reading, Scan, Sketch};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::Content;
use std::sync::Arc;

/// Parquet as one of the formats.
pub(crate) struct ParquetReader;

impl Reader for ParquetReader {
    fn sketch(&self, _: &Arc<dyn Content>, _: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        Err(Failure::new(code::UNKNOWN_FORMAT, "not yet").file(&options.name))
    }

    fn read(&self, _: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        Err(Failure::new(code::UNKNOWN_FORMAT, "not yet").file(&options.name))
    }

    fn scan(&self, _: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        Err(Failure::new(code::UNKNOWN_FORMAT, "not yet").file(&options.name))
    }
}

/// A writer.
pub(crate) fn writer<'a>(
    _: &crate::Schema,
    _: &'a mut dyn std::io::Write,
) -> std::io::Result<Box<dyn crate::Writer + 'a>> {
    Err(std::io::ErrorKind::Unsupported.into())
}
