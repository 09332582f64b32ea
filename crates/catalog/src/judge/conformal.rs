//! `conformal`: prediction intervals of numbers, and prediction sets of classes.

use super::adjusting::{Adjusting, Learned, Rule, load};
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::calibrate::conformal::{ClassSets, Interval, SetRule, bound, quantile_scores, widened};
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
                  from. All intervals have the same width, except after a model of several quantiles \
                  (`gbdt(loss=quantile, quantile=[5%, 95%])`): those from its lowest to its highest quantile are widened or \
                  narrowed at both ends (conformalised quantile regression), so they are wide where the target varies. The model itself is fitted on all training rows, so the \
                  coverage is about the one asked for, as a rule slightly above it. `eval` reports it (`coverage` and \
                  `width`, or `set_coverage` and `set_size`), `predict` adds the columns `low` and `high`, or `set`. \
                  Source: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, \"Distribution-free predictive inference for \
                  regression\", 2018; Romano, Patterson, Candès, \"Conformalized quantile regression\", 2019; Sadinle, Lei, Wasserman, \"Least ambiguous set-valued classifiers\", 2019.",
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
        if let (Some(quantiles), Target::Numbers(truth)) = (intervals(predictions), truth.target()) {
            let (low, high) = ends(&quantiles);
            return Ok(Conformal::Widened { bound: bound(&quantile_scores(&low, &high, truth)?, self.miss)? });
        }
        match (&predictions.outputs, truth.target()) {
            (Outputs::Numbers(predicted), Target::Numbers(truth)) => {
                let errors: Vec<f64> = predicted.iter().zip(truth).map(|(one, other)| (one - other).abs()).collect();
                Ok(Conformal::Intervals { bound: bound(&errors, self.miss)? })
            }
            (outputs, _) => Ok(Conformal::Sets(ClassSets::fit(self.sets, outputs, truth, self.miss, no_key())?)),
        }
    }
}

/// The intervals from the lowest to the highest of the quantiles that a model predicts, if there are several.
fn intervals(predictions: &Predictions) -> Option<Vec<Interval>> {
    predictions.quantiles()?.intervals()
}

fn ends(intervals: &[Interval]) -> (Vec<f64>, Vec<f64>) {
    intervals.iter().map(|interval| (interval.low, interval.high)).unzip()
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Conformal {
    /// The predicted number, plus or minus the bound.
    Intervals {
        bound: f64,
    },
    /// The interval of predicted quantiles, with the bound added at both ends; below 0 it narrows them.
    Widened {
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
            (Conformal::Widened { bound }, _) => {
                let quantiles = intervals(&predictions).ok_or_else(|| {
                    Failure::new(code::BAD_BUNDLE, "intervals for a model that predicts no quantiles")
                })?;
                let (low, high) = ends(&quantiles);
                Regions::Intervals(widened(&low, &high, *bound)?)
            }
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
            Conformal::Widened { bound } if bound.is_finite() => Ok(()),
            Conformal::Intervals { .. } | Conformal::Widened { .. } => {
                Err(Failure::new(code::BAD_BUNDLE, "intervals of no finite width"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_learn::Quantiles;

    /// NumPy 2.4.6: `E = maximum(low - y, y - high)`, the bound is `quantile(E, ceil(25 * 0.8) / 24,
    /// method="inverted_cdf")`, the intervals are `[low - bound, high + bound]`.
    #[test]
    fn predicted_quantiles_are_widened_as_by_numpy() {
        let x: Vec<f64> = (0..24).map(|row| (f64::from(row) + 0.5) / 24.0).collect();
        let y = x.iter().zip(0..).map(|(x, row)| 10.0 * x + x * f64::from(37 * row).sin() * 8.0).collect();
        let of = |width: f64| x.iter().map(|x| 10.0 * x + width * (3.0 * x + 0.4)).collect::<Vec<f64>>();
        let predictions = Predictions::from(Quantiles::new(&[0.1, 0.5, 0.9], vec![of(-1.0), of(0.0), of(1.0)]));
        let rule = Coverage { miss: 0.2, sets: SetRule::Lac };
        let learned = rule.learn(&predictions, &Target::Numbers(y).into()).unwrap();
        let Conformal::Widened { bound } = &learned else { panic!("{learned:?}") };
        assert!((bound - 1.944_553_600_305_362_7).abs() < 1e-12, "{bound}");
        let changed = learned.change(predictions.clone()).unwrap();
        let Some(Regions::Intervals(intervals)) = changed.bounded() else { panic!("{changed:?}") };
        let ends = (intervals[5].low, intervals[5].high);
        assert!((ends.0 + 0.740_386_933_638_696_1).abs() < 1e-12 && (ends.1 - 5.323_720_266_972_029).abs() < 1e-12);
        assert_eq!(changed.quantiles(), predictions.quantiles(), "the quantiles themselves stay");
        let saved: Conformal = serde_json::from_value(serde_json::to_value(&learned).unwrap()).unwrap();
        assert_eq!(saved.change(predictions).unwrap(), changed);
        let plain = Predictions::from(Outputs::Numbers(vec![1.0; 24]));
        assert_eq!(learned.change(plain).unwrap_err().code, code::BAD_BUNDLE);
    }
}
