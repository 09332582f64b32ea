//! Maximum-likelihood exponents of power transforms.
//!
//! With y(λ) the raised numbers and u the signed logarithms, the log-likelihood is (λ − 1) Σu − n/2 · ln var(y). It is
//! concave for both families (Kouider and Chen 1995; Marchand et al. 2022), so that the one root of its slope,
//! Σu − n · cov(y, dy/dλ) / var(y), is where it is largest. A root is known to more digits than the place of a maximum.

use super::PowerFamily;
use rayon::prelude::*;

/// The best exponent, with mean and standard deviation (divisor n) of the transformed numbers.
pub(super) struct Best {
    pub(super) exponent: f64,
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

/// The range of numerically safe exponents: results keep half of their digits where they tend to a limit, and their
/// squares do not overflow where they grow. If the best exponent is beyond (years, say: far from 0 for their spread),
/// the likelihood is flat, and the limit is as good.
fn limits(family: PowerFamily, logs: &[(f64, f64)]) -> (f64, f64) {
    const LOST: f64 = 20.0;
    const GROWN: f64 = 340.0;
    let (first, last) = (logs[0].0, logs[logs.len() - 1].0);
    // A zero below 0 would flip the sign of the quotients.
    let (over, under) = (last.max(0.0) + 0.0, (-first).max(0.0) + 0.0);
    let (low, high) = match family {
        PowerFamily::YeoJohnson => ((-LOST / over).max(2.0 - GROWN / under), (GROWN / over).min(2.0 + LOST / under)),
        PowerFamily::BoxCox => ((-LOST / over).max(-GROWN / under), (GROWN / over).min(LOST / under)),
    };
    (low.max(-EXPONENT_MAX), high.min(EXPONENT_MAX))
}

const EXPONENT_MAX: f64 = 1024.0;

/// Returns the best exponent for sorted signed logarithms with weights.
pub(super) fn best_exponent(family: PowerFamily, logs: &[(f64, f64)]) -> Best {
    let sum: f64 = logs.iter().map(|(log, weight)| log * weight).sum();
    let slope = |exponent: f64| {
        let spread = Spread::of(family, logs, exponent);
        let slope = sum - spread.weight * spread.joint / spread.square;
        // Powers that overflow are too far from 1.
        if slope.is_finite() { slope } else { f64::INFINITY.copysign(1.0 - exponent) }
    };
    let exponent = if logs.len() < 2 || Spread::of(family, logs, 1.0).square <= 0.0 {
        1.0
    } else {
        root(slope, limits(family, logs))
    };
    let spread = Spread::of(family, logs, exponent);
    let constant = logs.len() < 2;
    let deviation = if constant { 0.0 } else { (spread.square / spread.weight).sqrt() };
    Best { exponent, mean: spread.mean, deviation }
}

/// Weighted moments of raised numbers and of their slopes.
#[derive(Debug, Clone, Copy)]
struct Spread {
    weight: f64,
    mean: f64,
    mean_slope: f64,
    /// Σ w (y − mean)²
    square: f64,
    /// Σ w (y − mean)(dy/dλ − mean slope)
    joint: f64,
}

impl Spread {
    /// Fixed parts in parallel, merged in order: the same bits for any number of threads.
    fn of(family: PowerFamily, logs: &[(f64, f64)], exponent: f64) -> Spread {
        const PART: usize = 4096;
        let parts: Vec<Spread> = logs.par_chunks(PART).map(|part| Spread::of_part(family, part, exponent)).collect();
        parts.into_iter().reduce(Spread::merged).expect("there are numbers")
    }

    fn of_part(family: PowerFamily, part: &[(f64, f64)], exponent: f64) -> Spread {
        let raised: Vec<(f64, f64)> = part.iter().map(|&(log, _)| raised_and_slope(family, log, exponent)).collect();
        let weighted = || raised.iter().zip(part).map(|(&(raised, slope), &(_, weight))| (raised, slope, weight));
        let weight: f64 = part.iter().map(|(_, weight)| weight).sum();
        let mean = weighted().map(|(raised, _, weight)| raised * weight).sum::<f64>() / weight;
        let mean_slope = weighted().map(|(_, slope, weight)| slope * weight).sum::<f64>() / weight;
        let (mut square, mut joint) = (0.0, 0.0);
        for (raised, slope, weight) in weighted() {
            let off = (raised - mean) * weight;
            square += off * (raised - mean);
            joint += off * (slope - mean_slope);
        }
        Spread { weight, mean, mean_slope, square, joint }
    }

    /// Chan, Golub and LeVeque, 1979.
    fn merged(self, other: Spread) -> Spread {
        let weight = self.weight + other.weight;
        let share = other.weight / weight;
        let (off, off_slope) = (other.mean - self.mean, other.mean_slope - self.mean_slope);
        Spread {
            weight,
            mean: self.mean + off * share,
            mean_slope: self.mean_slope + off_slope * share,
            square: self.square + other.square + off * off * self.weight * share,
            joint: self.joint + other.joint + off * off_slope * self.weight * share,
        }
    }
}

/// y = (e^(λu) − 1) / λ and dy/dλ = (u e^(λu) − y) / λ, of the branch that the number is on.
#[inline]
fn raised_and_slope(family: PowerFamily, log: f64, exponent: f64) -> (f64, f64) {
    let raised = family.raised(log, exponent);
    let (log, exponent, _) = family.branch(log, exponent);
    let product = log * exponent;
    // The mirrored branch has 2 − λ as its exponent and −1 as its sign, which cancel in the slope.
    let slope = if product.abs() < 0.03 {
        // Σ (k − 1) / k! · t^(k − 2): near 0 the difference would cost digits.
        let series = [1.0 / 2.0, 1.0 / 3.0, 1.0 / 8.0, 1.0 / 30.0, 1.0 / 144.0, 1.0 / 840.0];
        log * log * series.iter().rev().fold(0.0, |sum, factor| sum * product + factor)
    } else {
        (log * product.exp() - raised.abs().copysign(log)) / exponent
    };
    (raised, slope)
}

/// Finds the root of a decreasing function within limits, by Brent's method (1973), in a bracket that grows from -2 to
/// 2.
fn root(slope: impl Fn(f64) -> f64, (lowest, highest): (f64, f64)) -> f64 {
    let (mut low, mut high) = (lowest.max(-2.0).min(highest), highest.min(2.0).max(lowest));
    let (mut at_low, mut at_high) = (slope(low), slope(high));
    while at_low < 0.0 && low > lowest {
        (high, at_high) = (low, at_low);
        low = (low - 2.0 * low.abs().max(1.0)).max(lowest);
        at_low = slope(low);
    }
    while at_high > 0.0 && high < highest {
        (low, at_low) = (high, at_high);
        high = (high + 2.0 * high.abs().max(1.0)).min(highest);
        at_high = slope(high);
    }
    if at_low <= 0.0 {
        return low;
    }
    if at_high >= 0.0 {
        return high;
    }
    brent(slope, (low, at_low), (high, at_high))
}

fn brent(function: impl Fn(f64) -> f64, first: (f64, f64), second: (f64, f64)) -> f64 {
    const STEPS_MAX: usize = 200;
    let ((mut a, mut at_a), (mut b, mut at_b)) = (first, second);
    let (mut c, mut at_c) = (a, at_a);
    let (mut step, mut before) = (b - a, b - a);
    for _ in 0..STEPS_MAX {
        if (at_b > 0.0) == (at_c > 0.0) {
            (c, at_c) = (a, at_a);
            (step, before) = (b - a, b - a);
        }
        if at_c.abs() < at_b.abs() {
            ((a, at_a), (b, at_b)) = ((b, at_b), (c, at_c));
            (c, at_c) = (a, at_a);
        }
        let tolerance = 2.0 * f64::EPSILON * b.abs() + 1e-14;
        let half = (c - b) / 2.0;
        if half.abs() <= tolerance || at_b == 0.0 {
            break;
        }
        let guess = interpolated((a, at_a), (b, at_b), (c, at_c), half);
        let is_good = |(over, under): (f64, f64)| {
            let within = (3.0 * half * under - (tolerance * under).abs()).min((before * under).abs());
            (over / under).is_finite() && 2.0 * over < within
        };
        (step, before) = match guess {
            Some(guess) if before.abs() >= tolerance && at_a.abs() > at_b.abs() && is_good(guess) => {
                (guess.0 / guess.1, step)
            }
            _ => (half, half),
        };
        (a, at_a) = (b, at_b);
        b += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        at_b = function(b);
    }
    b
}

/// Returns the step from `b` by inverse quadratic interpolation or the secant, as a fraction with a positive numerator.
fn interpolated(a: (f64, f64), b: (f64, f64), c: (f64, f64), half: f64) -> Option<(f64, f64)> {
    if ![a.1, b.1, c.1].iter().all(|value| value.is_finite()) {
        return None;
    }
    let ratio = b.1 / a.1;
    let (over, under) = if a.0 == c.0 {
        (2.0 * half * ratio, 1.0 - ratio)
    } else {
        let (q, r) = (a.1 / c.1, b.1 / c.1);
        let over = ratio * (2.0 * half * q * (q - r) - (b.0 - a.0) * (r - 1.0));
        (over, (q - 1.0) * (r - 1.0) * (ratio - 1.0))
    };
    Some(if over > 0.0 { (over, -under) } else { (-over, under) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_found_also_beside_what_is_not_finite() {
        let wide = (-EXPONENT_MAX, EXPONENT_MAX);
        assert!((root(|x| 1.0 - x * x * x, wide) - 1.0).abs() < 1e-13);
        assert!((root(|x| 300.0 - x, wide) - 300.0).abs() < 1e-11);
        let cliff = |x: f64| if x > 7.0 { f64::NEG_INFINITY } else { 5.0 };
        assert!((root(cliff, wide) - 7.0).abs() < 1e-12);
        assert_eq!(root(|_| 1.0, wide), EXPONENT_MAX);
        assert_eq!(root(|_| -1.0, (-0.5, 1.0)), -0.5);
    }

    #[test]
    fn the_slope_is_the_difference_of_neighbours() {
        for family in [PowerFamily::YeoJohnson, PowerFamily::BoxCox] {
            for log in [-1.3, -0.2, -1e-3, 1e-3, 0.4, 2.5] {
                for exponent in [-1.5, -0.02, 0.0, 1e-3, 0.7, 1.0, 1.99, 2.0, 2.6] {
                    let (_, slope) = raised_and_slope(family, log, exponent);
                    let at = |exponent| raised_and_slope(family, log, exponent).0;
                    let difference = (at(exponent + 1e-5) - at(exponent - 1e-5)) / 2e-5;
                    assert!((slope - difference).abs() < 1e-7 * slope.abs().max(1e-3), "{family:?} {log} {exponent}");
                }
            }
        }
    }
}
