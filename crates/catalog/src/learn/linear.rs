//! `linear`: ordinary least squares.

use crate::adapt::{Sees, Takes, TrainingOf, load_model};
use pipewright_learn::linear::{Linear, LinearModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, Example, Fault, Model, Param, Spec};
use std::sync::Arc;

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "linear",
        summary: "Fits a linear function by ordinary least squares.",
        details: "Solved by a QR decomposition, not by gradient descent. Columns that repeat each other leave the weights open; then the shortest solution is taken, with a warning.",
        search: &["ols", "regression", "least squares"],
        options: OPTIONS,
        examples: &[Example {
            script: "load diabetes.csv | train linear | eval kfold 5 metric=[rmse, r2]",
            output: "\
linear predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean    lowest   highest    baseline
rmse                 54.5011   51.8279   57.5391     77.1127
r2                    0.4929    0.4224    0.5878     -0.0095
",
        }],
        ..super::MODEL_SPEC
    },
    controls: &[],
    prepare,
    load: load_model::<LinearModel>,
};

const OPTIONS: &[Param] = &[];

fn prepare(label: String, _: &Args, train: &Args) -> Result<Arc<dyn Training>, Fault> {
    let learner = Linear;
    Ok(Arc::new(TrainingOf { label, learner, takes: Takes::Numbers, sees: Sees::Features, seed: super::seed(train) }))
}
