//! Mutual information between a column and the target, estimated from nearest-neighbour distances.
//!
//! All digammas are of whole numbers: ψ(n) = H(n-1) - γ, and the γ cancel out.

use crate::data::{Features, Target};
use crate::twofold::Twofold;
use pipewright_diagnostic::{Bounds, Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Estimates the mutual information of each column with the target in nats, at least 0.
///
/// Numbers with numbers: Kraskov, Stögbauer, Grassberger (2004), the first estimator. Numbers with classes: Ross
/// (2014). Classes with classes: exactly, from the counts. As in scikit-learn's `mutual_info_classif` and
/// `mutual_info_regression`, numbers are divided by their standard deviation, and, with a key, noise of 1e-10 of their
/// magnitude breaks ties.
///
/// # Errors
/// [`code::TOO_FEW_ROWS`] if there are no more rows than neighbours.
///
/// # Panics
/// If the length of `discrete` is not the number of columns, or `neighbours` is 0.
pub fn information(
    features: &Features,
    target: &Target,
    discrete: &[bool],
    neighbours: usize,
    noise: Option<Key>,
) -> Result<Vec<f64>, Failure> {
    assert!(discrete.len() == features.columns() && neighbours > 0, "every column is of one sort or the other");
    if features.rows() <= neighbours {
        let message = format!("mutual information needs more than {neighbours} rows");
        return Err(Failure::new(code::TOO_FEW_ROWS, message));
    }
    let harmonics = Harmonics::new(features.rows() + 1);
    let numbers = |values: &[f64], stream: u64| spread_out(values, noise.map(|key| key.index(stream)));
    let aim = match target {
        Target::Numbers(values) => Aim::Numbers(numbers(values, features.columns() as u64)),
        Target::Classes { codes, .. } => Aim::Classes(codes.clone()),
    };
    let bounds = Bounds::current();
    let of_column = |index: usize| {
        bounds.go_on()?;
        let column = features.column(index);
        let found = match (&aim, discrete[index]) {
            (Aim::Classes(classes), true) => of_classes(&codes_of(column), classes),
            (Aim::Classes(classes), false) => of_both(&numbers(column, index as u64), classes, neighbours, &harmonics),
            (Aim::Numbers(values), true) => of_both(values, &codes_of(column), neighbours, &harmonics),
            (Aim::Numbers(values), false) => of_numbers(&numbers(column, index as u64), values, neighbours, &harmonics),
        };
        Ok(found.max(0.0))
    };
    (0..features.columns()).into_par_iter().map(of_column).collect()
}

/// The target.
enum Aim {
    Numbers(Vec<f64>),
    Classes(Vec<u32>),
}

/// H(n) = 1 + 1/2 + … + 1/n.
struct Harmonics(Vec<f64>);

impl Harmonics {
    fn new(most: usize) -> Harmonics {
        let sums = (1..=most).scan(Twofold::default(), |sum, number| {
            *sum = sum.plus(1.0 / number as f64);
            Some(sum.value())
        });
        Harmonics(std::iter::once(0.0).chain(sums).collect())
    }

    /// ψ(n) + γ, for n from 1 up.
    fn digamma(&self, number: usize) -> f64 {
        self.0[number - 1]
    }
}

/// Divides numbers by their standard deviation, and adds noise that breaks ties.
fn spread_out(values: &[f64], noise: Option<Key>) -> Vec<f64> {
    const NOISE: f64 = 1e-10;
    let rows = values.len() as f64;
    let mean = values.iter().sum::<f64>() / rows;
    let deviation = (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / rows).sqrt();
    let scale = if deviation > 0.0 && deviation.is_finite() { deviation } else { 1.0 };
    let mut scaled: Vec<f64> = values.iter().map(|value| value / scale).collect();
    if let Some(key) = noise {
        let size = (scaled.iter().map(|value| value.abs()).sum::<f64>() / rows).max(1.0);
        for (row, value) in scaled.iter_mut().enumerate() {
            *value += NOISE * size * (2.0 * key.uniform(row as u64) - 1.0);
        }
    }
    scaled
}

/// Returns the index of each value among the distinct ones.
fn codes_of(column: &[f64]) -> Vec<u32> {
    let mut levels: Vec<f64> = column.iter().map(|value| value + 0.0).collect();
    levels.sort_unstable_by(f64::total_cmp);
    levels.dedup();
    let place = |value: &f64| levels.partition_point(|level| level < value);
    column.iter().map(|value| u32::try_from(place(value)).expect("rows are counted in 32 bits")).collect()
}

/// Σ p(x, y)·ln(p(x, y) / p(x)·p(y)).
fn of_classes(left: &[u32], right: &[u32]) -> f64 {
    let rows = left.len() as f64;
    let count = |keys: &mut dyn Iterator<Item = (u32, u32)>| {
        let mut counts: BTreeMap<(u32, u32), f64> = BTreeMap::new();
        keys.for_each(|key| *counts.entry(key).or_default() += 1.0);
        counts
    };
    let pairs = count(&mut left.iter().copied().zip(right.iter().copied()));
    let lefts = count(&mut left.iter().map(|&code| (code, 0)));
    let rights = count(&mut right.iter().map(|&code| (0, code)));
    let part = |(&(left, right), &both): (&(u32, u32), &f64)| {
        both / rows * (both * rows / (lefts[&(left, 0)] * rights[&(0, right)])).ln()
    };
    Twofold::sum(pairs.iter().map(part))
}

/// Numbers with classes. A class with a single row contributes nothing.
fn of_both(numbers: &[f64], classes: &[u32], neighbours: usize, harmonics: &Harmonics) -> f64 {
    let mut groups: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (number, class) in numbers.iter().zip(classes) {
        groups.entry(*class).or_default().push(*number);
    }
    groups.retain(|_, group| group.len() > 1);
    let all = Sorted::new(groups.values().flatten().copied().collect());
    let rows = all.0.len();
    if rows == 0 {
        return 0.0;
    }
    let mut sum = Twofold::default();
    for group in groups.into_values() {
        let group = Sorted::new(group);
        let nearest = neighbours.min(group.0.len() - 1);
        for (place, number) in group.0.iter().enumerate() {
            let near = all.within(*number, group.distance(place, nearest).next_down().max(0.0));
            sum = sum.plus(harmonics.digamma(nearest));
            sum = sum.plus(-harmonics.digamma(group.0.len()) - harmonics.digamma(near));
        }
    }
    harmonics.digamma(rows) + sum.value() / rows as f64
}

/// Numbers with numbers.
fn of_numbers(left: &[f64], right: &[f64], neighbours: usize, harmonics: &Harmonics) -> f64 {
    let rows = left.len();
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|&a, &b| left[a].total_cmp(&left[b]));
    let points: Vec<(f64, f64)> = order.iter().map(|&row| (left[row], right[row])).collect();
    let (lefts, rights) = (Sorted::new(left.to_vec()), Sorted::new(right.to_vec()));
    let mut sum = Twofold::default();
    for place in 0..rows {
        let radius = radius(&points, place, neighbours).next_down().max(0.0);
        let (left, right) = points[place];
        sum = sum.plus(-harmonics.digamma(lefts.within(left, radius)));
        sum = sum.plus(-harmonics.digamma(rights.within(right, radius)));
    }
    harmonics.digamma(rows) + harmonics.digamma(neighbours) + sum.value() / rows as f64
}

/// Returns the distance (maximum norm) from a point to its n-th neighbour; the points are sorted by the first
/// coordinate, so that the search ends on either side where that alone is too far.
fn radius(points: &[(f64, f64)], place: usize, neighbours: usize) -> f64 {
    let mut nearest = vec![f64::INFINITY; neighbours];
    look(points[place], points[place + 1..].iter(), &mut nearest);
    look(points[place], points[..place].iter().rev(), &mut nearest);
    nearest[neighbours - 1]
}

/// Keeps the smallest distances from a point to others, which come in order of their first coordinate.
fn look<'a>((left, right): (f64, f64), others: impl Iterator<Item = &'a (f64, f64)>, nearest: &mut [f64]) {
    let last = nearest.len() - 1;
    for (other_left, other_right) in others {
        let along = (left - other_left).abs();
        if along >= nearest[last] {
            return;
        }
        let distance = along.max((right - other_right).abs());
        if distance < nearest[last] {
            nearest[last] = distance;
            nearest.sort_unstable_by(f64::total_cmp);
        }
    }
}

/// Numbers in ascending order.
struct Sorted(Vec<f64>);

impl Sorted {
    fn new(mut numbers: Vec<f64>) -> Sorted {
        numbers.sort_unstable_by(f64::total_cmp);
        Sorted(numbers)
    }

    /// Counts the numbers no further than `radius` from `number`.
    fn within(&self, number: f64, radius: f64) -> usize {
        let start = self.0.partition_point(|other| number - other > radius);
        let end = self.0.partition_point(|other| other - number <= radius);
        end - start
    }

    /// Returns the distance from the number at an index to its n-th neighbour.
    fn distance(&self, place: usize, neighbours: usize) -> f64 {
        let number = self.0[place];
        let (mut below, mut above, mut last) = (place, place + 1, 0.0);
        for _ in 0..neighbours {
            let down = if below > 0 { number - self.0[below - 1] } else { f64::INFINITY };
            let up = self.0.get(above).map_or(f64::INFINITY, |other| other - number);
            if down <= up {
                below -= 1;
                last = down;
            } else {
                above += 1;
                last = up;
            }
        }
        last
    }
}
