//! The two kinds of number: what a kernel may ask of `f32` and `f64`.

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, Neg, Sub, SubAssign};

/// A floating-point number of a tensor.
///
/// The transcendental functions of `f32` are branch-free polynomials that the compiler turns into vector code; those
/// of `f64` are the standard library's, for `f64` serves tests and interpreters.
pub trait Element:
    Copy
    + Debug
    + Display
    + Default
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + DivAssign
    + faer::traits::ComplexField
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// -∞.
    const LEAST: Self;
    /// The smallest normal number.
    const SMALLEST: Self;

    /// The nearest number to `value`.
    fn from_f64(value: f64) -> Self;

    /// The number as an `f64`, exactly.
    fn to_f64(self) -> f64;

    /// self · factor + term, rounded once; one instruction where the CPU has it.
    #[must_use]
    fn mul_add(self, factor: Self, term: Self) -> Self;

    /// eˣ; 0 and ∞ beyond the range.
    #[must_use]
    fn exp(self) -> Self;

    /// The natural logarithm.
    #[must_use]
    fn ln(self) -> Self;

    /// ln(1 + x) for x in [0, 1].
    #[must_use]
    fn ln_1p_unit(self) -> Self;

    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;

    /// |x|.
    #[must_use]
    fn abs(self) -> Self;

    /// The square root.
    #[must_use]
    fn sqrt(self) -> Self;

    /// Neither infinite nor not-a-number?
    fn is_finite(self) -> bool;

    /// 1 / (1 + e⁻ˣ), without overflow.
    #[must_use]
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let e = (-self.abs()).exp();
        let numerator = if self >= Self::ZERO { Self::ONE } else { e };
        // A NaN fails the comparison above and reaches the result through `e`.
        numerator / (Self::ONE + e)
    }

    /// The larger of the two; `self` where that is a NaN.
    #[must_use]
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

impl Element for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    const LEAST: f32 = f32::NEG_INFINITY;
    const SMALLEST: f32 = f32::MIN_POSITIVE;

    #[inline(always)]
    fn from_f64(value: f64) -> f32 {
        value as f32
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn mul_add(self, factor: f32, term: f32) -> f32 {
        f32::mul_add(self, factor, term)
    }

    // The constants are those of the source, digit by digit.
    #[expect(clippy::excessive_precision, reason = "the digits are the source's")]
    /// Cephes `expf` (Moshier): eˣ = 2ⁿ·eʳ with |r| ≤ ln 2 / 2 and a polynomial of degree 7; error below 2 ulp.
    #[inline(always)]
    fn exp(self) -> f32 {
        const HIGH: f32 = 88.722_83;
        const LOW: f32 = -103.972_08;
        // Adding and subtracting 1.5·2²³ rounds to the nearest whole number.
        const ROUND: f32 = 12_582_912.0;
        // ln 2 in two parts, the first with few digits, so that n · first is exact. The digits are the algorithm's.
        const LN_2_HIGH: f32 = 0.693_359_375;
        const LN_2_LOW: f32 = -2.121_944_4e-4;
        let x = if self > HIGH { HIGH } else { self };
        let x = if x < LOW { LOW } else { x };
        let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
        let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
        let mut p = 1.987_569_1e-4;
        p = p * r + 1.398_199_9e-3;
        p = p * r + 8.333_452e-3;
        p = p * r + 4.166_579_6e-2;
        p = p * r + 1.666_666_5e-1;
        p = p * r + 5.000_000_1e-1;
        let value = p * r * r + r + 1.0;
        // 2ⁿ in two factors, for n down to -150 and up to 128.
        let half = (n * 0.5 + ROUND) - ROUND;
        let value = value * power_of_two(half) * power_of_two(n - half);
        let value = if self < LOW { 0.0 } else { value };
        if self > HIGH { f32::INFINITY } else { value }
    }

    #[inline(always)]
    fn ln(self) -> f32 {
        f32::ln(self)
    }

    /// ln(1 + x) = 2 artanh(x / (2 + x)) as its power series; the argument is at most 1/3.
    #[inline(always)]
    fn ln_1p_unit(self) -> f32 {
        let s = self / (2.0 + self);
        let q = s * s;
        let mut p = 1.0 / 15.0;
        p = p * q + 1.0 / 13.0;
        p = p * q + 1.0 / 11.0;
        p = p * q + 1.0 / 9.0;
        p = p * q + 1.0 / 7.0;
        p = p * q + 1.0 / 5.0;
        p = p * q + 1.0 / 3.0;
        2.0 * (s + s * q * p)
    }

    #[expect(clippy::excessive_precision, reason = "the digits are the source's")]
    /// Cephes `tanhf` (Moshier): an odd polynomial below 0.625, 1 − 2 / (e²ˣ + 1) above.
    #[inline(always)]
    fn tanh(self) -> f32 {
        let x = self.abs();
        let q = x * x;
        let mut p = -5.704_988_7e-3;
        p = p * q + 2.063_908_9e-2;
        p = p * q - 5.373_971_6e-2;
        p = p * q + 1.333_144_2e-1;
        p = p * q - 3.333_328_2e-1;
        let small = p * q * x + x;
        let large = 1.0 - 2.0 / (Element::exp(x + x) + 1.0);
        let magnitude = if x < 0.625 { small } else { large };
        magnitude.copysign(self)
    }

    #[inline(always)]
    fn abs(self) -> f32 {
        f32::abs(self)
    }

    #[inline(always)]
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
}

/// 2ⁿ for a whole `n` in -126..=127, through the exponent's bits.
#[inline(always)]
fn power_of_two(n: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    // The low bits of n + 1.5·2²³ are n itself, which saves the slow checked conversion; a NaN gives some number,
    // and stays a NaN through the other factor.
    let whole = (n + ROUND).to_bits().wrapping_sub(ROUND.to_bits());
    f32::from_bits(whole.wrapping_add(127) << 23)
}

impl Element for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const LEAST: f64 = f64::NEG_INFINITY;
    const SMALLEST: f64 = f64::MIN_POSITIVE;

    #[inline(always)]
    fn from_f64(value: f64) -> f64 {
        value
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn mul_add(self, factor: f64, term: f64) -> f64 {
        f64::mul_add(self, factor, term)
    }

    #[inline(always)]
    fn exp(self) -> f64 {
        f64::exp(self)
    }

    #[inline(always)]
    fn ln(self) -> f64 {
        f64::ln(self)
    }

    #[inline(always)]
    fn ln_1p_unit(self) -> f64 {
        f64::ln_1p(self)
    }

    #[inline(always)]
    fn tanh(self) -> f64 {
        f64::tanh(self)
    }

    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }

    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Element;

    /// The largest relative error of `approximate` against `exact` over a grid of [low, high].
    fn worst(low: f64, high: f64, approximate: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        (0..=200_000)
            .map(|step| (low + (high - low) * f64::from(step) / 200_000.0) as f32)
            .map(|x| {
                let truth = exact(f64::from(x));
                (f64::from(approximate(x)) - truth).abs() / truth.abs().max(1e-37)
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn the_polynomials_are_exact_to_a_few_units_in_the_last_place() {
        assert!(worst(-87.0, 88.7, Element::exp, f64::exp) < 2.5e-7);
        assert!(worst(0.0, 1.0, Element::ln_1p_unit, f64::ln_1p) < 2.5e-7);
        assert!(worst(-10.0, 10.0, Element::tanh, f64::tanh) < 2.5e-7);
        assert!(worst(-80.0, 80.0, Element::sigmoid, |x| 1.0 / (1.0 + (-x).exp())) < 4e-7);
    }

    #[test]
    fn the_ends_of_the_range_are_right() {
        assert_eq!(Element::exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(Element::exp(-200.0_f32), 0.0);
        assert_eq!(Element::exp(0.0_f32), 1.0);
        assert_eq!(Element::exp(89.0_f32), f32::INFINITY);
        assert!(Element::exp(88.7_f32).is_finite());
        assert!(Element::exp(f32::NAN).is_nan());
        assert_eq!((Element::tanh(50.0_f32), Element::tanh(-50.0_f32)), (1.0, -1.0));
        assert!(Element::tanh(f32::NAN).is_nan());
        assert_eq!((Element::sigmoid(200.0_f32), Element::sigmoid(-200.0_f32)), (1.0, 0.0));
        assert!(Element::sigmoid(f32::NAN).is_nan());
    }
}
