//! The life of an estimator: config → observe → merge → finish → apply.
//!
//! Config ([`Estimator`]), [`Summary`] and [`State`] are three types; nothing is fitted in place. The driver [`fit`]
//! alone cuts the rows into fixed chunks, observes them in parallel and merges in order, so that the result has the
//! same bits for every number of threads.

use crate::{Schema, Table};
use pipewright_diagnostic::Failure;
use serde::{Serialize, de::DeserializeOwned};

/// What was seen of some rows; merging is associative and an empty summary is its identity.
pub trait Summary: Send + Sized {
    /// Adds what another summary saw of the rows after these.
    fn merge(&mut self, later: Self);
}

/// The configuration of a step that learns from rows.
pub trait Estimator: Send + Sync {
    /// What it gathers from rows.
    type Summary: Summary;
    /// What it has learned.
    type State: State;

    /// The schema that `apply` will yield for tables of `input`; what only the rows can say is an open group.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that it cannot take.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// The summary of no rows.
    ///
    /// # Errors
    /// As [`Estimator::schema`].
    fn empty(&self, input: &Schema) -> Result<Self::Summary, Failure>;

    /// Adds rows to a summary.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row (of the chunk) of a value that it cannot take.
    fn observe(&self, summary: &mut Self::Summary, rows: &Table) -> Result<(), Failure>;

    /// Draws the conclusion.
    ///
    /// # Errors
    /// A [`Failure`] where the rows do not suffice (a column without a value).
    fn finish(&self, summary: Self::Summary) -> Result<Self::State, Failure>;
}

/// What was learned: plain data that can be applied to other rows, saved, and shown as a small table.
pub trait State: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Applies it to rows; input columns are found by name.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of another kind.
    fn apply(&self, rows: &Table) -> Result<Table, Failure>;

    /// What was learned, as a table.
    fn show(&self) -> Table;

    /// Checks a state that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// A [`Failure`] that names what is wrong.
    fn validate(&self) -> Result<(), Failure>;
}

/// Rows a chunk: fixed, so that results do not depend on threads.
pub const CHUNK_ROWS: usize = 16_384;

/// Fits an estimator to all rows of a table.
///
/// # Errors
/// As the estimator says.
pub fn fit<E: Estimator>(estimator: &E, table: &Table) -> Result<E::State, Failure> {
    let _ = (estimator, table, CHUNK_ROWS);
    unimplemented!("being written")
}
