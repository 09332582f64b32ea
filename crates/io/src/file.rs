//! Tables from files of any format: what a file is, how it is to be read, and what reading it gives.
//!
//! A [`Content`] is unpacked if it is compressed, its [`Format`] is told from its first bytes or its name, and the
//! format's reader does one of three things: [`sketch`] looks at the head, [`read`] makes a whole table, and [`scan`]
//! learns all that only the whole file says (kinds, rows) and then gives it chunk by chunk, as often as wanted, so
//! that tables larger than memory can be learned from.

mod open;

use pipewright_diagnostic::Failure;
use pipewright_world::{Content, World};
use std::sync::Arc;

pub use crate::format::{FileFormat, Format, Signature};
pub use crate::options::{BadRows, Limits, NULLS, ReadOptions};
pub use crate::several::{joined, padded, stacked};
pub use crate::source::{Reader, Reading, Rejected, Scan, Sketch, Writer};
pub use open::OpenFile;

use crate::source::{guarded, unreadable};

/// Looks at the head of a file: names, likely kinds, size.
///
/// # Errors
/// A [`Failure`] with file and line where the head cannot be read.
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
/// A [`Failure`] with file, row and column of what cannot be read, or the limit that was reached.
pub fn read(content: &Arc<dyn Content>, options: &ReadOptions, world: &dyn World) -> Result<Reading, Failure> {
    let whole = crate::unpack::whole(content, options, world)?;
    let format = Format::of_content(&whole, options)?;
    let reading = guarded(options, || format.reader(options)?.read(&whole, options))?;
    unchanged(content, options)?;
    Ok(reading)
}

/// Opens a file to be read chunk by chunk: one pass finds out what only the whole file says.
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
