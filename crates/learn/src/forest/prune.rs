//! Minimal cost-complexity pruning.
//!
//! L. Breiman, J. H. Friedman, R. A. Olshen and C. J. Stone, "Classification and Regression Trees" (1984), chapter 3.
//! The cost of a tree is the impurity of its leaves, plus `alpha` per leaf. A split decreases the impurity by its gain,
//! so that of subtrees only gains have to be added up.

use super::goal::Goal;
use super::grow::Grown;

/// How a tree shrinks as the price of a leaf grows: the result of
/// [`DecisionTree::pruning_path`](super::DecisionTree::pruning_path).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PruningPath {
    /// The price of a leaf from which on each tree is the best, ascending; first 0, of the whole tree.
    pub alphas: Vec<f64>,
    /// The impurity of the leaves of each tree, weighted by their share of the rows: in the units of `alphas`.
    pub impurities: Vec<f64>,
    /// The number of leaves of each tree.
    pub leaves: Vec<usize>,
}

/// Prunes to the smallest subtree of least cost.
pub(super) fn prune(grown: &mut Grown, goal: &Goal, alpha: f64) {
    let price = goal.scaled(alpha) * grown.weight(goal);
    let mut worth = vec![0.0; grown.nodes.len()];
    for node in (0..grown.nodes.len()).rev() {
        let Some([left, right]) = grown.nodes[node].children else { continue };
        worth[node] = grown.nodes[node].gain() - price + worth[left] + worth[right];
        if worth[node] <= 0.0 {
            worth[node] = 0.0;
            grown.nodes[node].children = None;
        }
    }
}

/// The gain of all splits below each node, and the number of its leaves.
struct Below {
    gains: Vec<f64>,
    leaves: Vec<usize>,
    parents: Vec<Option<usize>>,
}

impl Below {
    fn of(grown: &Grown) -> Below {
        let count = grown.nodes.len();
        let mut below = Below { gains: vec![0.0; count], leaves: vec![1; count], parents: vec![None; count] };
        for node in (0..count).rev() {
            let Some([left, right]) = grown.nodes[node].children else { continue };
            below.gains[node] = grown.nodes[node].gain() + below.gains[left] + below.gains[right];
            below.leaves[node] = below.leaves[left] + below.leaves[right];
            below.parents[left] = Some(node);
            below.parents[right] = Some(node);
        }
        below
    }

    /// The node whose splits are worth least per leaf, and what they are worth; the first of equals.
    fn weakest(&self, grown: &Grown) -> Option<(f64, usize)> {
        let mut weakest: Option<(f64, usize)> = None;
        for (node, of_node) in grown.nodes.iter().enumerate() {
            if of_node.children.is_none() || (node > 0 && self.parents[node].is_none()) {
                continue;
            }
            let alpha = self.gains[node] / (self.leaves[node] - 1) as f64;
            if weakest.is_none_or(|(least, _)| alpha < least) {
                weakest = Some((alpha, node));
            }
        }
        weakest
    }

    /// Makes a node a leaf.
    fn cut(&mut self, grown: &mut Grown, node: usize) {
        let mut inside = vec![node];
        while let Some(place) = inside.pop() {
            if let Some(children) = grown.nodes[place].children.take() {
                inside.extend(children);
            }
        }
        let (gain, leaves) = (self.gains[node], self.leaves[node] - 1);
        let mut above = Some(node);
        while let Some(place) = above {
            self.gains[place] -= gain;
            self.leaves[place] -= leaves;
            above = self.parents[place];
        }
    }
}

/// Cuts the weakest node again and again, until the root is left.
pub(super) fn path(mut grown: Grown, goal: &Goal) -> PruningPath {
    let all = grown.weight(goal);
    let mut below = Below::of(&grown);
    let mut impurity = (goal.impurity(grown.items()) - below.gains[0] / all).max(0.0);
    let mut path =
        PruningPath { alphas: vec![0.0], impurities: vec![goal.unscaled(impurity)], leaves: vec![below.leaves[0]] };
    while let Some((alpha, node)) = below.weakest(&grown) {
        impurity += below.gains[node] / all;
        below.cut(&mut grown, node);
        path.alphas.push(goal.unscaled((alpha / all).max(0.0)));
        path.impurities.push(goal.unscaled(impurity));
        path.leaves.push(below.leaves[0]);
    }
    path
}
