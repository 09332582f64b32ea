//! The baseline: a model that ignores its inputs.

use crate::data::{Dataset, Features, Outputs, Target};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::summary::Summary;
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// A baseline that predicts the class frequencies, or the mean, of the training target for every row.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target, dummy::Dummy};
/// let features = Features::from_rows(["x"], &[[1.0], [2.0], [3.0], [4.0]]);
/// let train = Dataset::new(features, Target::Numbers(vec![1.0, 2.0, 3.0, 6.0]));
/// let model = Dummy.fit(&train)?;
/// assert_eq!(model.predict(&train.features)?.values(), [3.0; 4]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dummy;

/// The fitted model of [`Dummy`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DummyModel {
    inputs: usize,
    answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Answer {
    Shares(Vec<f64>),
    Mean(f64),
}

impl Learner for Dummy {
    type Model = DummyModel;

    fn accepts(&self) -> Accepts {
        DummyModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, _: &Fit<'_>) -> Result<DummyModel, Failure> {
        if train.rows() == 0 {
            return Err(Failure::new(code::TOO_FEW_ROWS, "there are no rows to learn from"));
        }
        let total = train.labels.total_weight();
        let weight = |row: usize| train.weights().map_or(1.0, |weights| weights[row]);
        let answer = match train.target() {
            Target::Classes { codes, count } => {
                let mut sums = vec![Twofold::default(); *count];
                for (row, &code) in codes.iter().enumerate() {
                    sums[code as usize] = sums[code as usize].plus(weight(row));
                }
                // The weights of a class and of all rows are rounded separately.
                Answer::Shares(sums.into_iter().map(|sum| (sum.value() / total).min(1.0)).collect())
            }
            Target::Numbers(values) => {
                let weighted = values.iter().enumerate().map(|(row, value)| value * weight(row));
                Answer::Mean(Twofold::sum(weighted) / total)
            }
        };
        let model = DummyModel { inputs: train.features.columns(), answer };
        model.validate().map_err(|_| Failure::new(code::VALUE_OUT_OF_RANGE, "the target has no finite mean"))?;
        Ok(model)
    }
}

impl Model for DummyModel {
    const ACCEPTS: Accepts = Accepts::ANYTHING;

    fn outputs(&self, features: &Features) -> Outputs {
        match &self.answer {
            Answer::Shares(shares) => {
                Outputs::Probabilities { values: shares.repeat(features.rows()), classes: shares.len() }
            }
            Answer::Mean(mean) => Outputs::Numbers(vec![*mean; features.rows()]),
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        let sound = match &self.answer {
            Answer::Shares(shares) => !shares.is_empty() && shares.iter().all(|share| (0.0..=1.0).contains(share)),
            Answer::Mean(mean) => mean.is_finite(),
        };
        if sound { Ok(()) } else { Err(Failure::new(code::BAD_BUNDLE, "a baseline without a sound answer")) }
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn summary(&self) -> Summary {
        match &self.answer {
            Answer::Shares(shares) => Summary::Shares(shares.clone()),
            Answer::Mean(mean) => Summary::Constant(*mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(target: Target) -> Result<DummyModel, Failure> {
        let features = Features::new(target.rows(), Vec::new().into(), Vec::new());
        Dummy.fit(&Dataset::new(features, target))
    }

    #[test]
    fn classes_are_answered_with_their_shares() {
        let model = fit(Target::Classes { codes: vec![0, 2, 2, 2], count: 3 }).unwrap();
        let rows = Features::new(2, Vec::new().into(), Vec::new());
        assert_eq!(
            model.predict(&rows).unwrap(),
            Outputs::Probabilities { values: vec![0.25, 0.0, 0.75, 0.25, 0.0, 0.75], classes: 3 }
        );
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<DummyModel>(&text).unwrap(), model);
    }

    #[test]
    fn no_rows_and_no_numbers_are_refused() {
        assert_eq!(fit(Target::Numbers(Vec::new())).unwrap_err().code, code::TOO_FEW_ROWS);
        assert_eq!(fit(Target::Numbers(vec![f64::NAN])).unwrap_err().code, code::VALUE_OUT_OF_RANGE);
        assert_eq!(fit(Target::Numbers(vec![f64::MAX; 3])).unwrap_err().code, code::VALUE_OUT_OF_RANGE);
    }

    #[test]
    fn hostile_files_are_refused() {
        for text in [r#"{"inputs":1,"answer":{"shares":[]}}"#, r#"{"inputs":1,"answer":{"shares":[2.0]}}"#] {
            assert!(serde_json::from_str::<DummyModel>(text).unwrap().validate().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<DummyModel>(r#"{"inputs":1,"answer":{"mean":1.0},"more":1}"#).is_err());
    }
}
