//! Algebraic summaries: a few distributive ones give the answer.

use super::ExactSum;
use super::big::{Accumulator, Whole, parts, times_power_of_two};

/// Count, mean and spread of numbers, from exact sums of them and of their squares: rounded once at the end, so that
/// large means cost no digit of a small spread.
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
    count: u64,
    sum: ExactSum,
    squares: Accumulator,
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { count: 0, sum: ExactSum::default(), squares: Accumulator::new(2 * (1074 + 1024)) }
    }
}

impl Moments {
    /// Adds a finite number.
    ///
    /// # Panics
    /// If it is not finite.
    #[inline]
    pub fn add(&mut self, number: f64) {
        assert!(number.is_finite(), "moments are of finite numbers");
        self.count += 1;
        self.sum.add(number);
        self.square(number, false);
    }

    /// Takes a number out again that was added; nothing is lost by that.
    ///
    /// # Panics
    /// If it is not finite, or there is none.
    pub fn remove(&mut self, number: f64) {
        assert!(number.is_finite() && self.count > 0, "the number was added");
        self.count -= 1;
        self.sum.add(-number);
        self.square(number, true);
    }

    #[inline]
    fn square(&mut self, number: f64, negative: bool) {
        let (_, mantissa, bit) = parts(number);
        let square = u128::from(mantissa) * u128::from(mantissa);
        self.squares.add(square as u64, 2 * bit, negative);
        self.squares.add((square >> 64) as u64, 2 * bit + 64, negative);
    }

    /// Adds what another one has seen.
    pub fn merge(&mut self, other: Moments) {
        self.count += other.count;
        self.sum.merge(other.sum);
        self.squares.merge(other.squares);
    }

    /// How many numbers there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The arithmetic mean, if there was a number.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.quotient(self.count as f64))
    }

    /// The standard deviation with `count - ddof` as divisor (0: of a population, 1: estimated from a sample), if
    /// there were more than `ddof` numbers.
    #[must_use]
    pub fn deviation(&self, ddof: u64) -> Option<f64> {
        let divisor = self.count.checked_sub(ddof).filter(|&divisor| divisor > 0)?;
        // With n numbers: n Σx² - (Σx)² = n² times the variance, and both sides are whole numbers of 2^-2148.
        let (_, sum) = self.sum.finite().total();
        let (_, squares) = self.squares.total();
        let scaled = squares.times(&Whole::from_u64(self.count)).minus(&sum.times(&sum));
        let (top, exponent) = scaled.top();
        // An even exponent can be halved under the root.
        let (top, exponent) = if exponent % 2 == 0 { (top as f64, exponent) } else { (top as f64 * 2.0, exponent - 1) };
        let divisor = (self.count as f64).sqrt() * (divisor as f64).sqrt();
        let divisor = if ddof == 0 { self.count as f64 } else { divisor };
        Some(times_power_of_two(top.sqrt() / divisor, exponent / 2 - 1074))
    }

    /// The variance: the square of [`Moments::deviation`].
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

    /// NIST StRD, NumAcc3 and NumAcc4: mean 1000000.2 and 10000000.2, standard deviation 0.1 (n - 1 as divisor).
    /// The numbers as floats differ from the decimal ones; that alone limits the digits of the deviation.
    #[test]
    fn nist_univariate() {
        for (center, digits) in [(1_000_000.2_f64, 9.4), (10_000_000.2, 8.2)] {
            let decimal = |tenths: i64| (center.floor() * 10.0 + tenths as f64) / 10.0;
            let alternating = (0..1000).map(|row| decimal(if row % 2 == 0 { 1 } else { 3 }));
            let moments = moments(std::iter::once(center).chain(alternating));
            let agreement = |got: f64, expected: f64| -((got - expected).abs() / expected).log10();
            assert!(agreement(moments.mean().unwrap(), center) >= 15.0);
            assert!(agreement(moments.deviation(1).unwrap(), 0.1) >= digits, "{:?}", moments.deviation(1));
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
