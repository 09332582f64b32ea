//! Normalising rows to length 1.

use crate::columns::{applies, chosen, replaced, shown, validate_names};
use crate::number_map::{continuous, continuous_entry};
use crate::{Estimator, State, Summary};
use arrow_array::{Array, ArrayRef, Float64Array};
use pipewright_diagnostic::Failure;
use pipewright_expr::Selection;
use pipewright_table::{Column, ColumnType, Schema, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The length of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// The sum of absolute values.
    L1,
    /// The square root of the sum of squares.
    L2,
    /// The largest absolute value.
    Max,
}

/// Divides the selected columns of each row by their length, as scikit-learn's `Normalizer`. Missing values do not
/// count, and stay missing; a row of zeros stays as it is. Learns nothing.
///
/// ```
/// use pipewright_frame::{Norm, Normalizer, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"a,b\n3,4\n0,0\n", &ReadOptions::new("t.csv")).unwrap();
/// let state = fit(&Normalizer { norm: Norm::L2, on: None }, &table).unwrap();
/// let normalised = state.apply(&table).unwrap();
/// assert_eq!(normalised.numbers(&["a".into(), "b".into()]).unwrap(), [0.6, 0.0, 0.8, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Normalizer {
    /// The length to divide by.
    pub norm: Norm,
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

impl Normalizer {
    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), input, "`normalize`", ColumnType::is_numeric)
    }
}

/// The columns to normalise; no rows are needed.
#[derive(Debug)]
pub struct NormalizerSummary(Vec<Column>);

impl Summary for NormalizerSummary {
    fn merge(&mut self, _: NormalizerSummary) {}
}

impl Estimator for Normalizer {
    type Summary = NormalizerSummary;
    type State = NormalizerState;

    fn mixes(&self) -> bool {
        true
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, continuous_entry))
    }

    fn empty(&self, input: &Schema) -> Result<NormalizerSummary, Failure> {
        self.columns(input).map(NormalizerSummary)
    }

    fn observe(&self, _: &mut NormalizerSummary, _: &Table) -> Result<(), Failure> {
        Ok(())
    }

    fn needs_rows(&self) -> bool {
        false
    }

    fn finish(&self, summary: NormalizerSummary) -> Result<NormalizerState, Failure> {
        let columns = summary.0.into_iter().map(|column| (column.name, column.kind)).collect();
        Ok(NormalizerState { norm: self.norm, columns })
    }
}

/// The columns that are normalised together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalizerState {
    norm: Norm,
    columns: Vec<(Arc<str>, ColumnType)>,
}

impl NormalizerState {
    /// Returns the length of each row.
    fn lengths(&self, columns: &[Vec<f64>], rows: usize) -> Vec<f64> {
        let largest = |row: usize| columns.iter().map(|column| column[row].abs()).fold(0.0, f64::max);
        let length = |row: usize| {
            let largest = largest(row);
            let sum = |of: fn(f64) -> f64| -> f64 {
                // Relative to the largest, so that no square overflows; NaN is missing.
                let parts = columns.iter().map(|column| column[row] / largest).filter(|part| !part.is_nan());
                parts.map(of).sum()
            };
            match self.norm {
                _ if largest == 0.0 => 1.0,
                Norm::Max => largest,
                Norm::L1 => largest * sum(f64::abs),
                Norm::L2 => largest * sum(|part| part * part).sqrt(),
            }
        };
        (0..rows).map(length).collect()
    }
}

impl State for NormalizerState {
    const TAG: &str = "normalizer";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for (name, kind) in &self.columns {
            applies(rows, name, *kind)?;
        }
        let number = |(name, _): &(Arc<str>, ColumnType)| rows.numbers_or_nan(std::slice::from_ref(name));
        let mut columns: Vec<Vec<f64>> = self.columns.iter().map(number).collect::<Result<_, _>>()?;
        let lengths = self.lengths(&columns, rows.rows());
        for column in &mut columns {
            column.iter_mut().zip(&lengths).for_each(|(number, length)| *number /= length);
        }
        let mut made: BTreeMap<&str, Vec<f64>> = self.columns.iter().map(|(name, _)| &**name).zip(columns).collect();
        rows.map_columns(|column, stored| match made.remove(&*column.name) {
            None => Ok(vec![(column.clone(), stored.clone())]),
            Some(numbers) => {
                let nulls = stored.array().nulls().cloned();
                let array: ArrayRef = Arc::new(Float64Array::new(numbers.into(), nulls));
                Ok(vec![(continuous(column), array.into())])
            }
        })
    }

    fn reads(&self) -> Vec<Arc<str>> {
        self.columns.iter().map(|(name, _)| name.clone()).collect()
    }

    fn show(&self) -> Table {
        let norm = match self.norm {
            Norm::L1 => "l1",
            Norm::L2 => "l2",
            Norm::Max => "max",
        };
        shown("norm", self.columns.iter().map(|(name, _)| (name.to_string(), norm.to_owned())))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit;
    use crate::laws::check;
    use pipewright_table::testing::{random_table, table};
    use pipewright_world::random::Key;

    #[test]
    fn lengths_are_those_of_the_values_that_are_there() {
        let rows = table("a,b,c\n3,-4,x\n,5,y\n0,0,z\n1e200,1e200,w\n");
        for (norm, expected) in [
            (Norm::L1, [Some(3.0 / 7.0), None, Some(0.0), Some(0.5)]),
            (Norm::L2, [Some(0.6), None, Some(0.0), Some(1.0 / 2_f64.sqrt())]),
            (Norm::Max, [Some(0.75), None, Some(0.0), Some(1.0)]),
        ] {
            let normalised = fit(&Normalizer { norm, on: None }, &rows).unwrap().apply(&rows).unwrap();
            let numbers = normalised.numbers_or_nan(&["a".into()]).unwrap();
            for (number, expected) in numbers.into_iter().zip(expected) {
                assert!(expected.map_or(number.is_nan(), |expected| (number - expected).abs() < 1e-15), "{norm:?}");
            }
            assert_eq!(normalised.numbers_or_nan(&["b".into()]).unwrap()[1], 1.0, "the only value of its row");
        }
    }

    #[test]
    fn it_obeys_the_laws_of_estimators() {
        for norm in [Norm::L1, Norm::L2, Norm::Max] {
            check(&Normalizer { norm, on: None }, &random_table(Key::new(3), 50));
        }
    }
}
