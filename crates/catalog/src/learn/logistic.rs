//! `logistic`: logistic regression.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::linear::{Logistic, LogisticModel};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Example, Model, NonNegative, Spec, Tasks, arguments};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `logistic`.
    struct LogisticArgs {
        /// L2 penalty (regularisation strength); with no penalty at all, the saved model has standard errors.
        option l2: NonNegative = Logistic::default().l2;
        /// L1 penalty, which sets coefficients to 0.
        option l1: NonNegative = Logistic::default().l1;
        /// Weighs classes by the inverse of their frequency.
        option balanced: bool = false;
        /// Fits an intercept. Without one, all classes are equally likely where all features are 0.
        option intercept: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "logistic",
        summary: "Logistic regression: class probabilities with an L2 or L1 penalty.",
        details: "Minimises Σ log-loss + l1·Σ|w| + ½·l2·‖w‖² by Newton's method; intercepts are not penalised. In \
                  scikit-learn `C` is 1/(l1 + l2) and `l1_ratio` is l1/(l1 + l2). More than two classes share one \
                  softmax. With `balanced=true`, rows of rare classes count more.",
        search: &["logit", "classification", "lasso", "class weights"],
        examples: &[Example {
            script: "load titanic.csv | fillna mean | scale | train logistic(l2=0.1) | eval kfold 5 metric=[accuracy, auc]",
            output: "\
logistic(l2=0.1) predicts survived (binary, positive class survived)
stratified, 5 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.7784      0.7395 to 0.8174    0.7557    0.8053      0.6180
auc                   0.8387      0.7788 to 0.8986    0.7995    0.8712      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     675       134
survived                 156       344
",
        }],
        ..model_spec::<LogisticArgs>()
    },
    tasks: Tasks::Classes,
    training: &[],
    prepare,
    load: load_model::<LogisticModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = LogisticArgs::read(own)?;
    let learner = Logistic {
        l1: own.l1.0,
        l2: own.l2.0,
        intercept: own.intercept,
        balanced: own.balanced,
        ..Logistic::default()
    };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
