//! `calibrate`: makes probabilities say how often the class occurs.

use super::eval::Eval;
use super::scheme::Scheme;
use crate::exchange;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::Table;
use pipewright_learn::Outputs;
use pipewright_learn::calibrate::{Calibration, Calibrator};
use pipewright_operator::work::{Adjust, Adjustment, AdjustmentKind, Splitter};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Int, Seed, Spec, Structure, Task,
    Verb, arguments, words,
};
use serde_json::Value as Json;
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
pub(crate) const KIND: AdjustmentKind = AdjustmentKind { tag: TAG, load };

const TAG: &str = "calibration";

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let CalibrateArgs { method, folds, seed } = CalibrateArgs::read(args)?;
    let calibrator = match method {
        Method::Platt => Calibrator::Platt,
        Method::Isotonic => Calibrator::Isotonic,
        Method::Temperature => Calibrator::Temperature,
        Method::Beta => Calibrator::Beta,
    };
    Ok(Bound::Adjust(Arc::new(Calibrate { calibrator, folds: folds.get(), seed: seed.map(|seed| seed.0) })))
}

struct Calibrate {
    calibrator: Calibrator,
    folds: usize,
    seed: Option<u64>,
}

impl Adjust for Calibrate {
    fn check(&self, task: &Task) -> Result<(), ArgumentError> {
        if task.classes().is_some() {
            return Ok(());
        }
        let message = format!("`calibrate` maps probabilities of classes, and `{}` holds numbers", task.target);
        Err(ArgumentError::of("method", code::WRONG_TASK, message).help("leave it out"))
    }

    fn splitter(&self) -> Arc<dyn Splitter> {
        Arc::new(Eval::inner(Scheme::Folds(self.folds), None, None))
    }

    fn fit(&self, truth: &Table, task: &Task, outputs: &Outputs) -> Result<Arc<dyn Adjustment>, Failure> {
        let labels = exchange::labels(truth, task)?;
        Ok(Arc::new(Calibrated(self.calibrator.fit(outputs, &labels)?)))
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}

struct Calibrated(Calibration);

impl Adjustment for Calibrated {
    fn tag(&self) -> &'static str {
        TAG
    }

    fn apply(&self, outputs: &Outputs) -> Result<Outputs, Failure> {
        self.0.apply(outputs)
    }

    fn save(&self) -> Json {
        serde_json::to_value(&self.0).expect("a calibration is plain data with text keys")
    }
}

fn load(saved: &Json) -> Result<Arc<dyn Adjustment>, Failure> {
    let calibration: Calibration = serde_json::from_value(saved.clone())
        .map_err(|error| Failure::new(code::BAD_BUNDLE, format!("a calibration cannot be read: {error}")))?;
    calibration.validate()?;
    Ok(Arc::new(Calibrated(calibration)))
}
