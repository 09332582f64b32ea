//! Predictions as columns of a table.

use crate::Task;
use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use pipewright_diagnostic::Failure;
use pipewright_frame::{Column, ColumnType, Table};
use pipewright_learn::calibrate::conformal::Interval;
use pipewright_learn::{Outputs, Predictions, Quantiles, Regions};
use std::sync::Arc;

/// Name of the column of predicted classes or numbers.
pub const PREDICTION: &str = "prediction";

/// Returns the columns of predictions: [`PREDICTION`]; if requested, `p(CLASS)` for every class; a column for each level of
/// quantiles, named by [`quantile_name`]; and if the model is conformal, `low` and `high` of the interval, or the `set` of
/// classes.
#[must_use]
pub fn prediction_columns(task: &Task, probabilities: bool, levels: &[f64], conformal: bool) -> Vec<Column> {
    let number = |name: String| Column::new(name, ColumnType::Continuous);
    let Some(classes) = task.classes() else {
        let ends = ["low", "high"].into_iter().filter(|_| conformal).map(str::to_owned);
        let names = std::iter::once(PREDICTION.to_owned()).chain(levels.iter().map(|level| quantile_name(*level)));
        return names.chain(ends).map(number).collect();
    };
    let of_class = classes.iter().map(|class| number(format!("p({class})")));
    let kind = if whole_classes(classes).is_some() { ColumnType::Count } else { ColumnType::Text };
    let set = conformal.then(|| Column::new("set", ColumnType::Text));
    std::iter::once(Column::new(PREDICTION, kind)).chain(of_class.filter(|_| probabilities)).chain(set).collect()
}

/// Returns the [`prediction_columns`] of these predictions.
#[must_use]
pub fn columns_of(predictions: &Predictions, task: &Task, probabilities: bool) -> Vec<Column> {
    let levels = predictions.quantiles().map_or(&[][..], Quantiles::levels);
    prediction_columns(task, probabilities, levels, predictions.bounded().is_some())
}

/// Returns the name of the column of a quantile: its level in percent, with two digits before the point, such as `q05`,
/// `q50` or `q97.5`, so that names are in the order of levels.
#[must_use]
pub fn quantile_name(level: f64) -> String {
    // Without the error of the product, such as 7.000000000000001.
    let percent = format!("{:.10}", level * 100.0);
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    let padding = if percent.split('.').next().is_some_and(|whole| whole.len() < 2) { "0" } else { "" };
    format!("q{padding}{percent}")
}

/// Returns the classes as the whole numbers that they are, if all of them are.
fn whole_classes(classes: &[String]) -> Option<Vec<i64>> {
    let whole = |class: &String| class.parse::<i64>().ok().filter(|whole| whole.to_string() == *class);
    classes.iter().map(whole).collect()
}

/// Returns the values of [`prediction_columns`]. The predicted class is the most probable one, unless a threshold
/// decides. A set lists its classes, separated by `, `.
#[must_use]
pub fn prediction_arrays(predictions: &Predictions, task: &Task, probabilities: bool) -> Vec<ArrayRef> {
    let array = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let mut arrays = match (&predictions.outputs, task.classes()) {
        (Outputs::Numbers(values), _) => vec![array(values.clone())],
        (Outputs::Probabilities { .. }, None) => return Vec::new(),
        (Outputs::Probabilities { values, classes: count }, Some(classes)) => {
            let codes = predictions.labels();
            let names = codes.iter().map(|&code| &classes[code as usize]);
            let labels: ArrayRef = match whole_classes(classes) {
                Some(classes) => Arc::new(codes.iter().map(|&code| classes[code as usize]).collect::<Int64Array>()),
                None => Arc::new(StringArray::from_iter_values(names)),
            };
            let of_class = |class: usize| array(values.iter().skip(class).step_by(*count).copied().collect());
            std::iter::once(labels).chain((0..*count).filter(|_| probabilities).map(of_class)).collect()
        }
    };
    if let Some(quantiles) = predictions.quantiles() {
        arrays.extend((0..quantiles.levels().len()).map(|place| array(quantiles.of_level(place).collect())));
    }
    match (predictions.bounded(), task.classes()) {
        (Some(Regions::Intervals(intervals)), _) => {
            let ends: [fn(&Interval) -> f64; 2] = [|interval| interval.low, |interval| interval.high];
            arrays.extend(ends.map(|end| array(intervals.iter().map(end).collect())));
        }
        (Some(Regions::Sets(sets)), Some(classes)) => {
            let names =
                |set: &Vec<u32>| set.iter().map(|&code| &*classes[code as usize]).collect::<Vec<&str>>().join(", ");
            arrays.push(Arc::new(StringArray::from_iter_values(sets.iter().map(names))));
        }
        (Some(Regions::Sets(_)) | None, _) => {}
    }
    arrays
}

/// Returns predictions as a table of [`prediction_columns`].
///
/// # Errors
/// [`pipewright_diagnostic::code::BUG`] if the predictions do not match the task.
pub fn prediction_table(predictions: &Predictions, task: &Task, probabilities: bool) -> Result<Table, Failure> {
    let arrays = prediction_arrays(predictions, task, probabilities);
    Table::with_rows(columns_of(predictions, task, probabilities), arrays, predictions.rows())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_named_in_percent() {
        let named = [
            (0.05, "q05"),
            (0.5, "q50"),
            (0.95, "q95"),
            (0.025, "q02.5"),
            (0.975, "q97.5"),
            (0.07, "q07"),
            (0.29, "q29"),
            (0.001, "q00.1"),
            (0.9999, "q99.99"),
        ];
        for (level, name) in named {
            assert_eq!(quantile_name(level), name);
        }
    }
}
