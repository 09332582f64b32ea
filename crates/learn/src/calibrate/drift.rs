//! Drift: do new rows have the distribution of the training rows?
//!
//! ```
//! use pipewright_learn::calibrate::drift;
//! let training: Vec<f64> = (0..100).map(f64::from).collect();
//! let shifted: Vec<f64> = training.iter().map(|value| value + 40.0).collect();
//! assert!(drift::stability_of_numbers(&training, &training, 10)? < 1e-12);
//! assert!(drift::stability_of_numbers(&training, &shifted, 10)? > 0.25);
//! assert!(drift::kolmogorov_smirnov(&training, &shifted)?.p_value < 1e-6);
//! # Ok::<(), pipewright_learn::Failure>(())
//! ```

use crate::distribution::{chi_square_tail, kolmogorov_tail};
use pipewright_diagnostic::{Failure, code};

/// A test of the hypothesis that there is no drift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// The statistic: 0 without drift.
    pub statistic: f64,
    /// The probability of a statistic that is at least as large, if there is no drift.
    pub p_value: f64,
}

/// Returns the population stability index of a column of numbers: Σ (q - p) ln(q / p) over bins, where p are the shares of
/// training rows and q those of new rows (S. Kullback, R. Leibler, "On information and sufficiency", 1951: their divergence
/// J). By custom, below 0.1 is no drift, and above 0.25 is a large one.
///
/// Bins end at the 1/k, …, (k - 1)/k quantiles of the training rows, interpolated as by numpy; equal ends are one. Every
/// bin counts half a row more than it has, so that an empty one has a logarithm.
///
/// # Errors
/// [`code::EMPTY_DATA`] if either list is empty, [`code::NON_FINITE`], [`code::BAD_VALUE`] for less than two bins.
pub fn stability_of_numbers(training: &[f64], new: &[f64], bins: usize) -> Result<f64, Failure> {
    let (training, new) = (sorted(training)?, sorted(new)?);
    if bins < 2 {
        return Err(Failure::new(code::BAD_VALUE, format!("{bins} bins are too few: at least 2 are needed")));
    }
    let mut ends: Vec<f64> = (1..bins).map(|bin| quantile(&training, bin as f64 / bins as f64)).collect();
    ends.dedup();
    let counts = |values: &[f64]| {
        let below: Vec<usize> = ends.iter().map(|end| values.partition_point(|value| value <= end)).collect();
        let from = [0].into_iter().chain(below.iter().copied());
        let until = below.iter().copied().chain([values.len()]);
        from.zip(until).map(|(from, until)| (until - from) as u64).collect::<Vec<u64>>()
    };
    Ok(stability(&counts(&training), &counts(&new)))
}

/// Returns the population stability index of a column of levels from the number of rows of each, as
/// [`stability_of_numbers`]. A level that occurs on neither side does not count.
///
/// # Errors
/// [`code::EMPTY_DATA`] if either side has no rows.
///
/// # Panics
/// If the lists differ in length.
pub fn stability_of_levels(training: &[u64], new: &[u64]) -> Result<f64, Failure> {
    let (training, new) = occurring(training, new)?;
    Ok(stability(&training, &new))
}

fn stability(training: &[u64], new: &[u64]) -> f64 {
    const MORE: f64 = 0.5;
    let shares = |counts: &[u64]| {
        let total = counts.iter().sum::<u64>() as f64 + MORE * counts.len() as f64;
        counts.iter().map(|count| (*count as f64 + MORE) / total).collect::<Vec<f64>>()
    };
    shares(training).iter().zip(shares(new)).map(|(p, q)| (q - p) * (q / p).ln()).sum()
}

/// Tests whether two lists of numbers have one distribution: the largest distance of their empirical distribution
/// functions (A. Kolmogorov, 1933; N. Smirnov, 1939), two-sided.
///
/// The p-value is exact if the product of the numbers of rows is at most 4,000,000: the share of the paths from (0, 0) to
/// (m, n) that come as far from the diagonal (J. Hodges, "The significance probability of the Smirnov two-sample test",
/// 1958). Otherwise it is that of Kolmogorov's distribution at √(mn / (m + n)) times the statistic. Both are for numbers
/// without ties, and conservative with ties.
///
/// # Errors
/// [`code::EMPTY_DATA`] if either list is empty, [`code::NON_FINITE`].
pub fn kolmogorov_smirnov(training: &[f64], new: &[f64]) -> Result<Test, Failure> {
    const EXACT: u128 = 4_000_000;
    let (training, new) = (sorted(training)?, sorted(new)?);
    let (m, n) = (training.len() as u128, new.len() as u128);
    // The largest distance times m·n, in whole numbers.
    let (mut farthest, mut i, mut j) = (0, 0, 0);
    while i < training.len() && j < new.len() {
        let at = training[i].min(new[j]);
        i += training[i..].iter().take_while(|value| **value == at).count();
        j += new[j..].iter().take_while(|value| **value == at).count();
        farthest = farthest.max((i as u128 * n).abs_diff(j as u128 * m));
    }
    let statistic = farthest as f64 / (m * n) as f64;
    let p_value = if m * n <= EXACT {
        share_of_far_paths(training.len(), new.len(), farthest)
    } else {
        kolmogorov_tail(statistic * ((m * n) as f64 / (m + n) as f64).sqrt())
    };
    Ok(Test { statistic, p_value })
}

/// The probability that a random path from (0, 0) to (m, n) of steps up and to the right comes at least as far from the
/// diagonal, |i·n - j·m| ≥ `farthest`. Only what has arrived there is summed, so that nothing cancels.
fn share_of_far_paths(m: usize, n: usize, farthest: u128) -> f64 {
    if farthest == 0 {
        return 1.0;
    }
    let is_far = |i: usize, j: usize| (i as u128 * n as u128).abs_diff(j as u128 * m as u128) >= farthest;
    let mut arrived = 0.0;
    // The probability of being at (i, j) without having been far away.
    let mut at = vec![0.0; n + 1];
    for i in 0..=m {
        for j in 0..=n {
            let left = (m - i + n - j + 1) as f64;
            let from_below = if j > 0 { at[j - 1] * ((n - j + 1) as f64 / left) } else { 0.0 };
            let from_left = if i > 0 { at[j] * ((m - i + 1) as f64 / left) } else { 0.0 };
            at[j] = if i + j == 0 { 1.0 } else { from_below + from_left };
            if is_far(i, j) {
                arrived += at[j];
                at[j] = 0.0;
            }
        }
    }
    f64::min(arrived, 1.0)
}

/// Tests whether two columns of levels have one distribution, from the number of rows of each level: Pearson's χ² of the
/// table of two rows (K. Pearson, 1900), without Yates's correction. A level that occurs on neither side does not count;
/// with a single level there is no drift to see, and the p-value is 1.
///
/// # Errors
/// [`code::EMPTY_DATA`] if either side has no rows.
///
/// # Panics
/// If the lists differ in length.
pub fn chi_square(training: &[u64], new: &[u64]) -> Result<Test, Failure> {
    let (training, new) = occurring(training, new)?;
    let total = |counts: &[u64]| counts.iter().sum::<u64>() as f64;
    let (rows, new_rows) = (total(&training), total(&new));
    let part = |(&one, &other): (&u64, &u64)| {
        let level = (one + other) as f64;
        let of_side = |count: u64, side: f64| {
            let expected = level * (side / (rows + new_rows));
            (count as f64 - expected).powi(2) / expected
        };
        of_side(one, rows) + of_side(other, new_rows)
    };
    let statistic = training.iter().zip(&new).map(part).sum();
    let freedom = training.len() as f64 - 1.0;
    let p_value = if freedom > 0.0 { chi_square_tail(statistic, freedom) } else { 1.0 };
    Ok(Test { statistic, p_value })
}

/// The counts of the levels that occur.
fn occurring(training: &[u64], new: &[u64]) -> Result<(Vec<u64>, Vec<u64>), Failure> {
    assert_eq!(training.len(), new.len(), "the same levels on both sides");
    if [training, new].iter().any(|counts| counts.iter().all(|count| *count == 0)) {
        return Err(no_rows());
    }
    Ok(training.iter().zip(new).filter(|(one, other)| **one + **other > 0).unzip())
}

fn sorted(values: &[f64]) -> Result<Vec<f64>, Failure> {
    if values.is_empty() {
        return Err(no_rows());
    }
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        return Err(Failure::new(code::NON_FINITE, "a value is not a finite number").row(row as u64 + 1));
    }
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    Ok(values)
}

fn no_rows() -> Failure {
    Failure::new(code::EMPTY_DATA, "drift needs rows on both sides")
}

/// The quantile of sorted values, interpolated.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}
