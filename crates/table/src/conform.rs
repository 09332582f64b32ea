//! Matching new rows to the columns that a step was fitted on, by name.

use crate::{Column, ColumnType, Schema, Table};
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, cast::AsArray, new_null_array};
use pipewright_diagnostic::{Failure, code, nearest};
use std::sync::Arc;

impl Table {
    /// Selects the `wanted` columns, in their order; others are dropped. Whole and real numbers are compatible, so are
    /// all kinds of text, and a column without values is compatible with every type.
    ///
    /// # Errors
    /// `UNKNOWN_COLUMN` for a missing column, with the nearest name; `KIND_CHANGED` for an incompatible type.
    pub fn conform(&self, wanted: &[Column]) -> Result<Table, Failure> {
        let (mut columns, mut arrays) = (Vec::new(), Vec::new());
        for wanted in wanted {
            let (found, array) = self.find(&wanted.name).ok_or_else(|| self.lacks(&wanted.name))?;
            let (kind, array) = conformed(found, array, wanted.kind)?;
            columns.push(Column { kind, ..wanted.clone() });
            arrays.push(array);
        }
        Table::with_rows(columns, arrays, self.rows())
    }

    /// Adds null columns for the columns of `schema` that are missing, and returns all in the order of `schema`.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn padded(&self, schema: &Schema) -> Result<Table, Failure> {
        let columns: Vec<Column> = self.schema().padded(schema).columns().cloned().collect();
        let array = |column: &Column| match self.find(&column.name) {
            Some((_, array)) => array.clone(),
            None => new_null_array(&column.kind.storage(), self.rows()),
        };
        let arrays = columns.iter().map(array).collect();
        Ok(Table::with_rows(columns, arrays, self.rows())?.with_origin(self.origin().cloned()))
    }

    fn lacks(&self, name: &str) -> Failure {
        let names: Vec<&str> = self.columns().iter().map(|column| &*column.name).collect();
        let failure = Failure::new(code::UNKNOWN_COLUMN, format!("the table has no column `{name}`"));
        match nearest(name, names).first() {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure,
        }
    }
}

fn conformed(found: &Column, array: &ArrayRef, wanted: ColumnType) -> Result<(ColumnType, ArrayRef), Failure> {
    if found.kind == wanted || (found.kind.is_string() && wanted.is_string()) {
        return Ok((wanted, array.clone()));
    }
    if array.null_count() == array.len() {
        return Ok((wanted, new_null_array(&wanted.storage(), array.len())));
    }
    match (found.kind, wanted) {
        (ColumnType::Count, ColumnType::Continuous) => {
            let numbers: Float64Array = array.as_primitive::<Int64Type>().unary(|count| count as f64);
            Ok((wanted, Arc::new(numbers)))
        }
        (ColumnType::Continuous, ColumnType::Count) => Ok(match whole_numbers(array.as_primitive::<Float64Type>()) {
            Some(counts) => (ColumnType::Count, Arc::new(counts)),
            // Real numbers if only whole ones were seen in training: what was learned still applies.
            None => (ColumnType::Continuous, array.clone()),
        }),
        (found_kind, _) => {
            let message = format!("`{}` had {wanted} values in training and has {found_kind} values here", found.name);
            Err(Failure::new(code::KIND_CHANGED, message).column(&*found.name))
        }
    }
}

fn whole_numbers(numbers: &Float64Array) -> Option<Int64Array> {
    let exact = |number: f64| number.fract() == 0.0 && number.abs() < 9.0e15;
    numbers.iter().flatten().all(exact).then(|| numbers.unary(|number| number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextArray;

    fn table() -> Table {
        let columns = vec![
            Column::new("n", ColumnType::Count),
            Column::new("x", ColumnType::Continuous),
            Column::new("t", ColumnType::Text),
        ];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![1, 2])),
            Arc::new(Float64Array::from(vec![1.0, 2.5])),
            Arc::new(TextArray::from(vec![None::<&str>, None])),
        ];
        Table::new(columns, arrays).unwrap()
    }

    #[test]
    fn columns_are_matched_by_name_and_numbers_stand_for_each_other() {
        let wanted = [
            Column::new("t", ColumnType::Bool),
            Column::new("x", ColumnType::Count),
            Column::new("n", ColumnType::Continuous),
        ];
        let conformed = table().conform(&wanted).unwrap();
        let kinds: Vec<ColumnType> = conformed.columns().iter().map(|column| column.kind).collect();
        assert_eq!(kinds, [ColumnType::Bool, ColumnType::Continuous, ColumnType::Continuous]);
        assert_eq!(conformed.array("n").unwrap().as_primitive::<Float64Type>().values(), &[1.0, 2.0]);
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_named() {
        let missing = table().conform(&[Column::new("N", ColumnType::Count)]).unwrap_err();
        assert_eq!((missing.code, missing.help[0].as_str()), (code::UNKNOWN_COLUMN, "did you mean `n`?"));
        let changed = table().conform(&[Column::new("n", ColumnType::Text)]).unwrap_err();
        assert_eq!(changed.code, code::KIND_CHANGED);
    }
}
