//! `dummy`: the baseline that looks at no feature.

use crate::adapt::{Sees, Takes, TrainingOf, load_model};
use pipewright_learn::dummy::{Dummy, DummyModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, Fault, Model, Param, Spec};
use std::sync::Arc;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "dummy",
        summary: "Predicts the share of every class, or the mean, whatever the features say.",
        details: "What every other model has to beat; `eval` prints it beside the judged model.",
        search: &["baseline", "majority", "constant"],
        options: OPTIONS,
        ..super::MODEL_SPEC
    },
    controls: &[],
    prepare,
    load: load_model::<DummyModel>,
};

const OPTIONS: &[Param] = &[];

fn prepare(label: String, _: &Args, train: &Args) -> Result<Arc<dyn Training>, Fault> {
    let learner = Dummy;
    Ok(Arc::new(TrainingOf { label, learner, takes: Takes::Both, sees: Sees::Nothing, seed: super::seed(train) }))
}
