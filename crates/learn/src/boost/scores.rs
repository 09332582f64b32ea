//! The scores of rows while trees are added, and their loss.

use super::Gbdt;
use super::loss::{Link, LogLoss, Loss, softmax};
use crate::class_weights::add_weights;
use crate::data::Target;
use crate::tree::Derivative;
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use std::sync::Arc;

/// Rows per task.
pub(super) const ROWS: usize = 1 << 14;

/// What is minimised.
#[derive(Debug, Clone)]
pub(super) enum Goal {
    /// A loss of one score.
    One { loss: Arc<dyn Loss>, target: Vec<f64> },
    /// The log loss of a score per class.
    Classes { codes: Vec<u32>, count: usize },
}

impl Goal {
    /// The goal of rows with this target.
    ///
    /// # Errors
    /// A [`Failure`] for a loss that does not fit the target.
    pub(super) fn of(gbdt: &Gbdt, target: &Target) -> Result<Goal, Failure> {
        match target {
            Target::Classes { codes, count: 2 } => {
                Ok(Goal::One { loss: Arc::new(LogLoss), target: codes.iter().map(|&code| f64::from(code)).collect() })
            }
            Target::Classes { codes, count } => Ok(Goal::Classes { codes: codes.clone(), count: *count }),
            Target::Numbers(values) => {
                let loss = gbdt.loss.of_numbers()?;
                let check = |(row, value): (usize, &f64)| {
                    let wrong = |message| Failure::new(code::VALUE_OUT_OF_RANGE, message).row(row as u64 + 1);
                    loss.check(*value).map_err(wrong)
                };
                values.iter().enumerate().try_for_each(check)?;
                Ok(Goal::One { loss, target: values.clone() })
            }
        }
    }

    /// The same goal for other rows, whose target is given as numbers: values, or codes of classes.
    pub(super) fn of_rows(&self, target: Vec<f64>) -> Goal {
        match self {
            Goal::One { loss, .. } => Goal::One { loss: loss.clone(), target },
            Goal::Classes { count, .. } => {
                Goal::Classes { codes: target.into_iter().map(|code| code as u32).collect(), count: *count }
            }
        }
    }

    /// The goal of the rows at these positions.
    pub(super) fn take(&self, rows: &[u32]) -> Goal {
        match self {
            Goal::One { loss, target } => {
                Goal::One { loss: loss.clone(), target: rows.iter().map(|&row| target[row as usize]).collect() }
            }
            Goal::Classes { codes, count } => {
                Goal::Classes { codes: rows.iter().map(|&row| codes[row as usize]).collect(), count: *count }
            }
        }
    }

    /// The target as numbers: values, or codes of classes.
    pub(super) fn numbers(&self) -> Vec<f64> {
        match self {
            Goal::One { target, .. } => target.clone(),
            Goal::Classes { codes, .. } => codes.iter().copied().map(f64::from).collect(),
        }
    }

    /// The number of scores per row.
    pub(super) fn outputs(&self) -> usize {
        match self {
            Goal::One { .. } => 1,
            Goal::Classes { count, .. } => *count,
        }
    }

    pub(super) fn link(&self) -> Link {
        match self {
            Goal::One { loss, .. } => loss.link(),
            Goal::Classes { .. } => Link::Softmax,
        }
    }

    pub(super) fn loss(&self) -> Option<&dyn Loss> {
        match self {
            Goal::One { loss, .. } => Some(&**loss),
            Goal::Classes { .. } => None,
        }
    }

    /// The score of each output that has the least loss over all rows.
    pub(super) fn start(&self, weights: Option<&[f64]>) -> Vec<f64> {
        match self {
            Goal::One { loss, target } => vec![loss.start(target, weights)],
            Goal::Classes { codes, count } => {
                let mut sums = vec![0.0; *count];
                add_weights(codes, weights, &mut sums);
                let total: f64 = sums.iter().sum();
                sums.into_iter().map(|sum| (sum / total).max(1e-15).ln()).collect()
            }
        }
    }

    /// The derivatives of each row at its scores (column-major: output by output), for one output after another.
    pub(super) fn derivatives(&self, scores: &[f64], weights: &[f64], into: &mut [Vec<Derivative>]) {
        match self {
            Goal::One { loss, target } => {
                let chunks = into[0].par_chunks_mut(ROWS).zip(scores.par_chunks(ROWS)).enumerate();
                chunks.for_each(|(chunk, (into, scores))| {
                    for (place, (into, &score)) in into.iter_mut().zip(scores).enumerate() {
                        let row = chunk * ROWS + place;
                        let of_row = loss.derivatives(score, target[row]);
                        let weight = weights[row];
                        *into = Derivative { first: of_row.first * weight, second: of_row.second * weight };
                    }
                });
            }
            Goal::Classes { codes, count } => of_classes(codes, *count, scores, weights, into),
        }
    }

    /// The weighted loss of some rows, ascending, at scores that are stored output by output.
    pub(super) fn value(&self, rows: &[u32], scores: &[f64], weights: &[f64]) -> f64 {
        self.values(rows, scores, weights).iter().sum()
    }

    /// The parts of [`Goal::value`]: one for every stretch of [`ROWS`] rows of the table that has any of these rows.
    pub(super) fn values(&self, rows: &[u32], scores: &[f64], weights: &[f64]) -> Vec<f64> {
        let all = weights.len();
        let value = |&row: &u32| {
            let row = row as usize;
            let value = match self {
                Goal::One { loss, target } => loss.value(scores[row], target[row]),
                Goal::Classes { codes, count } => {
                    let mut own: Vec<f64> = (0..*count).map(|class| scores[class * all + row]).collect();
                    softmax(&mut own);
                    -own[codes[row] as usize].max(f64::MIN_POSITIVE).ln()
                }
            };
            weights[row] * value
        };
        let stretches: Vec<&[u32]> = rows.chunk_by(|&one, &next| one / ROWS as u32 == next / ROWS as u32).collect();
        stretches.into_par_iter().map(|rows| rows.iter().map(value).sum()).collect()
    }
}

/// The derivatives of the log loss of several classes. The second ones are those of the diagonal, times K / (K - 1),
/// which makes up for the scores being known up to a constant only (Friedman, 2001, algorithm 6).
fn of_classes(codes: &[u32], count: usize, scores: &[f64], weights: &[f64], into: &mut [Vec<Derivative>]) {
    let all = codes.len();
    let factor = count as f64 / (count as f64 - 1.0).max(1.0);
    let mut parts: Vec<Vec<&mut [Derivative]>> = Vec::new();
    for derivatives in into.iter_mut() {
        for (chunk, part) in derivatives.chunks_mut(ROWS).enumerate() {
            match parts.get_mut(chunk) {
                Some(parts) => parts.push(part),
                None => parts.push(vec![part]),
            }
        }
    }
    parts.into_par_iter().enumerate().for_each(|(chunk, mut parts)| {
        let mut own = vec![0.0; count];
        for place in 0..parts.first().map_or(0, |part| part.len()) {
            let row = chunk * ROWS + place;
            (0..count).for_each(|class| own[class] = scores[class * all + row]);
            softmax(&mut own);
            for (class, &chance) in own.iter().enumerate() {
                let is_own = f64::from(u8::from(codes[row] as usize == class));
                let second = factor * chance * (1.0 - chance);
                parts[class][place] =
                    Derivative { first: weights[row] * (chance - is_own), second: weights[row] * second };
            }
        }
    });
}
