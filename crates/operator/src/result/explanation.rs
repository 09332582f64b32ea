//! Explanations of the models of an evaluation.

use crate::Task;
use pipewright_explain::{Attributions, Importances, Rule};
use pipewright_frame::Table;
use pipewright_world::random::Key;
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
    /// How predictions change with each column.
    Effects(Effects),
    /// A number of every held-out row of a round, from which rules are found for all of them.
    Rows(RowNumbers),
    /// What a model predicts, or where it is worst, in rules.
    Rules(Rules),
    /// Nothing: the round holds out none of the rows that are asked for.
    Nothing,
}

/// Numbers of the held-out rows of a round.
#[derive(Debug, Clone)]
pub struct RowNumbers {
    /// The rows.
    pub rows: Table,
    /// What the numbers are, and one per row.
    pub numbers: Vec<(String, Vec<f64>)>,
    /// Random numbers of the round.
    pub key: Key,
}

/// Rules of small trees over the held-out rows of all rounds.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What they tell.
    pub method: RuleMethod,
    /// The number of rows.
    pub rows: usize,
    /// A tree per number that is looked at.
    pub sets: Vec<RuleSet>,
}

/// What rules tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleMethod {
    /// What the model predicts.
    Surrogate,
    /// Where the model is worst.
    Slices,
}

impl RuleMethod {
    /// Its word in scripts and in the documented JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RuleMethod::Surrogate => "surrogate",
            RuleMethod::Slices => "slices",
        }
    }
}

/// The rules of a tree.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// What they are about: a prediction, or a loss.
    pub of: String,
    /// Its mean over all rows.
    pub mean: f64,
    /// R² of the tree on rows that it was not fitted to.
    pub fidelity: Option<f64>,
    /// The leaves of the tree: from the root on, or the worst ones first.
    pub rules: Vec<Rule>,
}

/// How predictions change with columns, over held-out rows.
#[derive(Debug, Clone)]
pub struct Effects {
    /// How they were computed.
    pub method: EffectMethod,
    /// The number of rows.
    pub rows: usize,
    /// The effect of each column.
    pub effects: Vec<Effect>,
}

/// How the effect of a column is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectMethod {
    /// Partial dependence: the mean prediction if all rows had the value.
    Dependence,
    /// Accumulated local effects: the changes of predictions from value to value, summed up.
    Accumulated,
}

impl EffectMethod {
    /// Its word in scripts and in the documented JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EffectMethod::Dependence => "pdp",
            EffectMethod::Accumulated => "ale",
        }
    }
}

/// The effect of a column.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The column.
    pub column: String,
    /// The effect at some of its values, in order.
    pub points: Vec<EffectPoint>,
}

/// The effect of a value of a column.
#[derive(Debug, Clone)]
pub struct EffectPoint {
    /// The value.
    pub place: Place,
    /// The effect on each output, the mean over rounds.
    pub mean: Vec<f64>,
    /// The lowest of the rounds.
    pub low: Vec<f64>,
    /// The highest of the rounds.
    pub high: Vec<f64>,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// A number, or a time in seconds.
    Number(f64),
    /// A level.
    Level(String),
}

impl EffectPoint {
    /// The effect in a single round.
    #[must_use]
    pub fn certain(place: Place, effect: Vec<f64>) -> EffectPoint {
        EffectPoint { place, low: effect.clone(), high: effect.clone(), mean: effect }
    }

    /// The effect over several rounds, each with one number per output.
    #[must_use]
    pub fn of(place: Place, rounds: &[Vec<f64>]) -> EffectPoint {
        let outputs = rounds.first().map_or(0, Vec::len);
        let over = |fold: fn(f64, f64) -> f64, start: f64| -> Vec<f64> {
            (0..outputs).map(|output| rounds.iter().map(|round| round[output]).fold(start, fold)).collect()
        };
        let sums = over(|sum, value| sum + value, 0.0);
        EffectPoint {
            place,
            mean: sums.into_iter().map(|sum| sum / rounds.len() as f64).collect(),
            low: over(f64::min, f64::INFINITY),
            high: over(f64::max, f64::NEG_INFINITY),
        }
    }
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
