//! Where k-means begins.

use super::frame::Points;
use super::lanes::{Lanes, square};
use super::lloyd::{blocks_of, centres_from};
use super::too_few_distinct;
use pipewright_diagnostic::{Failure, go_on};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// The first centres by k-means++: each is a row, chosen with a probability that is proportional to its squared distance
/// from the centres before (Arthur, Vassilvitskii, "k-means++: The advantages of careful seeding", 2007). Of 2 + ln k
/// rows chosen like that, the one that brings all rows nearest to a centre is taken, as in scikit-learn.
///
/// Returns the centres one after the other.
///
/// # Errors
/// [`code::TOO_FEW_ROWS`](pipewright_diagnostic::code::TOO_FEW_ROWS) if fewer than `count` rows differ.
pub(super) fn plus_plus(points: &Points, count: usize, key: Key) -> Result<Vec<f64>, Failure> {
    let tries = 2 + (count as f64).ln() as usize;
    let weights: Vec<f64> = (0..points.len()).map(|row| points.weight(row)).collect();
    let first = pick(&weights, key.uniform(0));
    let mut chosen = vec![first];
    let mut closest: Vec<f64> =
        points.values.par_chunks(points.width).map(|row| square(row, points.row(first))).collect();
    for step in 1..count {
        go_on()?;
        let potentials: Vec<f64> = closest.iter().zip(&weights).map(|(square, weight)| square * weight).collect();
        if potentials.iter().all(|potential| *potential == 0.0) {
            return Err(too_few_distinct(count, step));
        }
        let key = key.index(step as u64);
        let candidates: Vec<usize> = (0..tries).map(|attempt| pick(&potentials, key.uniform(attempt as u64))).collect();
        let best = candidates[best_of(points, &closest, &candidates)];
        let best_row = points.row(best);
        closest.par_iter_mut().zip(points.values.par_chunks(points.width)).for_each(|(closest, row)| {
            *closest = closest.min(square(row, best_row));
        });
        chosen.push(best);
    }
    Ok(centres_from(points, &chosen))
}

/// The place where the running sum of some numbers passes a share of their sum; never at a 0 unless all are.
fn pick(numbers: &[f64], share: f64) -> usize {
    let wanted = share * numbers.iter().sum::<f64>();
    let mut sum = 0.0;
    let passed = numbers.iter().position(|number| {
        sum += number;
        sum > wanted
    });
    passed.or_else(|| numbers.iter().rposition(|number| *number > 0.0)).unwrap_or(0)
}

/// The candidate with which Σ weight · squared distance is least.
fn best_of(points: &Points, closest: &[f64], candidates: &[usize]) -> usize {
    let lanes = Lanes::new(points.width, candidates.iter().map(|&row| points.row(row)).collect::<Vec<_>>().into_iter());
    let of_block = |rows: std::ops::Range<usize>| {
        let mut sums = vec![0.0; candidates.len()];
        for row in rows {
            let (closest, weight) = (closest[row], points.weight(row));
            let squares = lanes.squares(points.row(row)).flatten();
            sums.iter_mut().zip(squares).for_each(|(sum, square)| *sum += weight * closest.min(square));
        }
        sums
    };
    let blocks: Vec<Vec<f64>> = blocks_of(points.len()).into_par_iter().map(of_block).collect();
    let mut totals = vec![0.0; candidates.len()];
    blocks.iter().for_each(|sums| totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum));
    (0..totals.len()).min_by(|&a, &b| totals[a].total_cmp(&totals[b])).unwrap_or(0)
}
