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
mod literal;
mod read;
mod scan;
mod sniff;
mod suspect;
mod write;

use crate::{Kind, Schema, Table};
use pipewright_diagnostic::Failure;
use std::collections::BTreeMap;
use std::io;

pub(crate) use literal::{date, date_text};

/// How to read.
#[derive(Debug, Clone, PartialEq)]
pub struct CsvOptions {
    /// The file as messages call it.
    pub name: String,
    /// The byte between fields; found from the text if it is not given.
    pub delimiter: Option<u8>,
    /// Is the first record the names? Found from the text if it is not said: a first record is data if it holds
    /// numbers in all columns that hold numbers below.
    pub header: Option<bool>,
    /// Unquoted fields that mean null, besides the empty one.
    pub nulls: Vec<String>,
    /// Columns whose kind is known; a value that does not fit is a failure.
    pub kinds: BTreeMap<String, Kind>,
}

impl CsvOptions {
    /// The defaults for a file of this name.
    pub fn new(name: impl Into<String>) -> CsvOptions {
        CsvOptions {
            name: name.into(),
            delimiter: None,
            header: None,
            nulls: NULLS.iter().map(|null| (*null).to_string()).collect(),
            kinds: BTreeMap::new(),
        }
    }
}

/// The fields that mean null if nothing else is said.
pub const NULLS: [&str; 15] =
    ["NA", "N/A", "n/a", "na", "#N/A", "null", "NULL", "Null", "NaN", "nan", "NAN", "None", "none", "?", "-"];

/// What the beginning of a file tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    /// The columns; their kinds are likely ones, as far as they have been seen.
    pub schema: Schema,
    /// The complete rows that were seen.
    pub rows_seen: usize,
    /// What a reader of it will want to know, as of [`read`].
    pub notes: Vec<Failure>,
}

/// Reads a table, and notes what a reader of the result will want to know (renamed columns, widened kinds).
///
/// ```
/// use pipewright_frame::csv::{CsvOptions, read};
/// let (table, notes) = read(b"age,sex\n38,f\n,m\n", &CsvOptions::new("people.csv")).unwrap();
/// assert_eq!(table.rows(), 2);
/// assert!(notes.is_empty());
/// ```
///
/// # Errors
/// A [`Failure`] with file, line and column of what cannot be read.
pub fn read(bytes: &[u8], options: &CsvOptions) -> Result<(Table, Vec<Failure>), Failure> {
    let (table, mut notes) = read::table(bytes, options, read::CHUNK_BYTES)?;
    notes.extend(suspect::almost_numbers(&table, options));
    Ok((table, notes))
}

/// What the first bytes of a file tell of it; a `truncated` prefix may end in the middle of a record.
///
/// # Errors
/// As [`read`].
pub fn sketch(prefix: &[u8], options: &CsvOptions, truncated: bool) -> Result<Sketch, Failure> {
    read::sketch(prefix, options, truncated)
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
