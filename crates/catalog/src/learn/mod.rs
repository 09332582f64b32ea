//! Learning: `train` and the models that it knows.

pub(crate) mod dummy;
pub(crate) mod linear;
pub(crate) mod logistic;
pub(crate) mod mlp;
pub(crate) mod ridge;
pub(crate) mod train;

use pipewright_operator::{Args, Domain, Effect, Group, Param, Sort, Spec};

/// What the specs of all models share.
const MODEL_SPEC: Spec = Spec { group: Group::Models, output: Sort::Learner, effect: Effect::FitTarget, ..Spec::BASE };

/// The seed that `train` gives a model, if it does.
fn seed(train: &Args) -> Option<u64> {
    train.whole("seed").map(|seed| seed as u64)
}

/// The hyper-parameter of the models that make large weights cost.
const PENALTY: Param =
    Param::with_default("l2", Domain::Real { min: 0.0, max: f64::MAX }, "1", "How much large weights cost.");
