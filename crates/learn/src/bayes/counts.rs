//! Columns that are counts of words: scores are linear in them.

use super::{Likelihood, Rows};
use crate::data::Features;
use crate::sparse_rows::for_each_number;
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A linear function of the counts per class. Columns of zeros cost nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    likelihood: Likelihood,
    /// The score of each class where all counts are 0, less that of the class alone.
    base: Vec<f64>,
    /// For each column what one of its word adds to the score of each class.
    words: Vec<Vec<f64>>,
}

/// The largest term of a sum of scores: sums of many do not overflow.
const TERM_MAX: f64 = 1e290;

impl Counts {
    pub(super) fn new(
        features: &Features,
        rows: &Rows<'_>,
        totals: &[f64],
        likelihood: Likelihood,
        alpha: f64,
    ) -> Result<Counts, Failure> {
        if likelihood != Likelihood::Bernoulli {
            check_counts(features)?;
        }
        let count = |column| {
            let mut numbers = Vec::new();
            for_each_number(features, column, |row, number| numbers.push((row, counted(likelihood, number))));
            rows.sums(numbers.into_iter())
        };
        let counts: Vec<Vec<f64>> = (0..features.columns()).into_par_iter().map(count).collect();
        let base = vec![0.0; rows.classes];
        Ok(match likelihood {
            Likelihood::Bernoulli => of_truths(&counts, totals, alpha),
            Likelihood::Complement => {
                let others = |of: &Vec<f64>| {
                    let all: f64 = of.iter().sum();
                    of.iter().map(|own| all - own).collect()
                };
                let mut words = logs_of_shares(&counts.iter().map(others).collect::<Vec<_>>(), rows.classes, alpha);
                words.iter_mut().flatten().for_each(|log| *log = -*log);
                Counts { likelihood, base, words }
            }
            _ => Counts { likelihood, base, words: logs_of_shares(&counts, rows.classes, alpha) },
        })
    }

    /// Are all classes equally probable before anything is known?
    pub(super) fn is_blind(&self) -> bool {
        self.likelihood == Likelihood::Complement
    }

    pub(super) fn inputs(&self) -> usize {
        self.words.len()
    }

    /// Adds the logs of the likelihoods to the score of each row and class.
    pub(super) fn add_scores(&self, features: &Features, scores: &mut [f64]) {
        let classes = self.base.len();
        for scores in scores.chunks_exact_mut(classes) {
            scores.iter_mut().zip(&self.base).for_each(|(score, base)| *score += base);
        }
        for (column, words) in self.words.iter().enumerate() {
            for_each_number(features, column, |row, number| {
                let count = counted(self.likelihood, number);
                let scores = scores[row * classes..(row + 1) * classes].iter_mut().zip(words);
                scores.for_each(|(score, word)| *score += (count * word).clamp(-TERM_MAX, TERM_MAX));
            });
        }
    }

    /// Checks that features are counts.
    pub(super) fn check(&self, features: &Features) -> Result<(), Failure> {
        if self.likelihood == Likelihood::Bernoulli { Ok(()) } else { check_counts(features) }
    }

    pub(super) fn is_sound(&self, classes: usize) -> bool {
        let finite = |numbers: &Vec<f64>| numbers.len() == classes && numbers.iter().all(|number| number.is_finite());
        self.likelihood != Likelihood::Mixed && finite(&self.base) && self.words.iter().all(finite)
    }
}

/// What a number counts for. A missing one counts for nothing.
fn counted(likelihood: Likelihood, number: f64) -> f64 {
    match likelihood {
        Likelihood::Bernoulli => f64::from(u8::from(number > 0.0)),
        _ if number.is_nan() => 0.0,
        _ => number,
    }
}

/// For each column and class the log of the column's share of all counts of the class.
fn logs_of_shares(counts: &[Vec<f64>], classes: usize, alpha: f64) -> Vec<Vec<f64>> {
    let total = |class: usize| counts.iter().map(|of| of[class] + alpha).sum::<f64>().ln();
    let totals: Vec<f64> = (0..classes).map(total).collect();
    let log = |(count, total): (&f64, &f64)| (count + alpha).ln() - total;
    counts.iter().map(|of| of.iter().zip(&totals).map(log).collect()).collect()
}

/// Each column is true with a frequency p in a class: the score is Σ ln(1 - p), and ln p - ln(1 - p) more for each that
/// is true.
fn of_truths(counts: &[Vec<f64>], totals: &[f64], alpha: f64) -> Counts {
    let mut base = vec![0.0; totals.len()];
    let mut words = Vec::with_capacity(counts.len());
    for of in counts {
        let mut odds = Vec::with_capacity(totals.len());
        for ((base, count), total) in base.iter_mut().zip(of).zip(totals) {
            let (are, are_not) = ((count + alpha).ln(), ((total - count).max(0.0) + alpha).ln());
            *base += are_not - (total + 2.0 * alpha).ln();
            odds.push(are - are_not);
        }
        words.push(odds);
    }
    Counts { likelihood: Likelihood::Bernoulli, base, words }
}

fn check_counts(features: &Features) -> Result<(), Failure> {
    for (column, name) in features.names().iter().enumerate() {
        let mut bad = None;
        for_each_number(features, column, |row, number| {
            if number < 0.0 {
                bad = bad.or(Some(row));
            }
        });
        if let Some(row) = bad {
            let message = format!("`{name}` contains a negative number, which is no count of words");
            let failure = Failure::new(code::VALUE_OUT_OF_RANGE, message).column(name).row(row as u64 + 1);
            return Err(failure.help("use `bayes` without `likelihood` for numbers"));
        }
    }
    Ok(())
}
