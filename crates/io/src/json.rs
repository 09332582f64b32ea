//! Reading and writing of JSON: one object per line, objects over several lines, or one array of objects.
//!
//! * Keys are columns, in order of first appearance; missing keys are null. Nested objects become columns with joined
//!   names (`address.city`), lists their JSON text.
//!
//! * A column has the narrowest type of bool, count, continuous, date, time (ISO 8601 texts) and text that holds all
//!   its values over the whole file. Texts are never read as numbers, booleans or nulls, unless the column was declared
//!   with such a type.
//!
//! * Invalid JSON, duplicate keys in an object, and bytes that are not text are errors with the line.

mod chunk;
mod fault;
mod parse;
mod read;
mod scan;
mod shape;
mod write;

use crate::ReadOptions;
use crate::source::{Reader, Reading, Scan, Sketch, Whole};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::Content;
use read::{CHUNK_BYTES, Source, scanned_bytes};
use shape::Shape;
use std::sync::Arc;

pub(crate) use shape::begins_json;
pub use write::write;
pub(crate) use write::writer;

/// Bytes that a sketch reads.
const SKETCH_BYTES: usize = 1 << 20;

/// The JSON reader.
pub(crate) struct JsonReader;

impl Reader for JsonReader {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        Source { content, options, chunk_bytes: CHUNK_BYTES, partial: false }.sketch(truncated, SKETCH_BYTES)
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        Source { content, options, chunk_bytes: CHUNK_BYTES, partial: false }.read()
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        let source = Source { content, options, chunk_bytes: scanned_bytes(options), partial: false };
        match source.shape()? {
            (start, Shape::Lines) => Ok(Arc::new(source.scan(start)?)),
            (_, Shape::Array | Shape::Objects) if content.size() > options.limits.memory_bytes => {
                let limit = options.limits.memory_bytes >> 20;
                let message = format!("JSON other than lines is read as a whole, and this is larger than {limit} MiB");
                Err(Failure::new(code::LIMIT_REACHED, message)
                    .file(&options.name)
                    .help("JSON lines are read piece by piece: jq -c '.[]'; or raise the limit: --mem 16G"))
            }
            (_, Shape::Array | Shape::Objects) => Ok(Arc::new(Whole(source.read()?))),
        }
    }
}

#[cfg(test)]
mod tests;
