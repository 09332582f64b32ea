//! The common part of single-column estimators: they select columns, summarise each independently, and learn from each
//! summary how to transform the column.

use crate::columns::{fitted, for_each_block, for_each_number, present, replaced};
use crate::estimator::{approximate, numbers_within};
use crate::{Estimator, State, Summary};
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_schema::DataType;
use pipewright_diagnostic::Failure;
use pipewright_table::TextOffset;
use pipewright_table::summary::{ExactSum, Extremes, Levels, Moments, Quantiles};
use pipewright_table::{Column, Entry, Schema, Table, in_parallel};
use std::sync::{Mutex, PoisonError};

/// An estimator that fits each column independently.
pub trait ByColumn: Send + Sync {
    /// The fitted state of one column.
    type Learned: Send;
    /// The fitted state of all columns.
    type State: State;

    /// Returns the columns that it applies to.
    ///
    /// # Errors
    /// A [`Failure`] naming a column that it does not support.
    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure>;

    /// Returns the output columns of a column; independent of the rows.
    fn entries(&self, column: &Column) -> Vec<Entry>;

    /// Returns an empty summary of a column.
    fn seen(&self, column: &Column) -> Seen;

    /// Does it need to see rows at all?
    fn looks(&self) -> bool {
        true
    }

    /// Checks for values that it does not support.
    ///
    /// # Errors
    /// A [`Failure`] naming column and row.
    fn check(&self, column: &Column, array: &ArrayRef) -> Result<(), Failure> {
        let _ = (column, array);
        Ok(())
    }

    /// Fits one column.
    ///
    /// # Errors
    /// A [`Failure`] if there are too few rows.
    fn learn(&self, column: Column, seen: Seen) -> Result<Self::Learned, Failure>;

    /// Combines the states of all columns, in their order.
    fn state(&self, learned: Vec<Self::Learned>) -> Self::State;
}

impl<E: ByColumn> Estimator for E {
    type Summary = Summaries;
    type State = E::State;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, |column| self.entries(column)))
    }

    fn empty(&self, input: &Schema) -> Result<Summaries, Failure> {
        let columns = self.columns(input)?.into_iter().map(|column| {
            let seen = self.seen(&column);
            (column, seen)
        });
        Ok(Summaries(columns.collect()))
    }

    fn observe(&self, summaries: &mut Summaries, rows: &Table) -> Result<(), Failure> {
        let mut failures = Vec::new();
        for (column, seen) in &mut summaries.0 {
            let array = fitted(rows, &column.name, column.kind)?;
            failures.extend(self.check(column, array).err());
            failures.extend(seen.observe(&column.name, array).err());
        }
        // The first row that fails, independent of the chunks.
        failures.into_iter().min_by_key(|failure| failure.place.row).map_or(Ok(()), Err)
    }

    fn needs_rows(&self) -> bool {
        self.looks()
    }

    fn finish(&self, summaries: Summaries) -> Result<E::State, Failure> {
        let seen: Vec<Mutex<Option<(Column, Seen)>>> =
            summaries.0.into_iter().map(|seen| Mutex::new(Some(seen))).collect();
        let learned = in_parallel(seen.len(), |place| {
            let seen = seen[place].lock().unwrap_or_else(PoisonError::into_inner).take();
            let (column, seen) = seen.expect("each column is learned once");
            self.learn(column, seen)
        });
        Ok(self.state(learned.into_iter().collect::<Result<_, _>>()?))
    }
}

/// Summaries of some columns.
#[derive(Debug)]
pub struct Summaries(Vec<(Column, Seen)>);

impl Summary for Summaries {
    fn merge(&mut self, later: Summaries) {
        for ((_, seen), (_, more)) in self.0.iter_mut().zip(later.0) {
            seen.merge(more);
        }
    }

    fn bound(&mut self, bytes: u64) {
        let bound = Some(numbers_within(bytes, self.0.len()));
        for (_, seen) in &mut self.0 {
            if let Seen::Quantiles(quantiles) = seen {
                *quantiles = Quantiles::bounded(bound);
            }
        }
    }

    fn notes(&self) -> Vec<Failure> {
        let context = |seen: &Seen| matches!(seen, Seen::Quantiles(quantiles) if quantiles.is_approximate());
        let names = self.0.iter().filter(|(_, seen)| context(seen)).map(|(column, _)| &*column.name);
        approximate(&names.collect::<Vec<_>>())
    }
}

/// The summary of one column.
#[derive(Debug)]
pub enum Seen {
    /// Count and mean.
    Sum(Box<ExactSum>),
    /// Count, mean and spread.
    Moments(Box<Moments>),
    /// Minimum and maximum.
    Extremes(Extremes),
    /// All numbers, for quantiles.
    Quantiles(Quantiles),
    /// Counts of values, as whole numbers of the same order.
    Wholes(Levels<i64>),
    /// Counts of texts.
    Texts(Levels<String>),
    /// Nothing: the values do not matter.
    Nothing,
}

impl Seen {
    pub(super) fn sum() -> Seen {
        Seen::Sum(Box::default())
    }

    pub(super) fn moments() -> Seen {
        Seen::Moments(Box::default())
    }

    pub(super) fn extremes() -> Seen {
        Seen::Extremes(Extremes::default())
    }

    pub(super) fn quantiles() -> Seen {
        Seen::Quantiles(Quantiles::default())
    }

    fn observe(&mut self, name: &str, array: &ArrayRef) -> Result<(), Failure> {
        match self {
            Seen::Sum(sum) => for_each_block(name, array, |numbers| sum.add_all(numbers)),
            Seen::Moments(moments) => for_each_block(name, array, |numbers| moments.add_all(numbers)),
            Seen::Extremes(extremes) => for_each_block(name, array, |numbers| extremes.add_all(numbers)),
            Seen::Quantiles(quantiles) => for_each_block(name, array, |numbers| quantiles.add_all(numbers)),
            Seen::Wholes(levels) => observe_wholes(name, array, levels),
            Seen::Texts(levels) => {
                levels.add_all(array.as_string::<TextOffset>().iter().flatten());
                Ok(())
            }
            Seen::Nothing => Ok(()),
        }
    }

    fn merge(&mut self, later: Seen) {
        match (self, later) {
            (Seen::Sum(seen), Seen::Sum(more)) => seen.merge(*more),
            (Seen::Moments(seen), Seen::Moments(more)) => seen.merge(*more),
            (Seen::Extremes(seen), Seen::Extremes(more)) => seen.merge(more),
            (Seen::Quantiles(seen), Seen::Quantiles(more)) => seen.merge(more),
            (Seen::Wholes(seen), Seen::Wholes(more)) => seen.merge(more),
            (Seen::Texts(seen), Seen::Texts(more)) => seen.merge(more),
            (Seen::Nothing, Seen::Nothing) => {}
            _ => unreachable!("summaries of one estimator and schema are alike"),
        }
    }
}

/// Counts the values of a non-text column, as whole numbers of the same order.
fn observe_wholes(name: &str, array: &ArrayRef, levels: &mut Levels<i64>) -> Result<(), Failure> {
    match array.data_type() {
        DataType::Float64 => for_each_number(name, array, |number| levels.add(&order_of(number)))?,
        DataType::Int64 => present(array.as_primitive::<Int64Type>(), &mut |_, whole| levels.add(&whole)),
        DataType::Boolean => {
            array.as_boolean().iter().flatten().for_each(|truth| levels.add(&i64::from(truth)));
        }
        DataType::Timestamp(..) => {
            present(array.as_primitive::<TimestampMicrosecondType>(), &mut |_, micros| levels.add(&micros));
        }
        DataType::Time64(..) => {
            present(array.as_primitive::<Time64MicrosecondType>(), &mut |_, micros| levels.add(&micros));
        }
        other => unreachable!("no kind but text is stored as {other}"),
    }
    Ok(())
}

/// Maps a float to a whole number of the same order (IEEE 754, totalOrder); -0 counts as 0.
fn order_of(number: f64) -> i64 {
    let bits = (number + 0.0).to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The inverse of [`order_of`].
pub(super) fn number_of(order: i64) -> f64 {
    f64::from_bits((order ^ ((order >> 63) as u64 >> 1) as i64) as u64)
}
