//! Explanations of the models of an evaluation.

use crate::Task;
use pipewright_explain::{Attributions, Importances};
use std::sync::Arc;

/// An explanation of the models of an evaluation, by what they predict for the rows held out.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The name of the arm, if the script compares several.
    pub arm: Option<String>,
    /// The label of the model.
    pub model: String,
    /// The target and, for classification, its classes.
    pub task: Task,
    /// What was found.
    pub shown: Explained,
}

/// What an explanation has found, in one round or in all of them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Explained {
    /// How much worse a metric gets without the information of each column.
    Importance(Importance),
    /// What each column contributes to the prediction of each row.
    Contributions(Contributions),
}

/// How much worse a metric gets on held-out rows when the values of a column are shuffled.
#[derive(Debug, Clone)]
pub struct Importance {
    /// The metric.
    pub metric: &'static str,
    /// The importance of each column, in the rounds or over all of them.
    pub found: Importances,
    /// The numbers of training rows and of held-out rows.
    pub rows: [usize; 2],
}

/// Shapley values of held-out rows.
#[derive(Debug, Clone)]
pub struct Contributions {
    /// The rows that are explained, from 0, in the table that was split.
    pub rows: Arc<[u32]>,
    /// The contributions, for each of those rows.
    pub found: Attributions,
    /// The values of the columns in those rows, as text: for each row, one per column.
    pub values: Vec<Vec<String>>,
}
