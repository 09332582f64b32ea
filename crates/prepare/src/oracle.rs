//! Frozen results of other tools, for the tests in this folder.

use arrow_array::ArrayRef;
use pipewright_table::TextArray;
use pipewright_table::{Column, ColumnType};
use serde_json::Value;
use std::sync::Arc;

/// Returns the cases of a file.
pub(super) fn cases(text: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(text).unwrap();
    document["cases"].as_array().unwrap().clone()
}

pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

pub(super) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Returns one column of a list of rows.
pub(super) fn column_of(rows: &Value, place: usize) -> impl Iterator<Item = f64> {
    rows.as_array().unwrap().iter().map(move |row| row[place].as_f64().unwrap())
}

/// Creates a text column, with missing values.
pub(super) fn text_column(name: &str, values: &Value) -> (Column, ArrayRef) {
    let texts = values.as_array().unwrap().iter().map(Value::as_str).collect::<TextArray>();
    (Column::new(name, ColumnType::Text), Arc::new(texts))
}
