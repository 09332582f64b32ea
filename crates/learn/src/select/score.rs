//! Univariate feature selection: the best columns by their own relation to the target.

use super::filter::unit;
use super::shrink::shrink;
use super::{Choice, information};
use crate::data::{Features, Target};
use crate::linear::{check_finite, check_rows};
use crate::sums::{centred, dot};
use crate::transform::{Transformer, needed};
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// Keeps the columns with the best scores; the earlier on ties, and all if there are no more than `count`.
///
/// ```
/// use pipewright_learn::select::{Best, Score};
/// use pipewright_learn::{Features, Target, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned()].into();
/// let features = Features::new(4, names, vec![1.0, 0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 5.0]);
/// let target = Target::Numbers(vec![1.0, 2.0, 3.0, 4.0]);
/// let choice = Best { score: Score::F, count: 1 }.fit(&features, Some(&target), Key::new(0)).unwrap();
/// assert_eq!(choice.kept(), [1]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// The score function.
    pub score: Score,
    /// Number of columns to keep.
    pub count: usize,
}

/// A score function of a column and the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// The F statistic: of the analysis of variance for classes, of the linear regression for numbers (Fisher, 1925).
    F,
    /// Pearson's χ² between classes and columns that are counts or frequencies, at least 0.
    Chi2,
    /// Mutual information in nats; see [`information`]. Columns with at most two distinct values are discrete.
    Information,
    /// Coefficient of the lasso, of columns at one scale, at the penalty that admits as many columns as requested.
    /// Columns with coefficient 0 are never kept.
    L1,
}

/// Number of neighbours for mutual information.
const NEIGHBOURS: usize = 3;

impl Transformer for Best {
    type Transform = Choice;

    fn fit(&self, features: &Features, target: Option<&Target>, key: Key) -> Result<Choice, Failure> {
        check_rows(features)?;
        let target = needed(target)?;
        check_target(target)?;
        let scores = match self.score {
            Score::F => f_scores(features, target)?,
            Score::Chi2 => chi2_scores(features, target)?,
            Score::Information => {
                let discrete: Vec<bool> =
                    (0..features.columns()).map(|at| has_two_values(features.column(at))).collect();
                information(features, target, &discrete, NEIGHBOURS, Some(key))?
            }
            Score::L1 => shrink(features, target, self.count)?,
        };
        let mut choice = Choice::best(scores, self.count);
        if self.score == Score::L1 {
            let Choice { scores, kept } = &mut choice;
            kept.retain(|&index| scores[index] > 0.0);
        }
        Ok(choice)
    }
}

/// Checks that the target has finite numbers, or at least two classes.
pub(super) fn check_target(target: &Target) -> Result<(), Failure> {
    match target {
        Target::Numbers(values) => check_finite(values, "the target"),
        Target::Classes { codes, .. } if codes.iter().all(|code| *code == codes[0]) => {
            Err(Failure::new(code::ONE_CLASS, "the training rows have only one class"))
        }
        Target::Classes { .. } => Ok(()),
    }
}

fn has_two_values(column: &[f64]) -> bool {
    let other = column.iter().find(|value| **value != column[0]).copied().unwrap_or(column[0]);
    column.iter().all(|value| *value == column[0] || *value == other)
}

fn f_scores(features: &Features, target: &Target) -> Result<Vec<f64>, Failure> {
    let (rows, columns) = (features.rows(), (0..features.columns()).into_par_iter());
    let freedom = |used: usize| match rows.checked_sub(used) {
        None | Some(0) => Err(Failure::new(code::TOO_FEW_ROWS, format!("the F statistic needs more than {used} rows"))),
        Some(left) => Ok(left as f64),
    };
    match target {
        Target::Numbers(values) => {
            let (left, target) = (freedom(2)?, unit(values));
            let score = |index: usize| {
                let correlation = dot(&unit(features.column(index)), &target);
                let explained = (correlation * correlation).min(1.0);
                ratio(explained * left, 1.0 - explained)
            };
            Ok(columns.map(score).collect())
        }
        Target::Classes { codes, count } => {
            let sizes = class_sizes(codes, *count);
            let groups = sizes.iter().filter(|size| **size > 0.0).count();
            let left = freedom(groups)?;
            let score = |index: usize| {
                let (values, _) = centred(features.column(index));
                let means: Vec<f64> = class_sums(&values, codes, *count)
                    .iter()
                    .zip(&sizes)
                    .map(|(sum, size)| sum / size.max(1.0))
                    .collect();
                let between: f64 = means.iter().zip(&sizes).map(|(mean, size)| size * mean * mean).sum();
                let within = values.iter().zip(codes).map(|(value, &code)| (value - means[code as usize]).powi(2));
                ratio(between / (groups as f64 - 1.0), within.sum::<f64>() / left)
            };
            Ok(columns.map(score).collect())
        }
    }
}

/// Returns a ratio of sums of squares; 0 if both are 0, and never infinite.
fn ratio(above: f64, below: f64) -> f64 {
    if above == 0.0 { 0.0 } else { (above / below).min(f64::MAX) }
}

fn chi2_scores(features: &Features, target: &Target) -> Result<Vec<f64>, Failure> {
    let Target::Classes { codes, count } = target else {
        return Err(
            Failure::new(code::WRONG_TASK, "χ² needs classes, but the target is a number").help("use `f` or `mi`")
        );
    };
    let sizes = class_sizes(codes, *count);
    let score = |index: usize| {
        let column = features.column(index);
        if let Some(row) = column.iter().position(|value| *value < 0.0) {
            let name = &features.names()[index];
            let message = format!("χ² needs counts, but `{name}` contains a negative value");
            let failure = Failure::new(code::VALUE_OUT_OF_RANGE, message).column(name).row(row as u64 + 1);
            return Err(failure.help("use `f` or `mi`, or `scale minmax` before it"));
        }
        let (total, rows) = (Twofold::sum(column.iter().copied()), codes.len() as f64);
        let observed = class_sums(column, codes, *count);
        let parts = observed.iter().zip(&sizes).filter(|(_, size)| **size > 0.0).map(|(observed, size)| {
            let expected = total * size / rows;
            if expected > 0.0 { (observed - expected) * (observed - expected) / expected } else { 0.0 }
        });
        Ok(parts.sum::<f64>().min(f64::MAX))
    };
    (0..features.columns()).map(score).collect()
}

fn class_sizes(codes: &[u32], count: usize) -> Vec<f64> {
    class_sums(&vec![1.0; codes.len()], codes, count)
}

fn class_sums(values: &[f64], codes: &[u32], count: usize) -> Vec<f64> {
    let mut sums = vec![Twofold::default(); count];
    for (value, &code) in values.iter().zip(codes) {
        sums[code as usize] = sums[code as usize].plus(*value);
    }
    sums.into_iter().map(Twofold::value).collect()
}
