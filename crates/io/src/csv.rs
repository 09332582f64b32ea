//! Reading and writing of delimited text (CSV).
//!
//! * Null is an unquoted empty field or an unquoted null value, which depends on the type of the column (`NullWords`); a
//!   quoted `""` is an empty text, and null in a column of another type. Spaces around an unquoted field are ignored.
//!
//! * A column has the narrowest type that holds all its values: bool (`true`, `false` in any case), count (64-bit
//!   integers), continuous, date (`YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS[.ffffff]`, also with a space instead of the `T`
//!   and a final `Z`) or text. A column without values is text. Text columns whose values are all dates in another
//!   format, times, or numbers with other separators are converted. Numbers whose form would be lost stay text (`codes`),
//!   and so do columns that the file quotes on purpose (`quoting`).
//!
//! * Short or long rows, misplaced quotes, unclosed quotes, and bytes that are not text are errors with the line
//!   number, or rows that are skipped or repaired if requested. A quote inside an unquoted field is text, unless it may hide a
//!   delimiter. Blank lines are skipped if there is more than one column.
//!
//! A file is never held in memory as a whole: it is split into chunks of a fixed size, at record boundaries, and every
//! chunk is parsed independently, straight into its place in the columns. The result is the same for any number of
//! threads and any chunk size. The stages, by module:
//!
//! * `layout` reads the head: encoding, dialect, header. `scan` is the state machine of fields and records.
//!
//! * `pass` distributes chunks to threads; a `chunk` is a `window` of bytes, `split` into fields 64 bytes at a time, or
//!   by the state machine if anything is unusual.
//!
//! * `fill` parses the fields of one column at a time (`decimal` for numbers) into slots of columns that were allocated
//!   once (`place`). A value that does not fit only affects the rest of the chunk; `columns` rereads a column whose
//!   type turned out to be different.
//!
//! * `read` builds a table; `scanner` determines types and chunks in one pass and builds tables of single chunks.

mod cells;
mod chunk;
mod codes;
mod columns;
mod decided;
mod decimal;
mod declared;
mod dialect;
mod encoding;
mod failure;
mod fill;
mod layout;
mod observed;
mod pass;
mod place;
mod points;
mod quoting;
mod read;
mod refine;
mod scan;
mod scanner;
mod sniff;
mod split;
mod suspect;
mod window;
mod write;

use crate::source::{Reader, Reading, Scan, Sketch, Writer};
use crate::{Outline, ReadOptions};
use pipewright_diagnostic::Failure;
use pipewright_table::Table;
use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// Reads a table, with notes (renamed columns, widened types).
///
/// ```
/// use pipewright_frame::{ReadOptions, csv::read};
/// let (table, notes) = read(b"age,sex\n38,f\n,m\n", &ReadOptions::new("people.csv")).unwrap();
/// assert_eq!(table.rows(), 2);
/// assert!(notes.is_empty());
/// ```
///
/// # Errors
/// A [`Failure`] with file, line and column of what cannot be read.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<(Table, Vec<Failure>), Failure> {
    let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
    let reading = read::read(&content, options)?;
    Ok((reading.table, reading.notes))
}

/// Like [`read`], in chunks of `chunk_bytes` bytes, which must not affect the result. For tests and fuzzing.
///
/// # Errors
/// As [`read`].
#[cfg(any(test, feature = "testing"))]
pub fn read_in_chunks(bytes: &[u8], options: &ReadOptions, chunk_bytes: u64) -> Result<Reading, Failure> {
    let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
    read::table(&layout::Layout::find(&content, false, options)?, options, chunk_bytes)
}

/// The CSV reader.
pub(crate) struct CsvReader;

impl Reader for CsvReader {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        read::sketch(content, truncated, options)
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        read::read(content, options)
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        scanner::scan(content, options)
    }
}

/// Creates a writer for the rows of this outline, in consecutive tables.
pub(crate) fn writer<'a>(outline: &Outline, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
    write::writer(outline, out)
}

/// Writes a table with a header; reading it with the same types gives the same table. Columns of texts that would be
/// read as something else are quoted, with their names, so that they are read as text without a declared type too.
///
/// # Errors
/// Those of `out`.
pub fn write(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    write::table(table, out)
}

#[cfg(test)]
mod tests;
