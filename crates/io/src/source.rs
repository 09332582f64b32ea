//! What a reader of files gives, and what it is asked: the bottom of this crate, which knows no format.

use crate::ReadOptions;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Chunks, Origin, Schema, Table};
use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// A table that was read, and what a reader of it will want to know.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// The table; its [`Table::origin`] tells what was decided.
    pub table: Table,
    /// Renamed columns, widened kinds, rows left out.
    pub notes: Vec<Failure>,
    /// The rows that could not be read, where [`BadRows`](crate::BadRows) lets them be kept.
    pub rejected: Vec<Rejected>,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
    /// Its text.
    pub text: String,
}

/// What the beginning of a file tells.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sketch {
    /// The columns; their kinds are likely ones unless [`Sketch::certain`].
    pub schema: Schema,
    /// Are the kinds those of the whole file?
    pub certain: bool,
    /// The complete rows that were seen.
    pub rows_seen: usize,
    /// The bytes that the whole table will take in memory, about.
    pub memory_bytes: u64,
    /// What a reader of it will want to know.
    pub notes: Vec<Failure>,
    /// All of the file, where looking at the head has read it.
    pub whole: Option<Reading>,
}

/// An open file whose whole content is known: its rows can be read chunk by chunk, in any order, by many threads, as
/// often as wanted.
pub trait Scan: Chunks + Send {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// As [`Reading::notes`].
    fn notes(&self) -> &[Failure];

    /// As [`Reading::rejected`].
    fn rejected(&self) -> &[Rejected];

    /// As [`Table::origin`].
    fn origin(&self) -> Option<&Arc<Origin>>;
}

/// A table in memory, read chunk by chunk: for formats whose files are small, or cannot be read piece by piece.
pub(crate) struct Whole(pub Reading);

impl Chunks for Whole {
    fn schema(&self) -> Schema {
        self.0.table.schema()
    }

    fn count(&self) -> usize {
        Chunks::count(&self.0.table)
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        self.0.table.chunk(index)
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.0.table.rows_before(index)
    }
}

impl Scan for Whole {
    fn rows(&self) -> usize {
        self.0.table.rows()
    }

    fn notes(&self) -> &[Failure] {
        &self.0.notes
    }

    fn rejected(&self) -> &[Rejected] {
        &self.0.rejected
    }

    fn origin(&self) -> Option<&Arc<Origin>> {
        self.0.table.origin()
    }
}

/// What reads files of a format.
pub trait Reader: Sync {
    /// Looks at the head; a `truncated` content is only the head of a packed file, and ends somewhere.
    ///
    /// # Errors
    /// What keeps the head from being read.
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure>;

    /// Reads it all.
    ///
    /// # Errors
    /// A [`Failure`] with file, row and column of what cannot be read.
    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure>;

    /// Learns what only the whole file says, holding no more than a few chunks at a time.
    ///
    /// # Errors
    /// As [`Reader::read`].
    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure>;
}

/// Writes tables of one schema, one after another, as one file.
pub trait Writer {
    /// Adds rows.
    ///
    /// # Errors
    /// Those of the sink.
    fn write(&mut self, rows: &Table) -> io::Result<()>;

    /// Ends the file; without it, what was written is not one.
    ///
    /// # Errors
    /// Those of the sink.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// The failure for an error of the system while a file is read.
pub(crate) fn unreadable(error: &io::Error, options: &ReadOptions) -> Failure {
    Failure::new(code::CANNOT_READ, format!("cannot read `{}`: {error}", options.name.escape_debug()))
}

/// Calls a decoder that others wrote, which may panic on a damaged file: that is a damaged file, not a crash.
pub(crate) fn guarded<T>(options: &ReadOptions, decode: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        let message = format!("the file is damaged: its decoder gave up ({})", text.unwrap_or("no message"));
        Err(Failure::new(code::BAD_FILE, message).file(&options.name))
    })
}
