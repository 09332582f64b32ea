//! `qda`: quadratic discriminant analysis.

use super::lda::PriorsWord;
use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::discriminant::{Qda, QdaModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, Spec, Tasks, UnitInterval, arguments};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `qda`.
    struct QdaArgs {
        /// Share of the way from each covariance to that of independent columns of variance 1.
        option reg: UnitInterval = 0.0;
        /// Classes are as probable as they are frequent, or all the same.
        option priors: PriorsWord = PriorsWord::Shares;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "qda",
        summary: "Quadratic discriminant analysis: normal classes, each of its own covariance.",
        details: "Needs more rows of each class than columns, or `reg` above 0 after `scale`. Good where classes are clouds \
                  of different shapes and there are many rows; otherwise `lda` has less to learn. `reg` is `reg_param` of \
                  scikit-learn's `QuadraticDiscriminantAnalysis`. Source: Hastie, Tibshirani and Friedman (2009), 4.3.",
        search: &["quadratic discriminant analysis", "discriminant", "gaussian"],
        examples: &[Example {
            script: "load wine.csv | scale | train qda(reg=0.1) | eval kfold 5 metric=[accuracy, log_loss]",
            output: "\
qda(reg=0.1) predicts cultivar (3 classes)
stratified, 5 folds, 178 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9887      0.9600 to 1.0000    0.9714    1.0000      0.3990
log_loss              0.0163      0.0000 to 0.0506    0.0008    0.0394      1.0863

confusion (rows true, columns predicted)
                    class_0  class_1  class_2
class_0                  59        0        0
class_1                   1       69        1
class_2                   0        0       48
",
        }],
        ..model_spec::<QdaArgs>()
    },
    tasks: Tasks::Classes,
    training: &[],
    prepare,
    load: load_model::<QdaModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = QdaArgs::read(own)?;
    let learner = Qda { reg: own.reg.0, priors: own.priors.priors() };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
