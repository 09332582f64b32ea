//! Histograms with round edges.

use pipewright_table::ColumnType;
use serde::{Deserialize, Serialize};

/// A histogram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// The edges, ascending, one more than bins. A bin includes its lower edge and excludes its upper; the last
    /// includes both.
    pub edges: Vec<f64>,
    /// The count of each bin.
    pub counts: Vec<u64>,
}

/// Maximum number of bins.
const BINS_MAX: f64 = 20.0;
/// Minimum number of bins, for few numbers.
const BINS_MIN: f64 = 5.0;

impl Histogram {
    /// Creates an empty histogram of a column whose `count` numbers range from `min` to `max`.
    pub(super) fn new(kind: ColumnType, count: u64, min: f64, max: f64) -> Histogram {
        let bins = (count as f64).sqrt().ceil().clamp(BINS_MIN, BINS_MAX);
        let edges = nice(kind, bins, min, max).unwrap_or_else(|| vec![min, max]);
        Histogram { counts: vec![0; edges.len() - 1], edges }
    }

    /// Counts a number between the first and the last edge.
    pub(super) fn add(&mut self, number: f64) {
        let above = self.edges.partition_point(|edge| *edge <= number);
        let last = self.counts.len() - 1;
        self.counts[above.saturating_sub(1).min(last)] += 1;
    }

    pub(super) fn merge(&mut self, later: &Histogram) {
        self.counts.iter_mut().zip(&later.counts).for_each(|(count, more)| *count += more);
    }

    /// Returns the width of a bin.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.edges[1] - self.edges[0]
    }
}

/// Returns edges at multiples of 1, 2, 2.5 or 5 times a power of ten that give at most about `bins` bins; for few whole
/// numbers, one bin each. `None` if floats are too coarse for that.
fn nice(kind: ColumnType, bins: f64, min: f64, max: f64) -> Option<Vec<f64>> {
    if kind == ColumnType::Count && max - min < BINS_MAX {
        return Some((0..=(max - min) as usize + 1).map(|above| min + above as f64).collect());
    }
    let width = (max - min) / bins;
    if !width.is_normal() {
        return None;
    }
    // Ten times the steps, to stay whole: 10, 20, 25, 50, 100, …
    let steps: &[f64] = if kind == ColumnType::Count { &[10.0, 20.0, 50.0] } else { &[10.0, 20.0, 25.0, 50.0] };
    let power = width.log10().floor() as i32 - 1;
    for power in [power, power + 1, power + 2] {
        for step in steps {
            let edges = multiples(*step, power, min, max)?;
            if edges.len() as f64 - 1.0 <= bins && (kind != ColumnType::Count || scaled(*step, power) >= 1.0) {
                return Some(edges);
            }
        }
    }
    None
}

/// The multiples of `step · 10^power` from the last that is not above `min` to the first that is not below `max`.
fn multiples(step: f64, power: i32, min: f64, max: f64) -> Option<Vec<f64>> {
    let step_size = scaled(step, power);
    let (first, last) = ((min / step_size).floor(), (max / step_size).ceil());
    let whole = |number: f64| number.abs() < 2.0_f64.powi(46);
    if !(step_size.is_normal() && whole(first) && whole(last)) {
        return None;
    }
    let last = last.max(first + 1.0);
    let count = (last - first).min(200.0) as usize;
    let edges: Vec<f64> = (0..=count).map(|bin| scaled((first + bin as f64) * step, power)).collect();
    let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
    (ascending && edges[0] <= min && (count >= 200 || edges[count] >= max)).then_some(edges)
}

/// Returns `number · 10^power`, rounded once if possible.
fn scaled(number: f64, power: i32) -> f64 {
    if power < 0 { number / 10_f64.powi(-power) } else { number * 10_f64.powi(power) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edges(kind: ColumnType, count: u64, min: f64, max: f64) -> Vec<f64> {
        Histogram::new(kind, count, min, max).edges
    }

    #[test]
    fn edges_are_round() {
        assert_eq!(edges(ColumnType::Count, 100, 0.0, 3.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(edges(ColumnType::Count, 100, 5.0, 5.0), [5.0, 6.0]);
        assert_eq!(edges(ColumnType::Continuous, 30, 0.17, 0.9), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(edges(ColumnType::Continuous, 1000, 0.42, 80.0).len() - 1, 16);
        assert_eq!(edges(ColumnType::Count, 30, 1.0, 891.0), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(edges(ColumnType::Continuous, 10, 2.0, 2.0), [2.0, 2.0]);
        assert_eq!(edges(ColumnType::Continuous, 10, -1e308, 1e308), [-1e308, 1e308]);
        assert_eq!(edges(ColumnType::Continuous, 10, 0.0, 5e-324), [0.0, 5e-324]);
    }

    proptest! {
        #[test]
        fn every_number_has_a_bin(numbers in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..50)) {
            let min = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            let max = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut histogram = Histogram::new(ColumnType::Continuous, numbers.len() as u64, min, max);
            numbers.iter().for_each(|number| histogram.add(*number));
            prop_assert_eq!(histogram.counts.iter().sum::<u64>(), numbers.len() as u64);
            prop_assert!(histogram.counts.len() <= 20, "{:?}", histogram);
            prop_assert!(histogram.edges[0] <= min && *histogram.edges.last().unwrap() >= max);
        }

        #[test]
        fn whole_numbers_have_whole_edges(min in -1_000_000..1_000_000_i64, range in 0..1_000_000_i64, count in 1..10_000_u64) {
            let (min, max) = (min as f64, (min + range) as f64);
            let found = edges(ColumnType::Count, count, min, max);
            prop_assert!(found.len() <= 21 && found.iter().all(|edge| edge.fract() == 0.0), "{:?}", found);
        }
    }
}
