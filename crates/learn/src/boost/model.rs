//! The fitted model of gradient boosting.

use super::loss::{Link, logistic, softmax};
use crate::data::{Features, Outputs};
use crate::learner::{Accepts, Model};
use crate::summary::{Importance, Summary};
use crate::tree::{Input, Table, Tree, TreeModel, TreeSum, TreeTerm};
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// The fitted model of [`Gbdt`](super::Gbdt): a sum of trees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GbdtModel {
    pub(super) inputs: Vec<Input>,
    pub(super) link: Link,
    /// The score of each output that the trees are added to.
    pub(super) start: Vec<f64>,
    /// The trees, round by round; tree `i` belongs to output `i % start.len()`.
    pub(super) trees: Vec<Tree>,
}

impl GbdtModel {
    /// The trees, round by round; with several outputs, a round has one tree for each.
    #[must_use]
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The number of boosting rounds.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.trees.len() / self.start.len()
    }

    /// Returns the scores of each row before the link, row-major.
    #[must_use]
    pub fn scores(&self, features: &Features) -> Vec<f64> {
        let mut scores = self.start.repeat(features.rows());
        Table::new(features, &self.inputs).add(&self.trees, self.start.len(), &mut scores);
        scores
    }
}

impl Model for GbdtModel {
    const ACCEPTS: Accepts = Accepts::ANYTHING;

    fn outputs(&self, features: &Features) -> Outputs {
        let mut values = self.scores(features);
        match self.link {
            Link::Identity => Outputs::Numbers(values),
            Link::Exp => {
                values.iter_mut().for_each(|score| *score = score.exp().min(f64::MAX));
                Outputs::Numbers(values)
            }
            Link::Logistic => {
                let values = values.iter().map(|&score| logistic(score)).flat_map(|chance| [1.0 - chance, chance]);
                Outputs::Probabilities { values: values.collect(), classes: 2 }
            }
            Link::Softmax => {
                values.chunks_exact_mut(self.start.len()).for_each(softmax);
                Outputs::Probabilities { values, classes: self.start.len() }
            }
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        let outputs = self.start.len();
        let fits = if self.link == Link::Softmax { outputs >= 1 } else { outputs == 1 };
        let sound = self.start.iter().all(|score| score.is_finite());
        if !fits || !sound || !self.trees.len().is_multiple_of(outputs.max(1)) {
            return Err(Failure::new(code::BAD_BUNDLE, "boosted trees whose parts disagree"));
        }
        self.trees.iter().try_for_each(|tree| tree.validate(&self.inputs))
    }

    fn inputs(&self) -> usize {
        self.inputs.len()
    }

    fn summary(&self) -> Summary {
        Summary::Importance(Importance::of(&self.trees, self.inputs.len()))
    }
}

impl TreeModel for GbdtModel {
    fn tree_sum(&self) -> TreeSum<'_> {
        let outputs = self.start.len();
        let term =
            |(index, tree): (usize, _)| TreeTerm { tree, output: index % outputs, leaves: Tree::values(tree).into() };
        let terms = self.trees.iter().enumerate().map(term).collect();
        TreeSum { inputs: &self.inputs, start: self.start.clone(), terms }
    }
}
