//! `quantile_regression`: regression of a quantile of the target.

use super::levels::{self, Levels};
use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_with_levels};
use pipewright_learn::linear::Quantile;
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Example, Fraction, Model, NonNegative, Spec, Tasks, arguments,
};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `quantile_regression`.
    struct QuantileArgs {
        /// The quantile: the share of rows below the line. A list such as `[5%, 50%, 95%]` predicts several.
        option quantile: Levels = Levels::One(Fraction(Quantile::default().quantile));
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
                  not move. `quantile=[5%, 50%, 95%]` predicts several: the prediction is that nearest to 50 %, the lowest and the \
                  highest are an interval, which `eval` judges by `coverage` and `width` and `conformal` corrects. `l1` is `alpha` times the number of rows in scikit-learn. \
                  The solution is exact (Koenker and Bassett, 1978): an interior-point method (Portnoy and Koenker, 1997), then \
                  simplex steps. Take `linear` for the mean.",
        search: &["median", "pinball", "lad", "least absolute deviations", "interval", "robust"],
        examples: &[
            Example {
                script: "load diabetes.csv | scale | train quantile_regression(quantile=50%) | eval kfold 5 metric=[mae, r2]",
                output: "\
quantile_regression(quantile=50%) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
mae                  44.1696    40.2311 to 48.1081   42.5894   47.3041     65.9027
r2                    0.4882      0.3784 to 0.5979    0.4059    0.5720     -0.0095
",
            },
            Example {
                script: "load diabetes.csv | train quantile_regression(quantile=[5%, 50%, 95%]) | eval kfold 5",
                output: "\
quantile_regression(quantile=[5%, 50%, 95%]) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.7310    50.7072 to 58.7547   52.8107   58.3518     77.1127
mae                  44.1184    40.2014 to 48.0353   42.5894   47.2716     65.9027
r2                    0.4889      0.3791 to 0.5987    0.4060    0.5720     -0.0095
pinball              10.9464     9.9311 to 11.9617   10.3879   11.7208     32.9514
coverage              0.8576      0.7762 to 0.9390    0.7978    0.9205           ·
width               167.9921  155.4668 to 180.5174  157.9435  176.8485           ·
",
            },
        ],
        ..model_spec::<QuantileArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_with_levels::<Quantile>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = QuantileArgs::read(own)?;
    let (quantile, levels) = match &own.quantile {
        Levels::One(level) => (level.0, None),
        Levels::Several(levels) => (Quantile::default().quantile, Some(levels::ascending(levels)?)),
    };
    let learner = Quantile { quantile, l1: own.l1.0, intercept: own.intercept };
    let seed = TrainArgs::read(train)?.seed();
    let training = TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed };
    Ok(levels::training(training, levels))
}
