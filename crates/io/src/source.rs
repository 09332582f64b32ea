//! The interface of readers and writers, independent of formats.

use crate::ReadOptions;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Chunks, Origin, Schema, Table};
use pipewright_world::Content;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::{io, panic};

/// A table that was read, with notes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// The table; its [`Table::origin`] has the detected options.
    pub table: Table,
    /// Renamed columns, widened types, skipped rows.
    pub notes: Vec<Failure>,
    /// The rows that could not be read, if [`BadRows`](crate::BadRows) keeps them.
    pub rejected: Vec<Rejected>,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// The line of the file, from 1.
    pub line: u64,
    /// The error.
    pub reason: String,
    /// Its text.
    pub text: String,
}

/// Result of reading the head of a file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sketch {
    /// The columns; their types are provisional unless [`Sketch::certain`].
    pub schema: Schema,
    /// Are the types those of the whole file?
    pub certain: bool,
    /// Number of complete rows seen.
    pub rows_seen: usize,
    /// Estimated memory of the whole table in bytes.
    pub memory_bytes: u64,
    /// Notes for the user.
    pub notes: Vec<Failure>,
    /// The whole file, if the head was all of it.
    pub whole: Option<Reading>,
}

/// A scanned file: its rows can be read chunk by chunk, in any order, by many threads, repeatedly.
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

/// A table in memory as a scan: for formats whose files are small, or cannot be read piece by piece.
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

/// A reader of a format.
pub trait Reader: Sync {
    /// Reads the head; a `truncated` content is the head of a compressed file, and ends anywhere.
    ///
    /// # Errors
    /// Errors in the head.
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure>;

    /// Reads the whole file.
    ///
    /// # Errors
    /// A [`Failure`] with file, row and column of the error.
    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure>;

    /// Determines what only the whole file tells, with a few chunks in memory at a time.
    ///
    /// # Errors
    /// As [`Reader::read`].
    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure>;
}

/// A writer of consecutive tables of one schema to one file.
pub trait Writer {
    /// Adds rows.
    ///
    /// # Errors
    /// Those of the sink.
    fn write(&mut self, rows: &Table) -> io::Result<()>;

    /// Finishes the file; without it, the output is invalid.
    ///
    /// # Errors
    /// Those of the sink.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Creates the failure for an I/O error while reading.
pub(crate) fn unreadable(error: &io::Error, options: &ReadOptions) -> Failure {
    Failure::new(code::CANNOT_READ, format!("cannot read `{}`: {error}", options.name.escape_debug()))
}

/// While one exists, panics print nothing: the caller that catches them reports them. A decoder may panic on any thread of the
/// pool, so this holds for all of them.
struct Quiet;

/// The number of [`Quiet`]s.
static QUIET: AtomicUsize = AtomicUsize::new(0);

impl Quiet {
    fn new() -> Quiet {
        static HOOKED: Once = Once::new();
        HOOKED.call_once(|| {
            let print = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if QUIET.load(Ordering::Relaxed) == 0 {
                    print(info);
                }
            }));
        });
        QUIET.fetch_add(1, Ordering::Relaxed);
        Quiet
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Calls a third-party decoder, which may panic on a damaged file: reported as damage, not a crash.
pub(crate) fn guarded<T>(options: &ReadOptions, decode: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let _quiet = Quiet::new();
    panic::catch_unwind(panic::AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        let message = format!("the file is damaged: its decoder failed ({})", text.unwrap_or("no message"));
        Err(Failure::new(code::BAD_FILE, message).file(&options.name))
    })
}
