//! `quantile_regression`: regression of a quantile of the target.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{LinearModel, Quantile};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Example, Fraction, Model, NonNegative, Spec, Tasks, arguments,
};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `quantile_regression`.
    struct QuantileArgs {
        /// The quantile: the share of rows below the line.
        option quantile: Fraction = Quantile::default().quantile;
        /// L1 penalty (regularisation strength), which sets coefficients to 0.
        option l1: NonNegative = Quantile::default().l1;
        /// Fits an intercept. Without one, the prediction is 0 where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "quantile_regression",
        summary: "Quantile regression: the line below which a given share of the rows lies.",
        details: "Minimises Σ pinball loss + l1·Σ|w|; the intercept is not penalised. `quantile=50%` is the median, which outliers do \
                  not move; two quantiles are an interval for predictions. `l1` is `alpha` times the number of rows in scikit-learn. \
                  The solution is exact (Koenker and Bassett, 1978): an interior-point method (Portnoy and Koenker, 1997), then \
                  simplex steps. Take `linear` for the mean.",
        search: &["median", "pinball", "lad", "least absolute deviations", "interval", "robust"],
        examples: &[Example {
            script: "load diabetes.csv | scale | train quantile_regression(quantile=50%) | eval kfold 5 metric=[mae, r2]",
            output: "\
quantile_regression(quantile=50%) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
mae                  44.1696    40.2311 to 48.1081   42.5894   47.3041     65.9027
r2                    0.4882      0.3784 to 0.5979    0.4059    0.5720     -0.0095
",
        }],
        ..model_spec::<QuantileArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_model::<LinearModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = QuantileArgs::read(own)?;
    let learner = Quantile { quantile: own.quantile.0, l1: own.l1.0, intercept: own.intercept };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
