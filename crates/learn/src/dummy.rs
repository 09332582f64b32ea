//! The baseline of every judgement: a model that ignores its inputs.

use crate::data::{Examples, Features, Outputs, Target};
use crate::learner::{Learner, Model, Watch};
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use serde::{Deserialize, Serialize};

/// Predicts for every row the share of each class, or the mean, of the training target.
///
/// ```
/// use pipewright_learn::{Examples, Features, Ignore, Learner, Model, Outputs, Target, dummy::Dummy};
/// use pipewright_world::random::Key;
/// let features = Features::new(4, vec!["x".to_owned()].into(), vec![1.0, 2.0, 3.0, 4.0]);
/// let train = Examples::new(features.clone(), Target::Numbers(vec![1.0, 2.0, 3.0, 6.0]));
/// let model = Dummy.fit(&train, None, Key::new(0), &Ignore).unwrap();
/// assert_eq!(model.predict(&features), Outputs::Numbers(vec![3.0; 4]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dummy;

/// What [`Dummy`] learned.
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

    fn fit(&self, train: &Examples, _: Option<&Examples>, _: Key, _: &dyn Watch) -> Result<DummyModel, Failure> {
        let rows = train.rows() as f64;
        if train.rows() == 0 {
            return Err(Failure::new(code::TOO_FEW_ROWS, "there are no rows to learn from"));
        }
        let answer = match &train.target {
            Target::Classes { codes, count } => {
                let mut counts = vec![0_u32; *count];
                for &code in codes {
                    counts[code as usize] += 1;
                }
                Answer::Shares(counts.into_iter().map(|count| f64::from(count) / rows).collect())
            }
            Target::Numbers(values) => Answer::Mean(Twofold::sum(values.iter().copied()) / rows),
        };
        let model = DummyModel { inputs: train.features.columns(), answer };
        model.validate().map_err(|_| Failure::new(code::VALUE_OUT_OF_RANGE, "the target has no finite mean"))?;
        Ok(model)
    }
}

impl Model for DummyModel {
    fn predict(&self, features: &Features) -> Outputs {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::Ignore;

    fn fit(target: Target) -> Result<DummyModel, Failure> {
        let features = Features::new(target.rows(), Vec::new().into(), Vec::new());
        Dummy.fit(&Examples::new(features, target), None, Key::new(0), &Ignore)
    }

    #[test]
    fn classes_are_answered_with_their_shares() {
        let model = fit(Target::Classes { codes: vec![0, 2, 2, 2], count: 3 }).unwrap();
        let rows = Features::new(2, Vec::new().into(), Vec::new());
        assert_eq!(
            model.predict(&rows),
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
