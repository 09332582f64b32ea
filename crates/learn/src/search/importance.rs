//! The importance of dimensions.

use super::ranked;
use super::space::{Point, Space};

/// Returns the importance of each dimension: the share of the variance of the scores' ranks that the dimension explains
/// alone, from 0 to 1.
///
/// Trials are grouped by their choice, or by fifths of their numbers (equal numbers stay together); those in which the
/// dimension was inactive are one more group. The share is ε² = 1 - (n - 1) / (n - k) · SS(within) / SS(total) of k groups
/// of n trials, at least 0: the correlation ratio corrected for the number of groups (T. Kelley, "An unbiased correlation
/// ratio measure", 1935). Ranks, with the mean rank for ties, make it the same for a loss and its logarithm, and a diverged
/// trial has little weight. Interactions count for no dimension, and dimensions share what they explain together, so that
/// the sum is rarely 1. With fewer trials than groups all shares are 0.
///
/// # Panics
/// If a point of the history is not of this space.
#[must_use]
pub fn importance(space: &Space, history: &[(Point, f64)]) -> Vec<f64> {
    let ranks = ranks(history);
    let share = |dimension: usize| explained(&ranks, &groups(space, history, dimension));
    (0..space.dimensions().len()).map(share).collect()
}

/// The rank of each score; the mean rank of ties.
fn ranks(history: &[(Point, f64)]) -> Vec<f64> {
    let order = ranked(history.iter().map(|(_, score)| *score));
    let mut ranks = vec![0.0; order.len()];
    let mut place = 0;
    let same = |a: &usize, b: &usize| super::comparable(history[*a].1) == super::comparable(history[*b].1);
    for ties in order.chunk_by(same) {
        let mean = place as f64 + (ties.len() - 1) as f64 / 2.0;
        ties.iter().for_each(|&trial| ranks[trial] = mean);
        place += ties.len();
    }
    ranks
}

/// The group of each trial.
fn groups(space: &Space, history: &[(Point, f64)], dimension: usize) -> Vec<usize> {
    const PARTS: usize = 5;
    let value = |trial: usize| history[trial].0.number(dimension);
    let mut order: Vec<usize> = (0..history.len()).filter(|&trial| value(trial).is_some()).collect();
    order.sort_by(|&a, &b| value(a).partial_cmp(&value(b)).unwrap_or(std::cmp::Ordering::Equal));
    assert!(history.iter().all(|(point, _)| point.0.len() == space.dimensions().len()), "points of the space");
    // Group 0 is of inactive trials.
    let mut groups: Vec<usize> =
        history.iter().map(|(point, _)| point.choice(dimension).map_or(0, |choice| choice + 1)).collect();
    let mut place = 0;
    for ties in order.chunk_by(|&a, &b| value(a) == value(b)) {
        ties.iter().for_each(|&trial| groups[trial] = 1 + PARTS * place / order.len());
        place += ties.len();
    }
    groups
}

fn explained(ranks: &[f64], groups: &[usize]) -> f64 {
    let count = groups.iter().max().map_or(0, |group| group + 1);
    let (mut sizes, mut sums) = (vec![0.0; count], vec![0.0; count]);
    for (rank, &group) in ranks.iter().zip(groups) {
        sizes[group] += 1.0;
        sums[group] += rank;
    }
    let trials = ranks.len() as f64;
    let occurring = sizes.iter().filter(|size| **size > 0.0).count() as f64;
    let mean = sums.iter().sum::<f64>() / trials;
    let total: f64 = ranks.iter().map(|rank| (rank - mean).powi(2)).sum();
    if total <= 0.0 || trials <= occurring {
        return 0.0;
    }
    let within = |(rank, &group): (&f64, &usize)| (rank - sums[group] / sizes[group]).powi(2);
    let within: f64 = ranks.iter().zip(groups).map(within).sum();
    (1.0 - (trials - 1.0) / (trials - occurring) * within / total).clamp(0.0, 1.0)
}
