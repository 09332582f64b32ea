//! The model that scores columns: ridge for numbers, logistic regression for classes, each with a penalty of 1.

use crate::data::{Dataset, Features, Target};
use crate::learner::{Learner, Model};
use crate::linear::{LinearModel, Logistic, LogisticModel, Ridge};
use crate::split::{Folds, kfold, stratified};
use pipewright_diagnostic::Failure;

/// A fitted model.
pub(super) enum ScoringModel {
    Numbers(LinearModel),
    Classes(LogisticModel),
}

/// Number of folds, unshuffled and stratified.
const FOLDS: usize = 5;

impl ScoringModel {
    pub(super) fn fit(features: &Features, target: &Target) -> Result<ScoringModel, Failure> {
        let train = Dataset::new(features.clone(), target.clone());
        Ok(match target {
            Target::Numbers(_) => ScoringModel::Numbers(Ridge::default().fit(&train)?),
            Target::Classes { .. } => ScoringModel::Classes(Logistic::default().fit(&train)?),
        })
    }

    /// Returns the squared coefficient of each column, summed over the classes.
    pub(super) fn importances(&self) -> Vec<f64> {
        let squares = |weights: &[f64]| weights.iter().map(|weight| weight * weight).collect::<Vec<f64>>();
        match self {
            ScoringModel::Numbers(model) => squares(model.coefficients()),
            ScoringModel::Classes(model) => model.coefficients().iter().map(|weights| squares(weights)).fold(
                vec![0.0; model.inputs()],
                |mut sums, squares| {
                    sums.iter_mut().zip(squares).for_each(|(sum, square)| *sum += square);
                    sums
                },
            ),
        }
    }

    /// Returns R² for numbers, accuracy for classes.
    pub(super) fn score(&self, features: &Features, target: &Target) -> f64 {
        match (self, target) {
            (ScoringModel::Numbers(model), Target::Numbers(truth)) => {
                determination(truth, model.outputs(features).values())
            }
            (ScoringModel::Classes(model), Target::Classes { codes, .. }) => {
                let labels = model.outputs(features).labels();
                let hits = labels.iter().zip(codes).filter(|(label, code)| label == code).count();
                hits as f64 / codes.len() as f64
            }
            _ => unreachable!("the target is that of the fit"),
        }
    }
}

fn determination(truth: &[f64], predicted: &[f64]) -> f64 {
    let mean = truth.iter().sum::<f64>() / truth.len() as f64;
    let total: f64 = truth.iter().map(|value| (value - mean) * (value - mean)).sum();
    let left: f64 = truth.iter().zip(predicted).map(|(truth, predicted)| (truth - predicted).powi(2)).sum();
    match (left == 0.0, total == 0.0) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        _ => 1.0 - left / total,
    }
}

/// A train/test split of the rows.
pub(super) struct Parts {
    pub(super) train: (Features, Target),
    pub(super) test: (Features, Target),
}

/// Splits the rows into folds.
pub(super) fn parts(features: &Features, target: &Target) -> Result<Vec<Parts>, Failure> {
    let Folds { folds, .. } = match target {
        Target::Numbers(_) => kfold(features.rows(), FOLDS, None)?,
        Target::Classes { codes, .. } => stratified(codes, FOLDS, None)?,
    };
    let part = |rows: &[u32]| (features.take(rows), target.take(rows));
    Ok(folds.iter().map(|fold| Parts { train: part(&fold.train), test: part(&fold.test) }).collect())
}

/// Returns the mean score over all folds of a model of these columns.
pub(super) fn mean_score(parts: &[Parts], columns: &[usize]) -> Result<f64, Failure> {
    let mut sum = 0.0;
    for Parts { train, test } in parts {
        sum += ScoringModel::fit(&train.0.select(columns), &train.1)?.score(&test.0.select(columns), &test.1);
    }
    Ok(sum / parts.len() as f64)
}
