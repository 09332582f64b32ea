//! Tables from and to delimited text.
//!
//! A file is cut at record boundaries into chunks of a fixed size, and every chunk is scanned and parsed on its own;
//! what the chunks found is then joined into one kind a column over the whole file. The result is the same for any
//! number of threads and any size of chunks.
//!
//! * Null is an unquoted empty field or an unquoted sentinel; a quoted `""` is an empty text, and null in a column of
//!   another kind. Blanks around an unquoted field are not part of it.
//! * A column is the narrowest of bool (`true`, `false` in any case), count (64-bit integers), continuous, date
//!   (`YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS[.ffffff]`, also with a blank for the `T` and a final `Z`) and text that holds
//!   all its values. A column without any value is text.
//! * Short or long rows, stray and open quotes, and bytes that are no text are failures with the line; blank lines
//!   are skipped where there is more than one column.

mod cells;
mod chunk;
mod columns;
mod decided;
mod decimal;
mod dialect;
mod encoding;
mod failure;
mod fill;
mod form;
mod layout;
mod literal;
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

use crate::file::{Reader, Reading, Scan, Sketch, Writer};
use crate::{ReadOptions, Schema, Table};
use pipewright_diagnostic::Failure;
use pipewright_world::Content;
use std::io;
use std::sync::Arc;

pub(crate) use literal::{DAY, date, date_text, time, time_text};

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
        Ok(Arc::new(scanner::scan(content, options)?))
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
