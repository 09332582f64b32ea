//! The element types `f32` and `f64`.

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, Neg, Sub, SubAssign};

/// A floating-point number of a tensor.
///
/// The transcendental functions of `f32` are branch-free polynomials that vectorise, except logarithms and powers,
/// which are the standard library's; so are those of `f64`, which serves tests and interpreters. Subnormal arguments
/// and results are supported: nothing is flushed to 0.
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

    /// Returns two slices to read and one to change as `f32`, if that is the element type.
    fn singles<'a>(read: [&'a [Self]; 2], changed: &'a mut [Self]) -> Option<([&'a [f32]; 2], &'a mut [f32])>;

    /// self · factor + term, rounded once; one instruction where the CPU has it.
    #[must_use]
    fn mul_add(self, factor: Self, term: Self) -> Self;

    /// eˣ; 0 and ∞ out of range.
    #[must_use]
    fn exp(self) -> Self;

    /// The natural logarithm.
    #[must_use]
    fn ln(self) -> Self;

    /// ln(1 + x) for x in [0, 1].
    #[must_use]
    fn ln_1p_unit(self) -> Self;

    /// ln(1 + x), also where x is so small that 1 + x is 1.
    #[must_use]
    fn ln_1p(self) -> Self;

    /// eˣ − 1 for x ≤ 0, without cancellation.
    #[must_use]
    fn exp_m1_negative(self) -> Self;

    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;

    /// The sine of an angle in radians.
    #[must_use]
    fn sin(self) -> Self;

    /// The cosine of an angle in radians.
    #[must_use]
    fn cos(self) -> Self;

    /// The error function, 2/√π ∫₀ˣ e^(−t²) dt.
    #[must_use]
    fn erf(self) -> Self;

    /// 1 − erf x, without its cancellation for large x.
    #[must_use]
    fn erfc(self) -> Self;

    /// x to the power of `exponent`.
    #[must_use]
    fn power(self, exponent: Self) -> Self;

    /// |x|.
    #[must_use]
    fn abs(self) -> Self;

    /// The square root.
    #[must_use]
    fn sqrt(self) -> Self;

    /// Neither infinite nor not-a-number?
    fn is_finite(self) -> bool;

    /// Not a number?
    fn is_nan(self) -> bool;

    /// ln(1 + eˣ), as max(x, 0) + ln(1 + e^−|x|), which cannot overflow.
    #[must_use]
    #[inline(always)]
    fn softplus(self) -> Self {
        // A NaN fails the comparison and survives in the second term.
        let positive = if self > Self::ZERO { self } else { Self::ZERO };
        positive + Element::exp(-Element::abs(self)).ln_1p_unit()
    }

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
    fn singles<'a>(read: [&'a [f32]; 2], changed: &'a mut [f32]) -> Option<([&'a [f32]; 2], &'a mut [f32])> {
        Some((read, changed))
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

    #[inline(always)]
    fn ln_1p(self) -> f32 {
        f32::ln_1p(self)
    }

    /// 2·t / (1 − t) with t = tanh(x / 2), whose denominator is between 1 and 2.
    #[inline(always)]
    fn exp_m1_negative(self) -> f32 {
        let t = Element::tanh(0.5 * self);
        2.0 * t / (1.0 - t)
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
    fn sin(self) -> f32 {
        sine_after_quarters(self, 0.0)
    }

    #[inline(always)]
    fn cos(self) -> f32 {
        sine_after_quarters(self, 1.0)
    }

    #[inline(always)]
    fn erf(self) -> f32 {
        let x = self.abs();
        let large = 1.0 - erfc_beyond_one(x);
        (if x < 1.0 { erf_within_one(x) } else { large }).copysign(self)
    }

    #[inline(always)]
    fn erfc(self) -> f32 {
        let x = self.abs();
        let tail = erfc_beyond_one(x);
        let outside = if self < 0.0 { 2.0 - tail } else { tail };
        if x < 1.0 { 1.0 - erf_within_one(x).copysign(self) } else { outside }
    }

    #[inline(always)]
    fn power(self, exponent: f32) -> f32 {
        f32::powf(self, exponent)
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

    #[inline(always)]
    fn is_nan(self) -> bool {
        f32::is_nan(self)
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

/// The sine of an angle plus `quarters` quarter turns, by power series in double precision on a remainder of at most
/// π/4.
///
/// Exact to 1 ulp below 2³⁰ in magnitude. Beyond that the remainder has an error, and the result is the sine of a
/// number that differs from the angle by less than one part in 10¹⁵.
#[inline(always)]
fn sine_after_quarters(angle: f32, quarters: f64) -> f32 {
    // π/2 in three parts; the first two have 22 digits, so that their products with 30 more are exact.
    const FIRST: f64 = 1.570_796_012_878_418;
    const SECOND: f64 = 3.139_164_164_167_596e-7;
    const THIRD: f64 = 6.223_372_171_896_613e-14;
    const LIMIT: f64 = std::f64::consts::FRAC_PI_4 + 1e-6;
    let x = f64::from(angle);
    let count = (x * std::f64::consts::FRAC_2_PI).round_ties_even();
    let rest = ((x - count * FIRST) - count * SECOND) - count * THIRD;
    let rest = if rest > LIMIT { LIMIT } else { rest };
    let rest = if rest < -LIMIT { -LIMIT } else { rest };
    let count = count + quarters;
    let quarter = count - 4.0 * (count * 0.25).floor();
    let q = rest * rest;
    let mut sine = -1.0 / 39_916_800.0;
    sine = sine * q + 1.0 / 362_880.0;
    sine = sine * q - 1.0 / 5040.0;
    sine = sine * q + 1.0 / 120.0;
    sine = sine * q - 1.0 / 6.0;
    let sine = rest + rest * q * sine;
    let mut cosine = 1.0 / 479_001_600.0;
    cosine = cosine * q - 1.0 / 3_628_800.0;
    cosine = cosine * q + 1.0 / 40_320.0;
    cosine = cosine * q - 1.0 / 720.0;
    cosine = cosine * q + 1.0 / 24.0;
    cosine = cosine * q - 0.5;
    let cosine = 1.0 + q * cosine;
    let value = if quarter == 1.0 || quarter == 3.0 { cosine } else { sine };
    (if quarter >= 2.0 { -value } else { value }) as f32
}

/// Cephes `erff` (Moshier) on [0, 1]: an odd polynomial; error below 3 ulp.
#[expect(clippy::excessive_precision, reason = "the digits are the source's")]
#[inline(always)]
fn erf_within_one(x: f32) -> f32 {
    let q = x * x;
    let mut p = 7.853_861_353_153_693e-5;
    p = p * q - 8.010_193_625_184_903e-4;
    p = p * q + 5.188_327_685_732_524e-3;
    p = p * q - 2.685_381_193_529_856e-2;
    p = p * q + 1.128_358_514_861_418e-1;
    p = p * q - 3.761_262_582_423_3e-1;
    p = p * q + 1.128_379_165_726_71;
    x * p
}

/// Cephes `erfcf` (Moshier) for x ≥ 1: e^(−x²) / x times a polynomial of 1 / x²; error below 12 ulp up to 9.19, whence
/// on results are subnormal and have as many digits as e^(−x²).
#[expect(clippy::excessive_precision, reason = "the digits are the source's")]
#[inline(always)]
fn erfc_beyond_one(x: f32) -> f32 {
    // Beyond 11 the result is 0; the limit excludes ∞, and passes NaN.
    let x = if x > 11.0 { 11.0 } else { x };
    let x = if x < 1.0 { 1.0 } else { x };
    let square = x * x;
    // What the rounding of the square lost, computed from a high part whose square is exact.
    let high = f32::from_bits(x.to_bits() & 0xFFFF_F000);
    let low = x - high;
    let lost = ((high * high - square) + 2.0 * high * low) + low * low;
    let exponential = Element::exp(-square) * (1.0 - lost);
    let reciprocal = 1.0 / x;
    let q = reciprocal * reciprocal;
    let mut near = 2.326_819_970_068_386e-2;
    near = near * q - 1.387_039_388_740_657e-1;
    near = near * q + 3.687_424_674_597_105e-1;
    near = near * q - 5.824_733_027_278_666e-1;
    near = near * q + 6.210_004_621_745_983e-1;
    near = near * q - 4.944_515_323_274_145e-1;
    near = near * q + 3.404_879_937_665_872e-1;
    near = near * q - 2.741_127_028_184_656e-1;
    near = near * q + 5.638_259_427_386_472e-1;
    let mut far = -1.047_766_399_936_249e1;
    far = far * q + 1.297_719_955_372_516e1;
    far = far * q - 7.495_518_717_768_503;
    far = far * q + 2.921_019_019_210_786;
    far = far * q - 1.015_265_279_202_7;
    far = far * q + 4.218_463_358_204_948e-1;
    far = far * q - 2.820_767_439_740_514e-1;
    far = far * q + 5.641_895_067_754_075e-1;
    exponential * reciprocal * if x < 2.0 { near } else { far }
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
    fn singles<'a>(_: [&'a [f64]; 2], _: &'a mut [f64]) -> Option<([&'a [f32]; 2], &'a mut [f32])> {
        None
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
    fn ln_1p(self) -> f64 {
        f64::ln_1p(self)
    }

    #[inline(always)]
    fn exp_m1_negative(self) -> f64 {
        f64::exp_m1(self)
    }

    #[inline(always)]
    fn tanh(self) -> f64 {
        f64::tanh(self)
    }

    #[inline(always)]
    fn sin(self) -> f64 {
        f64::sin(self)
    }

    #[inline(always)]
    fn cos(self) -> f64 {
        f64::cos(self)
    }

    #[inline(always)]
    fn erf(self) -> f64 {
        libm::erf(self)
    }

    #[inline(always)]
    fn erfc(self) -> f64 {
        libm::erfc(self)
    }

    #[inline(always)]
    fn power(self, exponent: f64) -> f64 {
        f64::powf(self, exponent)
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

    #[inline(always)]
    fn is_nan(self) -> bool {
        f64::is_nan(self)
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

    /// The largest error in units in the last place, over every 1999th number of `f32` in [low, high].
    fn worst_units(low: f32, high: f32, approximate: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        let mut worst = 0.0;
        for x in (0..=u32::MAX).step_by(1999).map(f32::from_bits).filter(|x| (low..=high).contains(x)) {
            let truth = exact(f64::from(x));
            let magnitude = truth.abs() as f32;
            let unit = f64::from(magnitude.next_up()) - f64::from(magnitude);
            let error = (f64::from(approximate(x)) - truth).abs() / unit;
            if error > worst {
                worst = error;
            }
        }
        worst
    }

    /// Over the whole range, subnormal arguments and results included.
    #[test]
    fn errors_are_a_few_units_in_the_last_place() {
        assert!(worst_units(-105.0, 88.72, Element::exp, f64::exp) <= 2.0);
        assert!(worst_units(-1e30, 1e30, Element::tanh, f64::tanh) <= 2.0);
        assert!(worst_units(-1.07e9, 1.07e9, Element::sin, f64::sin) <= 1.0);
        assert!(worst_units(-1.07e9, 1.07e9, Element::cos, f64::cos) <= 1.0);
        assert!(worst_units(-20.0, 20.0, Element::erf, libm::erf) <= 3.0);
        assert!(worst_units(-20.0, 9.19, Element::erfc, libm::erfc) <= 12.0);
        assert!(worst_units(-1e30, 0.0, Element::exp_m1_negative, f64::exp_m1) <= 5.0);
        assert!(worst_units(-0.99, 1e30, Element::ln_1p, f64::ln_1p) <= 1.0);
        assert!(worst_units(-105.0, 1e30, Element::softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p()) <= 4.0);
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
        assert_eq!((Element::erf(f32::INFINITY), Element::erf(f32::NEG_INFINITY)), (1.0, -1.0));
        assert_eq!((Element::erfc(f32::INFINITY), Element::erfc(f32::NEG_INFINITY)), (0.0, 2.0));
        assert!(Element::erf(f32::NAN).is_nan() && Element::erfc(f32::NAN).is_nan());
        assert_eq!(Element::exp_m1_negative(f32::NEG_INFINITY), -1.0);
        assert_eq!((Element::softplus(1000.0_f32), Element::softplus(-1000.0_f32)), (1000.0, 0.0));
        assert!(Element::softplus(f32::NAN).is_nan());
        assert!(Element::sin(f32::INFINITY).is_nan() && Element::cos(f32::NAN).is_nan());
        assert!(Element::sin(f32::MAX).abs() <= 1.0 && Element::cos(f32::MAX).abs() <= 1.0);
        let tiny = f32::from_bits(1);
        assert_eq!((Element::sin(tiny), Element::tanh(tiny), Element::erf(tiny)), (tiny, tiny, tiny));
        assert_eq!(Element::ln_1p(tiny), tiny);
    }
}
