//! Predictions as columns of a table.

use crate::Task;
use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use pipewright_diagnostic::Failure;
use pipewright_frame::{Column, ColumnType, Table};
use pipewright_learn::Outputs;
use std::sync::Arc;

/// Name of the column of predicted classes or numbers.
pub const PREDICTION: &str = "prediction";

/// Returns the columns of predictions: [`PREDICTION`] and, if requested, `p(CLASS)` for every class.
#[must_use]
pub fn prediction_columns(task: &Task, probabilities: bool) -> Vec<Column> {
    let Some(classes) = task.classes() else { return vec![Column::new(PREDICTION, ColumnType::Continuous)] };
    let of_class = classes.iter().map(|class| Column::new(format!("p({class})"), ColumnType::Continuous));
    let kind = if whole_classes(classes).is_some() { ColumnType::Count } else { ColumnType::Text };
    std::iter::once(Column::new(PREDICTION, kind)).chain(of_class.filter(|_| probabilities)).collect()
}

/// Returns the classes as the whole numbers that they are, if all of them are.
fn whole_classes(classes: &[String]) -> Option<Vec<i64>> {
    let whole = |class: &String| class.parse::<i64>().ok().filter(|whole| whole.to_string() == *class);
    classes.iter().map(whole).collect()
}

/// Returns the values of [`prediction_columns`]. The predicted class is the most probable one.
#[must_use]
pub fn prediction_arrays(outputs: &Outputs, task: &Task, probabilities: bool) -> Vec<ArrayRef> {
    let array = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let (Outputs::Probabilities { values, classes: count }, Some(classes)) = (outputs, task.classes()) else {
        let Outputs::Numbers(values) = outputs else { return Vec::new() };
        return vec![array(values.clone())];
    };
    let codes = outputs.labels();
    let labels: ArrayRef = match whole_classes(classes) {
        Some(classes) => Arc::new(codes.iter().map(|&code| Some(classes[code as usize])).collect::<Int64Array>()),
        None => Arc::new(StringArray::from_iter_values(codes.iter().map(|&code| &classes[code as usize]))),
    };
    let of_class = |class: usize| array(values.iter().skip(class).step_by(*count).copied().collect());
    std::iter::once(labels).chain((0..*count).filter(|_| probabilities).map(of_class)).collect()
}

/// Returns predictions as a table of [`prediction_columns`].
///
/// # Errors
/// [`pipewright_diagnostic::code::BUG`] if the predictions do not match the task.
pub fn prediction_table(outputs: &Outputs, task: &Task, probabilities: bool) -> Result<Table, Failure> {
    let arrays = prediction_arrays(outputs, task, probabilities);
    Table::with_rows(prediction_columns(task, probabilities), arrays, outputs.rows())
}
