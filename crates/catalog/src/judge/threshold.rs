//! `threshold`: the probability from which on a row is predicted as positive.

use super::adjusting::{Adjusting, Learned, Rule, load};
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::calibrate::{Criterion, best_cut};
use pipewright_learn::{Labels, Outputs, Predictions};
use pipewright_operator::work::AdjustmentKind;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Fraction, Group, Int, NonNegative, Seed,
    Spec, Structure, Task, Verb, arguments, words,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

words! {
    /// What the threshold is best for.
    enum Goal {
        F1 = "f1",
        Youden = "youden",
        Accuracy = "accuracy",
        Cost = "cost",
        Recall = "recall",
        Precision = "precision",
    }
}

arguments! {
    /// The arguments of `threshold`.
    struct ThresholdArgs {
        /// What it is best for: the highest F1, the highest true less false positive rate, the most correct rows, the
        /// lowest cost, or the best precision at a recall of at least `min`, and the reverse.
        positional goal: Goal = Goal::F1;
        /// Cost of a false positive.
        option false_positive as "fp": NonNegative = 1.0, for goal in ["cost"];
        /// Cost of a false negative.
        option false_negative as "fn": NonNegative = 1.0, for goal in ["cost"];
        /// The lowest recall, or the lowest precision.
        option min: Fraction = Fraction(0.9), for goal in ["recall", "precision"];
        /// Folds of the training rows whose held-out predictions it learns from.
        option folds: Int<2, 1000> = 5;
        /// Random seed of the folds, in place of the seed of the run.
        option seed: Option<Seed>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "threshold",
        group: Group::Judge,
        summary: "Sets the decision threshold: from which probability on a row is predicted as positive.",
        details: "Without it the most probable class is predicted, a threshold of 0.5, which is best for none of F1, costs \
                  or rare classes. It is learned from out-of-fold predictions of the training rows, under `eval` anew in \
                  every fold, and `save` keeps it with the model. Probabilities stay as they are: `auc`, `log_loss` and \
                  other metrics of probabilities do not change.",
        search: &[
            "decision threshold",
            "cutoff",
            "tunedthresholdclassifiercv",
            "cost-sensitive",
            "operating point",
            "youden index",
        ],
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Tee,
        structure: Structure::Plain,
        examples: &[Example {
            script: "load breast_cancer | train bayes | threshold cost(fp=1, fn=10) | eval kfold 5 metric=[recall, precision]",
            output: "\
bayes | threshold cost fp=1.0 fn=10.0 predicts diagnosis (binary, positive class malignant)
stratified, 5 folds, 569 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
recall                0.9765      0.9459 to 1.0000    0.9535    1.0000      0.0000
precision             0.8561      0.7307 to 0.9815    0.7736    0.9318           ·

confusion (rows true, columns predicted)
                       benign  malignant
benign                    321         36
malignant                   5        207
",
        }],
        ..Spec::of::<ThresholdArgs>()
    },
    bind,
    states: &[],
};

/// The kind of its state in bundles.
pub(crate) const KIND: AdjustmentKind = AdjustmentKind { tag: Threshold::TAG, load: load::<Threshold> };

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ThresholdArgs { goal, false_positive, false_negative, min, folds, seed } = ThresholdArgs::read(args)?;
    let rule = match goal {
        Goal::F1 => Criterion::F1,
        Goal::Youden => Criterion::Youden,
        Goal::Accuracy => Criterion::Accuracy,
        Goal::Cost => Criterion::Cost { false_positive: false_positive.0, false_negative: false_negative.0 },
        Goal::Recall => Criterion::Recall(min.0),
        Goal::Precision => Criterion::Precision(min.0),
    };
    Ok(Bound::Adjust(Arc::new(Adjusting { rule, folds: folds.get(), seed: seed.map(|seed| seed.0) })))
}

impl Rule for Criterion {
    type Learned = Threshold;

    fn refuses(&self, task: &Task) -> Option<ArgumentError> {
        let has = match task.classes() {
            Some(classes) if classes.len() == 2 => return None,
            Some(classes) => format!("{} classes", classes.len()),
            None => "numbers".to_owned(),
        };
        let message = format!("`threshold` decides between two classes, and `{}` holds {has}", task.target);
        Some(ArgumentError::of("goal", code::WRONG_TASK, message).help("leave it out"))
    }

    fn learn(&self, predictions: &Predictions, truth: &Labels) -> Result<Threshold, Failure> {
        Ok(Threshold { threshold: best_cut(&predictions.outputs, truth, *self)?.threshold })
    }
}

/// A row is positive if its probability is above the threshold.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Threshold {
    threshold: f64,
}

impl Learned for Threshold {
    const TAG: &'static str = "threshold";

    fn change(&self, mut predictions: Predictions) -> Result<Predictions, Failure> {
        let Outputs::Probabilities { values, classes: 2 } = &predictions.outputs else {
            return Err(Failure::new(code::BAD_BUNDLE, "a threshold for a model that does not predict two classes"));
        };
        let labels = values.chunks_exact(2).map(|row| u32::from(row[1] > self.threshold)).collect();
        predictions.decide(labels);
        Ok(predictions)
    }

    fn validate(&self) -> Result<(), Failure> {
        match (0.0..=1.0).contains(&self.threshold) {
            true => Ok(()),
            false => Err(Failure::new(code::BAD_BUNDLE, "a threshold outside of [0, 1]")),
        }
    }
}
