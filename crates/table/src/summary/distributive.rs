//! Distributive summaries: those of two parts give that of the whole.

use super::big::{self, Accumulator, parts};
use super::block::{self, BLOCK};
use crate::lookup::Texts;
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// An exact sum, rounded once at the end: any order gives the same bits.
///
/// ```
/// use pipewright_frame::summary::ExactSum;
/// let mut sum = ExactSum::default();
/// [1e100, 1.0, -1e100].into_iter().for_each(|number| sum.add(number));
/// assert_eq!(sum.value(), 1.0);
/// ```
#[derive(Debug, Clone)]
pub struct ExactSum {
    count: u64,
    finite: Accumulator,
    /// The sum of non-finite values: 0, an infinity or NaN.
    special: f64,
}

/// The bit of one.
pub(super) const UNITS: usize = 1074;
/// Range of float bits, 2^-1074 up to 2^1024.
pub(super) const FLOAT_BITS: usize = UNITS + 1024;

impl Default for ExactSum {
    fn default() -> ExactSum {
        ExactSum { count: 0, finite: Accumulator::new(FLOAT_BITS), special: 0.0 }
    }
}

impl ExactSum {
    /// Adds a number.
    #[inline]
    pub fn add(&mut self, number: f64) {
        self.count += 1;
        if number.is_finite() {
            let (negative, mantissa, bit) = parts(number);
            self.finite.add(mantissa, bit, negative);
        } else {
            self.special += number;
        }
    }

    /// Adds a whole number, which need not be representable as a float.
    #[inline]
    pub fn add_whole(&mut self, number: i64) {
        self.count += 1;
        self.finite.add(number.unsigned_abs(), UNITS, number < 0);
    }

    /// Removes a finite number that was added, without any loss.
    pub(super) fn remove(&mut self, number: f64) {
        let (negative, mantissa, bit) = parts(number);
        self.finite.add(mantissa, bit, !negative);
        self.count -= 1;
    }

    /// Adds numbers: same result as adding them one by one, but faster.
    pub fn add_all(&mut self, numbers: &[f64]) {
        for block in numbers.chunks(BLOCK) {
            if block::add(block, &mut self.finite, None) {
                self.count += block.len() as u64;
            } else {
                block.iter().for_each(|&number| self.add(number));
            }
        }
    }

    /// Merges another sum.
    pub fn merge(&mut self, other: ExactSum) {
        self.count += other.count;
        self.finite.merge(other.finite);
        self.special += other.special;
    }

    /// Returns the correctly rounded sum.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.quotient(1)
    }

    /// Returns the sum divided by a count, correctly rounded; only the quotient has to be representable, not the sum.
    ///
    /// # Panics
    /// If the divisor is 0.
    #[must_use]
    pub fn quotient(&self, divisor: u64) -> f64 {
        if self.special != 0.0 {
            return self.special;
        }
        let (negative, total) = self.finite.total();
        let magnitude = big::quotient(&total, -1074, divisor);
        if negative { -magnitude } else { magnitude }
    }

    /// Returns the count.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the arithmetic mean, if the count is not 0.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.quotient(self.count))
    }

    pub(super) fn finite(&self) -> &Accumulator {
        &self.finite
    }

    /// Adds a block of finite numbers and, to `squares`, their squares; or nothing, if [`block::add`] cannot.
    pub(super) fn add_squaring(&mut self, block: &[f64], squares: &mut Accumulator) -> bool {
        let added = block::add(block, &mut self.finite, Some(squares));
        self.count += if added { block.len() as u64 } else { 0 };
        added
    }
}

/// Minimum and maximum.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Extremes {
    range: Option<(f64, f64)>,
}

impl Extremes {
    /// Adds a number; NaN is ignored.
    #[inline]
    pub fn add(&mut self, number: f64) {
        if number.is_nan() {
            return;
        }
        // Adding 0 turns -0 into +0, which compares equal: the order of the two must not matter.
        let number = number + 0.0;
        self.range = Some(self.range.map_or((number, number), |(min, max)| (min.min(number), max.max(number))));
    }

    /// Adds numbers: same result as one by one, but faster.
    pub fn add_all(&mut self, numbers: &[f64]) {
        const LANES: usize = 8;
        let (groups, rest) = numbers.as_chunks::<LANES>();
        let (mut least, mut most) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        for group in groups {
            for lane in 0..LANES {
                // NaN is neither.
                least[lane] = if group[lane] < least[lane] { group[lane] } else { least[lane] };
                most[lane] = if group[lane] > most[lane] { group[lane] } else { most[lane] };
            }
        }
        let found = least.into_iter().zip(most).filter(|(least, most)| least <= most);
        found.for_each(|(least, most)| {
            self.add(least);
            self.add(most);
        });
        rest.iter().for_each(|&number| self.add(number));
    }

    /// Merges another summary.
    pub fn merge(&mut self, other: Extremes) {
        if let Some((min, max)) = other.range {
            self.add(min);
            self.add(max);
        }
    }

    /// Returns minimum and maximum, if the count is not 0.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        self.range
    }
}

/// Counts of levels.
///
/// ```
/// use pipewright_frame::summary::Levels;
/// let mut levels: Levels<String> = Levels::default();
/// ["b", "a", "b", "a", "c"].into_iter().for_each(|level| levels.add(level));
/// assert_eq!(levels.mode(), Some(&"a".to_string()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Levels<L> {
    counts: BTreeMap<L, u64>,
}

impl<L> Default for Levels<L> {
    fn default() -> Levels<L> {
        Levels { counts: BTreeMap::new() }
    }
}

impl Levels<String> {
    /// Counts each of these levels: faster than one by one, if they repeat often.
    pub fn add_all<'a>(&mut self, levels: impl Iterator<Item = &'a str>) {
        let mut places: Texts<'_, usize> = Texts::default();
        let mut counts: Vec<(&str, u64)> = Vec::new();
        for level in levels {
            match places.get(level) {
                Some(&place) => counts[place].1 += 1,
                None => {
                    places.insert(level, counts.len());
                    counts.push((level, 1));
                }
            }
        }
        counts.into_iter().for_each(|(level, count)| self.add_many(level.to_owned(), count));
    }
}

impl<L: Ord> Levels<L> {
    /// Counts a level once.
    pub fn add<B: Ord + ToOwned<Owned = L> + ?Sized>(&mut self, level: &B)
    where
        L: Borrow<B>,
    {
        match self.counts.get_mut(level) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(level.to_owned(), 1);
            }
        }
    }

    /// Counts a level `count` times.
    pub fn add_many(&mut self, level: L, count: u64) {
        *self.counts.entry(level).or_default() += count;
    }

    /// Merges other counts.
    pub fn merge(&mut self, other: Levels<L>) {
        other.counts.into_iter().for_each(|(level, count)| self.add_many(level, count));
    }

    /// Returns the levels in order, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (&L, u64)> {
        self.counts.iter().map(|(level, &count)| (level, count))
    }

    /// Returns the count of a level.
    #[must_use]
    pub fn count<B: Ord + ?Sized>(&self, level: &B) -> u64
    where
        L: Borrow<B>,
    {
        self.counts.get(level).copied().unwrap_or(0)
    }

    /// The number of levels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Are there no levels?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns the number of values.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Returns the most frequent level; the smallest on ties.
    #[must_use]
    pub fn mode(&self) -> Option<&L> {
        let most = self.counts.values().copied().max()?;
        self.counts.iter().find(|(_, count)| **count == most).map(|(level, _)| level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(numbers: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        numbers.iter().for_each(|&number| sum.add(number));
        sum.value()
    }

    #[test]
    fn sums_that_floats_get_wrong() {
        assert_eq!(sum(&[]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[5e-324, 5e-324, -1.0, 1.0]), 1e-323);
        assert_eq!(sum(&[1.0, 2_f64.powi(-53), 2_f64.powi(-80)]), 1.0 + f64::EPSILON);
        assert_eq!(sum(&[1.0, 2_f64.powi(-53)]), 1.0);
        assert_eq!(sum(&[f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }

    #[test]
    fn a_mean_exists_where_its_sum_does_not() {
        let mut sum = ExactSum::default();
        (0..8).for_each(|_| sum.add(f64::MAX));
        assert_eq!(sum.quotient(8), f64::MAX);
    }

    #[test]
    fn means_of_numbers_and_of_wholes_are_rounded_once() {
        let mut small = ExactSum::default();
        [0.02, 0.81, 0.91].into_iter().for_each(|number| small.add(number));
        assert_eq!(small.mean(), Some(0.580_000_000_000_000_1));
        let mut wholes = ExactSum::default();
        [9_007_199_254_740_993, 9_007_199_254_740_992, 1].into_iter().for_each(|whole| wholes.add_whole(whole));
        assert_eq!(wholes.mean(), Some(6_004_799_503_160_662.0));
    }

    #[test]
    fn levels_are_counted_alike_one_by_one_and_at_once() {
        let texts = ["b", "a", "", "b", "a longer level than a word", "a longer level than a mord", "b"];
        let (mut single, mut all): (Levels<String>, Levels<String>) = Default::default();
        texts.into_iter().for_each(|level| single.add(level));
        all.add_all(texts[..3].iter().copied());
        all.add_all(texts[3..].iter().copied());
        assert_eq!(single, all);
        assert_eq!((all.len(), all.total(), all.mode().map(String::as_str)), (5, 7, Some("b")));
    }

    #[test]
    fn extremes_are_alike_one_by_one_and_at_once() {
        let mut numbers: Vec<f64> = (0..37).map(|number| f64::from(number * 7 % 37) - 11.5).collect();
        numbers.extend([f64::NAN, -0.0, 0.0]);
        for count in [0, 1, 5, 8, 9, 16, 37, 40] {
            let (mut single, mut all) = (Extremes::default(), Extremes::default());
            numbers[..count].iter().for_each(|&number| single.add(number));
            all.add_all(&numbers[..count]);
            assert_eq!(single, all, "{count}");
        }
        let mut of_nothing = Extremes::default();
        of_nothing.add_all(&[f64::NAN; 20]);
        assert_eq!(of_nothing.range(), None);
        let mut infinite = Extremes::default();
        infinite.add_all(&[f64::INFINITY; 8]);
        assert_eq!(infinite.range(), Some((f64::INFINITY, f64::INFINITY)));
    }

    proptest! {
        #[test]
        fn blocks_sum_as_their_numbers_do(
            numbers in prop::collection::vec(prop::num::f64::ANY, 0..40),
            near in prop::collection::vec(prop_oneof![-1e3..1e3_f64, Just(0.0), Just(-0.0), Just(1e-12)], 0..2500),
        ) {
            for numbers in [&numbers, &near, &[&near[..], &numbers].concat()] {
                let mut all = ExactSum::default();
                all.add_all(numbers);
                let (got, expected) = (all.value(), sum(numbers));
                prop_assert!(got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan());
                prop_assert_eq!(all.count(), numbers.len() as u64);
            }
        }

        #[test]
        fn order_and_chunks_do_not_matter(
            numbers in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 0..60),
            cut in 0..60_usize,
        ) {
            let mut backwards = numbers.clone();
            backwards.reverse();
            prop_assert_eq!(sum(&numbers).to_bits(), sum(&backwards).to_bits());
            let (left, right) = numbers.split_at(cut.min(numbers.len()));
            let mut first = ExactSum::default();
            left.iter().for_each(|&number| first.add(number));
            let mut second = ExactSum::default();
            right.iter().for_each(|&number| second.add(number));
            first.merge(second);
            prop_assert_eq!(first.value().to_bits(), sum(&numbers).to_bits());
        }

        /// Multiples of 2^-20 below 2^30, so that the exact mean is a fraction of 128-bit integers.
        #[test]
        fn means_are_rounded_once(multiples in prop::collection::vec(-(1_i64 << 50)..1 << 50, 1..40)) {
            let mut sum = ExactSum::default();
            multiples.iter().for_each(|&multiple| sum.add(multiple as f64 * 2_f64.powi(-20)));
            let (mean, count) = (sum.mean().unwrap(), multiples.len() as i128);
            let exact: i128 = multiples.iter().map(|&multiple| i128::from(multiple)).sum();
            // In units of 2^-80.
            let scaled = |number: f64| (number.abs() * 2_f64.powi(80)) as i128;
            let last_place = scaled(mean.abs().next_up()) - scaled(mean);
            prop_assert!(2 * (scaled(mean) * count - (exact.abs() << 60)).abs() <= last_place * count);
            prop_assert!(exact == 0 || (exact < 0) == (mean < 0.0));
        }

        #[test]
        fn two_numbers_add_as_the_processor_adds_them(a in prop::num::f64::ANY, b in prop::num::f64::ANY) {
            let (got, expected) = (sum(&[a, b]), a + b);
            prop_assert!(got == expected || got.is_nan() && expected.is_nan(), "{} {}", got, expected);
        }
    }
}
