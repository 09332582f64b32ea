//! The life of an estimator: config → observe → merge → finish → apply.
//!
//! Config ([`Estimator`]), [`Summary`] and [`State`] are three types; nothing is fitted in place. The driver [`fit`]
//! alone cuts the rows into fixed chunks, observes them in parallel and merges in order, so that the result has the
//! same bits for every number of threads.

mod columns;
mod encoder;
mod imputer;
mod scaler;

use crate::{Schema, Table};
use pipewright_diagnostic::Failure;
use rayon::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

pub use encoder::{Encoder, EncoderMethod, EncoderState, LeftOut, Rare, Unseen};
pub use imputer::{Fill, Imputer, ImputerState};
pub use scaler::{Scaler, ScalerMethod, ScalerState};

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
/// ```
/// use pipewright_frame::{Imputer, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"a,b\n1,x\n,y\n4,x\n", &ReadOptions::new("t.csv")).unwrap();
/// let state = fit(&Imputer::mean(), &table).unwrap();
/// assert_eq!(state.apply(&table).unwrap().numbers(&["a".into()]).unwrap(), [1.0, 2.5, 4.0]);
/// ```
///
/// # Errors
/// As the estimator says; rows are counted from the first row of the table.
pub fn fit<E: Estimator>(estimator: &E, table: &Table) -> Result<E::State, Failure> {
    let schema = table.schema();
    let starts: Vec<usize> = (0..table.rows()).step_by(CHUNK_ROWS).collect();
    let summaries: Vec<Result<E::Summary, Failure>> = starts
        .par_iter()
        .map(|&start| {
            let rows = table.slice(start, CHUNK_ROWS.min(table.rows() - start));
            let mut summary = estimator.empty(&schema)?;
            estimator.observe(&mut summary, &rows).map_err(|failure| in_table(failure, start))?;
            Ok(summary)
        })
        .collect();
    let mut whole = estimator.empty(&schema)?;
    for summary in summaries {
        whole.merge(summary?);
    }
    estimator.finish(whole)
}

/// A failure in a chunk that starts at row `start`, told of the table.
fn in_table(mut failure: Failure, start: usize) -> Failure {
    failure.place.row = failure.place.row.map(|row| row + start as u64);
    failure
}

#[cfg(test)]
mod tests;
