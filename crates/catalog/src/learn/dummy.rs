//! `dummy`: the baseline that looks at no feature.

use crate::adapt::{Sees, Takes, TrainingOf, load_model};
use pipewright_learn::dummy::{Dummy, DummyModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, Example, Fault, Model, Param, Spec};
use std::sync::Arc;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "dummy",
        summary: "Predicts the share of every class, or the mean, whatever the features say.",
        details: "What every other model has to beat; `eval` prints it beside the judged model.",
        search: &["baseline", "majority", "constant"],
        options: OPTIONS,
        examples: &[Example {
            script: "load titanic.csv | train dummy | eval kfold 5 metric=[accuracy, log_loss]",
            output: "\
dummy predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean    lowest   highest    baseline
accuracy              0.6180    0.6169    0.6183      0.6180
log_loss              0.6650    0.6649    0.6656      0.6650

confusion (rows true, columns predicted)
                        died  survived
died                     809         0
survived                 500         0
",
        }],
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
