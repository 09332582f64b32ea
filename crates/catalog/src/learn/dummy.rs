//! `dummy`: the baseline that ignores all features.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::dummy::{Dummy, DummyModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, Spec, Tasks};
use std::sync::Arc;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "dummy",
        summary: "Predicts the class shares, or the mean, of the training rows and ignores the features.",
        details: "The baseline that every model should beat; `eval` reports it next to the evaluated model.",
        search: &["baseline", "majority", "constant"],
        examples: &[Example {
            script: "load titanic.csv | train dummy | eval kfold 5 metric=[accuracy, log_loss]",
            output: "\
dummy predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.6180      0.6168 to 0.6192    0.6169    0.6183      0.6180
log_loss              0.6650      0.6644 to 0.6656    0.6649    0.6656      0.6650

confusion (rows true, columns predicted)
                        died  survived
died                     809         0
survived                 500         0
",
        }],
        ..model_spec::<super::NoArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_model::<DummyModel>,
};

fn prepare(label: String, _: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let learner = Dummy;
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Nothing, seed }))
}
