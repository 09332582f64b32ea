//! Platt's sigmoid: probabilities from values of any size.

use serde::{Deserialize, Serialize};

/// 1 / (1 + exp(`slope`·f + `offset`)) is the probability of the class on the positive side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sigmoid {
    slope: f64,
    offset: f64,
}

/// What a row adds to the loss, and 1 - p and p, without overflow.
fn part(value: f64, target: f64) -> (f64, f64, f64) {
    let small = (-value.abs()).exp();
    let (loss, rest) = if value >= 0.0 {
        (target * value + small.ln_1p(), 1.0 / (1.0 + small))
    } else {
        ((target - 1.0) * value + small.ln_1p(), small / (1.0 + small))
    };
    (loss, rest, 1.0 - rest)
}

impl Sigmoid {
    /// Fits the probabilities of held-out rows: Newton steps with line search (H.-T. Lin, C.-J. Lin, R. C. Weng, "A note
    /// on Platt's probabilistic outputs for support vector machines", 2007). A sign above 0 is the positive side.
    pub(crate) fn fit(values: &[f64], signs: &[f64], weights: &[f64]) -> Sigmoid {
        const STEPS: u32 = 100;
        const STEP_MIN: f64 = 1e-10;
        const RIDGE: f64 = 1e-12;
        const GRADIENT_MIN: f64 = 1e-10;
        // Values of any size have the same probabilities.
        let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let unit = if largest > 0.0 { largest } else { 1.0 };
        let side = |above: bool| {
            signs.iter().zip(weights).filter(|(sign, _)| (**sign > 0.0) == above).map(|(_, weight)| weight).sum::<f64>()
        };
        let (above, below) = (side(true), side(false));
        let (high, low) = ((above + 1.0) / (above + 2.0), 1.0 / (below + 2.0));
        let rows: Vec<(f64, f64, f64)> = values
            .iter()
            .zip(signs)
            .zip(weights)
            .map(|((value, sign), weight)| (value / unit, if *sign > 0.0 { high } else { low }, *weight))
            .collect();
        let loss = |slope: f64, offset: f64| -> f64 {
            rows.iter().map(|&(value, target, weight)| weight * part(slope * value + offset, target).0).sum()
        };
        let (mut slope, mut offset) = (0.0, ((below + 1.0) / (above + 1.0)).ln());
        let mut now = loss(slope, offset);
        for _ in 0..STEPS {
            let (mut h11, mut h22, mut h21, mut g1, mut g2) = (RIDGE, RIDGE, 0.0, 0.0, 0.0);
            for &(value, target, weight) in &rows {
                let (_, rest, share) = part(slope * value + offset, target);
                let (curve, down) = (weight * share * rest, weight * (target - share));
                h11 += value * value * curve;
                h22 += curve;
                h21 += value * curve;
                g1 += value * down;
                g2 += down;
            }
            if g1.abs() < GRADIENT_MIN && g2.abs() < GRADIENT_MIN {
                break;
            }
            let determinant = h11 * h22 - h21 * h21;
            let (by_slope, by_offset) = (-(h22 * g1 - h21 * g2) / determinant, -(-h21 * g1 + h11 * g2) / determinant);
            let descent = g1 * by_slope + g2 * by_offset;
            let mut step = 1.0;
            while step >= STEP_MIN {
                let (other_slope, other_offset) = (slope + step * by_slope, offset + step * by_offset);
                let other = loss(other_slope, other_offset);
                if other < now + 1e-4 * step * descent {
                    (slope, offset, now) = (other_slope, other_offset, other);
                    break;
                }
                step /= 2.0;
            }
            if step < STEP_MIN {
                break;
            }
        }
        Sigmoid { slope: slope / unit, offset }
    }

    /// The probability of the positive side.
    pub(crate) fn probability(self, value: f64) -> f64 {
        const FAR: f64 = 1e300;
        part((self.slope * value + self.offset).clamp(-FAR, FAR), 0.0).2
    }

    pub(crate) fn is_sound(self) -> bool {
        self.slope.is_finite() && self.offset.is_finite()
    }
}
