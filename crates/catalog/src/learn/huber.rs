//! `huber`: least squares that outliers do not pull.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{Huber, LinearModel};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Example, Model, NonNegative, Positive, Spec, Tasks, arguments,
};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `huber`.
    struct HuberArgs {
        /// Residuals beyond this many scales count by their size, not by their square; at least 1.
        option epsilon: Positive = Huber::default().epsilon;
        /// L2 penalty (regularisation strength).
        option l2: NonNegative = Huber::default().l2;
        /// Fits an intercept. Without one, the prediction is 0 where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "huber",
        summary: "Huber regression: least squares that outliers do not pull.",
        details: "Minimises Σ (σ + H(r/σ)·σ) + l2·‖w‖² over the coefficients and the scale σ, where H is z² up to `epsilon` and \
                  grows by |z| beyond; the intercept is not penalised. `epsilon` and `l2` are `epsilon` and `alpha` in scikit-learn. \
                  Take it if a few targets are wrong; it does not help against wrong features. Newton steps (Huber and Ronchetti, \
                  Robust Statistics, 2009).",
        search: &["robust", "outliers", "m-estimator"],
        examples: &[Example {
            script: "load diabetes.csv | scale | train huber | eval kfold 5 metric=[mae, r2]",
            output: "\
huber predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
mae                  44.0685    40.0705 to 48.0665   42.2243   47.1972     65.9027
r2                    0.4882      0.3724 to 0.6040    0.4069    0.5816     -0.0095
",
        }],
        ..model_spec::<HuberArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_model::<LinearModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = HuberArgs::read(own)?;
    let learner = Huber { epsilon: own.epsilon.0, l2: own.l2.0, intercept: own.intercept, ..Huber::default() };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
