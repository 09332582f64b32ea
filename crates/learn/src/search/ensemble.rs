//! Greedy selection of an ensemble.

use crate::data::{Labels, Outputs};
use crate::metric::{Judged, Metric, Undefined};
use rayon::prelude::*;

/// Returns the weights of models in an ensemble, which sum to 1, from their out-of-fold predictions: each round adds the
/// model, one already chosen too, whose predictions improve the mean of those chosen most, the earlier on ties; the weight
/// of a model is the share of rounds that chose it, up to the round with the best score, the earlier on ties (R. Caruana,
/// A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble selection from libraries of models", 2004).
///
/// # Errors
/// [`Undefined`] if the metric has no value for any model. A model whose score is undefined is not chosen.
///
/// # Panics
/// If there are no predictions or no rounds, or predictions differ in kind or size.
///
/// ```
/// use pipewright_learn::{Outputs, Target, metric, search::greedy_ensemble};
/// // One model is too low by 1, the other too high by 1.
/// let (low, high) = (Outputs::Numbers(vec![0.0, 1.0]), Outputs::Numbers(vec![2.0, 3.0]));
/// let truth = Target::Numbers(vec![1.0, 2.0]).into();
/// assert_eq!(greedy_ensemble(&[&low, &high], &truth, &metric::RMSE, 10)?, [0.5, 0.5]);
/// # Ok::<(), metric::Undefined>(())
/// ```
pub fn greedy_ensemble(
    predictions: &[&Outputs],
    truth: &Labels,
    metric: &Metric,
    rounds: usize,
) -> Result<Vec<f64>, Undefined> {
    assert!(!predictions.is_empty() && rounds > 0, "an ensemble has models and rounds");
    let mut sum = vec![0.0; predictions[0].values().len()];
    let mut chosen: Vec<usize> = Vec::with_capacity(rounds);
    let mut best: Option<(f64, usize)> = None;
    for round in 1..=rounds {
        let with = |model: &&Outputs| metric.score(&Judged::new(truth, &mean_with(&sum, model, round)));
        let scores: Vec<Result<f64, Undefined>> = predictions.par_iter().map(with).collect();
        let (model, score) = first_best(metric, scores)?;
        sum.iter_mut().zip(predictions[model].values()).for_each(|(sum, value)| *sum += value);
        chosen.push(model);
        if best.is_none_or(|(highest, _)| metric.prefers(score, highest)) {
            best = Some((score, round));
        }
    }
    chosen.truncate(best.map_or(rounds, |(_, round)| round));
    let share = |model: usize| chosen.iter().filter(|other| **other == model).count() as f64 / chosen.len() as f64;
    Ok((0..predictions.len()).map(share).collect())
}

/// The mean of `count` predictions: those of `sum`, and one more.
fn mean_with(sum: &[f64], one_more: &Outputs, count: usize) -> Outputs {
    assert_eq!(sum.len(), one_more.values().len(), "predictions of one size");
    let values = sum.iter().zip(one_more.values()).map(|(sum, value)| (sum + value) / count as f64).collect();
    match one_more {
        Outputs::Numbers(_) => Outputs::Numbers(values),
        Outputs::Probabilities { classes, .. } => Outputs::Probabilities { values, classes: *classes },
    }
}

/// The position of the best score, the first on ties; the first reason if there is no score.
fn first_best(metric: &Metric, scores: Vec<Result<f64, Undefined>>) -> Result<(usize, f64), Undefined> {
    let mut best: Option<Result<(usize, f64), Undefined>> = None;
    for (model, score) in scores.into_iter().enumerate() {
        let is_better = match (&best, &score) {
            (None, _) | (Some(Err(_)), Ok(_)) => true,
            (Some(Ok((_, highest))), Ok(score)) => metric.prefers(*score, *highest),
            (Some(_), Err(_)) => false,
        };
        if is_better {
            best = Some(score.map(|score| (model, score)));
        }
    }
    best.unwrap_or_else(|| Err(Undefined("there are no models".to_owned())))
}
