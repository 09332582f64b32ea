//! Feature selection: by the values of a column, by its relation to the target, or by a model.

mod eliminate;
mod filter;
mod information;
mod score;
mod scoring_model;
mod sequential;
mod shrink;

pub use eliminate::{Eliminate, Remaining};
pub use filter::{Correlated, Variance};
pub use information::information;
pub use score::{Best, Score};
pub use sequential::{Direction, Sequential};

use crate::data::Features;
use crate::transform::{Transform, bad_transform};
use pipewright_diagnostic::Failure;
use serde::{Deserialize, Serialize};

/// The selected columns, and their scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// One number per input column: a score, or a rank from 1.
    scores: Vec<f64>,
    /// The kept columns, ascending.
    kept: Vec<usize>,
}

impl Choice {
    fn new(scores: Vec<f64>, mut kept: Vec<usize>) -> Choice {
        kept.sort_unstable();
        Choice { scores, kept }
    }

    /// Selects the best `count` columns by score; the earlier on ties.
    fn best(scores: Vec<f64>, count: usize) -> Choice {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&left, &right| scores[right].total_cmp(&scores[left]));
        order.truncate(count);
        Choice::new(scores, order)
    }

    /// Returns the score of each input column, or its rank from 1.
    #[must_use]
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// Returns the positions of the kept columns, ascending.
    #[must_use]
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }
}

impl Transform for Choice {
    fn apply(&self, features: &Features) -> Result<Features, Failure> {
        assert_eq!(features.columns(), self.scores.len(), "the columns of the training features");
        Ok(features.select(&self.kept))
    }

    fn validate(&self) -> Result<(), Failure> {
        let ascending = self.kept.windows(2).all(|pair| pair[0] < pair[1]);
        let there = self.kept.last().is_none_or(|&last| last < self.scores.len());
        if ascending && there && self.scores.iter().all(|score| score.is_finite()) {
            return Ok(());
        }
        Err(bad_transform("a selection of columns that do not exist"))
    }

    fn inputs(&self) -> usize {
        self.scores.len()
    }
}

#[cfg(test)]
mod tests;
