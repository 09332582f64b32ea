//! Probabilities and quantiles of the normal distribution and of Student's t, of fair coins, and tails of χ² and of
//! Kolmogorov's distribution.
//!
//! Sources: NIST Digital Library of Mathematical Functions, 5.11.1 (Stirling's series), 8.7.1 and 8.9.2 (the series and
//! the continued fraction of the incomplete gamma function), 8.17.22 (the continued fraction of the incomplete beta
//! function); I. Thompson, A. Barnett, "Coulomb and Bessel functions of complex arguments and order"
//! (1986) for their evaluation by Lentz's method.

use pipewright_tensor::Element;

/// The number below which 97.5 % of the standard normal distribution lies.
pub(crate) const NORMAL_975: f64 = 1.959_963_984_540_054;

/// The probability that a standard normal number is at least as far from 0.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    Element::erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2)
}

/// The probability that a number of Student's t distribution is at least as far from 0.
pub(crate) fn student_two_sided(t: f64, freedom: f64) -> f64 {
    // t² may overflow; beyond 1e150 nothing is left.
    let square = t.abs().min(1e150).powi(2);
    let (inside, outside) = (freedom / (freedom + square), square / (freedom + square));
    incomplete_beta(freedom / 2.0, 0.5, inside, outside).clamp(0.0, 1.0)
}

/// The probability that a number of Student's t distribution is below `t`.
pub(crate) fn student_below(t: f64, freedom: f64) -> f64 {
    let tail = student_two_sided(t, freedom) / 2.0;
    if t < 0.0 { tail } else { 1.0 - tail }
}

/// The number below which 97.5 % of Student's t distribution lies.
pub(crate) fn student_975(freedom: f64) -> f64 {
    student_reach(0.05, freedom)
}

/// The number with this probability that a number of Student's t distribution is at least as far from 0.
pub(crate) fn student_reach(outside: f64, freedom: f64) -> f64 {
    reach(outside, |t| student_two_sided(t, freedom))
}

/// The number with this probability that a standard normal number is at least as far from 0.
pub(crate) fn normal_reach(outside: f64) -> f64 {
    reach(outside, normal_two_sided)
}

/// The probability that a standard normal number is below `z`.
pub(crate) fn normal_below(z: f64) -> f64 {
    Element::erfc(-z * std::f64::consts::FRAC_1_SQRT_2) / 2.0
}

/// The number that a standard normal number is below with this probability, which lies between 0 and 1.
pub(crate) fn normal_quantile(probability: f64) -> f64 {
    let size = normal_reach(2.0 * probability.min(1.0 - probability));
    if probability < 0.5 { -size } else { size }
}

/// The probability of at most `successes` of `trials` throws of a fair coin.
pub(crate) fn coin_at_most(successes: u64, trials: u64) -> f64 {
    if successes >= trials {
        return 1.0;
    }
    incomplete_beta((trials - successes) as f64, successes as f64 + 1.0, 0.5, 0.5)
}

/// The probability of exactly `successes` of `trials` throws of a fair coin.
pub(crate) fn coin_exactly(successes: u64, trials: u64) -> f64 {
    let (successes, trials) = (successes as f64, trials as f64);
    let ways = ln_gamma(trials + 1.0) - ln_gamma(successes + 1.0) - ln_gamma(trials - successes + 1.0);
    (ways - trials * std::f64::consts::LN_2).exp()
}

/// The smallest number above 0 with at most this probability outside of it, by bisection.
fn reach(outside: f64, tail: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 2.0 * NORMAL_975);
    while tail(high) > outside && high < 1e100 {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if tail(middle) > outside { low = middle } else { high = middle }
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

/// The probability that a number of the χ² distribution is at least `value`.
pub(crate) fn chi_square_tail(value: f64, freedom: f64) -> f64 {
    let (a, x) = (freedom / 2.0, value / 2.0);
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    let tail = if x < a + 1.0 { 1.0 - front * gamma_series(a, x) } else { front * gamma_fraction(a, x) };
    tail.clamp(0.0, 1.0)
}

/// The series of the lower incomplete gamma function, Σ xⁿ / (a (a + 1) … (a + n)).
fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut next) = (1.0 / a, 1.0 / a, a);
    while term > sum * f64::EPSILON {
        next += 1.0;
        term *= x / next;
        sum += term;
    }
    sum
}

/// The continued fraction of the upper incomplete gamma function.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    const TERMS_MAX: u32 = 10_000;
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / away(b));
    let mut fraction = d;
    for term in 1..TERMS_MAX {
        let n = f64::from(term);
        let factor = -n * (n - a);
        b += 2.0;
        d = 1.0 / away(factor * d + b);
        c = away(b + factor / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// The probability that a number of Kolmogorov's distribution is at least `value`: 2 Σ (-1)ᵏ⁻¹ exp(-2k²·value²), and for
/// small values the series of Jacobi's theta function, which then converges faster (A. Kolmogorov, 1933).
pub(crate) fn kolmogorov_tail(value: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    const TERMS: i32 = 20;
    if value <= 0.0 {
        return 1.0;
    }
    let tail = if value < 1.0 {
        let term = |k: i32| (-(f64::from(2 * k - 1) * PI / value).powi(2) / 8.0).exp();
        1.0 - TAU.sqrt() / value * (1..=TERMS).map(term).sum::<f64>()
    } else {
        let sign = |k: i32| if k % 2 == 1 { 2.0 } else { -2.0 };
        (1..=TERMS).map(|k| sign(k) * (-2.0 * (f64::from(k) * value).powi(2)).exp()).sum()
    };
    tail.clamp(0.0, 1.0)
}

/// ln(x), where 1 - x is known to all its digits.
fn ln_of(x: f64, rest: f64) -> f64 {
    if x < 0.5 { x.ln() } else { (-rest).ln_1p() }
}

/// Where Stirling's series has all digits.
const RAISED: f64 = 12.0;

/// ln Γ(x) for x > 0: Stirling's series, where x is first raised.
pub(crate) fn ln_gamma(x: f64) -> f64 {
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
mod golden;

#[cfg(test)]
mod tests {
    use super::*;

    use super::golden::*;

    fn close(found: f64, wanted: f64) {
        assert!((found / wanted - 1.0).abs() < 1e-10, "{found} {wanted}");
    }

    /// `2·scipy.stats.t.sf(t, freedom)`, `scipy.stats.t.ppf(0.975, freedom)`, `2·scipy.stats.norm.sf(z)`,
    /// `scipy.stats.norm.ppf`, `scipy.stats.binom.cdf` and `pmf` with p = ½ (1.17.1).
    #[test]
    fn scipy_finds_the_same() {
        for &(t, freedom, wanted) in STUDENT {
            close(student_two_sided(t, freedom), wanted);
            close(student_two_sided(-t, freedom), wanted);
        }
        STUDENT_975.iter().for_each(|&(freedom, wanted)| close(student_975(freedom), wanted));
        NORMAL.iter().for_each(|&(z, wanted)| close(normal_two_sided(z), wanted));
        assert_eq!((student_two_sided(0.0, 5.0), normal_two_sided(0.0)), (1.0, 1.0));
        for &(t, freedom, wanted) in STUDENT {
            close(student_below(-t, freedom), wanted / 2.0);
            close(student_below(t, freedom), 1.0 - wanted / 2.0);
        }
        for &(z, wanted) in NORMAL {
            close(normal_below(-z), wanted / 2.0);
        }
        QUANTILES.iter().for_each(|&(share, wanted)| close(normal_quantile(share), wanted));
        assert!(normal_quantile(0.5).abs() < 1e-15);
        for &(successes, trials, at_most, exactly) in COINS {
            close(coin_at_most(successes, trials), at_most);
            close(coin_exactly(successes, trials), exactly);
        }
        assert!(student_two_sided(f64::MAX, 1.0) >= 0.0 && student_975(1e-3).is_finite());
    }

    /// `scipy.stats.chi2.sf(value, freedom)` of scipy 1.17.1.
    #[test]
    fn scipy_finds_the_same_tails_of_chi_square() {
        for (value, freedom, wanted) in [
            (0.1, 1.0, 0.7518296340458492),
            (3.84, 1.0, 0.05004352124870519),
            (5.0, 4.0, 0.2872974951836458),
            (40.0, 4.0, 4.328422607120966e-08),
            (100.0, 120.0, 0.907734948041067),
            (300.0, 120.0, 2.0761530190827615e-17),
            (0.5, 30.0, 1.0),
            (0.0, 3.0, 1.0),
        ] {
            close(chi_square_tail(value, freedom), wanted);
        }
        assert_eq!(chi_square_tail(1e300, 2.0), 0.0);
    }

    /// `scipy.special.kolmogorov(value)` of scipy 1.17.1.
    #[test]
    fn scipy_finds_the_same_tails_of_kolmogorov() {
        for (value, wanted) in [
            (0.2, 0.999999999999495),
            (0.4, 0.9971923267772983),
            (0.8, 0.5441424115741981),
            (1.0, 0.26999967167735456),
            (1.36, 0.049485876755377876),
            (2.5, 7.453306344157342e-06),
            (5.0, 3.8574996959278356e-22),
            (0.0, 1.0),
        ] {
            close(kolmogorov_tail(value), wanted);
        }
    }
}
