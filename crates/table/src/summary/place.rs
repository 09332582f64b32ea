//! Where quantiles lie among sorted numbers.

use super::big::{Accumulator, parts, quotient};
use super::distributive::FLOAT_BITS;

/// The place of a quantile among sorted numbers: at a rank, or between two of them (type 7 of Hyndman and Fan, 1996).
///
/// It is computed in integers, and a probability counts as the decimal that it is written as: the quantile at 0.07 of
/// 101 numbers is the one of rank 7, though the float closest to 0.07 is more.
///
/// ```
/// use pipewright_frame::summary::QuantilePlace;
/// let place = QuantilePlace::of(0.07, 101).unwrap();
/// assert_eq!((place.low(), place.high()), (7, 7));
/// let place = QuantilePlace::nth(1, 3, 5).unwrap();
/// assert_eq!((place.low(), place.high(), place.between(10.0, 13.0)), (1, 2, 11.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantilePlace {
    rank: u64,
    /// The way to the next rank, in parts.
    way: u64,
    parts: u64,
}

impl QuantilePlace {
    /// Returns the place of a probability among `count` numbers, if there are any.
    ///
    /// # Panics
    /// If `share` is not within 0 to 1.
    #[must_use]
    pub fn of(share: f64, count: u64) -> Option<QuantilePlace> {
        assert!((0.0..=1.0).contains(&share), "a share lies within 0 to 1");
        let (digits, parts) = decimal(share);
        QuantilePlace::nth(digits, parts, count)
    }

    /// Returns the place of the `nth` of the quantiles that cut `count` numbers into `parts`, if there are any numbers.
    ///
    /// # Panics
    /// If `nth` is more than `parts`, or there are no parts.
    #[must_use]
    pub fn nth(nth: u64, parts: u64, count: u64) -> Option<QuantilePlace> {
        assert!(nth <= parts, "a share lies within 0 to 1");
        let last = count.checked_sub(1)?;
        let (ways, parts_wide) = (u128::from(last) * u128::from(nth), u128::from(parts));
        Some(QuantilePlace { rank: (ways / parts_wide) as u64, way: (ways % parts_wide) as u64, parts })
    }

    /// The rank at or below it, from 0.
    #[must_use]
    pub fn low(self) -> u64 {
        self.rank
    }

    /// The rank at or above it.
    #[must_use]
    pub fn high(self) -> u64 {
        self.rank + u64::from(self.way > 0)
    }

    /// Returns the quantile, given the finite numbers at both ranks: rounded once.
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> f64 {
        if self.way == 0 || low == high {
            return low;
        }
        let sum = low + high;
        if self.way.checked_mul(2) == Some(self.parts) && sum.is_finite() {
            // Half of a float is a float, unless it is subnormal: then the sum is exact.
            return sum / 2.0;
        }
        if !(sum.is_finite() || (low.is_finite() && high.is_finite())) {
            return sum;
        }
        let mut weighted = Accumulator::new(FLOAT_BITS + 64);
        for (number, weight) in [(low, self.parts - self.way), (high, self.way)] {
            let (negative, mantissa, bit) = parts(number);
            weighted.add_wide(u128::from(mantissa) * u128::from(weight), bit, negative);
        }
        let (negative, total) = weighted.total();
        let magnitude = quotient(&total, -1074, self.parts);
        if negative { -magnitude } else { magnitude }
    }
}

/// Returns a probability as a fraction of a power of ten: the shortest decimal that is read as this float.
fn decimal(share: f64) -> (u64, u64) {
    /// Digits after the point; those beyond are cut off.
    const PLACES_MAX: usize = 18;
    let text = format!("{share:.PLACES_MAX$}");
    let shortest = share.to_string();
    let text = if shortest.len() < text.len() { shortest } else { text };
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{places}").parse().unwrap_or(u64::MAX);
    (digits, 10_u64.pow(places.len() as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn probabilities_are_decimals() {
        for (share, expected) in [(0.0, (0, 1)), (1.0, (1, 1)), (0.07, (7, 100)), (0.5, (5, 10)), (1e-30, (0, 1))] {
            let (digits, parts) = decimal(share);
            assert_eq!(u128::from(digits) * expected.1, expected.0 * u128::from(parts), "{share}");
        }
        assert_eq!(decimal(0.1 + 0.2), (30_000_000_000_000_004, 100_000_000_000_000_000));
        // Whole percents of 101 numbers, and whole parts of whatever is divisible, are ranks.
        for percent in 0..=100_u32 {
            let place = QuantilePlace::of(f64::from(percent) / 100.0, 101).unwrap();
            assert_eq!((place.low(), place.high()), (u64::from(percent), u64::from(percent)));
            let place = QuantilePlace::nth(u64::from(percent), 100, 1 + 100 * 49).unwrap();
            assert_eq!((place.low(), place.high()), (49 * u64::from(percent), 49 * u64::from(percent)));
        }
        assert_eq!(QuantilePlace::of(0.5, 0), None);
    }

    #[test]
    fn the_ends_of_the_range_are_no_obstacle() {
        let at = |share: f64, low: f64, high: f64| QuantilePlace::of(share, 2).unwrap().between(low, high);
        assert_eq!(at(0.5, -f64::MAX, f64::MAX), 0.0);
        assert_eq!(at(0.25, f64::MAX, f64::MAX), f64::MAX);
        assert_eq!(at(0.5, f64::MAX, f64::MAX.next_down()), f64::MAX.next_down());
        assert_eq!(at(0.75, 0.0, 5e-324), 5e-324);
        assert_eq!(at(0.25, 0.0, 5e-324), 0.0);
    }

    proptest! {
        /// Whole numbers below 2^40, so that the exact quantile is a fraction of 128-bit integers.
        #[test]
        fn a_quantile_is_rounded_once(low in 0..1_i64 << 40, step in 0..1_i64 << 40, nth in 0..1000_u64, negate: bool) {
            let place = QuantilePlace::nth(nth, 1000, 2).unwrap();
            let high = low + step;
            let exact = i128::from(low) * i128::from(1000 - nth) + i128::from(high) * i128::from(nth);
            let (low, high) = if negate { (-low, -high) } else { (low, high) };
            let found = if nth == 1000 { high as f64 } else { place.between(low as f64, high as f64) };
            // In units of 2^-60: half a unit in the last place of the found float, times the divisor, is the most.
            let scaled = |number: f64| (number.abs() * 2_f64.powi(60)) as i128;
            let last_place = scaled(found.abs().next_up()) - scaled(found);
            prop_assert!(2 * (scaled(found) * 1000 - (exact << 60)).abs() <= last_place * 1000);
        }
    }
}
