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
pub(crate) mod lda;
pub(crate) mod linear;
pub(crate) mod logistic;
pub(crate) mod mlp;
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

pipewright_operator::arguments! {
    /// The hyper-parameters of a model that has none.
    struct NoArgs {}
}
