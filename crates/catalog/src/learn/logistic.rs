//! `logistic`: logistic regression.

use crate::adapt::{Sees, Takes, TrainingOf, load_model};
use pipewright_learn::linear::{Logistic, LogisticModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, Example, Fault, Model, Spec};
use std::sync::Arc;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "logistic",
        summary: "Fits class probabilities by logistic regression.",
        details: "Makes Σ log-loss + ½·l2·‖w‖² smallest by Newton's method; intercepts are free. `l2` is 1/C of scikit-learn. More than two classes share one softmax.",
        search: &["logit", "classification", "glm"],
        options: &[super::PENALTY],
        examples: &[Example {
            script: "load titanic.csv | fillna mean | scale | train logistic(l2=0.1) | eval kfold 5 metric=[accuracy, auc]",
            output: "\
logistic(l2=0.1) predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean    lowest   highest    baseline
accuracy              0.7784    0.7557    0.8053      0.6180
auc                   0.8387    0.7995    0.8712      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     675       134
survived                 156       344
",
        }],
        ..super::MODEL_SPEC
    },
    controls: &[],
    prepare,
    load: load_model::<LogisticModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, Fault> {
    let learner = Logistic { l2: own.real("l2").unwrap_or(1.0), ..Logistic::default() };
    Ok(Arc::new(TrainingOf { label, learner, takes: Takes::Classes, sees: Sees::Features, seed: super::seed(train) }))
}
