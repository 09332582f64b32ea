//! Reading the values of new rows as the kinds that a saved pipeline was trained on.

use crate::text::{plural, text_at, text_of};
use crate::{Column, ColumnType, Table, TextArray, literal};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Time64MicrosecondArray, TimestampMicrosecondArray};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Handling of values that cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnInvalid {
    /// An error that names the value and its row.
    Error,
    /// The value becomes missing.
    Null,
}

/// The values of a column that could not be read, and became missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfits {
    /// The column.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: ColumnType,
    /// Their number.
    pub count: usize,
    /// The first of them.
    pub example: String,
}

impl Table {
    /// As [`Table::conform`], for values that were read without knowledge of the kinds: a text is read as a number, a
    /// boolean, a date or a time of day, 0 and 1 as booleans and booleans as numbers, and any value as a text.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`] for a missing column, with the nearest name; [`code::KIND_CHANGED`] with the row for a
    /// value that cannot be read, unless it becomes missing.
    pub fn recast(&self, wanted: &[Column], on_invalid: OnInvalid) -> Result<(Table, Vec<Misfits>), Failure> {
        let (mut table, mut misfits) = (self.clone(), Vec::new());
        for wanted in wanted {
            let Some((found, array)) = self.find(&wanted.name).filter(|(found, _)| !is_alike(found.kind, wanted.kind))
            else {
                continue;
            };
            let Recast { kind, array: cells, unread } = recast(array, wanted.kind);
            if let Some(&first) = unread.first() {
                let example = text_of(array, first).unwrap_or_default();
                if on_invalid == OnInvalid::Error {
                    let (name, kind) = (&found.name, plural(wanted.kind));
                    let message = format!("`{name}` held {kind} in training, and `{example}` cannot be read as one");
                    return Err(Failure::new(code::KIND_CHANGED, message).column(&**name).row(first as u64 + 1));
                }
                let (name, kind, count) = (found.name.clone(), wanted.kind, unread.len());
                misfits.push(Misfits { name, kind, count, example });
            }
            table = table.with_column(Column { kind, ..found.clone() }, cells)?;
        }
        Ok((table.conform(wanted)?, misfits))
    }
}

/// Does [`Table::conform`] accept values of the one kind for the other?
fn is_alike(found: ColumnType, wanted: ColumnType) -> bool {
    found == wanted || (found.is_string() && wanted.is_string()) || (found.is_numeric() && wanted.is_numeric())
}

struct Recast {
    kind: ColumnType,
    array: ArrayRef,
    /// Rows whose values cannot be read.
    unread: Vec<usize>,
}

fn recast(array: &ArrayRef, wanted: ColumnType) -> Recast {
    fn read<T>(array: &ArrayRef, read: impl Fn(&str) -> Option<T>) -> (Vec<Option<T>>, Vec<usize>) {
        let mut unread = Vec::new();
        let cells = (0..array.len()).map(|row| {
            let text = text_at(array, row)?;
            let cell = read(text.trim());
            if cell.is_none() && !text.trim().is_empty() {
                unread.push(row);
            }
            cell
        });
        (cells.collect(), unread)
    }
    let is_truth = *array.data_type() == DataType::Boolean;
    let number = |text: &str| match text {
        "true" if is_truth => Some(1.0),
        "false" if is_truth => Some(0.0),
        text => literal::number(text.as_bytes()).map(literal::Number::as_f64).filter(|number| number.is_finite()),
    };
    let made = |kind, array, unread| Recast { kind, array, unread };
    match wanted {
        // Whole numbers are made of these by `conform`, if all of them are.
        ColumnType::Continuous | ColumnType::Count => {
            let (cells, unread) = read(array, number);
            made(ColumnType::Continuous, Arc::new(Float64Array::from(cells)), unread)
        }
        ColumnType::Bool => {
            let (cells, unread) = read(array, |text| literal::truth_declared(text.as_bytes()));
            made(wanted, Arc::new(BooleanArray::from(cells)), unread)
        }
        ColumnType::Date => {
            let (cells, unread) = read(array, |text| literal::date(text.as_bytes()));
            made(wanted, Arc::new(TimestampMicrosecondArray::from(cells)), unread)
        }
        ColumnType::Time => {
            let (cells, unread) = read(array, |text| literal::time(text.as_bytes()));
            made(wanted, Arc::new(Time64MicrosecondArray::from(cells)), unread)
        }
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
            let cells: TextArray = (0..array.len()).map(|row| text_at(array, row)).collect();
            made(wanted, Arc::new(cells), Vec::new())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::table;

    fn recast_to(kinds: &[(&str, ColumnType)], text: &str, on_invalid: OnInvalid) -> Result<String, Failure> {
        let wanted: Vec<Column> = kinds.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
        let (found, misfits) = table(text).recast(&wanted, on_invalid)?;
        let cell = |row: usize, column: usize| text_of(&found.arrays()[column], row).unwrap_or_else(|| "·".into());
        let row = |row| (0..wanted.len()).map(|column| cell(row, column)).collect::<Vec<_>>().join(" ");
        let rows = (0..found.rows()).map(row).collect::<Vec<_>>().join("; ");
        Ok(misfits.iter().fold(rows, |text, misfit| format!("{text} [{} {}]", misfit.count, misfit.example)))
    }

    #[test]
    fn values_are_read_as_the_wanted_kind() {
        use ColumnType::{Bool, Category, Continuous, Count, Date, Text};
        let refused = OnInvalid::Error;
        assert_eq!(recast_to(&[("a", Text), ("b", Bool)], "a,b\n10,1\n12,0\n", refused).unwrap(), "10 true; 12 false");
        assert_eq!(recast_to(&[("a", Count)], "a\ntrue\nfalse\n", refused).unwrap(), "1; 0");
        assert_eq!(recast_to(&[("a", Category)], "a\n2024-01-05\n", refused).unwrap(), "2024-01-05");
        assert_eq!(recast_to(&[("a", Continuous)], "a\n1.5\n\n", refused).unwrap(), "1.5; ·");
        let date = recast_to(&[("a", Date)], "a\n2024-01-05\nsoon\n", OnInvalid::Null).unwrap();
        assert_eq!(date, "2024-01-05; · [1 soon]");
    }

    #[test]
    fn a_value_that_is_none_is_named_or_becomes_missing() {
        let text = "a\n1\nunknown\nalso\n3\n";
        let failure = recast_to(&[("a", ColumnType::Count)], text, OnInvalid::Error).unwrap_err();
        assert_eq!((failure.code, failure.place.row), (code::KIND_CHANGED, Some(2)));
        assert!(failure.message.contains("`unknown`"), "{}", failure.message);
        let missing = recast_to(&[("a", ColumnType::Count)], text, OnInvalid::Null).unwrap();
        assert_eq!(missing, "1; ·; ·; 3 [2 unknown]");
    }
}
