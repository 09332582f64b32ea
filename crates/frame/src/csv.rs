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
mod dialect;
mod encoding;
mod form;
mod literal;
mod read;
mod refine;
mod scan;
mod sniff;
mod suspect;
mod write;

use crate::file::{Reader, Reading, Scan, Sketch, Whole, Writer};
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
    let (table, mut notes) = read::table(bytes, options, read::CHUNK_BYTES)?;
    notes.extend(suspect::almost_numbers(&table, options));
    Ok((table, notes))
}

/// A sketch looks at this much of a file.
const SKETCH_BYTES: usize = 1 << 20;

/// Delimited text as one of the formats.
pub(crate) struct CsvReader;

impl Reader for CsvReader {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        let head = content.start(SKETCH_BYTES).map_err(|error| crate::file::unreadable(&error, options))?;
        let truncated = truncated || (head.len() as u64) < content.size();
        read::sketch(&head, options, truncated)
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        let (table, notes) = read(&bytes(content, options)?, options)?;
        Ok(Reading { table, notes, rejected: Vec::new() })
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        Ok(Arc::new(Whole(self.read(content, options)?)))
    }
}

fn bytes(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Vec<u8>, Failure> {
    content.start(usize::MAX).map_err(|error| crate::file::unreadable(&error, options))
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
