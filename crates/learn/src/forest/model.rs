//! The fitted model of trees and forests.

use crate::data::{Features, Outputs};
use crate::learner::{Accepts, Model};
use crate::summary::{Importance, Summary};
use crate::tree::{Input, Table, Tree, TreeModel, TreeSum, TreeTerm};
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// The fitted model of [`DecisionTree`](super::DecisionTree) and [`Forest`](super::Forest): the mean of trees.
///
/// The gain of a split is its decrease of impurity as a share of all rows of its tree; for numbers, in units of half
/// the range of the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForestModel {
    pub(super) inputs: Vec<Input>,
    /// The number of classes; `None` for numbers.
    pub(super) classes: Option<usize>,
    /// Their leaves hold a number; of two classes, the share of the second; of other numbers of classes, the largest
    /// share.
    pub(super) trees: Vec<Tree>,
    /// With other numbers of classes than two: the shares at the leaves of each tree, leaf by leaf.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shares: Vec<Vec<f64>>,
    /// The out-of-bag score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<f64>,
}

impl ForestModel {
    /// The trees.
    #[must_use]
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The out-of-bag score of a forest that was fitted with [`Forest::out_of_bag`](super::Forest::out_of_bag): the
    /// accuracy for classes, R² for numbers, of the rows that some tree did not learn from. `None` without it, or if
    /// every tree learned from every row.
    #[must_use]
    pub fn out_of_bag_score(&self) -> Option<f64> {
        self.score
    }

    /// The number of numbers per row while trees are added.
    pub(super) fn width(&self) -> usize {
        match self.classes {
            None | Some(2) => 1,
            Some(count) => count,
        }
    }

    /// Adds a leaf of a tree to the numbers of a row.
    pub(super) fn add(&self, into: &mut [f64], tree: usize, leaf: usize) {
        match self.shares.get(tree) {
            None => into[0] += self.trees[tree].values()[leaf] / self.trees.len() as f64,
            Some(shares) => {
                let width = into.len();
                let own = &shares[leaf * width..(leaf + 1) * width];
                into.iter_mut().zip(own).for_each(|(into, share)| *into += share);
            }
        }
    }

    /// The outputs of the means of rows.
    pub(super) fn outputs_of(&self, mut values: Vec<f64>) -> Outputs {
        match self.classes {
            None => Outputs::Numbers(values),
            Some(2) => {
                let both = values.into_iter().map(|share| share.min(1.0)).flat_map(|share| [1.0 - share, share]);
                Outputs::Probabilities { values: both.collect(), classes: 2 }
            }
            Some(classes) => {
                values.chunks_exact_mut(classes).for_each(|row| {
                    let sum: f64 = row.iter().sum();
                    row.iter_mut().for_each(|share| *share /= sum);
                });
                Outputs::Probabilities { values, classes }
            }
        }
    }

    fn shares_are_sound(&self) -> bool {
        let share = |share: &f64| (0.0..=1.0).contains(share);
        let Some(classes) = self.classes else { return self.shares.is_empty() };
        if classes == 2 {
            return self.shares.is_empty() && self.trees.iter().all(|tree| tree.values().iter().all(share));
        }
        let of_tree = |(tree, shares): (&Tree, &Vec<f64>)| {
            Some(shares.len()) == tree.leaves().checked_mul(classes)
                && shares.iter().all(share)
                && shares.chunks(classes).all(|leaf| leaf.iter().sum::<f64>() > 0.5)
        };
        classes >= 1 && self.shares.len() == self.trees.len() && self.trees.iter().zip(&self.shares).all(of_tree)
    }
}

impl Model for ForestModel {
    const ACCEPTS: Accepts = Accepts::ANYTHING;

    fn outputs(&self, features: &Features) -> Outputs {
        let mut values = vec![0.0; features.rows() * self.width()];
        let table = Table::new(features, &self.inputs);
        table.visit(&self.trees, self.width(), &mut values, &|_, _| true, &|into, tree, leaf| {
            self.add(into, tree, leaf);
        });
        self.outputs_of(values)
    }

    fn validate(&self) -> Result<(), Failure> {
        self.trees.iter().try_for_each(|tree| tree.validate(&self.inputs))?;
        let score_is_sound = self.score.is_none_or(f64::is_finite);
        if self.trees.is_empty() || !score_is_sound || !self.shares_are_sound() {
            return Err(Failure::new(code::BAD_BUNDLE, "a forest whose parts disagree"));
        }
        Ok(())
    }

    fn inputs(&self) -> usize {
        self.inputs.len()
    }

    fn summary(&self) -> Summary {
        Summary::Importance(Importance::of(&self.trees, self.inputs.len()))
    }
}

impl TreeModel for ForestModel {
    fn tree_sum(&self) -> TreeSum<'_> {
        let (width, share) = (self.width(), 1.0 / self.trees.len() as f64);
        let term = |index: usize, output: usize| {
            let tree = &self.trees[index];
            let leaf = |leaf: usize| match self.shares.get(index) {
                None => tree.values()[leaf] * share,
                Some(shares) => shares[leaf * width + output] * share,
            };
            TreeTerm { tree, output, leaves: (0..tree.leaves()).map(leaf).collect() }
        };
        let terms = (0..self.trees.len()).flat_map(|index| (0..width).map(move |output| (index, output)));
        let terms = terms.map(|(index, output)| term(index, output)).collect();
        TreeSum { inputs: &self.inputs, start: vec![0.0; width], terms }
    }
}
