//! Probabilities and quantiles of the normal distribution, of Student's t distribution, and of fair coins.
//!
//! Sources: NIST Digital Library of Mathematical Functions, 5.11.1 (Stirling's series), 8.17.22 (the continued fraction of
//! the incomplete beta function); I. Thompson, A. Barnett, "Coulomb and Bessel functions of complex arguments and order"
//! (1986) for its evaluation by Lentz's method.

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
}
