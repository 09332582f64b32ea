//! Gradient boosting of trees on binned columns.
//!
//! Trees are added one after another, each fitted to the derivatives of the loss at the scores so far: J. H. Friedman,
//! "Greedy Function Approximation" (Annals of Statistics, 2001), with the second-order gain of T. Chen and C. Guestrin,
//! "XGBoost" (KDD 2016), and the histograms and leaf-wise growth of G. Ke et al., "LightGBM" (NIPS 2017).
//!
//! Missing values and categories need no preparation: a split sends missing values to the side that gains more, and
//! splits categories into two sets.
//!
//! ```
//! use pipewright_learn::boost::Gbdt;
//! use pipewright_learn::{Dataset, Features, Learner, Model, Target};
//! let rows: Vec<[f64; 2]> = (0..400).map(|row| [f64::from(row % 20), f64::from(row / 20)]).collect();
//! let target = rows.iter().map(|[a, b]| if *b < 10.0 { *a } else { -a }).collect();
//! let train = Dataset::new(Features::from_rows(["a", "b"], &rows), Target::Numbers(target));
//! let model = Gbdt::with_trees(100).fit(&train)?;
//! assert!((model.predict(&train.features)?.values()[15] - 15.0).abs() < 0.5);
//! # Ok::<(), pipewright_learn::Failure>(())
//! ```

mod early;
mod loss;
mod model;
mod more;
mod outside;
mod outside_rows;
#[cfg(test)]
mod outside_tests;
mod quantiles;
mod rounds;
mod scores;
#[cfg(test)]
mod tests;

pub use crate::tree::{Direction, Tree};
pub use loss::{Derivatives, Link, Loss, Objective};
pub use model::GbdtModel;
pub use more::MoreTrees;

use crate::data::Dataset;
use crate::held_out::MANY_ROWS;
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::passes::Passes;
use pipewright_diagnostic::{Failure, code};
use std::sync::OnceLock;

/// Gradient boosting of trees: the configuration.
#[derive(Debug, Clone)]
pub struct Gbdt {
    /// Number of boosting rounds; the maximum with early stopping. With K > 2 classes, a round has K trees.
    pub trees: usize,
    /// Early stopping: stop once the loss of held-out rows has not decreased for this many rounds, and keep the trees
    /// of the best round. The held-out rows are the validation rows of the fit, or the folds of `members`.
    pub early_stop: Option<usize>,
    /// With early stopping and no validation rows: the training rows are split into folds, this many of them are held
    /// out, each once, and the model is the mean of as many boosted models. `None` for 5 up to 50,000 rows, else 1.
    pub members: Option<usize>,
    /// Learning rate: the factor on each tree's values.
    pub rate: f64,
    /// Maximum number of leaves per tree; `None` for half of the square root of the number of rows, from 15 to 127.
    pub leaves: Option<usize>,
    /// Maximum depth of a tree; `None` for no limit.
    pub depth: Option<usize>,
    /// Grows level by level instead of splitting the leaf that gains most.
    pub by_depth: bool,
    /// Maximum number of bins per column, up to 255, besides one of missing values.
    pub bins: usize,
    /// L1 penalty on the values of leaves.
    pub l1: f64,
    /// L2 penalty on the values of leaves.
    pub l2: f64,
    /// Minimum gain of a split.
    pub min_gain: f64,
    /// Minimum number of rows in a leaf.
    pub min_rows: usize,
    /// Minimum sum of second derivatives in a leaf.
    pub min_weight: f64,
    /// Share of the rows that each round learns from, drawn anew.
    pub rows: f64,
    /// Share of the columns that each tree may use, drawn anew.
    pub columns: f64,
    /// Share of those columns that each split may use, drawn anew.
    pub split_columns: f64,
    /// Smoothing of the order of levels: added to the second derivatives of each level.
    pub level_smoothing: f64,
    /// L2 penalty of splits on categories, besides `l2`.
    pub level_l2: f64,
    /// Columns with which the prediction may only rise, or only fall.
    pub monotone: Vec<(String, Direction)>,
    /// Groups of columns that may interact: the columns on one path from root to leaf are all of one group. Columns
    /// in no group are not used. Empty for no constraint.
    pub interactions: Vec<Vec<String>>,
    /// The loss to minimise.
    pub loss: Objective,
    /// Weighs classes by the inverse of their frequency.
    pub balanced: bool,
}

impl Default for Gbdt {
    fn default() -> Gbdt {
        Gbdt {
            trees: 1000,
            early_stop: Some(30),
            members: None,
            rate: 0.05,
            leaves: None,
            depth: None,
            by_depth: false,
            bins: 255,
            l1: 0.0,
            l2: 1.0,
            min_gain: 0.0,
            min_rows: 10,
            min_weight: 1e-3,
            rows: 0.75,
            columns: 1.0,
            split_columns: 1.0,
            level_smoothing: 10.0,
            level_l2: 10.0,
            monotone: Vec::new(),
            interactions: Vec::new(),
            loss: Objective::Auto,
            balanced: false,
        }
    }
}

impl Gbdt {
    /// The default with a fixed number of boosting rounds: no early stopping, one model.
    #[must_use]
    pub fn with_trees(trees: usize) -> Gbdt {
        Gbdt { trees, early_stop: None, members: Some(1), rate: 0.1, ..Gbdt::default() }
    }

    fn check(&self) -> Result<(), Failure> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let penalty = |value: f64| value.is_finite() && value >= 0.0;
        let penalties = [self.l1, self.l2, self.min_gain, self.min_weight, self.level_smoothing, self.level_l2];
        let sound = share(self.rows)
            && share(self.columns)
            && share(self.split_columns)
            && penalties.into_iter().all(penalty)
            && self.rate.is_finite()
            && self.rate > 0.0
            && (2..=255).contains(&self.bins)
            && self.leaves != Some(0)
            && self.trees >= 1;
        match sound {
            true => Ok(()),
            false => Err(Failure::new(code::BAD_VALUE, "a parameter of boosting is out of its range")),
        }
    }

    /// Maximum number of leaves of a tree on this many rows: small tables have few patterns that are not chance.
    fn leaves_for(&self, rows: usize) -> usize {
        self.leaves.unwrap_or_else(|| ((rows as f64).sqrt() / 2.0).clamp(15.0, 127.0) as usize)
    }

    fn members_for(&self, rows: usize) -> usize {
        self.members.unwrap_or(if rows <= MANY_ROWS { 5 } else { 1 }).max(1)
    }

    /// The direction of each column.
    fn directions(&self, columns: &[String]) -> Result<Vec<Direction>, Failure> {
        let mut directions = vec![Direction::Any; columns.len()];
        for (name, direction) in &self.monotone {
            directions[place(columns, name)?] = *direction;
        }
        Ok(directions)
    }

    /// The places of the columns of each group.
    fn groups(&self, columns: &[String]) -> Result<Vec<Vec<usize>>, Failure> {
        let group = |names: &Vec<String>| names.iter().map(|name| place(columns, name)).collect();
        self.interactions.iter().map(group).collect()
    }
}

fn place(columns: &[String], name: &str) -> Result<usize, Failure> {
    let unknown = || Failure::new(code::UNKNOWN_COLUMN, format!("there is no column `{name}`")).column(name);
    columns.iter().position(|other| other == name).ok_or_else(unknown)
}

impl Learner for Gbdt {
    type Model = GbdtModel;

    fn accepts(&self) -> Accepts {
        Accepts { groups: true, passes: true, ..GbdtModel::ACCEPTS.and_weights() }
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<GbdtModel, Failure> {
        rounds::boost(self, train, fit, None, &OnceLock::new())
    }

    /// The model is bit for bit that of the same rows in memory, if no column is sparse there. Not for losses whose
    /// leaves are quantiles, which need all rows at once.
    fn fit_in_passes(&self, train: &dyn Passes, fit: &Fit<'_>) -> Result<GbdtModel, Failure> {
        outside::boost(self, train, fit)
    }
}
