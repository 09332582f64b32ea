//! `conformal`: prediction intervals of numbers, and prediction sets of classes.

use super::adjusting::{Adjusting, Learned, Rule, load};
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::calibrate::conformal::{ClassSets, Interval, SetRule, bound};
use pipewright_learn::{Labels, Outputs, Predictions, Regions, Target};
use pipewright_operator::work::AdjustmentKind;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Fraction, Group, Int, Seed, Spec,
    Structure, Task, Verb, arguments, words,
};
use pipewright_world::random::Key;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

words! {
    /// Which classes a prediction set contains.
    enum SetWord { Lac = "lac", Aps = "aps" }
}

arguments! {
    /// The arguments of `conformal`.
    struct ConformalArgs {
        /// Coverage: the share of new rows whose true value lies in the interval, or in the set.
        positional coverage: Fraction = Fraction(0.9);
        /// Prediction sets of classes: `lac` gives the smallest ones on average, `aps` larger ones where the model is
        /// less certain, never an empty one.
        option sets: SetWord = SetWord::Lac;
        /// Folds of the training rows whose held-out predictions it learns from.
        option folds: Int<2, 1000> = 5;
        /// Random seed of the folds, in place of the seed of the run.
        option seed: Option<Seed>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "conformal",
        group: Group::Judge,
        summary: "Adds prediction intervals (of numbers) or prediction sets (of classes) that hold the true value in \
                  90 % of new rows.",
        details: "Conformal prediction: the errors of out-of-fold predictions of the training rows say how wide an \
                  interval must be, whatever the model, as long as new rows come from where the training rows come \
                  from. All intervals have the same width; the model itself is fitted on all training rows, so the \
                  coverage is about the one asked for, as a rule slightly above it. `eval` reports it (`coverage` and \
                  `width`, or `set_coverage` and `set_size`), `predict` adds the columns `low` and `high`, or `set`. \
                  Source: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, \"Distribution-free predictive inference for \
                  regression\", 2018; Sadinle, Lei, Wasserman, \"Least ambiguous set-valued classifiers\", 2019.",
        search: &[
            "conformal prediction",
            "prediction interval",
            "uncertainty",
            "confidence interval of predictions",
            "mapie",
            "interval",
        ],
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Tee,
        structure: Structure::Plain,
        examples: &[Example {
            script: "load diabetes.csv | train ridge | conformal 90% | eval kfold 5",
            output: "\
ridge | conformal 90% predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.5261    50.4523 to 58.6000   51.8985   57.6145     77.1127
mae                  44.1458    39.8281 to 48.4636   42.3173   46.9773     65.9027
r2                    0.4925      0.3806 to 0.6044    0.4209    0.5867     -0.0095
coverage              0.9027      0.8747 to 0.9307    0.8864    0.9205           ·
width               184.4736  179.8716 to 189.0756  180.5591  187.2047           ·
",
        }],
        ..Spec::of::<ConformalArgs>()
    },
    bind,
    states: &[],
};

/// The kind of its state in bundles.
pub(crate) const KIND: AdjustmentKind = AdjustmentKind { tag: Conformal::TAG, load: load::<Conformal> };

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ConformalArgs { coverage, sets, folds, seed } = ConformalArgs::read(args)?;
    let sets = match sets {
        SetWord::Lac => SetRule::Lac,
        SetWord::Aps => SetRule::Aps,
    };
    let rule = Coverage { miss: 1.0 - coverage.0, sets };
    Ok(Bound::Adjust(Arc::new(Adjusting { rule, folds: folds.get(), seed: seed.map(|seed| seed.0) })))
}

struct Coverage {
    /// The share of rows whose true value may lie outside.
    miss: f64,
    sets: SetRule,
}

/// The rules of sets that are used are not random.
fn no_key() -> Key {
    Key::new(0)
}

impl Rule for Coverage {
    type Learned = Conformal;

    fn refuses(&self, _: &Task) -> Option<ArgumentError> {
        None
    }

    fn learn(&self, predictions: &Predictions, truth: &Labels) -> Result<Conformal, Failure> {
        match (&predictions.outputs, truth.target()) {
            (Outputs::Numbers(predicted), Target::Numbers(truth)) => {
                let errors: Vec<f64> = predicted.iter().zip(truth).map(|(one, other)| (one - other).abs()).collect();
                Ok(Conformal::Intervals { bound: bound(&errors, self.miss)? })
            }
            (outputs, _) => Ok(Conformal::Sets(ClassSets::fit(self.sets, outputs, truth, self.miss, no_key())?)),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Conformal {
    /// The predicted number, plus or minus the bound.
    Intervals {
        bound: f64,
    },
    Sets(ClassSets),
}

impl Learned for Conformal {
    const TAG: &'static str = "conformal";
    const CONFORMAL: bool = true;

    fn change(&self, mut predictions: Predictions) -> Result<Predictions, Failure> {
        let regions = match (self, &predictions.outputs) {
            (Conformal::Intervals { bound }, Outputs::Numbers(values)) => Regions::Intervals(
                values.iter().map(|value| Interval { low: value - bound, high: value + bound }).collect(),
            ),
            (Conformal::Sets(sets), outputs) => Regions::Sets(sets.sets(outputs, no_key())?),
            _ => return Err(Failure::new(code::BAD_BUNDLE, "intervals for a model that predicts classes")),
        };
        predictions.bound(regions);
        Ok(predictions)
    }

    fn validate(&self) -> Result<(), Failure> {
        match self {
            Conformal::Sets(sets) => sets.validate(),
            Conformal::Intervals { bound } if bound.is_finite() && *bound >= 0.0 => Ok(()),
            Conformal::Intervals { .. } => Err(Failure::new(code::BAD_BUNDLE, "intervals of no finite width")),
        }
    }
}
