//! Tails of the normal distribution and of Student's t distribution.
//!
//! Sources: NIST Digital Library of Mathematical Functions, 5.11.1 (Stirling's series), 8.17.22 (the continued fraction of
//! the incomplete beta function); I. Thompson, A. Barnett, "Coulomb and Bessel functions of complex arguments and order"
//! (1986) for its evaluation by Lentz's method.

use pipewright_tensor::Element;

/// The number below which 97.5 % of the standard normal distribution lies.
pub(super) const NORMAL_975: f64 = 1.959_963_984_540_054;

/// The probability that a standard normal number is at least as far from 0.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    Element::erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2)
}

/// The probability that a number of Student's t distribution is at least as far from 0.
pub(super) fn student_two_sided(t: f64, freedom: f64) -> f64 {
    // t² may overflow; beyond 1e150 nothing is left.
    let square = t.abs().min(1e150).powi(2);
    let (inside, outside) = (freedom / (freedom + square), square / (freedom + square));
    incomplete_beta(freedom / 2.0, 0.5, inside, outside).clamp(0.0, 1.0)
}

/// The number below which 97.5 % of Student's t distribution lies, by bisection.
pub(super) fn student_975(freedom: f64) -> f64 {
    const TWO_SIDED: f64 = 0.05;
    let (mut low, mut high) = (NORMAL_975 / 2.0, 2.0 * NORMAL_975);
    while student_two_sided(high, freedom) > TWO_SIDED && high < 1e100 {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if student_two_sided(middle, freedom) > TWO_SIDED { low = middle } else { high = middle }
    }
    high
}

/// The regularised incomplete beta function I_x(a, b), where `rest` is 1 - x.
fn incomplete_beta(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    if x <= 0.0 || rest <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, rest, x);
    }
    let (more, less) = (a.max(b), a.min(b));
    let front = ln_gamma_growth(more, less) - ln_gamma(less) + a * ln_of(x, rest) + b * ln_of(rest, x);
    front.exp() * beta_fraction(a, b, x) / a
}

/// The continued fraction of the incomplete beta function.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TERMS_MAX: u32 = 10_000;
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for term in 1..TERMS_MAX {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        fraction *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let factor = c * d;
        fraction *= factor;
        if (factor - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// ln(x), where 1 - x is known to all its digits.
fn ln_of(x: f64, rest: f64) -> f64 {
    if x < 0.5 { x.ln() } else { (-rest).ln_1p() }
}

/// Where Stirling's series has all digits.
const RAISED: f64 = 12.0;

/// ln Γ(x) for x > 0: Stirling's series, where x is first raised.
fn ln_gamma(x: f64) -> f64 {
    let (mut raised, mut product) = (x, 1.0);
    while raised < RAISED {
        product *= raised;
        raised += 1.0;
    }
    (raised - 0.5) * raised.ln() - raised + 0.5 * std::f64::consts::TAU.ln() + stirling(raised) - f64::ln(product)
}

/// ln Γ(x + by) - ln Γ(x), of which large terms are left out that cancel.
fn ln_gamma_growth(x: f64, by: f64) -> f64 {
    if x < RAISED {
        return ln_gamma(x + by) - ln_gamma(x);
    }
    by * x.ln() + (x + by - 0.5) * (by / x).ln_1p() - by + (stirling(x + by) - stirling(x))
}

/// What Stirling's formula for ln Γ(x) leaves.
fn stirling(x: f64) -> f64 {
    const SERIES: [f64; 7] =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];
    let inverse = 1.0 / (x * x);
    SERIES.iter().rev().fold(0.0, |sum, term| sum * inverse + term) / x
}

#[cfg(test)]
#[path = "golden/distribution.rs"]
mod golden;

#[cfg(test)]
mod tests {
    use super::*;

    use super::golden::*;

    fn close(found: f64, wanted: f64) {
        assert!((found / wanted - 1.0).abs() < 1e-10, "{found} {wanted}");
    }

    /// `2·scipy.stats.t.sf(t, freedom)`, `scipy.stats.t.ppf(0.975, freedom)` and `2·scipy.stats.norm.sf(z)`.
    #[test]
    fn scipy_finds_the_same() {
        for &(t, freedom, wanted) in STUDENT {
            close(student_two_sided(t, freedom), wanted);
            close(student_two_sided(-t, freedom), wanted);
        }
        STUDENT_975.iter().for_each(|&(freedom, wanted)| close(student_975(freedom), wanted));
        NORMAL.iter().for_each(|&(z, wanted)| close(normal_two_sided(z), wanted));
        assert_eq!((student_two_sided(0.0, 5.0), normal_two_sided(0.0)), (1.0, 1.0));
        assert!(student_two_sided(f64::MAX, 1.0) >= 0.0 && student_975(1e-3).is_finite());
    }
}
