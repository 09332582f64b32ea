//! Lazily transformed rows: states applied chunk by chunk, without the whole table in memory.

use crate::State;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Chunks, Schema, Table, in_table};

/// A fitted step as an object: every [`State`], whatever its type.
pub trait Apply: Send + Sync {
    /// As [`State::apply`].
    ///
    /// # Errors
    /// As [`State::apply`].
    fn apply_to(&self, rows: &Table) -> Result<Table, Failure>;

    /// As [`State::apply_owned`].
    ///
    /// # Errors
    /// As [`State::apply`].
    fn apply_to_owned(&self, rows: Table) -> Result<Table, Failure>;

    /// As [`State::by_row`].
    fn is_by_row(&self) -> bool;
}

impl<S: State> Apply for S {
    fn apply_to(&self, rows: &Table) -> Result<Table, Failure> {
        self.apply(rows)
    }

    fn apply_to_owned(&self, rows: Table) -> Result<Table, Failure> {
        self.apply_owned(rows)
    }

    fn is_by_row(&self) -> bool {
        self.by_row()
    }
}

/// Rows, and the states applied to each chunk on demand: a later step can be fitted to the output of earlier ones, with
/// only a few chunks in memory at a time.
///
/// ```
/// use pipewright_frame::{Applied, Encoder, Imputer, ReadOptions, Scaler, csv, fit, matrix};
/// let text = "age,sex\n20,f\n,m\n40,f\n";
/// let (people, _) = csv::read(text.as_bytes(), &ReadOptions::new("people.csv")).unwrap();
/// let fill = fit(&Imputer::mean(), &people)?;
/// let filled = Applied::new(&people).then(&fill)?;
/// let scale = fit(&Scaler::minmax(), &filled)?;
/// let encode = fit(&Encoder::onehot(), &people)?;
/// let ready = filled.then(&scale)?.then(&encode)?;
/// assert_eq!(matrix::<f32>(&ready, &["age".into(), "sex=f".into()])?, [0.0, 1.0, 0.5, 0.0, 1.0, 1.0]);
/// # Ok::<(), pipewright_diagnostic::Failure>(())
/// ```
#[derive(Clone)]
pub struct Applied<'a> {
    rows: &'a dyn Chunks,
    states: Vec<&'a dyn Apply>,
    schema: Schema,
}

impl std::fmt::Debug for Applied<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applied")
            .field("states", &self.states.len())
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl<'a> Applied<'a> {
    /// Creates a pipeline without states: the rows unchanged.
    #[must_use]
    pub fn new(rows: &'a dyn Chunks) -> Applied<'a> {
        Applied { rows, states: Vec::new(), schema: rows.schema() }
    }

    /// Appends a state.
    ///
    /// # Errors
    /// Those of the state for the columns; [`code::BUG`] for a state that needs all rows at once.
    pub fn then(&self, state: &'a dyn Apply) -> Result<Applied<'a>, Failure> {
        if !state.is_by_row() {
            return Err(Failure::new(code::BUG, "a step that needs all rows at once was applied to a chunk"));
        }
        let schema = state.apply_to(&Table::empty(&self.schema)?)?.schema();
        let states = self.states.iter().copied().chain([state]).collect();
        Ok(Applied { rows: self.rows, states, schema })
    }
}

impl Chunks for Applied<'_> {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn count(&self) -> usize {
        self.rows.count()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let mut rows = self.rows.chunk(index)?;
        for state in &self.states {
            rows = state.apply_to_owned(rows).map_err(|failure| in_table(failure, self.rows_before(index)))?;
        }
        Ok(rows)
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.rows.rows_before(index)
    }

    fn in_flight(&self) -> usize {
        self.rows.in_flight()
    }

    fn budget_bytes(&self) -> Option<u64> {
        self.rows.budget_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Encoder, Imputer, Scaler, fit};
    use arrow_array::{ArrayRef, Float64Array};
    use pipewright_expr::{Class, Selection};
    use pipewright_table::testing::random_table;
    use pipewright_table::{CHUNK_ROWS, matrix};
    use pipewright_world::random::Key;
    use std::sync::Arc;

    #[test]
    fn what_is_made_chunk_by_chunk_is_what_is_made_at_once() {
        let table = random_table(Key::new(11), CHUNK_ROWS + 300);
        let fill = fit(&Imputer::median().on(Selection::Class(Class::Numeric)), &table).unwrap();
        let filled = fill.apply(&table).unwrap();
        let (scale, encode) = (fit(&Scaler::standard(), &filled).unwrap(), fit(&Encoder::onehot(), &filled).unwrap());
        let at_once = encode.apply(&scale.apply(&filled).unwrap()).unwrap();

        let lazy = Applied::new(&table).then(&fill).unwrap();
        assert_eq!(fit(&Scaler::standard(), &lazy).unwrap(), scale);
        assert_eq!(fit(&Encoder::onehot(), &lazy).unwrap(), encode);
        let lazy = lazy.then(&scale).unwrap().then(&encode).unwrap();
        assert_eq!(lazy.schema(), at_once.schema());
        assert_eq!(Chunks::table(&lazy).unwrap(), at_once);
        let names = ["real".into(), "text=text 7".into()];
        let numbers = |rows: &dyn Chunks| matrix::<f64>(rows, &names).unwrap();
        assert_eq!(numbers(&lazy), numbers(&at_once));
    }

    #[test]
    fn a_row_is_counted_from_the_start_of_the_rows() {
        let scale = fit(&Scaler::standard(), &floats(vec![0.0, 1.0])).unwrap();
        let mut values = vec![0.5; CHUNK_ROWS + 20];
        values[CHUNK_ROWS + 9] = f64::INFINITY;
        let rows = floats(values);
        let failure = Applied::new(&rows).then(&scale).unwrap().table().unwrap_err();
        assert_eq!((failure.code, failure.place.row), (code::NON_FINITE, Some(CHUNK_ROWS as u64 + 10)));
    }

    #[test]
    fn columns_are_missed_at_once() {
        let scale = fit(&Scaler::standard(), &floats(vec![0.0, 1.0])).unwrap();
        let other = random_table(Key::new(1), 5);
        assert_eq!(Applied::new(&other).then(&scale).err().map(|failure| failure.code), Some(code::UNKNOWN_COLUMN));
    }

    fn floats(values: Vec<f64>) -> Table {
        let array: ArrayRef = Arc::new(Float64Array::from(values));
        Table::new(vec![pipewright_table::Column::new("x", pipewright_table::ColumnType::Continuous)], vec![array])
            .unwrap()
    }
}
