//! Reading of files in any format.
//!
//! A [`Content`] is unpacked if it is compressed, its [`Format`] is detected from its first bytes or its name, and the
//! format's reader does one of three things: [`sketch`] reads only the head, [`read`] makes a whole table, and [`scan`]
//! determines what only the whole file tells (types, rows) and then provides it chunk by chunk, repeatedly, so that
//! tables larger than memory can be processed.

mod open;

use pipewright_diagnostic::Failure;
use pipewright_world::{Content, World};
use std::sync::Arc;

pub use crate::format::{FileFormat, Format, Signature};
pub use crate::options::{BadRows, Limits, NULLS, Quote, ReadOptions};
pub use crate::several::{joined, padded, stacked};
pub use crate::source::{Reader, Reading, Rejected, Scan, Sketch, Writer};
pub use open::OpenFile;

use crate::source::{guarded, unreadable};

/// Reads the head of a file: names, likely types, size.
///
/// # Errors
/// A [`Failure`] with file and line if the head cannot be read.
pub fn sketch(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Sketch, Failure> {
    let (head, truncated) = crate::unpack::head(content, options)?;
    let format = Format::of_content(&head, options)?;
    guarded(options, || format.reader(options)?.sketch(&head, truncated, options))
}

/// Reads a whole file.
///
/// ```
/// use pipewright_frame::{ReadOptions, read};
/// use pipewright_world::{Content, MemoryWorld};
/// use std::sync::Arc;
/// let content: Arc<dyn Content> = Arc::new(b"age,sex\n38,f\n,m\n".to_vec());
/// let reading = read(&content, &ReadOptions::new("people.csv"), &MemoryWorld::new()).unwrap();
/// assert_eq!(reading.table.rows(), 2);
/// ```
///
/// # Errors
/// A [`Failure`] with file, row and column of the error, or the exceeded limit.
pub fn read(content: &Arc<dyn Content>, options: &ReadOptions, world: &dyn World) -> Result<Reading, Failure> {
    let whole = crate::unpack::whole(content, options, world)?;
    let format = Format::of_content(&whole, options)?;
    let reading = guarded(options, || format.reader(options)?.read(&whole, options))?;
    unchanged(content, options)?;
    Ok(reading)
}

/// Opens a file for reading chunk by chunk; one pass determines what only the whole file tells.
///
/// # Errors
/// As [`read`].
pub fn scan(content: &Arc<dyn Content>, options: &ReadOptions, world: &dyn World) -> Result<Arc<dyn Scan>, Failure> {
    let whole = crate::unpack::whole(content, options, world)?;
    let format = Format::of_content(&whole, options)?;
    let scan = guarded(options, || format.reader(options)?.scan(&whole, options))?;
    unchanged(content, options)?;
    Ok(scan)
}

fn unchanged(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<(), Failure> {
    content.unchanged().map_err(|error| unreadable(&error, options))
}
