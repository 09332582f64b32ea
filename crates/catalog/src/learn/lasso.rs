//! `lasso`: least squares with a penalty that sets coefficients to 0.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{ElasticNet, LinearModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, NonNegative, Spec, Tasks, arguments};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `lasso`.
    struct LassoArgs {
        /// L1 penalty (regularisation strength).
        option l1: NonNegative = 1.0;
        /// Fits an intercept. Without one, the prediction is 0 where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "lasso",
        summary: "Lasso: least squares with an L1 penalty, which sets coefficients to 0.",
        details: "Minimises ½·‖y − Xw − b‖² + l1·Σ|w|; the intercept is not penalised. `l1` is n·`alpha` in \
                  scikit-learn, for n rows. Take it if few of many features matter; of features that tell the same it \
                  keeps one, where `elastic` and `ridge` share. Put `scale` before it: the penalty depends on units. \
                  Coordinate descent until the duality gap is closed (Friedman, Hastie, Tibshirani, 2010).",
        search: &["l1", "sparse", "regularised", "selection", "shrinkage"],
        examples: &[Example {
            script: "load diabetes.csv | scale | train lasso(l1=400) | eval kfold 5 metric=[rmse, r2]",
            output: "\
lasso(l1=400.0) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.6644    50.2718 to 59.0570   51.9781   57.7955     77.1127
r2                    0.4899      0.3746 to 0.6051    0.4173    0.5854     -0.0095
",
        }],
        ..model_spec::<LassoArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_model::<LinearModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = LassoArgs::read(own)?;
    let learner = ElasticNet { intercept: own.intercept, ..ElasticNet::lasso(own.l1.0) };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
