//! Forests: means of trees.

use super::encoded::in_bins;
use super::goal::{Goal, Item};
use super::grow::Grower;
use super::{Columns, Criterion, ForestModel, Growth, check_rows, model_of};
use crate::data::{Dataset, Outputs, Target};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::tree::{Table, Tree};
use pipewright_diagnostic::{Bounds, Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// A random forest or extremely randomised trees: the configuration.
///
/// The prediction is the mean of the trees: of the numbers, or of the shares of the classes at the leaves. Numbers are
/// split at the borders of up to 255 bins per column, which hold about equally many rows; columns with fewer
/// distinct values are split exactly. Levels of categories are not merged.
///
/// ```
/// use pipewright_learn::forest::Forest;
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target};
/// let rows: Vec<[f64; 1]> = (0..100).map(|row| [f64::from(row)]).collect();
/// let codes = (0..100).map(|row| u32::from(row >= 40)).collect();
/// let train = Dataset::new(Features::from_rows(["x"], &rows), Target::Classes { codes, count: 2 });
/// let forest = Forest { trees: 30, out_of_bag: true, ..Forest::default() };
/// let model = forest.fit(&train)?;
/// assert!(model.out_of_bag_score().is_some_and(|accuracy| accuracy > 0.95));
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    /// Number of trees.
    pub trees: usize,
    /// How each tree grows. With [`Columns::Auto`], a split chooses from the square root of the columns for classes,
    /// and from all of them for numbers.
    pub growth: Growth,
    /// Draws the rows of each tree with replacement; else each tree learns from all rows, or from a sample without
    /// replacement if `rows` is less than 1.
    pub bootstrap: bool,
    /// The number of rows that are drawn for each tree, as a share of all; above 0 and up to 1.
    pub rows: f64,
    /// Splits at a random place per column instead of the best one: extremely randomised trees.
    pub random_thresholds: bool,
    /// Scores each row by the trees that did not learn from it; see [`ForestModel::out_of_bag_score`].
    pub out_of_bag: bool,
}

impl Default for Forest {
    fn default() -> Forest {
        Forest {
            trees: 100,
            growth: Growth::default(),
            bootstrap: true,
            rows: 1.0,
            random_thresholds: false,
            out_of_bag: false,
        }
    }
}

/// Predictions of training rows by the trees that did not learn from them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OutOfBag {
    /// The training rows that some tree did not learn from, ascending. Rows with a weight of 0 are not counted.
    pub rows: Vec<u32>,
    /// The predictions of these rows.
    pub outputs: Outputs,
}

impl Forest {
    /// The default of extremely randomised trees: random thresholds, all rows for each tree.
    #[must_use]
    pub fn extra_trees() -> Forest {
        Forest { bootstrap: false, random_thresholds: true, ..Forest::default() }
    }

    /// Learns from `train`, and returns the out-of-bag predictions as well.
    ///
    /// # Errors
    /// As [`Learner::fit_with`].
    pub fn fit_out_of_bag(&self, train: &Dataset, fit: &Fit<'_>) -> Result<(ForestModel, OutOfBag), Failure> {
        let train = train.accepted(self.accepts())?;
        let (mut model, bags) = self.grown(&train, fit)?;
        let apart = out_of_bag(&model, &train, &bags);
        model.score = score(&train, &apart);
        Ok((model, apart))
    }

    fn check(&self, train: &Dataset) -> Result<(), Failure> {
        self.growth.check()?;
        let bad = |what| Err(Failure::new(code::BAD_VALUE, what));
        if self.trees == 0 || !(self.rows > 0.0 && self.rows <= 1.0) {
            return bad("a parameter of the forest is out of its range");
        }
        if self.random_thresholds && self.growth.criterion == Criterion::Absolute {
            return bad("random thresholds are compared by squared error");
        }
        check_rows(train)
    }

    /// Grows all trees, and notes which rows each learned from.
    fn grown(&self, train: &Dataset, fit: &Fit<'_>) -> Result<(ForestModel, Vec<Bag>), Failure> {
        self.check(train)?;
        let goal = Goal::of(train, &self.growth)?;
        let columns = in_bins(&train.features);
        let auto = if goal.is_of_classes() { Columns::Sqrt } else { Columns::All };
        let tried = self.growth.columns.of(columns.len(), auto);
        let (growth, progress) = (&self.growth, fit.progress);
        let grower = Grower { columns: &columns, goal: &goal, growth, random: self.random_thresholds, tried, progress };
        let (bounds, done) = (Bounds::current(), AtomicU64::new(0));
        let tree = |index: usize| {
            bounds.around(|| {
                let key = fit.key.child("tree").index(index as u64);
                let (items, bag) = self.sample(&goal, key.child("rows"));
                let tree = grower.grow(items, key.child("splits"))?.saved(&goal);
                progress.report(done.fetch_add(1, Ordering::Relaxed) + 1, self.trees as u64);
                Ok((tree, bag))
            })
        };
        let grown: Vec<((Tree, Vec<f64>), Bag)> =
            (0..self.trees).into_par_iter().map(tree).collect::<Result<_, Failure>>()?;
        let (trees, bags) = grown.into_iter().unzip();
        Ok((model_of(train, &goal, trees)?, bags))
    }

    /// Draws the rows of a tree.
    fn sample(&self, goal: &Goal, key: Key) -> (Vec<Item>, Bag) {
        let rows = goal.items.len();
        let drawn = ((rows as f64 * self.rows).round() as usize).max(1);
        let mut counts = vec![u32::from(!self.bootstrap && drawn == rows); rows];
        if self.bootstrap {
            (0..drawn).for_each(|draw| counts[key.below(draw as u64, rows as u64) as usize] += 1);
        } else if drawn < rows {
            key.permutation(rows).iter().take(drawn).for_each(|&row| counts[row as usize] = 1);
        }
        let bag = Bag::of(&counts);
        let counted = goal.items.iter().zip(counts).filter(|(_, count)| *count > 0);
        (counted.map(|(item, count)| item.times(count, goal.measure)).collect(), bag)
    }
}

impl Learner for Forest {
    type Model = ForestModel;

    fn accepts(&self) -> Accepts {
        ForestModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<ForestModel, Failure> {
        let (mut model, bags) = self.grown(train, fit)?;
        if self.out_of_bag {
            model.score = score(train, &out_of_bag(&model, train, &bags));
        }
        Ok(model)
    }
}

/// The rows that a tree learned from, a bit each.
struct Bag(Vec<u64>);

impl Bag {
    fn of(counts: &[u32]) -> Bag {
        let word = |counts: &[u32]| {
            counts.iter().enumerate().fold(0, |word, (bit, &count)| word | u64::from(count > 0) << bit)
        };
        Bag(counts.chunks(64).map(word).collect())
    }

    fn has(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }
}

fn out_of_bag(model: &ForestModel, train: &Dataset, bags: &[Bag]) -> OutOfBag {
    let width = model.width();
    // The last number of a row counts its trees.
    let mut sums = vec![0.0; train.rows() * (width + 1)];
    let table = Table::new(&train.features, &model.inputs);
    let wants = |tree: usize, row: usize| !bags[tree].has(row);
    table.visit(&model.trees, width + 1, &mut sums, &wants, &|into, tree, leaf| {
        model.add(&mut into[..width], tree, leaf);
        into[width] += 1.0;
    });
    let known = sums.chunks(width + 1).zip(0_u32..).filter(|(sums, _)| sums[width] > 0.0);
    // Trees add their part of the mean of all trees.
    let all = if model.shares.is_empty() { model.trees.len() as f64 } else { 1.0 };
    let means = known.clone().flat_map(|(sums, _)| sums[..width].iter().map(move |sum| sum * (all / sums[width])));
    OutOfBag { outputs: model.outputs_of(means.collect()), rows: known.map(|(_, row)| row).collect() }
}

/// Accuracy for classes, R² for numbers; `None` without rows, or for R² of a constant target.
fn score(train: &Dataset, apart: &OutOfBag) -> Option<f64> {
    let weight = |row: &u32| train.weights().map_or(1.0, |weights| weights[*row as usize]);
    let total: f64 = apart.rows.iter().map(weight).sum();
    let score = match train.target() {
        Target::Classes { codes, .. } => {
            let labels = apart.outputs.labels();
            let right = apart.rows.iter().zip(labels).filter(|(row, label)| codes[**row as usize] == *label);
            right.map(|(row, _)| weight(row)).sum::<f64>() / total
        }
        Target::Numbers(values) => {
            let value = |row: &u32| values[*row as usize];
            let mean = apart.rows.iter().map(|row| weight(row) / total * value(row)).sum::<f64>();
            let pairs = || apart.rows.iter().zip(apart.outputs.values());
            let left: f64 = pairs().map(|(row, guess)| weight(row) * (value(row) - guess) * (value(row) - guess)).sum();
            let all: f64 = apart.rows.iter().map(|row| weight(row) * (value(row) - mean) * (value(row) - mean)).sum();
            1.0 - left / all
        }
    };
    score.is_finite().then_some(score)
}
