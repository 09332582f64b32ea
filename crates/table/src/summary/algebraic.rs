//! Algebraic summaries: computed from a few distributive ones.

use super::ExactSum;
use super::big::{Accumulator, Whole, parts, times_power_of_two};
use super::block::BLOCK;
use super::distributive::UNITS;

/// Count, mean and standard deviation, from exact sums of numbers and squares: rounded once at the end, so that large
/// means cost no digits of a small spread.
///
/// ```
/// use pipewright_frame::summary::Moments;
/// let mut moments = Moments::default();
/// [1.0, 2.0, 3.0, 4.0].into_iter().for_each(|number| moments.add(number));
/// assert_eq!(moments.mean(), Some(2.5));
/// assert_eq!(moments.deviation(0), Some(1.25_f64.sqrt()));
/// ```
#[derive(Debug, Clone)]
pub struct Moments {
    sum: ExactSum,
    squares: Accumulator,
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { sum: ExactSum::default(), squares: Accumulator::new(2 * (1074 + 1024)) }
    }
}

impl Moments {
    /// Adds a finite number.
    ///
    /// # Panics
    /// If the number is not finite.
    #[inline]
    pub fn add(&mut self, number: f64) {
        assert!(number.is_finite(), "moments are of finite numbers");
        self.sum.add(number);
        self.square(number, false);
    }

    /// Removes a number that was added, without any loss.
    ///
    /// # Panics
    /// If the number is not finite, or none was added.
    pub fn remove(&mut self, number: f64) {
        assert!(number.is_finite() && self.count() > 0, "the number was added");
        self.sum.remove(number);
        self.square(number, true);
    }

    #[inline]
    fn square(&mut self, number: f64, negative: bool) {
        let (_, mantissa, bit) = parts(number);
        self.squares.add_wide(u128::from(mantissa) * u128::from(mantissa), 2 * bit, negative);
    }

    /// Adds finite numbers: same result as adding them one by one, but faster.
    ///
    /// # Panics
    /// If a number is not finite.
    pub fn add_all(&mut self, numbers: &[f64]) {
        for block in numbers.chunks(BLOCK) {
            if !self.sum.add_squaring(block, &mut self.squares) {
                block.iter().for_each(|&number| self.add(number));
            }
        }
    }

    /// Adds whole numbers, which need not be representable as floats.
    pub fn add_wholes(&mut self, numbers: &[i64]) {
        /// Up to this, whole numbers are floats.
        const EXACT_MAX: u64 = 1 << 53;
        let mut floats = [0.0; BLOCK];
        for block in numbers.chunks(BLOCK) {
            if block.iter().all(|number| number.unsigned_abs() <= EXACT_MAX) {
                floats.iter_mut().zip(block).for_each(|(float, &number)| *float = number as f64);
                self.add_all(&floats[..block.len()]);
                continue;
            }
            for &number in block {
                let magnitude = u128::from(number.unsigned_abs());
                self.sum.add_whole(number);
                self.squares.add_wide(magnitude * magnitude, 2 * UNITS, false);
            }
        }
    }

    /// Merges another summary.
    pub fn merge(&mut self, other: Moments) {
        self.sum.merge(other.sum);
        self.squares.merge(other.squares);
    }

    /// Returns the count.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.sum.count()
    }

    /// Returns the arithmetic mean, if the count is not 0.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.sum.mean()
    }

    /// Returns the standard deviation with divisor `count - ddof` (0 for a population, 1 for a sample), if the count is
    /// more than `ddof`.
    #[must_use]
    pub fn deviation(&self, ddof: u64) -> Option<f64> {
        let count = self.count();
        let divisor = count.checked_sub(ddof).filter(|&divisor| divisor > 0)?;
        // With n numbers: n Σx² - (Σx)² is n² times the variance, and both terms are whole multiples of 2^-2148.
        let (_, sum) = self.sum.finite().total();
        let (_, squares) = self.squares.total();
        let scaled = squares.times(&Whole::from_u64(count)).minus(&sum.times(&sum));
        let (top, exponent) = scaled.top();
        // An even exponent can be halved under the root.
        let (top, exponent) = if exponent % 2 == 0 { (top as f64, exponent) } else { (top as f64 * 2.0, exponent - 1) };
        let divisor = (count as f64).sqrt() * (divisor as f64).sqrt();
        let divisor = if ddof == 0 { count as f64 } else { divisor };
        Some(times_power_of_two(top.sqrt() / divisor, exponent / 2 - 1074))
    }

    /// Returns the variance: the square of [`Moments::deviation`].
    #[must_use]
    pub fn variance(&self, ddof: u64) -> Option<f64> {
        self.deviation(ddof).map(|deviation| deviation * deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moments(numbers: impl IntoIterator<Item = f64>) -> Moments {
        let mut moments = Moments::default();
        numbers.into_iter().for_each(|number| moments.add(number));
        moments
    }

    /// The numbers of NIST's Statistical Reference Datasets, NumAcc1 to NumAcc4, with their certified mean and standard
    /// deviation, and the digits of the latter that the numbers as floats leave over.
    fn nist() -> [(Vec<f64>, f64, f64, f64); 4] {
        let alternating = |first: f64, low: f64, high: f64| -> Vec<f64> {
            std::iter::once(first).chain((0..1000).map(|row| if row % 2 == 0 { low } else { high })).collect()
        };
        [
            (vec![10_000_001.0, 10_000_003.0, 10_000_002.0], 10_000_002.0, 1.0, 15.0),
            (alternating(1.2, 1.1, 1.3), 1.2, 0.1, 15.0),
            (alternating(1_000_000.2, 1_000_000.1, 1_000_000.3), 1_000_000.2, 0.1, 9.45),
            (alternating(10_000_000.2, 10_000_000.1, 10_000_000.3), 10_000_000.2, 0.1, 8.25),
        ]
    }

    #[test]
    fn nist_univariate() {
        let digits = |got: Option<f64>, certified: f64| {
            let off = (got.unwrap() - certified).abs() / certified;
            if off == 0.0 { 15.0 } else { -off.log10() }
        };
        for (numbers, mean, deviation, least) in nist() {
            let whole = moments(numbers.iter().copied());
            assert!(digits(whole.mean(), mean) >= 15.0, "{:?}", whole.mean());
            assert!(digits(whole.deviation(1), deviation) >= least, "{:?}", whole.deviation(1));
            let bits = |moments: &Moments| [moments.mean(), moments.deviation(1)].map(|value| value.unwrap().to_bits());
            // However they are cut, and whatever threads there are.
            for (rows, threads) in [(1, 1), (2, 2), (7, 3), (64, 8), (1001, 2)] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let chunks: Vec<&[f64]> = numbers.chunks(rows).collect();
                let mut merged = Moments::default();
                let observe = |index: usize| {
                    let mut part = Moments::default();
                    part.add_all(chunks[index]);
                    part
                };
                let parts = pool.install(|| crate::in_parallel(chunks.len(), observe));
                parts.into_iter().for_each(|part| merged.merge(part));
                assert_eq!(bits(&merged), bits(&whole), "{rows} rows a chunk, {threads} threads");
            }
        }
    }

    #[test]
    fn edges() {
        assert_eq!(moments([]).mean(), None);
        assert_eq!(moments([]).deviation(0), None);
        assert_eq!(moments([3.0]).deviation(1), None);
        assert_eq!(moments([0.1; 7]).deviation(0), Some(0.0));
        assert_eq!(moments([-1.0, 1.0]).deviation(0), Some(1.0));
        assert_eq!(moments([1e308, -1e308]).deviation(0), Some(1e308));
        assert_eq!(moments([1e-300, -1e-300]).deviation(0), Some(1e-300));
        assert_eq!(moments([5e-324, -5e-324]).deviation(0), Some(5e-324));
    }

    proptest! {
        #[test]
        fn wholes_beyond_the_floats_are_exact(
            wholes in prop::collection::vec(any::<i64>(), 1..30),
            near in prop::collection::vec(-100_000..100_000_i64, 1..30),
        ) {
            let of = |wholes: &[i64]| {
                let mut moments = Moments::default();
                moments.add_wholes(wholes);
                moments
            };
            let sum: i128 = wholes.iter().map(|&whole| i128::from(whole)).sum();
            let moments_of_all = of(&wholes);
            // A sum below 2^100 and its float differ by half of its last place at most.
            let total = moments_of_all.mean().unwrap() * wholes.len() as f64;
            prop_assert!((total - sum as f64).abs() <= 1e-15 * (sum as f64).abs());
            prop_assert_eq!(moments_of_all.count(), wholes.len() as u64);
            let (whole, single) = (of(&near), moments(near.iter().map(|&whole| whole as f64)));
            prop_assert_eq!(whole.deviation(0).map(f64::to_bits), single.deviation(0).map(f64::to_bits));
            prop_assert_eq!(of(&[i64::MIN, i64::MIN]).deviation(0), Some(0.0));
            prop_assert_eq!(of(&[i64::MAX, i64::MAX - 2]).deviation(0), Some(1.0));
        }

        #[test]
        fn blocks_are_their_numbers(
            wild in prop::collection::vec(
                prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO | prop::num::f64::NEGATIVE,
                1..40,
            ),
            near in prop::collection::vec(prop_oneof![-1e6..1e6_f64, Just(0.0), Just(-0.0), Just(1e-9)], 0..2500),
        ) {
            for numbers in [&wild, &near, &[&near[..], &wild].concat()] {
                let mut all = Moments::default();
                all.add_all(numbers);
                let single = moments(numbers.iter().copied());
                prop_assert_eq!(all.count(), single.count());
                prop_assert_eq!(all.mean().map(f64::to_bits), single.mean().map(f64::to_bits));
                prop_assert_eq!(all.deviation(0).map(f64::to_bits), single.deviation(0).map(f64::to_bits));
            }
        }

        #[test]
        fn agrees_with_two_passes(numbers in prop::collection::vec(-1e3..1e3_f64, 2..50)) {
            let count = numbers.len() as f64;
            let mean = numbers.iter().sum::<f64>() / count;
            let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
            let moments = moments(numbers);
            prop_assert!((moments.mean().unwrap() - mean).abs() <= 1e-12 * 1e3);
            prop_assert!((moments.variance(1).unwrap() - variance).abs() <= 1e-12 * variance.max(1.0));
        }
    }
}
