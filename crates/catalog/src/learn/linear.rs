//! `linear`: ordinary least squares.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{Linear, LinearModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, Spec, Tasks, arguments};
use std::sync::Arc;

arguments! {
    /// The parameters of `linear`.
    struct LinearArgs {
        /// Fits an intercept. Without one, the prediction is 0 where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "linear",
        summary: "Linear regression: ordinary least squares.",
        details: "Solved by a QR decomposition, not by gradient descent. If columns are collinear, it takes the \
                  solution with the smallest norm, and warns.",
        search: &["ols", "regression", "least squares"],
        examples: &[Example {
            script: "load diabetes.csv | train linear | eval kfold 5 metric=[rmse, r2]",
            output: "\
linear predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.5011    50.4760 to 58.5261   51.8279   57.5391     77.1127
r2                    0.4929      0.3812 to 0.6047    0.4224    0.5878     -0.0095
",
        }],
        ..model_spec::<LinearArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_model::<LinearModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = LinearArgs::read(own)?;
    let learner = Linear { intercept: own.intercept };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
