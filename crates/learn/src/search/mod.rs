//! Hyper-parameter search: spaces, and the algorithms that choose points of them. Independent of what is evaluated.
//!
//! A [`Space`] lists named dimensions; a [`Point`] has one value per dimension. Scores are losses: lower is better, and
//! a score that is NaN counts as infinite, so that a failed trial is the worst. No algorithm keeps state: a point is a
//! function of the space, the key, the number of the trial and the trials that it may know.

mod grid;
mod halving;
mod space;

pub use grid::{Grid, grid};
pub use halving::{Bracket, Rung, hyperband, promote, successive_halving};
pub use space::{Condition, Dimension, Point, Range, Space, Value, random};

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
