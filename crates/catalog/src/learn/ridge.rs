//! `ridge`: least squares with a penalty on large weights.

use crate::adapt::{Sees, Takes, TrainingOf, load_model};
use pipewright_learn::linear::{LinearModel, Ridge};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, Example, Fault, Model, Spec};
use std::sync::Arc;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "ridge",
        summary: "Fits a linear function by least squares with a penalty on large weights.",
        details: "Makes ‖y − Xw − b‖² + l2·‖w‖² smallest; the intercept is free. `l2` is scikit-learn's `alpha`.",
        search: &["l2", "tikhonov", "regularised", "shrinkage"],
        options: &[super::PENALTY],
        examples: &[Example {
            script: "load diabetes.csv | scale | train ridge(l2=10) | eval kfold 5 metric=[rmse, r2]",
            output: "\
ridge(l2=10.0) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean    lowest   highest    baseline
rmse                 54.6240   52.1051   57.9314     77.1127
r2                    0.4907    0.4145    0.5834     -0.0095
",
        }],
        ..super::MODEL_SPEC
    },
    controls: &[],
    prepare,
    load: load_model::<LinearModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, Fault> {
    let learner = Ridge { l2: own.real("l2").unwrap_or(1.0) };
    Ok(Arc::new(TrainingOf { label, learner, takes: Takes::Numbers, sees: Sees::Features, seed: super::seed(train) }))
}
