//! Searches: which candidates are tried, how they are judged, and which one wins.

use super::{Evaluator, Splitter};
use crate::result::Output;
use crate::{ArgumentError, Task};
use pipewright_diagnostic::Failure;
use pipewright_learn::Metric;
use pipewright_learn::search::{Point, Space};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Ranks candidates by their evaluations.
pub trait Choose: Send + Sync {
    /// Returns the places of the candidates, the best one first.
    ///
    /// # Errors
    /// A [`Failure`] if none can be chosen.
    fn rank(&self, evaluations: &[Arc<Output>]) -> Result<Vec<usize>, Failure>;
}

/// Searches a space of hyper-parameters: which points are candidates, how each is judged, and which one wins.
pub trait Search: Choose {
    /// Returns the candidates, at most `most`.
    ///
    /// # Errors
    /// An [`ArgumentError`] for a space that it cannot search, or more candidates than that.
    fn candidates(&self, space: &Space, most: usize, seed: u64) -> Result<Vec<Point>, ArgumentError>;

    /// Returns in which order the candidates are tried, and on how many rows.
    fn course(&self, candidates: usize) -> Course;

    /// Returns the candidate to try next, given the evaluations of those that were tried; asked in a
    /// [`Course::OneByOne`].
    ///
    /// # Errors
    /// A [`Failure`] if there is none.
    fn next(&self, pool: &Pool, tried: &[(usize, Arc<Output>)]) -> Result<usize, Failure>;

    /// Returns the time for all searches of the stage. When it is up, candidates are skipped, except the first one.
    fn budget(&self) -> Option<Duration> {
        None
    }

    /// Returns a splitter with a single round, whose training rows are this share of the rows.
    fn share(&self, share: f64) -> Arc<dyn Splitter>;

    /// Returns the inner evaluation.
    fn judge(&self) -> Arc<dyn Evaluator>;

    /// Describes it for reports: `random 40`.
    fn label(&self) -> String;

    /// Returns the metric that decides, for a task.
    fn metric(&self, task: &Task) -> &'static Metric;

    /// Returns its own seed, if it has one.
    fn seed(&self) -> Option<u64> {
        None
    }
}

impl fmt::Debug for dyn Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

/// The candidates of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// The space that they are from.
    pub space: Space,
    /// Their points.
    pub points: Vec<Point>,
}

/// The order in which candidates are tried.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// Races; the winners of several are compared in the end.
    Races(Vec<Race>),
    /// This many of the candidates, one after the other: each is chosen by the evaluations of those before it.
    OneByOne(usize),
}

impl Course {
    /// Returns how many evaluations of candidates there may be.
    #[must_use]
    pub fn evaluations(&self, candidates: usize) -> usize {
        match self {
            Course::Races(races) => {
                let of_race = |race: &Race| race.rungs.first().map_or(0, |rung| rung.candidates * race.rungs.len());
                races.iter().map(of_race).sum()
            }
            Course::OneByOne(_) => candidates,
        }
    }
}

/// Candidates that climb rungs: the best ones on each go on to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Race {
    /// The first of its candidates.
    pub first: usize,
    /// Its rungs; the first one has all of its candidates, and a single one evaluates all of them on all rows.
    pub rungs: Vec<Rung>,
}

/// A rung of a race.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rung {
    /// The number of candidates on it.
    pub candidates: usize,
    /// The share of the training rows on which they are evaluated, above 0 and up to 1.
    pub share: f64,
}
