//! The target in whole numbers, and what a split gains.
//!
//! Weights and targets are rounded to whole multiples of a power of two once per fit, so that sums do not depend on the
//! order of rows. Targets have 40 bits or more where weights are small whole numbers (up to a million rows).

use super::{Criterion, Growth};
use crate::data::{Dataset, Target};
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};

/// A training row in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item {
    pub(super) row: u32,
    /// The class, for classes.
    pub(super) class: u32,
    /// The target times the weight; the target alone for absolute error.
    pub(super) first: i64,
    pub(super) weight: i64,
}

impl Item {
    /// Counts a row several times.
    pub(super) fn times(self, count: u32, measure: Measure) -> Item {
        let count = i64::from(count);
        let first = if measure == Measure::Absolute { self.first } else { self.first * count };
        Item { first, weight: self.weight * count, ..self }
    }
}

/// How splits are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Gini,
    Entropy,
    Squared,
    Absolute,
}

/// What is learned.
#[derive(Debug)]
pub(super) struct Goal<'a> {
    pub(super) measure: Measure,
    target: &'a Target,
    pub(super) items: Vec<Item>,
    /// The weight of a unit of each class.
    factors: Vec<f64>,
    /// The weight of a unit, for numbers.
    unit: f64,
    /// A unit of the target, for numbers: half its range is 1.
    step: f64,
    /// Half the range of the target; 1 for classes.
    pub(super) half_range: f64,
}

/// The answer of a leaf: a number, or a share per class.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Number(f64),
    Shares(Vec<f64>),
}

impl<'a> Goal<'a> {
    /// # Errors
    /// [`code::WRONG_TASK`] for a criterion of another kind of target; [`code::VALUE_OUT_OF_RANGE`] for a target that
    /// is not finite.
    pub(super) fn of(train: &'a Dataset, growth: &Growth) -> Result<Goal<'a>, Failure> {
        let measure = measure(train.target(), growth.criterion)?;
        let units = Units::of(train);
        let mut goal = Goal {
            measure,
            target: train.target(),
            items: Vec::new(),
            factors: Vec::new(),
            unit: units.weight,
            step: 1.0,
            half_range: 1.0,
        };
        match train.target() {
            Target::Classes { codes, count } => goal.set_classes(codes, *count, &units, growth.balanced),
            Target::Numbers(values) => goal.set_numbers(values, &units)?,
        }
        Ok(goal)
    }

    fn set_classes(&mut self, codes: &[u32], count: usize, units: &Units, balanced: bool) {
        let item = |(row, &class): (usize, &u32)| Item { row: row as u32, class, first: 0, weight: units.whole(row) };
        self.items = codes.iter().enumerate().map(item).collect();
        self.factors = vec![units.weight; count];
        if balanced {
            let mut sums = vec![0.0; count];
            self.items.iter().for_each(|item| sums[item.class as usize] += item.weight as f64);
            let present = sums.iter().filter(|sum| **sum > 0.0).count() as f64;
            let total: f64 = sums.iter().sum();
            let of_class =
                |(factor, sum): (&mut f64, &f64)| *factor *= if *sum > 0.0 { total / (present * sum) } else { 1.0 };
            self.factors.iter_mut().zip(&sums).for_each(of_class);
        }
    }

    fn set_numbers(&mut self, values: &[f64], units: &Units) -> Result<(), Failure> {
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Failure::new(code::VALUE_OUT_OF_RANGE, "the target has a value that is not finite"));
        }
        let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), y| (low.min(*y), high.max(*y)));
        let (middle, half) = (low / 2.0 + high / 2.0, high / 2.0 - low / 2.0);
        self.half_range = if half > 0.0 { half } else { 1.0 };
        let bits = if self.measure == Measure::Absolute { 40 } else { units.target_bits(values.len()) };
        let (scale, half) = (f64::from(bits).exp2(), self.half_range);
        self.step = scale.recip();
        let item = |(row, value): (usize, &f64)| {
            let (value, weight) = (((value - middle) / half).clamp(-2.0, 2.0), units.whole(row));
            let first = match (self.measure, units.even) {
                (Measure::Absolute, _) => (value * scale).round() as i64,
                (_, true) => (value * scale).round() as i64 * weight,
                (_, false) => (value * scale * units.share(row)).round() as i64,
            };
            Item { row: row as u32, class: 0, first, weight }
        };
        self.items = values.iter().enumerate().map(item).collect();
        Ok(())
    }

    /// The number of classes; `None` for numbers.
    pub(super) fn classes(&self) -> Option<usize> {
        match self.target {
            Target::Classes { count, .. } => Some(*count),
            Target::Numbers(_) => None,
        }
    }

    /// The numbers of a sum: a weight per class, or target and weight; then the number of rows.
    pub(super) fn width(&self) -> usize {
        self.classes().map_or(3, |count| count + 1)
    }

    pub(super) fn add(&self, sum: &mut [i64], item: &Item) {
        if self.is_of_classes() {
            sum[item.class as usize] += item.weight;
        } else {
            sum[0] += item.first;
            sum[1] += item.weight;
        }
        sum[sum.len() - 1] += 1;
    }

    pub(super) fn is_of_classes(&self) -> bool {
        matches!(self.measure, Measure::Gini | Measure::Entropy)
    }

    pub(super) fn sum_of(&self, items: &[Item]) -> Vec<i64> {
        let mut sum = vec![0; self.width()];
        items.iter().for_each(|item| self.add(&mut sum, item));
        sum
    }

    /// The weight of a sum.
    pub(super) fn weight(&self, sum: &[i64]) -> f64 {
        match self.is_of_classes() {
            true => sum.iter().zip(&self.factors).map(|(&weight, factor)| weight as f64 * factor).sum(),
            false => sum[1] as f64 * self.unit,
        }
    }

    /// The mean of the target in units of half its range, or the weighted count of a class.
    pub(super) fn mean(&self, sum: &[i64]) -> f64 {
        sum[0] as f64 / sum[1] as f64 * self.step
    }

    /// The weight of a unit of each class.
    pub(super) fn factors(&self) -> &[f64] {
        &self.factors
    }

    /// The weight of a unit and the size of a step of the target.
    pub(super) fn units(&self) -> (f64, f64) {
        (self.unit, self.step)
    }

    /// Do all rows have the same target?
    pub(super) fn is_pure(&self, items: &[Item]) -> bool {
        let Some(first) = items.first() else { return true };
        match self.target {
            Target::Classes { .. } => items.iter().all(|item| item.class == first.class),
            Target::Numbers(values) => {
                let value = values[first.row as usize];
                items.iter().all(|item| values[item.row as usize] == value)
            }
        }
    }

    /// The decrease of impurity, times the weight of the rows, by a split of `total` that puts `left` to the left.
    pub(super) fn gain(&self, left: &[i64], total: &[i64]) -> f64 {
        match self.measure {
            Measure::Gini => self.gini_gain(left, total),
            Measure::Entropy => self.entropy_gain(left, total),
            Measure::Squared | Measure::Absolute => {
                let (own, all) = (left[1] as f64, total[1] as f64);
                let other = all - own;
                let apart = (left[0] as f64 / own - (total[0] - left[0]) as f64 / other) * self.step;
                apart * apart * (own * other / all) * self.unit
            }
        }
    }

    /// Σ (share left − share right)² · weight left · weight right / weight: what W·gini loses.
    fn gini_gain(&self, left: &[i64], total: &[i64]) -> f64 {
        if let [first, second] = *self.factors {
            let (one, two) = (left[0] as f64 * first, left[1] as f64 * second);
            let (other_one, other_two) = ((total[0] - left[0]) as f64 * first, (total[1] - left[1]) as f64 * second);
            let (own, other) = (one + two, other_one + other_two);
            let apart = two * other - other_two * own;
            return 2.0 * apart * apart / (own * other * (own + other));
        }
        let (own, other) = (self.weight(left), self.weight(total) - self.weight(left));
        let apart = |((&left, &total), &factor): ((&i64, &i64), &f64)| {
            let apart = left as f64 * factor / own - (total - left) as f64 * factor / other;
            apart * apart
        };
        left.iter().zip(total).zip(&self.factors).map(apart).sum::<f64>() * (own * other / (own + other))
    }

    /// Σ weight · log2(share in the half / share in the whole), over both halves.
    fn entropy_gain(&self, left: &[i64], total: &[i64]) -> f64 {
        let (all, own) = (self.weight(total), self.weight(left));
        let other = all - own;
        let part = |weight: f64, of: f64, share: f64| {
            if weight > 0.0 { weight * (weight / of / share).log2() } else { 0.0 }
        };
        let of_class = |((&left, &total), &factor): ((&i64, &i64), &f64)| {
            let (left, right, share) =
                (left as f64 * factor, (total - left) as f64 * factor, total as f64 * factor / all);
            part(left, own, share) + part(right, other, share)
        };
        left.iter().zip(total).zip(&self.factors).map(of_class).sum()
    }

    /// The impurity of rows, per unit of weight: Gini, entropy in bits, mean squared or mean absolute error in units of
    /// half the range of the target.
    pub(super) fn impurity(&self, items: &[Item]) -> f64 {
        let sum = self.sum_of(items);
        let all = self.weight(&sum);
        let shares = || sum.iter().zip(&self.factors).map(|(&weight, factor)| weight as f64 * factor / all);
        match self.measure {
            Measure::Gini => 1.0 - shares().map(|share| share * share).sum::<f64>(),
            Measure::Entropy => -shares().filter(|share| *share > 0.0).map(|share| share * share.log2()).sum::<f64>(),
            Measure::Squared => {
                let values = self.numbers();
                let mean = self.number_of(items);
                let error = |item: &Item| {
                    let apart = (values[item.row as usize] - mean) / self.half_range;
                    apart * apart * item.weight as f64
                };
                Twofold::sum(items.iter().map(error)) / sum[1] as f64
            }
            Measure::Absolute => {
                let (values, median) = (self.numbers(), self.number_of(items));
                let error =
                    |item: &Item| (values[item.row as usize] - median).abs() / self.half_range * item.weight as f64;
                Twofold::sum(items.iter().map(error)) / sum[1] as f64
            }
        }
    }

    /// An impurity in the units of the target as one in units of half its range.
    pub(super) fn scaled(&self, impurity: f64) -> f64 {
        match self.measure {
            Measure::Squared => impurity / self.half_range / self.half_range,
            _ => impurity / self.half_range,
        }
    }

    /// The inverse of [`Goal::scaled`]; at most the largest number.
    pub(super) fn unscaled(&self, impurity: f64) -> f64 {
        let own = impurity * self.half_range;
        let own = if self.measure == Measure::Squared { own * self.half_range } else { own };
        own.min(f64::MAX)
    }

    fn numbers(&self) -> &[f64] {
        match self.target {
            Target::Numbers(values) => values,
            Target::Classes { .. } => &[],
        }
    }

    /// The answer of a leaf with these rows.
    pub(super) fn answer(&self, items: &[Item]) -> Answer {
        if !self.is_of_classes() {
            return Answer::Number(self.number_of(items));
        }
        let sum = self.sum_of(items);
        let all = self.weight(&sum);
        let share = |(&weight, factor): (&i64, &f64)| (weight as f64 * factor / all).min(1.0);
        Answer::Shares(sum.iter().zip(&self.factors).map(share).collect())
    }

    fn number_of(&self, items: &[Item]) -> f64 {
        let values = self.numbers();
        let value = |item: &Item| values[item.row as usize];
        let (low, high) =
            items.iter().map(value).fold((f64::MAX, f64::MIN), |(low, high), y| (low.min(y), high.max(y)));
        if self.measure == Measure::Absolute {
            return self.median_of(items);
        }
        let weight: f64 = items.iter().map(|item| item.weight as f64).sum();
        let half = |item: &Item| item.weight as f64 / weight * (value(item) / 2.0 - low / 2.0);
        let exact = low + Twofold::sum(items.iter().map(|item| item.weight as f64 * (value(item) - low))) / weight;
        // Twofold sums overflow early.
        let mean = if exact.is_finite() { exact } else { low + 2.0 * items.iter().map(half).sum::<f64>() };
        mean.clamp(low, high)
    }

    /// The weighted median; between two values if half of the weight is on each side.
    fn median_of(&self, items: &[Item]) -> f64 {
        let mut sorted: Vec<(f64, i64)> =
            items.iter().map(|item| (self.numbers()[item.row as usize], item.weight)).collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let total: i64 = sorted.iter().map(|(_, weight)| weight).sum();
        let mut sum = 0;
        for (place, (value, weight)) in sorted.iter().enumerate() {
            sum += weight;
            if 2 * sum == total && place + 1 < sorted.len() {
                return value / 2.0 + sorted[place + 1].0 / 2.0;
            }
            if 2 * sum > total {
                return *value;
            }
        }
        0.0
    }
}

/// The units of weights.
struct Units<'a> {
    weights: Option<&'a [f64]>,
    weight: f64,
    /// Are all weights small whole multiples of the unit?
    even: bool,
    /// The largest weight in units.
    most: f64,
}

impl Units<'_> {
    fn of(train: &Dataset) -> Units<'_> {
        let Some(weights) = train.weights() else { return Units { weights: None, weight: 1.0, even: true, most: 1.0 } };
        let most = weights.iter().copied().fold(0.0, f64::max);
        let smallest = weights.iter().map(|&weight| lowest_bit(weight)).fold(f64::MAX, f64::min);
        let even = most / smallest <= 1024.0;
        let rows = weights.len() as f64;
        let coarse = (most.log2() + rows.log2() - 52.0).ceil().clamp(-1074.0, 1023.0).exp2();
        let weight = if even { smallest } else { coarse };
        Units { weights: Some(weights), weight, even, most: most / weight }
    }

    fn share(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row] / self.weight)
    }

    fn whole(&self, row: usize) -> i64 {
        (self.share(row).round() as i64).max(1)
    }

    /// The bits of the target with which no sum overflows.
    fn target_bits(&self, rows: usize) -> i32 {
        (60.0 - (rows.max(1) as f64 * self.most.max(1.0)).log2().ceil()).clamp(4.0, 50.0) as i32
    }
}

/// The largest power of two of which a positive number is a multiple.
fn lowest_bit(number: f64) -> f64 {
    let bits = number.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = (bits >> 52) as i32;
    let (fraction, exponent) = if exponent == 0 { (fraction, 1) } else { (fraction | 1 << 52, exponent) };
    f64::from(exponent - 1075 + fraction.trailing_zeros() as i32).exp2()
}

fn measure(target: &Target, criterion: Criterion) -> Result<Measure, Failure> {
    let wrong = |what| Err(Failure::new(code::WRONG_TASK, what));
    match (target, criterion) {
        (Target::Classes { .. }, Criterion::Auto | Criterion::Gini) => Ok(Measure::Gini),
        (Target::Classes { .. }, Criterion::Entropy) => Ok(Measure::Entropy),
        (Target::Classes { .. }, _) => wrong("this criterion is for numbers; the target has classes"),
        (Target::Numbers(_), Criterion::Auto | Criterion::Squared) => Ok(Measure::Squared),
        (Target::Numbers(_), Criterion::Absolute) => Ok(Measure::Absolute),
        (Target::Numbers(_), _) => wrong("this criterion is for classes; the target has numbers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_bit_is_the_unit_of_a_number() {
        assert_eq!([1.0, 3.0, 0.75, 96.0].map(lowest_bit), [1.0, 1.0, 0.25, 32.0]);
        assert!(lowest_bit(0.1) < 1e-15);
    }
}
