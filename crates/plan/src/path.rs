//! A path through a plan, from a source to its end.

use crate::model::{Branch, Node, Pipeline, Plan};
use pipewright_operator::{Bound, Verb};
use std::sync::Arc;

/// The stages of one branch, in order.
#[derive(Debug)]
pub struct Path<'a> {
    /// Its stages.
    pub nodes: Vec<&'a Node>,
    /// What is known about it.
    pub branch: &'a Branch,
}

impl Plan {
    /// All paths through all pipelines.
    pub fn paths(&self) -> impl Iterator<Item = Path<'_>> {
        self.pipelines.iter().flat_map(|pipeline| self.paths_of(pipeline))
    }

    /// All paths through one of its pipelines.
    pub fn paths_of<'a>(&'a self, pipeline: &'a Pipeline) -> impl Iterator<Item = Path<'a>> {
        pipeline.branches.iter().map(|branch| Path::new(&self.nodes, branch))
    }
}

impl<'a> Path<'a> {
    pub(crate) fn new(nodes: &'a [Node], branch: &'a Branch) -> Path<'a> {
        Path { nodes: branch.path.iter().map(|&id| &nodes[id]).collect(), branch }
    }

    /// The first stage that learns.
    #[must_use]
    pub fn first_learner(&self) -> Option<&'a Node> {
        self.nodes.iter().copied().find(|node| node.footprint.effect.learns())
    }

    /// End of the stages that run once, on all rows: the first one that learns, a fork, whose arms are evaluated on the
    /// same rows, or a holdout, below which some of the rows are set apart.
    #[must_use]
    pub fn shared_end(&self) -> usize {
        let learns = |node: &&Node| node.footprint.effect.learns();
        let learner = self.nodes.iter().position(learns).unwrap_or(self.nodes.len());
        let holdout = self.holdout().map(|holdout| holdout + 1);
        self.branch.forked_at.into_iter().chain(holdout).fold(learner, usize::min)
    }

    /// The stage that sets rows apart.
    #[must_use]
    pub(crate) fn holdout(&self) -> Option<usize> {
        self.nodes.iter().position(|node| matches!(node.bound, Bound::Holdout(_)))
    }

    /// The stage that trains a model.
    #[must_use]
    pub fn training(&self) -> Option<usize> {
        self.nodes.iter().position(|node| matches!(node.bound, Bound::Training(_)))
    }

    /// The name of the model in results: its own, or the arm of a fork.
    pub(crate) fn named(&self) -> Option<Arc<str>> {
        let training = self.training().map(|stage| self.nodes[stage]);
        let own = training.and_then(|node| node.args.get(node.verb.spec.alias?.name)?.word());
        own.map(|(name, _)| Arc::from(name)).or_else(|| self.branch.arm.clone())
    }

    /// The label of the model in reports, with the stages that adjust it.
    pub(crate) fn label(&self, model: &str) -> String {
        let adjusts = self.nodes.iter().filter(|node| matches!(node.bound, Bound::Adjust(_)));
        adjusts.fold(model.to_owned(), |label, node| format!("{label} | {}", node.text))
    }

    /// The number of stages with this verb.
    pub(crate) fn count(&self, verb: &Verb) -> u64 {
        self.nodes.iter().filter(|node| node.verb.spec.name == verb.spec.name).count() as u64
    }
}
