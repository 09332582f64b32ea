//! Parzen estimators of points: mixtures of products of truncated normal distributions and smoothed choices.

use super::space::{Point, Range, Space, Value};
use pipewright_tensor::Element;
use pipewright_world::random::Key;
use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// A distribution of points: every observed point is a kernel, and the last kernel is the prior. Within a kernel,
/// dimensions are independent.
pub(super) struct Parzen<'a> {
    space: &'a Space,
    /// The weight of each kernel; they sum to 1.
    weights: Vec<f64>,
    /// The kernels of each dimension.
    dimensions: Vec<Vec<Kernel>>,
}

/// The distribution of one dimension in a kernel.
#[derive(Clone, Copy)]
enum Kernel {
    /// The probability of a choice, and of every other one.
    Choice { chosen: usize, share: f64, other: f64 },
    /// A normal distribution, truncated to the scale of the range, and the logarithm of what is left of it.
    Normal { centre: f64, width: f64, ln_inside: f64 },
}

/// The weight of the prior: uniform over choices, and as wide as the range for numbers.
const PRIOR: f64 = 1.0;
/// The last observations, this number of them, have full weight.
const RECENT: usize = 25;
/// No kernel is narrower than a hundredth of the range.
const KERNELS_MAX: f64 = 100.0;

impl<'a> Parzen<'a> {
    /// Estimates the distribution of observed points, oldest first. Where a dimension was inactive, the kernel of a point
    /// is that of the prior.
    pub(super) fn of(space: &'a Space, points: &[&Point]) -> Parzen<'a> {
        let kernels = |(dimension, range): (usize, &Range)| {
            let values: Vec<Option<Value>> = points.iter().map(|point| point.0[dimension]).collect();
            match *range {
                Range::Choice(count) => choices(count, &values),
                _ => normals(range, &values),
            }
        };
        let ranges = space.dimensions().iter().map(|dimension| &dimension.range);
        Parzen { space, weights: weights(points.len()), dimensions: ranges.enumerate().map(kernels).collect() }
    }

    /// Draws a point.
    pub(super) fn draw(&self, key: Key) -> Point {
        let kernel = place_of(self.weights.iter().copied(), key.uniform(0));
        self.space
            .point(|dimension, range| self.dimensions[dimension][kernel].draw(range, key.uniform(dimension as u64 + 1)))
    }

    /// The logarithm of the density of a point; of its probability in discrete dimensions.
    pub(super) fn ln_density(&self, point: &Point) -> f64 {
        let mut logs: Vec<f64> = self.weights.iter().map(|weight| weight.ln()).collect();
        for ((dimension, kernels), value) in self.space.dimensions().iter().zip(&self.dimensions).zip(&point.0) {
            let Some(value) = *value else { continue };
            logs.iter_mut().zip(kernels).for_each(|(log, kernel)| *log += kernel.ln_density(&dimension.range, value));
        }
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln()
    }
}

/// Kernels of choices: an observation has most of its probability at its own choice, and the prior is uniform.
fn choices(count: usize, values: &[Option<Value>]) -> Vec<Kernel> {
    let each = PRIOR / (values.len() as f64 + 1.0);
    let total = 1.0 + each * count as f64;
    let equal = 1.0 / count as f64;
    let prior = Kernel::Choice { chosen: 0, share: equal, other: equal };
    let kernel = |value: &Option<Value>| match *value {
        Some(Value::Choice(chosen)) => Kernel::Choice { chosen, share: (1.0 + each) / total, other: each / total },
        _ => prior,
    };
    values.iter().map(kernel).chain([prior]).collect()
}

/// Kernels of numbers: normal distributions at the observations; that of the prior is in the middle, as wide as the range.
fn normals(range: &Range, values: &[Option<Value>]) -> Vec<Kernel> {
    let (low, high) = range.scale();
    let active: Vec<usize> = (0..values.len()).filter(|&point| values[point].is_some()).collect();
    let centres: Vec<f64> = values.iter().flatten().map(|value| on_scale(range, *value)).collect();
    let normal = |centre, width| Kernel::Normal { centre, width, ln_inside: ln_mass(centre, width, low, high) };
    let mut kernels = vec![normal(f64::midpoint(low, high), high - low); values.len() + 1];
    for ((&point, &centre), width) in active.iter().zip(&centres).zip(widths(&centres, low, high)) {
        kernels[point] = normal(centre, width);
    }
    kernels
}

impl Kernel {
    fn draw(&self, range: &Range, at: f64) -> Value {
        match (*self, range) {
            (Kernel::Choice { chosen, share, other }, Range::Choice(count)) => {
                let shares = (0..*count).map(|choice| if choice == chosen { share } else { other });
                Value::Choice(place_of(shares, at))
            }
            (Kernel::Normal { centre, width, .. }, _) => {
                let (low, high) = range.scale();
                range.value_on_scale(quantile(centre, width, low, high, at))
            }
            (Kernel::Choice { chosen, .. }, _) => Value::Choice(chosen),
        }
    }

    fn ln_density(&self, range: &Range, value: Value) -> f64 {
        match *self {
            Kernel::Choice { chosen, share, other } => {
                if value == Value::Choice(chosen) {
                    share.ln()
                } else {
                    other.ln()
                }
            }
            Kernel::Normal { centre, width, ln_inside } => match step_of(range, value) {
                Some((left, right)) => ln_mass(centre, width, left, right) - ln_inside,
                None => {
                    let z = standard(on_scale(range, value), centre, width);
                    // A range of a single number has no width, and the same density in every kernel.
                    let ln_width = if width > 0.0 { width.ln() } else { 0.0 };
                    -0.5 * z * z - 0.5 * TAU.ln() - ln_width - ln_inside
                }
            },
        }
    }
}

/// The number of a value on the scale of its range.
fn on_scale(range: &Range, value: Value) -> f64 {
    let number = match value {
        Value::Number(number) => number,
        Value::Int(number) => number as f64,
        Value::Choice(choice) => choice as f64,
    };
    if matches!(range, Range::LogUniform { .. } | Range::Int { log: true, .. }) { number.ln() } else { number }
}

/// The ends on the scale of what is rounded to a whole number.
fn step_of(range: &Range, value: Value) -> Option<(f64, f64)> {
    let (Range::Int { log, .. }, Value::Int(number)) = (*range, value) else { return None };
    let (left, right) = (number as f64 - 0.5, number as f64 + 0.5);
    Some(if log { (left.ln(), right.ln()) } else { (left, right) })
}

/// The weights of observations and, last, of the prior; they sum to 1. With more than [`RECENT`] observations the older
/// ones rise in a straight line from 1 / their number to 1.
fn weights(count: usize) -> Vec<f64> {
    let old = count.saturating_sub(RECENT);
    let weight = |place: usize| {
        if place >= old {
            return 1.0;
        }
        let lowest = 1.0 / count as f64;
        if old == 1 { lowest } else { lowest + (1.0 - lowest) * place as f64 / (old - 1) as f64 }
    };
    let mut weights: Vec<f64> = (0..count).map(weight).chain([PRIOR]).collect();
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    weights
}

/// The width of each kernel: the distance to the farther neighbour, where ends of the range count as neighbours only of a
/// single observation, clipped to between the range over its number of kernels ("magic clip") and the range.
fn widths(centres: &[f64], low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..centres.len()).collect();
    order.sort_by(|&a, &b| centres[a].total_cmp(&centres[b]));
    let narrowest = (high - low) / KERNELS_MAX.min(centres.len() as f64 + 2.0);
    let mut widths = vec![0.0; centres.len()];
    for (place, &row) in order.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| centres[row] - centres[order[before]]);
        let after = order.get(place + 1).map(|&after| centres[after] - centres[row]);
        let width = match (before, after) {
            (Some(before), Some(after)) => before.max(after),
            (Some(distance), None) | (None, Some(distance)) => distance,
            (None, None) => (centres[row] - low).max(high - centres[row]),
        };
        widths[row] = width.clamp(narrowest, high - low);
    }
    widths
}

/// The place in a list of shares that sum to 1 up to which they reach `at`.
fn place_of(shares: impl Iterator<Item = f64>, at: f64) -> usize {
    let (mut sum, mut last) = (0.0, 0);
    for (place, share) in shares.enumerate() {
        sum += share;
        last = place;
        if at < sum {
            break;
        }
    }
    last
}

fn standard(number: f64, centre: f64, width: f64) -> f64 {
    if width > 0.0 { (number - centre) / width } else { 0.0 }
}

/// Inverts the distribution function of a truncated normal distribution by bisection. No kernel is so narrow that the
/// range lies in its tail, so no digits are lost.
fn quantile(centre: f64, width: f64, low: f64, high: f64, at: f64) -> f64 {
    const HALVINGS: u32 = 60;
    let below = |number: f64| normal_below(standard(number, centre, width));
    let wanted = below(low) + at * (below(high) - below(low));
    let (mut left, mut right) = (low, high);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(left, right);
        if below(middle) < wanted { left = middle } else { right = middle }
    }
    f64::midpoint(left, right)
}

/// The logarithm of the probability between two numbers, from the tail in which it has most digits.
fn ln_mass(centre: f64, width: f64, left: f64, right: f64) -> f64 {
    let (left, right) = (standard(left, centre, width), standard(right, centre, width));
    let mass =
        if left > 0.0 { normal_below(-left) - normal_below(-right) } else { normal_below(right) - normal_below(left) };
    // Nothing is left beyond 37 widths, nor in a range of a single number.
    mass.max(f64::MIN_POSITIVE).ln()
}

/// The standard normal distribution function.
fn normal_below(z: f64) -> f64 {
    0.5 * Element::erfc(-z * FRAC_1_SQRT_2)
}
