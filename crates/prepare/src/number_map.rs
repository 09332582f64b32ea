//! What estimators of single numeric columns learn: a function of the column's numbers.

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

/// What was learned of one numeric column: what becomes of its numbers.
pub trait NumberMap: Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The names of [`NumberMap::parameters`].
    const PARAMETERS: &'static [&'static str];

    /// The name of the state in bundles; see [`State::TAG`].
    const TAG: &str;

    /// The column, and the kind that it had.
    fn fitted_on(&self) -> (&Arc<str>, ColumnType);

    /// What becomes of a number; nothing finite where it cannot be taken.
    fn at(&self, number: f64) -> f64;

    /// What to say of a number that cannot be taken.
    fn refuse(&self, number: f64) -> Failure {
        let _ = number;
        out_of_range(self.fitted_on().0)
    }

    /// The columns that the column becomes.
    ///
    /// # Errors
    /// `NON_FINITE` for a value that is not finite; what [`NumberMap::refuse`] says, with the row.
    fn apply(&self, column: &Column, array: ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        mapped(self, column, array, |number| self.at(number))
    }

    /// What was learned, in numbers.
    fn parameters(&self) -> Vec<Option<f64>>;

    /// Can it have been learned?
    fn is_valid(&self) -> bool;
}

/// The columns of [`NumberMap::apply`], by a function that is the same as [`NumberMap::at`].
pub(super) fn mapped(
    map: &impl NumberMap,
    column: &Column,
    array: ArrayRef,
    at: impl Fn(f64) -> f64,
) -> Result<Vec<(Column, ArrayRef)>, Failure> {
    let numbers = map_numbers(&column.name, array, at, |number| map.refuse(number))?;
    Ok(vec![(continuous(column), Arc::new(numbers))])
}

/// The same column with real numbers.
pub(super) fn continuous(column: &Column) -> Column {
    Column { kind: ColumnType::Continuous, ..column.clone() }
}

/// Output column of a numeric mapping.
pub(super) fn continuous_entry(column: &Column) -> Vec<Entry> {
    vec![Entry::Column(continuous(column))]
}

/// The failure for numbers that leave the range of floats.
pub(super) fn out_of_range(name: &str) -> Failure {
    Failure::new(code::VALUE_OUT_OF_RANGE, format!("the values of `{name}` are too far apart to be scaled"))
        .column(name)
        .help(format!("leave the largest out, or `drop {}`", quoted(name)))
}

/// A function for each of some numeric columns.
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
