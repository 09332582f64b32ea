//! Exact sums of many groups of numbers, in a fixed-point unit.

use super::big::{parts, short_quotient};

/// A unit of which all of some floats are integer multiples, and any sum of them fits 128 bits. Adding such multiples
/// is exact, so the order does not matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPoint {
    /// The unit is two to the power of this less 1074.
    low: usize,
}

/// The range of biased exponents of floats; zeros have none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponents {
    least: u64,
    most: u64,
}

impl Exponents {
    /// Those of no floats.
    pub const NONE: Exponents = Exponents { least: u64::MAX, most: 0 };

    /// Includes one more float.
    #[inline]
    #[must_use]
    pub fn and(self, number: f64) -> Exponents {
        let exponent = number.to_bits() >> 52 & 0x7FF;
        let least = if number == 0.0 { u64::MAX } else { exponent };
        Exponents { least: self.least.min(least), most: self.most.max(exponent) }
    }

    /// Includes another range.
    #[inline]
    #[must_use]
    pub fn merge(self, other: Exponents) -> Exponents {
        Exponents { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    /// Is a number infinite or NaN?
    pub fn has_non_finite(self) -> bool {
        self.most == 0x7FF
    }
}

impl FixedPoint {
    /// The unit of integers.
    pub const ONE: FixedPoint = FixedPoint { low: 1074 };

    /// Returns the unit for up to `count` finite floats; `None` if their magnitudes are too far apart.
    pub fn of(exponents: Exponents, count: usize) -> Option<FixedPoint> {
        let low = exponents.least.min(exponents.most).saturating_sub(1);
        // A mantissa has 53 bits, a sum of n numbers log2(n) more, plus the sign bit.
        let bits = 53 + exponents.most.saturating_sub(1) - low + u64::from(usize::BITS - count.leading_zeros());
        (bits < 127).then_some(FixedPoint { low: low as usize })
    }

    /// Returns a float in units; it must be one of those that the unit was made for.
    #[inline]
    pub fn units(self, number: f64) -> i128 {
        let (negative, mantissa, bit) = parts(number);
        let units = i128::from(mantissa) << (bit.wrapping_sub(self.low) & 127);
        if negative { -units } else { units }
    }

    /// Returns `units` as a number, divided by a count, and rounded once.
    ///
    /// # Panics
    /// If the divisor is 0.
    pub fn quotient(self, units: i128, divisor: u64) -> f64 {
        let magnitude = short_quotient(units.unsigned_abs(), self.low as i32 - 1074, divisor);
        if units < 0 { -magnitude } else { magnitude }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::ExactSum;
    use proptest::prelude::*;

    fn unit(numbers: &[f64]) -> Option<FixedPoint> {
        let exponents = numbers.iter().fold(Exponents::NONE, |exponents, &number| exponents.and(number));
        FixedPoint::of(exponents, numbers.len())
    }

    #[test]
    fn edges() {
        let sum = |numbers: &[f64]| {
            let unit = unit(numbers)?;
            Some(unit.quotient(numbers.iter().map(|&number| unit.units(number)).sum(), 1))
        };
        assert_eq!(sum(&[]), Some(0.0));
        assert_eq!(sum(&[0.0, -0.0]), Some(0.0));
        assert_eq!(sum(&[5e-324, 0.0, 5e-324]), Some(1e-323));
        assert_eq!(sum(&[1e308, 1e308, -1e308]), Some(1e308));
        assert_eq!(sum(&[1e16, 1.0, -1e16]), Some(1.0));
        assert_eq!(sum(&[1e100, 1.0]), None);
        assert!(Exponents::NONE.and(f64::INFINITY).has_non_finite());
        assert_eq!(FixedPoint::ONE.quotient(7, 2), 3.5);
    }

    proptest! {
        #[test]
        fn agrees_with_exact_sums(numbers in prop::collection::vec(-1e9..1e9_f64, 1..60), divisor in 1..9_u64) {
            let Some(unit) = unit(&numbers) else { return Ok(()) };
            let mut exact = ExactSum::default();
            numbers.iter().for_each(|&number| exact.add(number));
            let units = numbers.iter().map(|&number| unit.units(number)).sum();
            prop_assert_eq!(unit.quotient(units, divisor).to_bits(), (exact.quotient(divisor) + 0.0).to_bits());
        }
    }
}
