//! How a file is to be read.

use crate::Format;
use pipewright_expr::Expression;
use pipewright_table::ColumnType;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How to read a file. What is not said is found from the file.
///
/// ```
/// use pipewright_frame::{Kind, ReadOptions};
/// let options = ReadOptions::new("people.csv").with_columns(["zip", "age"]).with_kind("zip", Kind::Text);
/// assert_eq!(options.kinds["zip"], Kind::Text);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The file as messages call it.
    pub name: String,
    /// Its format.
    pub format: Option<Format>,
    /// The only columns to make, in the order of the file; all of them if it is not said. What is not made is not
    /// checked further than is needed to find the others.
    pub columns: Option<Arc<[Arc<str>]>>,
    /// Rows for which this is not true may be left out; a reader that cannot tell cheaply leaves none out.
    pub filter: Option<Expression>,
    /// Columns whose kind is known; a value that does not fit is a failure.
    pub kinds: BTreeMap<String, ColumnType>,
    /// Of a file with several tables: the sheet or table.
    pub part: Option<String>,
    /// Of a database: the query whose result is the table.
    pub query: Option<String>,
    /// The byte between fields.
    pub delimiter: Option<u8>,
    /// The byte around fields that hold what would else end them.
    pub quote: Option<u8>,
    /// The byte before a quote inside quotes, where it is not a second quote.
    pub escape: Option<u8>,
    /// Is the first record the names? If it is not said, a first record is data if it holds numbers in all columns
    /// that hold numbers below.
    pub header: Option<bool>,
    /// Lines that begin with this byte are left out.
    pub comment: Option<u8>,
    /// Lines before the header to leave out.
    pub skip_lines: usize,
    /// Unquoted fields that mean null, besides the empty one.
    pub nulls: Vec<String>,
    /// The byte before the decimals of a number: a point or a comma.
    pub decimal: Option<u8>,
    /// The byte between thousands.
    pub thousands: Option<u8>,
    /// The form of dates, in the terms of C's `strftime`: `%d.%m.%Y`.
    pub dates: Option<String>,
    /// The encoding of the text, by its name of the web's encoding standard: `utf-8`, `latin1`, `utf-16le`.
    pub encoding: Option<String>,
    /// What becomes of rows that cannot be read.
    pub bad_rows: BadRows,
    /// What a file may ask for.
    pub limits: Limits,
}

impl ReadOptions {
    /// The defaults for a file of this name.
    pub fn new(name: impl Into<String>) -> ReadOptions {
        ReadOptions {
            name: name.into(),
            format: None,
            columns: None,
            filter: None,
            kinds: BTreeMap::new(),
            part: None,
            query: None,
            delimiter: None,
            quote: None,
            escape: None,
            header: None,
            comment: None,
            skip_lines: 0,
            nulls: NULLS.iter().map(|null| (*null).to_string()).collect(),
            decimal: None,
            thousands: None,
            dates: None,
            encoding: None,
            bad_rows: BadRows::Refuse,
            limits: Limits::default(),
        }
    }

    /// The same options for a file of another name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> ReadOptions {
        ReadOptions { name: name.into(), ..self }
    }

    /// A file of this format, whatever it looks like.
    #[must_use]
    pub fn with_format(self, format: Format) -> ReadOptions {
        ReadOptions { format: Some(format), ..self }
    }

    /// Only these columns.
    #[must_use]
    pub fn with_columns<N: Into<Arc<str>>>(self, columns: impl IntoIterator<Item = N>) -> ReadOptions {
        ReadOptions { columns: Some(columns.into_iter().map(Into::into).collect()), ..self }
    }

    /// A column of this kind; a value that does not fit is a failure.
    #[must_use]
    pub fn with_kind(mut self, column: impl Into<String>, kind: ColumnType) -> ReadOptions {
        self.kinds.insert(column.into(), kind);
        self
    }

    /// Is this column to be made?
    pub(crate) fn wants(&self, column: &str) -> bool {
        self.columns.as_ref().is_none_or(|wanted| wanted.iter().any(|name| &**name == column))
    }
}

/// What becomes of rows with too few or too many fields, or a value that does not fit a declared kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BadRows {
    /// The first one is a failure.
    #[default]
    Refuse,
    /// They are left out, counted and kept as [`crate::Rejected`].
    Reject,
}

/// What a file may ask for before it is refused; each can be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest field, in bytes.
    pub field_bytes: usize,
    /// The longest record, in bytes.
    pub record_bytes: usize,
    /// The most columns.
    pub columns: usize,
    /// What a compressed file may unpack to, in bytes.
    pub unpacked_bytes: u64,
    /// What a decoder of a binary format may ask for at once, in bytes.
    pub block_bytes: u64,
    /// From this size on, what is unpacked goes to a temporary file instead of memory.
    pub memory_bytes: u64,
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
        }
    }
}

/// The fields that mean null if nothing else is said.
pub const NULLS: [&str; 15] =
    ["NA", "N/A", "n/a", "na", "#N/A", "null", "NULL", "Null", "NaN", "nan", "NAN", "None", "none", "?", "-"];
