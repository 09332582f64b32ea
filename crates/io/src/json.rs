//! Tables from and to JSON: an object per line, or one array of objects.
//!
//! * Keys are columns, in the order in which they first come; a key that an object does not have is null there.
//!   Objects within objects are columns with joined names (`address.city`), lists are their JSON text.
//! * A column is the narrowest of bool, count, continuous, date and time (texts in the form of ISO) and text that holds
//!   all its values over the whole file. Texts are never taken for numbers, truth values or nulls, unless the column was
//!   declared to be of such a kind.
//! * What is not JSON, an object with a key twice, and bytes that are no text are failures with the line.

mod chunk;
mod fault;
mod parse;
mod read;
mod write;

use crate::ReadOptions;
use crate::source::{Reader, Reading, Scan, Sketch, Whole};
use pipewright_diagnostic::Failure;
use pipewright_world::Content;
use read::{CHUNK_BYTES, Shape, Source};
use std::sync::Arc;

pub use write::write;
pub(crate) use write::writer;

/// A sketch looks at this much of a file.
const SKETCH_BYTES: usize = 1 << 20;

/// JSON as one of the formats.
pub(crate) struct JsonReader;

impl Reader for JsonReader {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        Source { content, options, chunk_bytes: CHUNK_BYTES }.sketch(truncated, SKETCH_BYTES)
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        Source { content, options, chunk_bytes: CHUNK_BYTES }.read()
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        let source = Source { content, options, chunk_bytes: CHUNK_BYTES };
        match source.shape()? {
            (start, Shape::Lines) => Ok(Arc::new(source.scan(start)?)),
            (_, Shape::Array) => Ok(Arc::new(Whole(source.read()?))),
        }
    }
}

#[cfg(test)]
mod tests;
