//! Models that are sums of trees, as seen by explanations: which values their leaves add to which output.

use super::model::{Input, Tree};
use super::predict::Table;
use crate::data::Features;
use crate::learner::check_width;
use pipewright_diagnostic::Failure;
use std::borrow::Cow;

/// A node of a [`Tree`] or one of its leaves, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An inner node.
    Node(usize),
    /// A leaf.
    Leaf(usize),
}

impl Place {
    fn of(child: i32) -> Place {
        match usize::try_from(child) {
            Ok(node) => Place::Node(node),
            Err(_) => Place::Leaf((-1 - child) as usize),
        }
    }
}

/// The structure of a tree.
impl Tree {
    /// Where all rows start.
    #[must_use]
    pub fn root(&self) -> Place {
        if self.columns.is_empty() { Place::Leaf(0) } else { Place::Node(0) }
    }

    /// The column that a node compares.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn column(&self, node: usize) -> usize {
        self.columns[node] as usize
    }

    /// The threshold of a node that compares numbers: those up to it go left. `None` for one that compares levels.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn threshold(&self, node: usize) -> Option<f64> {
        self.left_levels(node).is_none().then_some(self.thresholds[node])
    }

    /// The codes of the levels that go left at a node that compares levels; `None` for one that compares numbers.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn left_levels(&self, node: usize) -> Option<&[u32]> {
        assert!(node < self.columns.len(), "there is such a node");
        self.levels.get(node).map(Vec::as_slice).filter(|levels| !levels.is_empty())
    }

    /// Do missing values, and levels that the training rows did not have, go left at a node?
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn missing_goes_left(&self, node: usize) -> bool {
        self.missing_left[node]
    }

    /// Where the rows of a node go: left and right.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn children(&self, node: usize) -> [Place; 2] {
        [Place::of(self.left[node]), Place::of(self.right[node])]
    }

    /// The number of training rows in a place.
    ///
    /// # Panics
    /// If there is no such place.
    #[must_use]
    pub fn cover(&self, place: Place) -> f64 {
        match place {
            Place::Node(node) => self.covers[node],
            Place::Leaf(leaf) => self.leaf_covers[leaf],
        }
    }

    /// Does a value of [`TreeSum::rows`] go left at a node?
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn goes_left(&self, node: usize, value: f64) -> bool {
        if value.is_nan() {
            return self.missing_left[node];
        }
        match self.left_levels(node) {
            None => value <= self.thresholds[node],
            Some(levels) => levels.contains(&(value as u32)),
        }
    }
}

/// A model that is a sum of trees: [`GbdtModel`](crate::boost::GbdtModel), [`ForestModel`](crate::forest::ForestModel).
pub trait TreeModel {
    /// The sum. Gradient boosting is a sum before its link: log-odds, logarithms; with K > 2 classes there are K sums. A
    /// tree or a forest is a mean of numbers, of probabilities of the second of two classes, or of those of each class.
    ///
    /// ```
    /// use pipewright_learn::{Dataset, Features, Learner, Target, forest::DecisionTree, tree::TreeModel};
    /// let features = Features::from_rows(["x"], &[[1.0], [2.0], [4.0], [5.0]]);
    /// let model = DecisionTree::default().fit(&Dataset::new(features, Target::Numbers(vec![0.0, 0.0, 1.0, 1.0])))?;
    /// let sum = model.tree_sum();
    /// assert_eq!((sum.terms.len(), sum.terms[0].tree.threshold(0)), (1, Some(3.0)));
    /// # Ok::<(), pipewright_learn::Failure>(())
    /// ```
    fn tree_sum(&self) -> TreeSum<'_>;
}

/// A sum of trees for each output.
#[derive(Debug, Clone)]
pub struct TreeSum<'a> {
    pub(crate) inputs: &'a [Input],
    /// What the trees are added to, for each output.
    pub start: Vec<f64>,
    /// The trees, in the order in which they are added.
    pub terms: Vec<TreeTerm<'a>>,
}

/// What a tree adds to an output.
#[derive(Debug, Clone)]
pub struct TreeTerm<'a> {
    /// The tree.
    pub tree: &'a Tree,
    /// The output.
    pub output: usize,
    /// What each leaf adds.
    pub leaves: Cow<'a, [f64]>,
}

impl TreeSum<'_> {
    /// The number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.inputs.len()
    }

    /// Returns the rows as trees read them, row-major: numbers, and codes of the levels of the training rows; NaN for
    /// missing values and for levels that the training rows did not have.
    ///
    /// # Errors
    /// [`code::WRONG_WIDTH`](pipewright_diagnostic::code::WRONG_WIDTH) if the number of columns differs.
    pub fn rows(&self, features: &Features) -> Result<Vec<f64>, Failure> {
        check_width(self.inputs.len(), features)?;
        Ok(Table::new(features, self.inputs).all_rows())
    }
}
