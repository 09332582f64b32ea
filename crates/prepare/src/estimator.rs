//! The life of an estimator: config → observe → merge → finish → apply.
//!
//! Config ([`Estimator`]), [`Summary`] and [`State`] are three types; nothing is fitted in place. The driver [`fit`]
//! alone cuts the rows into fixed chunks, observes them in parallel and merges in order, so that the result has the
//! same bits for every number of threads.

use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Chunks, Schema, Table, in_table, in_waves};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// What was seen of some rows; merging is associative and an empty summary is its identity.
pub trait Summary: Send + Sized {
    /// Adds what another summary saw of the rows after these.
    fn merge(&mut self, later: Self);

    /// Takes no more than about so many bytes from now on, at the cost of precision; called before anything is seen.
    fn bound(&mut self, bytes: u64) {
        let _ = bytes;
    }

    /// What is known only about, and how closely.
    fn notes(&self) -> Vec<Failure> {
        Vec::new()
    }
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

    /// Does it look at rows at all? What only the columns decide need not read them.
    fn needs_rows(&self) -> bool {
        true
    }

    /// Does it only choose columns, and by their names alone?
    fn chooses_by_name(&self) -> bool {
        false
    }

    /// Draws the conclusion.
    ///
    /// # Errors
    /// A [`Failure`] where the rows do not suffice (a column without a value).
    fn finish(&self, summary: Self::Summary) -> Result<Self::State, Failure>;
}

/// What was learned: plain data that can be applied to other rows, saved, and shown as a small table.
pub trait State: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of the state in bundles, by which it is found again. It never changes.
    const TAG: &str;

    /// Applies it to rows; input columns are found by name.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of another kind.
    fn apply(&self, rows: &Table) -> Result<Table, Failure>;

    /// As [`State::apply`], of rows that are not needed any more: what becomes of them may lie where they lay, wherever
    /// nobody else holds their values.
    ///
    /// # Errors
    /// As [`State::apply`].
    fn apply_owned(&self, rows: Table) -> Result<Table, Failure> {
        self.apply(&rows)
    }

    /// Is what it makes of some rows the same, whatever rows stand beside them?
    fn by_row(&self) -> bool {
        true
    }

    /// Does it drop every column, without a look?
    fn drops_all(&self) -> bool {
        false
    }

    /// The columns that it looks at by name, whatever their role: rows cannot do without them.
    fn reads(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// What was learned, as a table.
    fn show(&self) -> Table;

    /// Checks a state that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// A [`Failure`] that names what is wrong.
    fn validate(&self) -> Result<(), Failure>;
}

/// Fits an estimator to all rows: of a table, or of a file that is read chunk by chunk.
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
pub fn fit<E: Estimator>(estimator: &E, rows: &dyn Chunks) -> Result<E::State, Failure> {
    fit_noting(estimator, rows).map(|(state, _)| state)
}

/// As [`fit`], with notes on what is known only about, because the rows are too many for the memory that may be taken.
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
    let count = if estimator.needs_rows() { rows.count() } else { 0 };
    in_waves(count, observe, |summary| {
        whole.merge(summary);
        Ok(())
    })?;
    let notes = whole.notes();
    Ok((estimator.finish(whole)?, notes))
}

/// A share of the memory, as a number of floats for each column.
pub(crate) fn numbers_within(bytes: u64, columns: usize) -> usize {
    usize::try_from(bytes / 4 / 8 / columns.max(1) as u64).unwrap_or(usize::MAX)
}

/// The note for columns whose quantiles are known only about.
pub(crate) fn approximate(names: &[&str]) -> Vec<Failure> {
    if names.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("quantiles of {} are known to a thousandth of their size", names.join(", "));
    vec![Failure::note(code::APPROXIMATE, message).help("allow more memory for exact ones: --mem 8G")]
}
