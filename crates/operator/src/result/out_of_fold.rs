//! Out-of-fold predictions as a table: predictions for each row from a model fitted without it.

use super::evaluation::Evaluation;
use super::predictions::{columns_of, prediction_arrays};
use crate::Task;
use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Column, ColumnType, Table};
use pipewright_learn::{Predictions, Target};
use std::sync::Arc;

impl Evaluation {
    /// Returns the out-of-fold predictions, one row per held-out row and repetition, in the order of the rows: `row`,
    /// `repeat` (if there are several), `fold`, `truth`, the columns of predictions, `weight` (where rows have weights).
    /// Rows, repetitions and folds are counted from 1.
    ///
    /// # Errors
    /// [`code::BUG`] if the folds are inconsistent.
    pub fn out_of_fold(&self) -> Result<Table, Failure> {
        let held_out = || self.results.iter().flat_map(|fold| fold.rows.iter().map(move |row| (fold, *row)));
        let count = |name: &str, values: Vec<usize>| {
            let values = values.into_iter().map(|value| value as i64);
            (Column::new(name, ColumnType::Count), Arc::new(Int64Array::from_iter_values(values)) as ArrayRef)
        };
        let mut columns = vec![count("row", held_out().map(|(_, row)| row as usize + 1).collect())];
        if self.repeat > 1 {
            columns.push(count("repeat", held_out().map(|(fold, _)| fold.repeat + 1).collect()));
        }
        columns.push(count("fold", held_out().map(|(fold, _)| fold.fold + 1).collect()));
        let classes = self.task.classes().map(|classes| classes.len());
        columns.push(truth(
            &Target::concat(self.results.iter().map(|fold| fold.truth.clone()).collect(), classes),
            &self.task,
        ));
        let predictions = Predictions::concat(self.results.iter().map(|fold| fold.predictions.clone()))
            .ok_or_else(|| Failure::new(code::BUG, "the folds of an evaluation have different tasks"))?;
        let arrays = prediction_arrays(&predictions, &self.task, true);
        columns.extend(columns_of(&predictions, &self.task, true).into_iter().zip(arrays));
        let weights: Option<Vec<&[f64]>> = self.results.iter().map(|fold| fold.weights.as_deref()).collect();
        if let Some(weights) = weights {
            let array = Arc::new(Float64Array::from(weights.concat())) as ArrayRef;
            columns.push((Column::new("weight", ColumnType::Continuous), array));
        }
        let mut order: Vec<(usize, u32, u32)> =
            held_out().zip(0..).map(|((fold, row), place)| (fold.repeat, row, place)).collect();
        order.sort_unstable();
        let places: Vec<u32> = order.into_iter().map(|(_, _, place)| place).collect();
        let (columns, arrays) = columns.into_iter().unzip();
        Ok(Table::with_rows(columns, arrays, places.len())?.take(&places))
    }
}

/// The true classes by name, or the true numbers.
fn truth(target: &Target, task: &Task) -> (Column, ArrayRef) {
    match (target, task.classes()) {
        (Target::Classes { codes, .. }, Some(classes)) => {
            let names = codes.iter().map(|&code| &classes[code as usize]);
            (Column::new("truth", ColumnType::Text), Arc::new(StringArray::from_iter_values(names)))
        }
        (Target::Classes { codes, .. }, None) => {
            let codes = codes.iter().map(|&code| i64::from(code));
            (Column::new("truth", ColumnType::Count), Arc::new(Int64Array::from_iter_values(codes)))
        }
        (Target::Numbers(values), _) => {
            (Column::new("truth", ColumnType::Continuous), Arc::new(Float64Array::from(values.clone())))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::result::{Evaluation, FoldResult, Scheme};
    use crate::{Task, TaskKind};
    use pipewright_learn::{Outputs, Target};
    use std::sync::Arc;

    fn fold(place: usize, rows: &[u32]) -> FoldResult {
        let numbers: Vec<f64> = rows.iter().map(|&row| f64::from(row) * 10.0).collect();
        let outputs = Outputs::Numbers(numbers.iter().map(|number| number + 1.0).collect());
        let baseline = Outputs::Numbers(vec![0.0; rows.len()]);
        FoldResult::new(place, 2, rows.into(), Target::Numbers(numbers), outputs, baseline)
    }

    fn evaluation(results: Vec<FoldResult>, repeat: usize) -> Evaluation {
        let task = Task { target: "y".into(), kind: TaskKind::Numbers, transform: None };
        let mut evaluation = Evaluation::new("linear", task, Scheme::KFold, results);
        (evaluation.folds, evaluation.repeat) = (2, repeat);
        evaluation
    }

    fn names(table: &pipewright_frame::Table) -> Vec<&str> {
        table.columns().iter().map(|column| &*column.name).collect()
    }

    #[test]
    fn rows_come_in_order_with_the_fold_that_held_them_out() {
        let table = evaluation(vec![fold(0, &[1, 2]), fold(1, &[0, 3])], 1).out_of_fold().unwrap();
        assert_eq!(names(&table), ["row", "fold", "truth", "prediction"]);
        let column = |name: &str| table.numbers(&[Arc::from(name)]).unwrap();
        assert_eq!(column("row"), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(column("fold"), [2.0, 1.0, 1.0, 2.0]);
        assert_eq!(column("truth"), [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(column("prediction"), [1.0, 11.0, 21.0, 31.0]);
    }

    #[test]
    fn repetitions_and_weights_have_columns_where_there_are_some() {
        let mut results = vec![fold(0, &[0]), fold(1, &[1]), fold(2, &[1]), fold(3, &[0])];
        for (place, fold) in results.iter_mut().enumerate() {
            fold.weights = Some(vec![place as f64]);
        }
        let table = evaluation(results, 2).out_of_fold().unwrap();
        assert_eq!(names(&table), ["row", "repeat", "fold", "truth", "prediction", "weight"]);
        let column = |name: &str| table.numbers(&[Arc::from(name)]).unwrap();
        assert_eq!(column("row"), [1.0, 2.0, 1.0, 2.0]);
        assert_eq!(column("repeat"), [1.0, 1.0, 2.0, 2.0]);
        assert_eq!(column("weight"), [0.0, 1.0, 3.0, 2.0]);
    }

    #[test]
    fn classes_have_a_label_and_a_probability_each() {
        let classes: Arc<[String]> = ["a", "b"].map(str::to_owned).into();
        let task = Task { target: "y".into(), kind: TaskKind::Classes(classes), transform: None };
        let truth = Target::Classes { codes: vec![1, 0], count: 2 };
        let outputs = Outputs::Probabilities { values: vec![0.25, 0.75, 0.5, 0.5], classes: 2 };
        let fold = FoldResult::new(0, 1, [0, 1].into(), truth, outputs.clone(), outputs);
        let table = Evaluation::new("logistic", task, Scheme::Holdout, vec![fold]).out_of_fold().unwrap();
        assert_eq!(names(&table), ["row", "fold", "truth", "prediction", "p(a)", "p(b)"]);
        assert_eq!(
            table.show(2, 80),
            "row  fold  truth  prediction  p(a)  p(b)\n  1     1  b      b           0.25  0.75\n  2     1  a      a            0.5   0.5\n"
        );
    }
}
