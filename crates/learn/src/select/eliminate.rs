//! Recursive feature elimination.

use super::Choice;
use super::score::check_target;
use super::scoring_model::{Parts, ScoringModel, parts};
use crate::data::{Features, Target};
use crate::linear::check_rows;
use crate::transform::{Transformer, needed};
use pipewright_diagnostic::{Bounds, Failure};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// Recursive feature elimination (RFE): fits a model and drops the columns with the smallest coefficients, repeatedly,
/// until `keep` columns are left (Guyon et al., "Gene selection for cancer classification using support vector
/// machines", 2002).
///
/// The model is ridge regression for numbers and logistic regression for classes, each with a penalty of 1, in the
/// units of the columns: they should be on one scale. The scores of the choice are ranks: 1 for columns that are kept,
/// 2 for those dropped last.
///
/// ```
/// use pipewright_learn::select::Eliminate;
/// use pipewright_learn::{Features, Target, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned()].into();
/// let features = Features::new(4, names, vec![1.0, -1.0, -1.0, 1.0, -1.0, -1.0, 1.0, 1.0]);
/// let target = Target::Numbers(vec![0.1, -0.1, 0.9, 1.1]);
/// let choice = Eliminate::to(1).fit(&features, Some(&target), Key::new(0)).unwrap();
/// assert_eq!((choice.kept(), choice.scores()), (&[1][..], &[2.0, 1.0][..]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eliminate {
    /// Number of columns to keep.
    pub keep: Remaining,
    /// Number of columns dropped per step, at least 1.
    pub step: usize,
}

/// Number of columns to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remaining {
    /// This many, or all if there are fewer.
    Count(usize),
    /// The number with the best score in five-fold cross-validation; the smallest on ties.
    Validated,
}

impl Eliminate {
    /// Keeps `count` columns, dropping one at a time.
    #[must_use]
    pub fn to(count: usize) -> Eliminate {
        Eliminate { keep: Remaining::Count(count), step: 1 }
    }

    /// Keeps the number of columns that is best in cross-validation.
    #[must_use]
    pub fn validated() -> Eliminate {
        Eliminate { keep: Remaining::Validated, step: 1 }
    }

    /// Returns ranks, down to `count` columns; `progress` receives every model with its columns, and the last one.
    fn ranks(
        &self,
        features: &Features,
        target: &Target,
        count: usize,
        mut progress: impl FnMut(&ScoringModel, &[usize]),
    ) -> Result<Vec<usize>, Failure> {
        let mut left: Vec<usize> = (0..features.columns()).collect();
        let mut ranks = vec![1; left.len()];
        loop {
            let scoring_model = ScoringModel::fit(&features.select(&left), target)?;
            progress(&scoring_model, &left);
            if left.len() <= count {
                return Ok(ranks);
            }
            let importances = scoring_model.importances();
            let mut order: Vec<usize> = (0..left.len()).collect();
            order.sort_by(|&a, &b| importances[a].total_cmp(&importances[b]));
            order.truncate(self.step.max(1).min(left.len() - count));
            let gone: Vec<usize> = order.into_iter().map(|place| left[place]).collect();
            left.retain(|column| !gone.contains(column));
            let is_left = |column: usize| left.binary_search(&column).is_ok();
            (0..ranks.len()).filter(|&column| !is_left(column)).for_each(|column| ranks[column] += 1);
        }
    }

    /// Returns the best number of columns in cross-validation.
    fn validate(&self, features: &Features, target: &Target) -> Result<usize, Failure> {
        let bounds = Bounds::current();
        let of_part = |Parts { train, test }: &Parts| {
            bounds.go_on()?;
            let mut scores = Vec::new();
            self.ranks(&train.0, &train.1, 1, |scoring_model, columns| {
                scores.push((columns.len(), scoring_model.score(&test.0.select(columns), &test.1)));
            })?;
            Ok(scores)
        };
        let scores: Vec<Vec<(usize, f64)>> =
            parts(features, target)?.par_iter().map(of_part).collect::<Result<_, Failure>>()?;
        let mean = |step: usize| scores.iter().map(|part| part[step].1).sum::<f64>();
        let best = (0..scores[0].len()).fold(0, |best, step| if mean(step) >= mean(best) { step } else { best });
        Ok(scores[0][best].0)
    }
}

impl Transformer for Eliminate {
    type Transform = Choice;

    fn fit(&self, features: &Features, target: Option<&Target>, _: Key) -> Result<Choice, Failure> {
        check_rows(features)?;
        let target = needed(target)?;
        check_target(target)?;
        if features.columns() == 0 {
            return Ok(Choice::new(Vec::new(), Vec::new()));
        }
        let count = match self.keep {
            Remaining::Count(count) => count.max(1),
            Remaining::Validated => self.validate(features, target)?,
        };
        let ranks = self.ranks(features, target, count, |_, _| ())?;
        let kept = (0..ranks.len()).filter(|&column| ranks[column] == 1).collect();
        Ok(Choice::new(ranks.into_iter().map(|rank| rank as f64).collect(), kept))
    }
}
