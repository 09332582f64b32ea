//! `glm`: generalised linear models with a logarithmic link.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{Family, Glm, GlmModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, NonNegative, Spec, Tasks, arguments, words};
use std::sync::Arc;

words! {
    /// How the variance of the target grows with its mean.
    enum FamilyWord {
        Poisson = "poisson", Gamma = "gamma", Tweedie = "tweedie", InverseGaussian = "inverse_gaussian", Normal = "normal"
    }
}

arguments! {
    /// The hyper-parameters of `glm`.
    struct GlmArgs {
        /// How the variance of the target grows with its mean.
        option family: FamilyWord = FamilyWord::Poisson;
        /// The power of the mean to which the variance is proportional, for `tweedie`: 0, or at least 1.
        option power: NonNegative = 1.5;
        /// L2 penalty (regularisation strength); with 0, the saved model has standard errors.
        option l2: NonNegative = Glm::new(Family::Poisson).l2;
        /// Fits an intercept. Without one, the mean is 1 where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "glm",
        summary: "Generalised linear model with a logarithmic link: counts, amounts, times.",
        details: "Minimises half the deviance + ½·l2·‖w‖², where the mean is exp(Xw + b); the intercept is not penalised. `poisson` \
                  is for counts and rates (targets of at least 0), `gamma` for amounts whose error is relative (above 0), \
                  `tweedie(power=1.5)` for sums that are often exactly 0, such as claims. `l2` is `alpha` times the number of rows \
                  in scikit-learn. Predictions are always above 0, and effects multiply; take `linear` where they add up. Newton \
                  steps (Nelder and Wedderburn, 1972).",
        search: &["poisson", "gamma", "tweedie", "counts", "rates", "insurance", "log link"],
        examples: &[Example {
            script: "load diabetes.csv | scale | train glm(family=gamma, l2=1) | eval kfold 5 metric=[rmse, r2]",
            output: "\
glm(family=gamma, l2=1.0) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.7991    51.1382 to 58.4600   52.8851   57.8809     77.1127
r2                    0.4878      0.3846 to 0.5911    0.4155    0.5708     -0.0095
",
        }],
        ..model_spec::<GlmArgs>()
    },
    tasks: Tasks::Numbers,
    training: &[],
    prepare,
    load: load_model::<GlmModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = GlmArgs::read(own)?;
    let family = match own.family {
        FamilyWord::Poisson => Family::Poisson,
        FamilyWord::Gamma => Family::Gamma,
        FamilyWord::Tweedie => Family::Tweedie(own.power.0),
        FamilyWord::InverseGaussian => Family::InverseGaussian,
        FamilyWord::Normal => Family::Normal,
    };
    let learner = Glm { l2: own.l2.0, intercept: own.intercept, ..Glm::new(family) };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
