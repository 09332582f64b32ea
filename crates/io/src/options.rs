//! Options of reading a file.

use crate::Format;
use pipewright_expr::Expression;
use pipewright_table::ColumnType;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Options of reading a file. Unset options are detected from the file.
///
/// ```
/// use pipewright_frame::{ColumnType, ReadOptions};
/// let options = ReadOptions::new("people.csv").with_columns(["zip", "age"]).with_kind("zip", ColumnType::Text);
/// assert_eq!(options.kinds["zip"], ColumnType::Text);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The name of the file in messages.
    pub name: String,
    /// Its format; detected if `None`.
    pub format: Option<Format>,
    /// The columns to read, in file order; all if `None`. Other columns are validated only as far as needed.
    pub columns: Option<Arc<BTreeSet<Arc<str>>>>,
    /// A filter pushed down to the reader: rows where it is not true may be skipped, if that is cheap.
    pub filter: Option<Expression>,
    /// Declared column types; a value that does not fit is an error.
    pub kinds: BTreeMap<String, ColumnType>,
    /// Columns that are read as text where the file has them and does not say what they hold: a saved pipeline was
    /// trained on texts.
    pub texts: BTreeSet<String>,
    /// The sheet or table, in a file with several.
    pub part: Option<String>,
    /// The query whose result is the table, for a database.
    pub query: Option<String>,
    /// Field delimiter.
    pub delimiter: Option<u8>,
    /// Quote character, or none.
    pub quote: Option<Quote>,
    /// Escape character of quotes inside quotes, if they are not doubled.
    pub escape: Option<u8>,
    /// Is the first record a header? If `None`, it is data if it holds numbers in all columns that hold numbers below.
    pub header: Option<bool>,
    /// Comment character at the start of a line.
    pub comment: Option<u8>,
    /// Are blanks around an unquoted field left out?
    pub trim: bool,
    /// Number of lines to skip before the header.
    pub skip_lines: usize,
    /// Unquoted fields that mean null, besides the empty one: in text columns exactly these, in others [`NULLS`] too. If
    /// `None`, they are [`NULLS`], except in columns that are declared as text, which have none.
    pub nulls: Option<Vec<String>>,
    /// Decimal point: a point or a comma.
    pub decimal: Option<u8>,
    /// Thousands separator.
    pub thousands: Option<u8>,
    /// Date format, in the directives of C's `strftime`: `%d.%m.%Y`.
    pub dates: Option<String>,
    /// Text encoding, by its web label: `utf-8`, `latin1`, `utf-16le`.
    pub encoding: Option<String>,
    /// Handling of invalid rows.
    pub bad_rows: BadRows,
    /// Limits of a file.
    pub limits: Limits,
}

impl ReadOptions {
    /// Creates the default options for a file of this name.
    pub fn new(name: impl Into<String>) -> ReadOptions {
        ReadOptions {
            name: name.into(),
            format: None,
            columns: None,
            filter: None,
            kinds: BTreeMap::new(),
            texts: BTreeSet::new(),
            part: None,
            query: None,
            delimiter: None,
            quote: None,
            escape: None,
            header: None,
            comment: None,
            trim: true,
            skip_lines: 0,
            nulls: None,
            decimal: None,
            thousands: None,
            dates: None,
            encoding: None,
            bad_rows: BadRows::Refuse,
            limits: Limits::default(),
        }
    }

    /// Returns the same options for a file of another name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> ReadOptions {
        ReadOptions { name: name.into(), ..self }
    }

    /// Sets the format, overriding detection.
    #[must_use]
    pub fn with_format(self, format: Format) -> ReadOptions {
        ReadOptions { format: Some(format), ..self }
    }

    /// Selects the columns to read.
    #[must_use]
    pub fn with_columns<N: Into<Arc<str>>>(self, columns: impl IntoIterator<Item = N>) -> ReadOptions {
        ReadOptions { columns: Some(Arc::new(columns.into_iter().map(Into::into).collect())), ..self }
    }

    /// Declares the type of a column; a value that does not fit is an error.
    #[must_use]
    pub fn with_kind(mut self, column: impl Into<String>, kind: ColumnType) -> ReadOptions {
        self.kinds.insert(column.into(), kind);
        self
    }

    /// Is this column selected?
    pub(crate) fn wants(&self, column: &str) -> bool {
        self.columns.as_ref().is_none_or(|wanted| wanted.contains(column))
    }
}

/// Handling of rows with too few or too many fields, or a value that does not fit a declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BadRows {
    /// The first one is an error.
    #[default]
    Refuse,
    /// They are skipped, counted and kept as [`crate::Rejected`].
    Reject,
    /// Missing fields become null, surplus ones are cut off, and misplaced quotes are text; a note counts the rows. A
    /// value that does not fit a declared type is an error.
    Fill,
}

/// How fields are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// With this character.
    Byte(u8),
    /// Not at all: quotes are text.
    None,
}

impl Quote {
    /// A byte that no UTF-8 text has.
    pub(crate) const ABSENT: u8 = 0xFF;

    /// Returns the quote character; one that no text has if there is none.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Quote::Byte(byte) => byte,
            Quote::None => Quote::ABSENT,
        }
    }
}

/// Limits of a file; exceeding one is an error. Each can be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum field size in bytes.
    pub field_bytes: usize,
    /// Maximum record size in bytes.
    pub record_bytes: usize,
    /// Maximum number of columns.
    pub columns: usize,
    /// Maximum unpacked size of a compressed file in bytes.
    pub unpacked_bytes: u64,
    /// Maximum size of a decoder request in binary formats, in bytes.
    pub block_bytes: u64,
    /// Size from which unpacked data goes to a temporary file instead of memory.
    pub memory_bytes: u64,
    /// Bytes of text per chunk, for a file that is read chunk by chunk.
    pub chunk_bytes: u64,
}

impl Limits {
    /// Returns these limits, lowered for a run that may take this much memory in all.
    #[must_use]
    pub fn within(self, memory_bytes: u64) -> Limits {
        // Several chunks are in flight, and a chunk as a table takes a multiple of its text.
        let chunk_bytes = (memory_bytes / 160).max(64 << 10);
        Limits {
            memory_bytes: self.memory_bytes.min(memory_bytes / 8),
            chunk_bytes: self.chunk_bytes.min(chunk_bytes),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            field_bytes: 16 << 20,
            record_bytes: 64 << 20,
            columns: 100_000,
            unpacked_bytes: 16 << 30,
            block_bytes: 1 << 30,
            memory_bytes: 4 << 30,
            // Large enough to amortise the overhead per chunk.
            chunk_bytes: 4 << 20,
        }
    }
}

/// The default null values.
pub const NULLS: [&str; 15] =
    ["NA", "N/A", "n/a", "na", "#N/A", "null", "NULL", "Null", "NaN", "nan", "NAN", "None", "none", "?", "-"];
