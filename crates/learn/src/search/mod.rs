//! Hyper-parameter search: spaces, and the algorithms that choose points of them. Independent of what is evaluated.
//!
//! A [`Space`] lists named dimensions; a [`Point`] has one value per dimension. Scores are losses: lower is better, and
//! a score that is NaN counts as infinite, so that a failed trial is the worst. No algorithm keeps state: a point is a
//! function of the space, the key, the number of the trial and the trials that it may know.
//!
//! ```
//! use pipewright_learn::{Key, search::{Dimension, Point, Range, Space, Tpe, random}};
//! let space = Space::new(vec![
//!     Dimension::new("rate", Range::LogUniform { low: 1e-4, high: 1.0 }),
//!     Dimension::new("depth", Range::Int { low: 2, high: 10, log: false }),
//! ])?;
//! let loss = |point: &Point| (point.number(0).unwrap().ln() + 3.0).powi(2) + point.number(1).unwrap();
//! let mut history: Vec<(Point, f64)> = Vec::new();
//! for trial in 0..30 {
//!     let point = Tpe::new(&space).suggest(&history, Key::new(1), trial);
//!     let score = loss(&point);
//!     history.push((point, score));
//! }
//! assert!(history.iter().any(|(_, score)| *score < 4.0));
//! # Ok::<(), pipewright_learn::Failure>(())
//! ```

mod ensemble;
mod grid;
mod halving;
mod importance;
mod parzen;
mod space;
mod tpe;

pub use ensemble::greedy_ensemble;
pub use grid::{Grid, grid};
pub use halving::{Bracket, Rung, hyperband, promote, successive_halving};
pub use importance::importance;
pub use space::{Condition, Dimension, Point, Range, Space, Value, random};
pub use tpe::Tpe;

/// A score as it is compared: NaN counts as infinite.
fn comparable(score: f64) -> f64 {
    if score.is_nan() { f64::INFINITY } else { score }
}

/// The positions of scores from the lowest to the highest; ties by order.
fn ranked(scores: impl Iterator<Item = f64>) -> Vec<usize> {
    let scores: Vec<f64> = scores.map(comparable).collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    // A stable sort by value: -0 and 0 are a tie.
    order.sort_by(|&a, &b| scores[a].partial_cmp(&scores[b]).unwrap_or(std::cmp::Ordering::Equal));
    order
}

#[cfg(test)]
mod tests;
