//! The life cycle of an estimator: config → observe → merge → finish → apply.
//!
//! Configuration ([`Estimator`]), [`Summary`] and [`State`] are three types; nothing is fitted in place. The driver
//! [`fit`] cuts the rows into fixed chunks, observes them in parallel and merges in order, so that the result has the
//! same bits for every number of threads.

use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Chunks, Schema, Table, for_each_chunk, in_table};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// A mergeable summary of rows; merging is associative and an empty summary is its identity.
pub trait Summary: Send + Sized {
    /// Merges the summary of later rows.
    fn merge(&mut self, later: Self);

    /// Limits the memory to about this many bytes, at the cost of precision; called before any rows are observed.
    fn bound(&mut self, bytes: u64) {
        let _ = bytes;
    }

    /// Returns notes on approximate results.
    fn notes(&self) -> Vec<Failure> {
        Vec::new()
    }
}

/// The configuration of an estimator: a step that learns from rows.
pub trait Estimator: Send + Sync {
    /// The summary of rows.
    type Summary: Summary;
    /// The fitted state.
    type State: State;

    /// Returns the output schema of `apply` for tables of `input`; columns that depend on the rows form an open group.
    ///
    /// # Errors
    /// A [`Failure`] naming a column that it does not support.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure>;

    /// Creates an empty summary.
    ///
    /// # Errors
    /// As [`Estimator::schema`].
    fn empty(&self, input: &Schema) -> Result<Self::Summary, Failure>;

    /// Adds rows to a summary.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row (within the chunk) of a value that it does not support.
    fn observe(&self, summary: &mut Self::Summary, rows: &Table) -> Result<(), Failure>;

    /// Does it need to see rows at all? If only the columns matter, they are not read.
    fn needs_rows(&self) -> bool {
        true
    }

    /// Does it only select columns, and by name only?
    fn chooses_by_name(&self) -> bool {
        false
    }

    /// Does it compute columns from several of the selected columns together?
    fn mixes(&self) -> bool {
        false
    }

    /// Computes the state.
    ///
    /// # Errors
    /// A [`Failure`] if there are too few rows, for example a column without values.
    fn finish(&self, summary: Self::Summary) -> Result<Self::State, Failure>;
}

/// A fitted state: plain data that can be applied to other rows, saved, and shown as a small table.
pub trait State: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of the state in bundles, by which it is found again. It never changes.
    const TAG: &str;

    /// Applies the state to rows; input columns are found by name.
    ///
    /// # Errors
    /// A [`Failure`] naming a column that is missing or of another type.
    fn apply(&self, rows: &Table) -> Result<Table, Failure>;

    /// Like [`State::apply`], consuming the rows: values without another owner may be changed in place.
    ///
    /// # Errors
    /// As [`State::apply`].
    fn apply_owned(&self, rows: Table) -> Result<Table, Failure> {
        self.apply(&rows)
    }

    /// Is the result for a row independent of the other rows?
    fn by_row(&self) -> bool {
        true
    }

    /// Returns notes on values of new rows that it treats as nothing it has learned, such as unknown levels.
    fn remarks(&self, rows: &Table) -> Vec<Failure> {
        let _ = rows;
        Vec::new()
    }

    /// Does it drop every column unconditionally?
    fn drops_all(&self) -> bool {
        false
    }

    /// Returns the columns that it needs by name, whatever their role.
    fn reads(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// Returns the state as a table for display.
    fn show(&self) -> Table;

    /// Validates a state that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// A [`Failure`] that names the problem.
    fn validate(&self) -> Result<(), Failure>;
}

/// Fits an estimator to all rows of a table, or of a file read chunk by chunk.
///
/// ```
/// use pipewright_frame::{Imputer, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"a,b\n1,x\n,y\n4,x\n", &ReadOptions::new("t.csv")).unwrap();
/// let state = fit(&Imputer::mean(), &table).unwrap();
/// assert_eq!(state.apply(&table).unwrap().numbers(&["a".into()]).unwrap(), [1.0, 2.5, 4.0]);
/// ```
///
/// # Errors
/// Those of the estimator; row numbers are relative to the table.
pub fn fit<E: Estimator>(estimator: &E, rows: &dyn Chunks) -> Result<E::State, Failure> {
    fit_noting(estimator, rows).map(|(state, _)| state)
}

/// Like [`fit`], with notes on results that are approximate because of the memory limit.
///
/// # Errors
/// As [`fit`].
pub fn fit_noting<E: Estimator>(estimator: &E, rows: &dyn Chunks) -> Result<(E::State, Vec<Failure>), Failure> {
    let schema = rows.schema();
    let empty = || {
        let mut summary = estimator.empty(&schema)?;
        rows.budget_bytes().into_iter().for_each(|bytes| summary.bound(bytes));
        Ok(summary)
    };
    let mut whole = empty()?;
    let observe = |index: usize| {
        let mut summary = empty()?;
        let in_table = |failure| in_table(failure, rows.rows_before(index));
        estimator.observe(&mut summary, &rows.chunk(index)?).map_err(in_table)?;
        Ok(summary)
    };
    if estimator.needs_rows() {
        for_each_chunk(rows, observe, |summary| {
            whole.merge(summary);
            Ok(())
        })?;
    }
    let notes = whole.notes();
    Ok((estimator.finish(whole)?, notes))
}

/// Converts a share of the memory to a number of floats per column.
pub(crate) fn numbers_within(bytes: u64, columns: usize) -> usize {
    usize::try_from(bytes / 4 / 8 / columns.max(1) as u64).unwrap_or(usize::MAX)
}

/// Creates the note about columns with approximate quantiles.
pub(crate) fn approximate(names: &[&str]) -> Vec<Failure> {
    if names.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("quantiles of {} are approximate (relative error 0.1%)", names.join(", "));
    vec![Failure::note(code::APPROXIMATE, message).help("allow more memory for exact quantiles: --mem 8G")]
}
