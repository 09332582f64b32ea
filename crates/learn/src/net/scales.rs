//! Columns of very different scales, which gradient descent cannot learn from evenly.

use crate::data::Features;
use pipewright_diagnostic::{Failure, code};

/// The ratio of scales from which a warning is due.
const RATIO_MAX: f64 = 100.0;

/// A warning that names the columns at both ends, if they are too far apart.
///
/// A column is large by its mean and standard deviation (|mean| + deviation), and small by its largest magnitude, so
/// that a rare level in a column of zeros and ones does not count as small. Constant columns do not count.
pub(super) fn warning(features: &Features) -> Option<Failure> {
    let mut largest: Option<(usize, f64)> = None;
    let mut smallest: Option<(usize, f64)> = None;
    for index in 0..features.columns() {
        let column = features.column(index);
        let Some(scale) = Scale::of(column) else { continue };
        if largest.is_none_or(|(_, size)| scale.typical > size) {
            largest = Some((index, scale.typical));
        }
        if smallest.is_none_or(|(_, size)| scale.magnitude < size) {
            smallest = Some((index, scale.magnitude));
        }
    }
    let ((large, typical), (small, magnitude)) = (largest?, smallest?);
    let names = features.names();
    (typical > RATIO_MAX * magnitude).then(|| {
        Failure::warning(
            code::UNSCALED_NETWORK,
            format!("`{}` is about {typical:.3} and `{}` at most {magnitude:.3} in size", names[large], names[small]),
        )
        .help("put `scale` before `train`")
    })
}

struct Scale {
    /// |mean| + standard deviation.
    typical: f64,
    /// The largest |value|.
    magnitude: f64,
}

impl Scale {
    /// The scale of a column, or `None` if it is constant.
    fn of(column: &[f64]) -> Option<Scale> {
        let first = *column.first()?;
        if column.iter().all(|&value| value == first) {
            return None;
        }
        let count = column.len() as f64;
        let mean = column.iter().sum::<f64>() / count;
        let variance = column.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
        let magnitude = column.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        Some(Scale { typical: mean.abs() + variance.sqrt(), magnitude })
    }
}
