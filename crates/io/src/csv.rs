//! Tables from and to delimited text.
//!
//! * Null is an unquoted empty field or an unquoted sentinel; a quoted `""` is an empty text, and null in a column of
//!   another kind. Blanks around an unquoted field are not part of it.
//! * A column is the narrowest of bool (`true`, `false` in any case), count (64-bit integers), continuous, date
//!   (`YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS[.ffffff]`, also with a blank for the `T` and a final `Z`) and text that holds
//!   all its values. A column without any value is text. Texts that are all dates of another form, times or numbers
//!   with other marks become those.
//! * Short or long rows, text behind a closing quote, quotes that never close, and bytes that are no text are failures
//!   with the line, or rows that are left out where that is asked for. A quote inside an unquoted field is text. Blank
//!   lines are skipped where there is more than one column.
//!
//! A file is never held as a whole: it is cut into chunks of a fixed size, at record boundaries, and every chunk is
//! parsed on its own, straight into its place in the columns. The result is the same for any number of threads and any
//! size of chunks. The way of the bytes, by module:
//!
//! * `layout` looks at the head: encoding, dialect, header. `scan` is the state machine of fields and records.
//! * `pass` hands chunks to threads; a `chunk` is a `window` of bytes, `split` into fields 64 bytes at a time, or by
//!   the state machine where anything is unusual.
//! * `fill` parses the fields of one column after another (`decimal` the numbers) into places cut from columns that
//!   were allocated once (`place`). A value that does not fit only changes what the rest of the chunk is noticed as;
//!   `columns` reads a column again whose type turned out to be another one.
//! * `read` makes a table of it; `scanner` learns types and chunks in one pass and makes tables of single chunks.

mod cells;
mod chunk;
mod columns;
mod decided;
mod decimal;
mod declared;
mod dialect;
mod encoding;
mod failure;
mod fill;
mod layout;
mod pass;
mod place;
mod read;
mod refine;
mod scan;
mod scanner;
mod sniff;
mod split;
mod suspect;
mod window;
mod write;

use crate::ReadOptions;
use crate::source::{Reader, Reading, Scan, Sketch, Writer};
use pipewright_diagnostic::Failure;
use pipewright_table::{Schema, Table};
use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// Reads a table, and notes what a reader of the result will want to know (renamed columns, widened kinds).
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

/// As a whole read, but in chunks of so many bytes: what they are must not show. For tests and fuzzing.
///
/// # Errors
/// As [`read`].
#[cfg(any(test, feature = "testing"))]
pub fn read_in_chunks(bytes: &[u8], options: &ReadOptions, chunk_bytes: u64) -> Result<Reading, Failure> {
    let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
    read::table(&layout::Layout::find(&content, false, options)?, options, chunk_bytes)
}

/// Delimited text as one of the formats.
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

/// Writes tables of one schema, one after another.
pub(crate) fn writer<'a>(schema: &Schema, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
    write::writer(schema, out)
}

/// Writes a table with a header; reading it under the same kinds gives the same table.
///
/// # Errors
/// Those of `out`.
pub fn write(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    write::table(table, out)
}

#[cfg(test)]
mod tests;
