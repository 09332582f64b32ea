//! Sources of tables.

use crate::{Data, Environment};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Column, Expression, Schema};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The schema inferred from the head of the data.
#[derive(Debug, Clone)]
pub struct Sketch {
    /// Names and likely kinds of the columns.
    pub schema: Schema,
    /// Is the head all of the data? Only then are the kinds certain.
    pub whole: bool,
    /// Were there rows? Without one, nothing is known of the kinds.
    pub has_rows: bool,
    /// About the memory that the whole table takes.
    pub memory_bytes: u64,
    /// Notes.
    pub notices: Vec<Failure>,
}

/// The columns and rows that the stages below need from a source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pushdown {
    /// The columns that they read; `None` for all.
    pub columns: Option<Arc<BTreeSet<Arc<str>>>>,
    /// Rows for which this is not true are filtered out further down and need not be read.
    pub filter: Option<Expression>,
}

/// Produces a table.
pub trait Source: Send + Sync {
    /// Infers the schema from the head of the data: `None` if there is no data yet.
    ///
    /// # Errors
    /// A [`Failure`] if the data exists but cannot be read.
    fn sketch(&self, environment: &Environment) -> Result<Option<Sketch>, Failure>;

    /// Reads all of it, or as a stream if it exceeds the memory limit; notices go to `progress`.
    ///
    /// # Errors
    /// A [`Failure`] with file and line.
    fn read(&self, wanted: &Pushdown, environment: &Environment, progress: &dyn Progress) -> Result<Data, Failure>;

    /// Returns this source reading some columns as a saved pipeline knows them, if it decides by itself what they hold:
    /// `10` as a text where texts were.
    fn expecting(&self, columns: &[Column]) -> Option<Arc<dyn Source>> {
        let _ = columns;
        None
    }

    /// Returns what it reads, by names under which two sources of the same data are recognised: absolute paths, or with
    /// `by_content` digests of what the files hold. Two sources that share a name hold rows of the same table.
    fn origins(&self, environment: &Environment, by_content: bool) -> Vec<String>;
}
