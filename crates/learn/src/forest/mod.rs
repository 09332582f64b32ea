//! Decision trees, and forests of them.
//!
//! [`DecisionTree`] compares every split of every column, as CART (L. Breiman, J. H. Friedman, R. A. Olshen and C. J.
//! Stone, "Classification and Regression Trees", 1984). [`Forest`] is the mean of trees on resampled rows (L. Breiman,
//! "Random Forests", Machine Learning, 2001), or of trees with random thresholds (P. Geurts, D. Ernst and L. Wehenkel,
//! "Extremely randomized trees", Machine Learning, 2006). [`IsolationForest`] finds rows that are unlike the others
//! (F. T. Liu, K. M. Ting and Z.-H. Zhou, "Isolation Forest", ICDM 2008).
//!
//! Missing values and categories need no preparation: a split sends missing values to the side that gains more, and
//! splits categories into two sets. Where the training rows of a split have no missing values, those of new rows go
//! with most rows, and so do new levels.
//!
//! ```
//! use pipewright_learn::forest::Forest;
//! use pipewright_learn::{Dataset, Features, Learner, Model, Target};
//! let rows: Vec<[f64; 2]> = (0..300).map(|row| [f64::from(row % 20), f64::from(row / 20)]).collect();
//! let target = rows.iter().map(|[a, b]| a * b).collect();
//! let train = Dataset::new(Features::from_rows(["a", "b"], &rows), Target::Numbers(target));
//! let model = Forest { trees: 50, ..Forest::default() }.fit(&train)?;
//! assert!((model.predict(&train.features)?.values()[299] - 266.0).abs() < 20.0);
//! # Ok::<(), pipewright_learn::Failure>(())
//! ```

mod bagged;
mod encoded;
mod goal;
mod grow;
mod isolation;
mod levels;
mod median;
mod model;
mod prune;
mod quantiles;
mod scan;
#[cfg(test)]
mod tests;

pub use crate::tree::Tree;
pub use bagged::{Forest, OutOfBag};
pub use isolation::{IsolationForest, IsolationModel};
pub use model::ForestModel;
pub use prune::PruningPath;
pub use quantiles::{ForestAtLevels, QuantileForestModel};

use crate::data::Dataset;
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::tree::inputs_of;
use goal::Goal;
use grow::{Grower, Grown};
use pipewright_diagnostic::{Failure, code};

/// How splits are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Criterion {
    /// Gini impurity for classes, squared error for numbers.
    #[default]
    Auto,
    /// The chance that two random rows have different classes: 1 − Σ share².
    Gini,
    /// The entropy of the classes, in bits: −Σ share · log2(share).
    Entropy,
    /// The mean squared distance from the mean.
    Squared,
    /// The mean absolute distance from the median, which leaves then predict.
    Absolute,
}

/// The columns that a split chooses from, drawn anew for each. More are drawn if none of them can be split.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Columns {
    /// What suits the model: all for a tree and for numbers, the square root for a forest of classes.
    #[default]
    Auto,
    /// All columns.
    All,
    /// The square root of their number.
    Sqrt,
    /// A share of them, above 0 and up to 1.
    Share(f64),
    /// This many of them.
    Count(usize),
}

/// How a tree grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// How splits are compared.
    pub criterion: Criterion,
    /// Maximum depth of a leaf; `None` for no limit.
    pub depth: Option<usize>,
    /// Minimum number of rows of a node that is split.
    pub min_split: usize,
    /// Minimum number of rows in a leaf.
    pub min_rows: usize,
    /// Minimum decrease of impurity by a split, weighted by its share of all rows: in squared units of the target for
    /// squared error, in its units for absolute error.
    pub min_gain: f64,
    /// Maximum number of leaves; the node that gains most is then split first. `None` for no limit.
    pub leaves: Option<usize>,
    /// The columns that a split chooses from.
    pub columns: Columns,
    /// Weighs classes by the inverse of their frequency.
    pub balanced: bool,
}

impl Default for Growth {
    fn default() -> Growth {
        Growth {
            criterion: Criterion::Auto,
            depth: None,
            min_split: 2,
            min_rows: 1,
            min_gain: 0.0,
            leaves: None,
            columns: Columns::Auto,
            balanced: false,
        }
    }
}

impl Growth {
    fn check(&self) -> Result<(), Failure> {
        let columns = match self.columns {
            Columns::Share(share) => share > 0.0 && share <= 1.0,
            Columns::Count(count) => count >= 1,
            Columns::Auto | Columns::All | Columns::Sqrt => true,
        };
        let gain = self.min_gain.is_finite() && self.min_gain >= 0.0;
        match columns && gain && self.leaves != Some(0) {
            true => Ok(()),
            false => Err(Failure::new(code::BAD_VALUE, "a parameter of trees is out of its range")),
        }
    }
}

/// Fails without rows, and for more rows or classes than trees count.
fn check_rows(train: &Dataset) -> Result<(), Failure> {
    match train.rows() {
        0 => Err(Failure::new(code::TOO_FEW_ROWS, "there are no rows to learn from")),
        rows if rows > i32::MAX as usize => Err(Failure::new(code::LIMIT_REACHED, "trees take up to 2^31 rows")),
        _ => Ok(()),
    }
}

/// A decision tree: the configuration.
///
/// Splits are exact: every midpoint between distinct values is compared.
///
/// ```
/// use pipewright_learn::forest::DecisionTree;
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target};
/// let features = Features::from_rows(["x"], &[[1.0], [2.0], [4.0], [5.0]]);
/// let train = Dataset::new(features, Target::Classes { codes: vec![0, 0, 1, 1], count: 2 });
/// let model = DecisionTree::default().fit(&train)?;
/// let rows = Features::from_rows(["x"], &[[2.9], [3.1]]);
/// assert_eq!(model.predict(&rows)?.labels(), [0, 1]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DecisionTree {
    /// How it grows.
    pub growth: Growth,
    /// The price of a leaf in minimal cost-complexity pruning, `ccp_alpha` in scikit-learn, in units of the impurity:
    /// the tree with the least impurity plus price is kept. 0 for no pruning.
    pub prune: f64,
}

impl DecisionTree {
    /// Returns how the unpruned tree shrinks as the price of a leaf grows.
    ///
    /// # Errors
    /// As [`Learner::fit_with`].
    ///
    /// ```
    /// use pipewright_learn::forest::DecisionTree;
    /// use pipewright_learn::{Dataset, Features, Fit, Target};
    /// let features = Features::from_rows(["x"], &[[1.0], [2.0], [4.0], [5.0]]);
    /// let train = Dataset::new(features, Target::Classes { codes: vec![0, 0, 1, 1], count: 2 });
    /// let path = DecisionTree::default().pruning_path(&train, &Fit::new())?;
    /// assert_eq!((path.alphas, path.leaves), (vec![0.0, 0.5], vec![2, 1]));
    /// # Ok::<(), pipewright_learn::Failure>(())
    /// ```
    pub fn pruning_path(&self, train: &Dataset, fit: &Fit<'_>) -> Result<PruningPath, Failure> {
        let train = train.accepted(self.accepts())?;
        self.check(&train)?;
        let goal = Goal::of(&train, &self.growth)?;
        Ok(prune::path(self.grown(&train, &goal, fit)?, &goal))
    }

    fn check(&self, train: &Dataset) -> Result<(), Failure> {
        self.growth.check()?;
        if !(self.prune.is_finite() && self.prune >= 0.0) {
            return Err(Failure::new(code::BAD_VALUE, "the price of a leaf is a number from 0 on"));
        }
        check_rows(train)
    }

    fn grown(&self, train: &Dataset, goal: &Goal, fit: &Fit<'_>) -> Result<Grown, Failure> {
        let columns = encoded::exactly(&train.features);
        let tried = self.growth.columns.of(columns.len(), Columns::All);
        let (growth, progress) = (&self.growth, fit.progress);
        let grower = Grower { columns: &columns, goal, growth, random: false, tried, progress };
        grower.grow(goal.items.clone(), fit.key)
    }
}

impl Learner for DecisionTree {
    type Model = ForestModel;

    fn accepts(&self) -> Accepts {
        ForestModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<ForestModel, Failure> {
        self.check(train)?;
        let goal = Goal::of(train, &self.growth)?;
        let mut grown = self.grown(train, &goal, fit)?;
        if self.prune > 0.0 {
            prune::prune(&mut grown, &goal, self.prune);
        }
        model_of(train, &goal, vec![grown.saved(&goal)])
    }
}

/// The model of grown trees.
fn model_of(train: &Dataset, goal: &Goal, trees: Vec<(Tree, Vec<f64>)>) -> Result<ForestModel, Failure> {
    let (trees, mut shares): (Vec<_>, Vec<_>) = trees.into_iter().unzip();
    if matches!(goal.classes(), None | Some(2)) {
        shares.clear();
    }
    let inputs = inputs_of(&train.features);
    let model = ForestModel { inputs, classes: goal.classes(), trees, shares, score: None };
    model.validate().map_err(|_| Failure::new(code::VALUE_OUT_OF_RANGE, "training overflowed; scale the target"))?;
    Ok(model)
}
