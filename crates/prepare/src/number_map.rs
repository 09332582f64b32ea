//! States of single-column numeric estimators: a function of the column's numbers.

use crate::State;
use crate::columns::{bad_state, map_fitted, map_numbers, validate_names};
use arrow_array::{ArrayRef, Float64Array};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::TextArray;
use pipewright_table::text::quoted;
use pipewright_table::{Column, ColumnType, Entry, Table};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::sync::Arc;

/// The fitted state of one numeric column: a function of its numbers.
pub trait NumberMap: Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The names of [`NumberMap::parameters`].
    const PARAMETERS: &'static [&'static str];

    /// The name of the state in bundles; see [`State::TAG`].
    const TAG: &str;

    /// Returns the column and its type in training.
    fn fitted_on(&self) -> (&Arc<str>, ColumnType);

    /// Maps a number; the result is not finite if the number is out of the domain.
    fn at(&self, number: f64) -> f64;

    /// Creates the failure for a number out of the domain.
    fn refuse(&self, number: f64) -> Failure {
        let _ = number;
        out_of_range(self.fitted_on().0)
    }

    /// Returns the output columns of the column.
    ///
    /// # Errors
    /// `NON_FINITE` for a value that is not finite; that of [`NumberMap::refuse`], with the row.
    fn apply(&self, column: &Column, array: ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        mapped(self, column, array, |number| self.at(number))
    }

    /// Returns the learned parameters.
    fn parameters(&self) -> Vec<Option<f64>>;

    /// Is the state valid?
    fn is_valid(&self) -> bool;
}

/// Returns the output columns of [`NumberMap::apply`], by a function equal to [`NumberMap::at`].
pub(super) fn mapped(
    map: &impl NumberMap,
    column: &Column,
    array: ArrayRef,
    at: impl Fn(f64) -> f64,
) -> Result<Vec<(Column, ArrayRef)>, Failure> {
    let numbers = map_numbers(&column.name, array, at, |number| map.refuse(number))?;
    Ok(vec![(continuous(column), Arc::new(numbers))])
}

/// Returns the column with type continuous.
pub(super) fn continuous(column: &Column) -> Column {
    Column { kind: ColumnType::Continuous, ..column.clone() }
}

/// Output column of a numeric mapping.
pub(super) fn continuous_entry(column: &Column) -> Vec<Entry> {
    vec![Entry::Column(continuous(column))]
}

/// Creates the failure for numbers that overflow.
pub(super) fn out_of_range(name: &str) -> Failure {
    Failure::new(code::VALUE_OUT_OF_RANGE, format!("the values of `{name}` are too far apart to be scaled"))
        .column(name)
        .help(format!("leave the largest out, or `drop {}`", quoted(name)))
}

/// A function for each of several numeric columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "M: NumberMap")]
pub struct NumberMaps<M> {
    pub(super) columns: Vec<M>,
}

impl<M: NumberMap> State for NumberMaps<M> {
    const TAG: &str = M::TAG;

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        self.apply_owned(rows.clone())
    }

    fn apply_owned(&self, rows: Table) -> Result<Table, Failure> {
        let fitted_on = |map: &M| {
            let (name, kind) = map.fitted_on();
            (name.clone(), kind)
        };
        map_fitted(rows, &self.columns, fitted_on, M::apply)
    }

    fn show(&self) -> Table {
        let names = self.columns.iter().map(|map| Some(&**map.fitted_on().0));
        let parameters: Vec<Vec<Option<f64>>> = self.columns.iter().map(M::parameters).collect();
        let shown = M::PARAMETERS.iter().map(|name| Column::new(*name, ColumnType::Continuous));
        let columns = [Column::new("column", ColumnType::Text)].into_iter().chain(shown).collect();
        let numbers = (0..M::PARAMETERS.len()).map(|place| {
            let numbers: Float64Array = parameters.iter().map(|numbers| numbers[place]).collect();
            Arc::new(numbers) as ArrayRef
        });
        let names: ArrayRef = Arc::new(names.collect::<TextArray>());
        let arrays = [names].into_iter().chain(numbers).collect();
        Table::new(columns, arrays).expect("columns of one length")
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|map| map.fitted_on().0))?;
        match self.columns.iter().find(|map| !(map.fitted_on().1.is_numeric() && map.is_valid())) {
            None => Ok(()),
            Some(map) => Err(bad_state(format!("`{}` cannot be mapped by {map:?}", map.fitted_on().0))),
        }
    }
}
