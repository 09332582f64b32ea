//! `elastic`: least squares with an L1 and an L2 penalty.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{ElasticNet, LinearModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, NonNegative, Spec, Tasks, arguments};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `elastic`.
    struct ElasticArgs {
        /// L1 penalty, which sets coefficients to 0.
        option l1: NonNegative = 1.0;
        /// L2 penalty, which shares between features that tell the same.
        option l2: NonNegative = 1.0;
        /// Fits an intercept. Without one, the prediction is 0 where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "elastic",
        summary: "Elastic net: least squares with an L1 and an L2 penalty.",
        details: "Minimises ½·‖y − Xw − b‖² + l1·Σ|w| + ½·l2·‖w‖²; the intercept is not penalised. In scikit-learn, for \
                  n rows, `alpha` is (l1 + l2)/n and `l1_ratio` is l1/(l1 + l2). Take it where `lasso` would keep one of \
                  several correlated features at random. Put `scale` before it: penalties depend on units. Coordinate \
                  descent until the duality gap is closed (Zou and Hastie, 2005).",
        search: &["elastic net", "elasticnet", "l1", "l2", "sparse", "regularised"],
        examples: &[Example {
            script: "load diabetes.csv | scale | train elastic(l1=100, l2=50) | eval kfold 5 metric=[rmse, r2]",
            output: "\
elastic(l1=100.0, l2=50.0) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.8025    50.4009 to 59.2042   52.4413   57.6959     77.1127
r2                    0.4875      0.3754 to 0.5996    0.4193    0.5780     -0.0095
",
        }],
        ..model_spec::<ElasticArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_model::<LinearModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = ElasticArgs::read(own)?;
    let learner = ElasticNet { l1: own.l1.0, l2: own.l2.0, intercept: own.intercept, ..ElasticNet::default() };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
