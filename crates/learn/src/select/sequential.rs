//! Sequential feature selection: one column added or removed at a time.

use super::Choice;
use super::score::check_target;
use super::scoring_model::{mean_score, parts};
use crate::data::{Features, Target};
use crate::linear::check_rows;
use crate::transform::{Transformer, needed};
use pipewright_diagnostic::{Bounds, Failure};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// Adds the column that improves the score most, or removes the one whose loss costs least, until `count` columns are
/// left (Whitney, 1971; Marill and Green, 1963).
///
/// Scores come from five-fold cross-validation (unshuffled, stratified) of ridge regression (R²) for numbers or
/// logistic regression (accuracy) for classes, each with a penalty of 1; the earlier column wins ties. The scores of
/// the choice are the steps in which columns were added or removed, from 1; 0 for the others.
///
/// ```
/// use pipewright_learn::select::{Direction, Sequential};
/// use pipewright_learn::{Features, Target, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned()].into();
/// let numbers = (0..10).map(f64::from);
/// let features = Features::new(10, names, numbers.clone().map(|x| x % 3.0).chain(numbers.clone()).collect());
/// let target = Target::Numbers(numbers.map(|x| 2.0 * x).collect());
/// let config = Sequential { count: 1, direction: Direction::Forward };
/// assert_eq!(config.fit(&features, Some(&target), Key::new(0)).unwrap().kept(), [1]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequential {
    /// Number of columns to keep; all if there are fewer.
    pub count: usize,
    /// Forward or backward selection.
    pub direction: Direction,
}

/// Forward or backward selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Starts with no columns and adds.
    Forward,
    /// Starts with all columns and removes.
    Backward,
}

impl Transformer for Sequential {
    type Transform = Choice;

    fn fit(&self, features: &Features, target: Option<&Target>, _: Key) -> Result<Choice, Failure> {
        check_rows(features)?;
        let target = needed(target)?;
        check_target(target)?;
        let columns = features.columns();
        let count = self.count.min(columns);
        let parts = parts(features, target)?;
        let steps = match self.direction {
            Direction::Forward => count,
            Direction::Backward => columns - count,
        };
        let bounds = Bounds::current();
        let mut moved = vec![false; columns];
        let mut scores = vec![0.0; columns];
        for step in 1..=steps {
            let candidates: Vec<usize> = (0..columns).filter(|&column| !moved[column]).collect();
            let judged: Vec<f64> = candidates
                .par_iter()
                .map(|&candidate| {
                    bounds.go_on()?;
                    let is_in = |column: &usize| match self.direction {
                        Direction::Forward => moved[*column] || *column == candidate,
                        Direction::Backward => !moved[*column] && *column != candidate,
                    };
                    mean_score(&parts, &(0..columns).filter(is_in).collect::<Vec<usize>>())
                })
                .collect::<Result<_, Failure>>()?;
            let best = (0..judged.len()).fold(0, |best, at| if judged[at] > judged[best] { at } else { best });
            moved[candidates[best]] = true;
            scores[candidates[best]] = step as f64;
        }
        let stays = |column: &usize| moved[*column] == (self.direction == Direction::Forward);
        Ok(Choice::new(scores, (0..columns).filter(stays).collect()))
    }
}
