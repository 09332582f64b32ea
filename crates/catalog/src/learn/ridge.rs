//! `ridge`: least squares with a penalty on large weights.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{LinearModel, Ridge};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, NonNegative, Spec, Tasks, arguments};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `ridge`.
    struct RidgeArgs {
        /// L2 penalty (regularisation strength).
        option l2: NonNegative = Ridge::default().l2;
        /// Fits an intercept. Without one, the prediction is 0 where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "ridge",
        summary: "Ridge regression: least squares with an L2 penalty.",
        details: "Minimises ‖y − Xw − b‖² + l2·‖w‖²; the intercept is not penalised. `l2` is `alpha` in scikit-learn.",
        search: &["l2", "tikhonov", "regularised", "shrinkage"],
        examples: &[Example {
            script: "load diabetes.csv | scale | train ridge(l2=10) | eval kfold 5 metric=[rmse, r2]",
            output: "\
ridge(l2=10.0) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.6240    50.3368 to 58.9113   52.1051   57.9314     77.1127
r2                    0.4907      0.3769 to 0.6045    0.4145    0.5834     -0.0095
",
        }],
        ..model_spec::<RidgeArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_model::<LinearModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = RidgeArgs::read(own)?;
    let learner = Ridge { l2: own.l2.0, intercept: own.intercept };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
