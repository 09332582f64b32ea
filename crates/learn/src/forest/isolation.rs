//! Isolation forests.
//!
//! Source: F. T. Liu, K. M. Ting and Z.-H. Zhou, "Isolation Forest" (ICDM 2008).

use crate::data::{Column, Features};
use crate::tree::{Input, Question, Table, Tree, TreeBuilder, inputs_of};
use pipewright_diagnostic::{Bounds, Failure, Progress, code, room_for};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// About the bytes of a tree per row, each of which may be a leaf of its own.
const ROW_BYTES: u128 = 64;

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// An isolation forest: the configuration. It finds rows that are unlike the others, without a target.
///
/// Each tree splits a small sample at random places of random columns until every row is alone. Rows that are alone
/// after few splits are anomalies.
///
/// ```
/// use pipewright_learn::forest::IsolationForest;
/// use pipewright_learn::{Features, Key, NoProgress};
/// let mut rows: Vec<[f64; 2]> = (0..200).map(|row| [f64::from(row % 10), f64::from(row / 10)]).collect();
/// rows.push([60.0, -40.0]);
/// let features = Features::from_rows(["x", "y"], &rows);
/// let model = IsolationForest::default().fit(&features, Key::new(0), &NoProgress)?;
/// let scores = model.scores(&features)?;
/// assert!(scores[..200].iter().all(|score| *score < scores[200]));
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IsolationForest {
    /// Number of trees.
    pub trees: usize,
    /// Number of rows that each tree is grown on, drawn without replacement; at most all.
    pub rows: usize,
}

impl Default for IsolationForest {
    fn default() -> IsolationForest {
        IsolationForest { trees: 100, rows: 256 }
    }
}

/// The fitted model of [`IsolationForest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsolationModel {
    inputs: Vec<Input>,
    /// Their leaves hold the length of the path to a row.
    trees: Vec<Tree>,
    /// The number of rows that each tree was grown on.
    rows: usize,
}

impl IsolationForest {
    /// Learns what rows are like. Columns may have missing values and categories.
    ///
    /// # Errors
    /// [`code::TOO_FEW_ROWS`] for fewer than two rows; [`code::NON_FINITE`] for infinite values; [`code::BAD_VALUE`] for
    /// fewer than one tree or two rows per tree; [`code::CANCELLED`].
    pub fn fit(&self, features: &Features, key: Key, progress: &dyn Progress) -> Result<IsolationModel, Failure> {
        features.check(true, true)?;
        if self.trees == 0 || self.rows < 2 {
            return Err(Failure::new(code::BAD_VALUE, "an isolation forest has trees of at least two rows"));
        }
        if features.rows() < 2 {
            return Err(Failure::new(
                code::TOO_FEW_ROWS,
                "rows are compared with each other, and there are fewer than two",
            ));
        }
        let rows = self.rows.min(features.rows());
        let bytes = self.trees as u128 * rows as u128 * ROW_BYTES;
        room_for(bytes, || format!("an isolation forest of {} trees on {rows} rows each", self.trees))?;
        let bounds = Bounds::current();
        let tree = |index: usize| {
            bounds.around(|| match progress.cancelled() {
                true => Err(Failure::new(code::CANCELLED, "training was cancelled")),
                false => Ok(grow(features, rows, key.index(index as u64))),
            })
        };
        let trees = (0..self.trees).into_par_iter().map(tree).collect::<Result<_, _>>()?;
        Ok(IsolationModel { inputs: inputs_of(features), trees, rows })
    }
}

impl IsolationModel {
    /// Returns the anomaly score of each row, between 0 and 1: `2^(-E[h] / c(n))`, where h is the length of the path to
    /// the row and c(n) that of an average one among n rows. Scores well above 0.5 are anomalies; those of rows like
    /// the others are below.
    ///
    /// # Errors
    /// [`code::WRONG_WIDTH`] if the number of columns differs.
    pub fn scores(&self, features: &Features) -> Result<Vec<f64>, Failure> {
        if features.columns() != self.inputs.len() {
            let message = format!("the model has {} columns, the features {}", self.inputs.len(), features.columns());
            return Err(Failure::new(code::WRONG_WIDTH, message));
        }
        let mut lengths = vec![0.0; features.rows()];
        Table::new(features, &self.inputs).add(&self.trees, 1, &mut lengths);
        let usual = average_path(self.rows) * self.trees.len() as f64;
        Ok(lengths.into_iter().map(|length| (-length / usual).exp2()).collect())
    }

    /// The number of trees.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// The number of rows that each tree was grown on.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of input columns.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Validates a model that came from a file.
    ///
    /// # Errors
    /// A [`Failure`] that names the problem.
    pub fn validate(&self) -> Result<(), Failure> {
        self.trees.iter().try_for_each(|tree| tree.validate(&self.inputs))?;
        let lengths = self.trees.iter().flat_map(Tree::values);
        let sound = !self.trees.is_empty() && self.rows >= 2 && lengths.into_iter().all(|length| *length >= 0.0);
        if sound { Ok(()) } else { Err(Failure::new(code::BAD_BUNDLE, "an isolation forest whose parts disagree")) }
    }
}

/// c(n): the average length of the path to a row among n, which is that of an unsuccessful search in a binary tree.
pub(super) fn average_path(rows: usize) -> f64 {
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        rows => {
            let before = rows as f64 - 1.0;
            2.0 * (before.ln() + EULER) - 2.0 * before / rows as f64
        }
    }
}

/// A node whose rows are not parted yet.
struct Open {
    place: usize,
    rows: Vec<u32>,
    depth: usize,
}

fn grow(features: &Features, count: usize, key: Key) -> Tree {
    let deepest = (count as f64).log2().ceil() as usize;
    let mut builder = TreeBuilder::default();
    let rows = sample(features.rows(), count, key.child("rows"));
    let mut open = vec![Open { place: builder.root(), rows, depth: 0 }];
    while let Some(node) = open.pop() {
        let key = key.child("node").index(node.place as u64);
        let halves = if node.depth < deepest { halves(features, &node.rows, key) } else { None };
        let cover = node.rows.len() as f64;
        match halves {
            None => builder.leaf(node.place, node.depth as f64 + average_path(node.rows.len()), cover),
            Some((column, question, parts)) => {
                let places = builder.split(node.place, column, 0.0, cover, question);
                for (place, rows) in places.into_iter().zip(parts) {
                    open.push(Open { place, rows, depth: node.depth + 1 });
                }
            }
        }
    }
    builder.build().0
}

/// Draws rows without replacement (R. W. Floyd's algorithm: as many draws as rows are wanted).
fn sample(rows: usize, count: usize, key: Key) -> Vec<u32> {
    let mut drawn = std::collections::BTreeSet::new();
    for last in rows - count..rows {
        let row = key.below(last as u64, last as u64 + 1) as u32;
        if !drawn.insert(row) {
            drawn.insert(last as u32);
        }
    }
    drawn.into_iter().collect()
}

/// Parts rows at a random place of a random column of those that differ; `None` if none does.
fn halves(features: &Features, rows: &[u32], key: Key) -> Option<(usize, Question, [Vec<u32>; 2])> {
    let mut columns: Vec<usize> = (0..features.columns()).collect();
    for turn in 0..columns.len() {
        let other = turn + key.below(turn as u64, (columns.len() - turn) as u64) as usize;
        columns.swap(turn, other);
        let values = features.column(columns[turn]);
        let is_level = matches!(features.stored(columns[turn]), Column::Categories(_));
        let known: Vec<f64> = rows.iter().map(|&row| values[row as usize]).filter(|value| !value.is_nan()).collect();
        let (low, high) = known.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        if low >= high {
            continue;
        }
        let question = if is_level { levels(&known, key.child("levels")) } else { cut(low, high, key.child("cut")) };
        let goes_left = |value: f64| match is_level {
            true => question.levels.binary_search(&(value as u32)).is_ok(),
            false => value <= question.threshold,
        };
        let lefts = known.iter().filter(|value| goes_left(**value)).count();
        // Missing values and new levels go with most rows.
        let missing_left = 2 * lefts >= known.len();
        let side = |&row: &u32| {
            let value = values[row as usize];
            if value.is_nan() { missing_left } else { goes_left(value) }
        };
        let (left, right) = rows.iter().copied().partition(side);
        return Some((columns[turn], Question { missing_left, ..question }, [left, right]));
    }
    None
}

/// A threshold between two different numbers.
fn cut(low: f64, high: f64, key: Key) -> Question {
    let share = key.uniform(0);
    let drawn = low * (1.0 - share) + high * share;
    let threshold = if drawn >= low && drawn < high { drawn } else { low };
    Question { threshold, levels: Vec::new(), missing_left: false }
}

/// A random half of the levels that occur.
fn levels(known: &[f64], key: Key) -> Question {
    let mut levels: Vec<u32> = known.iter().map(|&code| code as u32).collect();
    levels.sort_unstable();
    levels.dedup();
    let one = levels[key.below(0, levels.len() as u64) as usize];
    let all = levels.len();
    levels.retain(|&level| key.child("side").uniform(u64::from(level)) < 0.5);
    if levels.is_empty() || levels.len() == all {
        levels = vec![one];
    }
    Question { threshold: -1.0, levels, missing_left: false }
}
