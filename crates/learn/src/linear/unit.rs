//! Units in which columns are close to 1, and means that keep all digits.

use crate::twofold::Twofold;

/// How a column is brought to magnitude 1: v = (x·scale - shift)·stretch. Scale and stretch are powers of two, so that
/// only the subtraction rounds.
pub(super) struct Unit {
    pub(super) scale: f64,
    pub(super) shift: f64,
    pub(super) stretch: f64,
    /// √l2 in the units of v: the entry in this column's penalty row.
    pub(super) penalty: f64,
}

impl Unit {
    pub(super) fn new(column: &[f64], l2: f64, weights: Option<&[f64]>) -> Unit {
        let scale = scale_of(column);
        let shift = mean(column.iter().map(|x| x * scale), weights);
        Unit::around(column, l2, scale, shift)
    }

    /// Centred or not.
    pub(super) fn of(column: &[f64], l2: f64, weights: Option<&[f64]>, centred: bool) -> Unit {
        if centred { Unit::new(column, l2, weights) } else { Unit::uncentred(column, l2) }
    }

    /// For a column that keeps its zeros; `values` are its non-zeros.
    pub(super) fn uncentred(values: &[f64], l2: f64) -> Unit {
        Unit::around(values, l2, scale_of(values), 0.0)
    }

    fn around(column: &[f64], l2: f64, scale: f64, shift: f64) -> Unit {
        let squares: f64 = column.iter().map(|x| (x * scale - shift).powi(2)).sum();
        let stretch = binary_scale(squares.sqrt());
        Unit { scale, shift, stretch, penalty: l2.sqrt() * scale * stretch }
    }
}

/// The power of two that brings the largest of some numbers into [½, 1).
pub(super) fn scale_of(numbers: &[f64]) -> f64 {
    binary_scale(numbers.iter().fold(0.0, |most: f64, x| most.max(x.abs())))
}

/// The power of two that brings `magnitude` into [½, 1); 1 for zero.
pub(super) fn binary_scale(magnitude: f64) -> f64 {
    const BIAS: i64 = 1023;
    if magnitude == 0.0 || !magnitude.is_finite() {
        return 1.0;
    }
    let exponent = ((magnitude.to_bits() >> 52) & 0x7ff) as i64 - BIAS;
    let scale = (BIAS - 1 - exponent).clamp(1, 2 * BIAS);
    f64::from_bits((scale as u64) << 52)
}

/// Returns the mean; exactly the value if all are equal.
pub(super) fn mean(values: impl ExactSizeIterator<Item = f64> + Clone, weights: Option<&[f64]>) -> f64 {
    let rows = values.len() as f64;
    let first = values.clone().next().unwrap_or(0.0);
    let above = values.map(|value| value - first);
    first
        + match weights {
            None => Twofold::sum(above) / rows,
            Some(weights) => {
                let total = Twofold::sum(weights.iter().copied());
                Twofold::sum(above.zip(weights).map(|(above, weight)| above * weight)) / total
            }
        }
}
