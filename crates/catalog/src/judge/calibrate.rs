//! `calibrate`: makes probabilities say how often the class occurs.

use super::adjusting::{Adjusting, Learned, Rule, load};
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::calibrate::{Calibration, Calibrator};
use pipewright_learn::{Labels, Predictions};
use pipewright_operator::work::AdjustmentKind;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Int, Seed, Spec, Structure, Task,
    Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// How probabilities are mapped.
    enum Method { Platt = "platt", Isotonic = "isotonic", Temperature = "temperature", Beta = "beta" }
}

arguments! {
    /// The arguments of `calibrate`.
    struct CalibrateArgs {
        /// How probabilities are mapped.
        positional method: Method = Method::Platt;
        /// Folds of the training rows whose held-out predictions it learns from.
        option folds: Int<2, 1000> = 5;
        /// Random seed of the folds, in place of the seed of the run.
        option seed: Option<Seed>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "calibrate",
        group: Group::Judge,
        summary: "Calibrates probabilities: of the rows predicted with 70 %, about 70 % have the class.",
        details: "It learns from out-of-fold predictions: inside the training rows, the pipeline down to the model is \
                  fitted on inner folds, and its predictions for the rows held out are compared with the truth. \
                  `platt` fits a sigmoid, `beta` a family of curves around it, `isotonic` ascending steps (for a \
                  thousand rows or more), `temperature` a single number that keeps the order of the classes. Under \
                  `eval` all of that happens inside every fold; `save` keeps the calibration with the model. Judge it \
                  by `log_loss`, `brier` or `ece`.",
        search: &[
            "calibratedclassifiercv",
            "platt scaling",
            "isotonic regression",
            "temperature scaling",
            "reliability",
        ],
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Tee,
        structure: Structure::Plain,
        examples: &[Example {
            script: "load breast_cancer | train bayes | calibrate isotonic | eval kfold 5 metric=[log_loss, brier]",
            output: "\
bayes | calibrate isotonic predicts diagnosis (binary, positive class malignant)
stratified, 5 folds, 569 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
log_loss              0.2105      0.0000 to 0.4321    0.0939    0.4054      0.6603
brier                 0.0452      0.0177 to 0.0728    0.0261    0.0662      0.2338

confusion (rows true, columns predicted)
                       benign  malignant
benign                    337         20
malignant                  20        192
",
        }],
        ..Spec::of::<CalibrateArgs>()
    },
    bind,
    states: &[],
};

/// The kind of its state in bundles.
pub(crate) const KIND: AdjustmentKind = AdjustmentKind { tag: Calibration::TAG, load: load::<Calibration> };

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let CalibrateArgs { method, folds, seed } = CalibrateArgs::read(args)?;
    let rule = match method {
        Method::Platt => Calibrator::Platt,
        Method::Isotonic => Calibrator::Isotonic,
        Method::Temperature => Calibrator::Temperature,
        Method::Beta => Calibrator::Beta,
    };
    Ok(Bound::Adjust(Arc::new(Adjusting { rule, folds: folds.get(), seed: seed.map(|seed| seed.0) })))
}

impl Rule for Calibrator {
    type Learned = Calibration;

    fn refuses(&self, task: &Task) -> Option<ArgumentError> {
        task.classes().is_none().then(|| {
            let message = format!("`calibrate` maps probabilities of classes, and `{}` holds numbers", task.target);
            ArgumentError::of("method", code::WRONG_TASK, message).help("leave it out")
        })
    }

    fn learn(&self, predictions: &Predictions, truth: &Labels) -> Result<Calibration, Failure> {
        self.fit(&predictions.outputs, truth)
    }
}

impl Learned for Calibration {
    const TAG: &'static str = "calibration";

    fn change(&self, mut predictions: Predictions) -> Result<Predictions, Failure> {
        predictions.outputs = self.apply(&predictions.outputs)?;
        Ok(predictions)
    }

    fn validate(&self) -> Result<(), Failure> {
        Calibration::validate(self)
    }
}
