//! `lda`: linear discriminant analysis.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::discriminant::{Lda, LdaModel, Priors, Shrinkage};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Example, Model, Spec, Tasks, UnitInterval, arguments, either, words,
};
use std::sync::Arc;

words! {
    /// Shrinkage that is derived from the rows.
    enum AutoWord { Auto = "auto" }
}

either! {
    /// How far the covariance is shrunk.
    enum ShrinkageArg { Share(UnitInterval), Auto(AutoWord) }
}

words! {
    /// How probable classes are before anything is known.
    pub(super) enum PriorsWord { Shares = "shares", Uniform = "uniform" }
}

impl PriorsWord {
    pub(super) fn priors(self) -> Priors {
        match self {
            PriorsWord::Shares => Priors::Shares,
            PriorsWord::Uniform => Priors::Uniform,
        }
    }
}

arguments! {
    /// The hyper-parameters of `lda`.
    struct LdaArgs {
        /// Share of the way from the covariance to that of independent columns; `auto` derives it from the rows.
        option shrinkage: Option<ShrinkageArg>;
        /// Classes are as probable as they are frequent, or all the same.
        option priors: PriorsWord = PriorsWord::Shares;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "lda",
        summary: "Linear discriminant analysis: normal classes of one covariance.",
        details: "A linear model without any step to tune, exact by singular values. Good where classes are clouds of one \
                  shape; `logistic` assumes less, and `qda` gives each class its own shape. `shrinkage=auto` (Ledoit \
                  and Wolf, 2004) for many columns and few rows. As scikit-learn's `LinearDiscriminantAnalysis`, with \
                  `solver=\"svd\"`, or `\"lsqr\"` with shrinkage. Sources: Fisher (1936); Hastie, Tibshirani and \
                  Friedman (2009), 4.3.",
        search: &["linear discriminant analysis", "fisher", "discriminant", "ledoit", "shrinkage"],
        examples: &[Example {
            script: "load wine.csv | train lda | eval kfold 5 metric=[accuracy, log_loss]",
            output: "\
lda predicts cultivar (3 classes)
stratified, 5 folds, 178 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9832      0.9546 to 1.0000    0.9714    1.0000      0.3990
log_loss              0.0366      0.0000 to 0.1114    0.0065    0.1051      1.0863

confusion (rows true, columns predicted)
                    class_0  class_1  class_2
class_0                  59        0        0
class_1                   0       69        2
class_2                   0        1       47
",
        }],
        ..model_spec::<LdaArgs>()
    },
    tasks: Tasks::Classes,
    training: &[],
    prepare,
    load: load_model::<LdaModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = LdaArgs::read(own)?;
    let shrinkage = match own.shrinkage {
        None => Shrinkage::None,
        Some(ShrinkageArg::Share(share)) => Shrinkage::Share(share.0),
        Some(ShrinkageArg::Auto(AutoWord::Auto)) => Shrinkage::Auto,
    };
    let learner = Lda { shrinkage, priors: own.priors.priors() };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
