//! Learning: `train` and its models.

pub(crate) mod bayes;
pub(crate) mod bayesian_ridge;
mod constrained;
pub(crate) mod dummy;
pub(crate) mod elastic;
pub(crate) mod ensemble;
pub(crate) mod extra_trees;
pub(crate) mod forest;
pub(crate) mod gbdt;
pub(crate) mod glm;
pub(crate) mod huber;
pub(crate) mod knn;
pub(crate) mod lasso;
pub(crate) mod layers;
pub(crate) mod lda;
mod levels;
pub(crate) mod linear;
pub(crate) mod logistic;
pub(crate) mod mlp;
pub(crate) mod net;
mod network;
pub(crate) mod qda;
pub(crate) mod quantile_regression;
pub(crate) mod ridge;
pub(crate) mod svm;
pub(crate) mod train;
pub(crate) mod tree;

use pipewright_operator::{Arguments, Effect, Flow, Group, Spec};

/// The `Spec` that all models share, with the parameters of these arguments.
const fn model_spec<A: Arguments>() -> Spec {
    Spec { group: Group::Models, output: Flow::Learner, effect: Effect::FitTarget, ..Spec::of::<A>() }
}

/// What `train auto` stands for: a blend of different families, the one that does best on most tables first, so that a short
/// budget still gives a good model.
pub(crate) const AUTO: &str = "blend[gbdt, \
    { encode auto | fillna median | scale | train logistic }, { encode auto | fillna median | scale | train ridge }, \
    extra_trees(trees=300), mlp, gbdt(trees=300, lr=0.05, depth=4, rows=50%, columns=50%), forest(trees=300), \
    { encode auto | fillna median | scale | train knn[15](weights=distance) }, \
    { encode auto | fillna median | scale | train svm }, gbdt(trees=1000, lr=0.02, leaves=63, rows=50%, split_columns=50%)]";

pipewright_operator::arguments! {
    /// The hyper-parameters of a model that has none.
    struct NoArgs {}
}
