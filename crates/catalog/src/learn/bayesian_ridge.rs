//! `bayesian_ridge`: least squares that estimates its penalty.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{BayesianRidge, BayesianRidgeModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, Spec, Tasks, arguments};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `bayesian_ridge`.
    struct BayesianRidgeArgs {
        /// Fits an intercept. Without one, the prediction is 0 where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "bayesian_ridge",
        summary: "Bayesian ridge regression: least squares that estimates its penalty from the rows.",
        details: "The precisions of noise and coefficients maximise the likelihood of the training rows (MacKay, 1992), so that there \
                  is nothing to tune; otherwise as `ridge`. This is `BayesianRidge` in scikit-learn. Put `scale` before it: all \
                  coefficients share one precision.",
        search: &["evidence", "empirical bayes", "regularised", "automatic penalty"],
        examples: &[Example {
            script: "load diabetes.csv | scale | train bayesian_ridge | eval kfold 5 metric=[rmse, r2]",
            output: "\
bayesian_ridge predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.6526    50.3435 to 58.9617   52.1580   57.9196     77.1127
r2                    0.4902      0.3765 to 0.6038    0.4147    0.5825     -0.0095
",
        }],
        ..model_spec::<BayesianRidgeArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_model::<BayesianRidgeModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = BayesianRidgeArgs::read(own)?;
    let learner = BayesianRidge { intercept: own.intercept, ..BayesianRidge::default() };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
