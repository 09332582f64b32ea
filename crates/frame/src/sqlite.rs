//! SQLite files.

use crate::ReadOptions;
use crate::file::{Reader, Reading, Scan, Sketch};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::Content;
use std::sync::Arc;

/// SQLite as one of the formats.
pub(crate) struct SqliteReader;

impl Reader for SqliteReader {
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
