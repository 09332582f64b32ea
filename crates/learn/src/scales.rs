//! Scales of columns: gradient descent learns unevenly if they are too far apart.

use crate::data::{Column, Features};
use pipewright_diagnostic::{Failure, code};

/// Ratio of scales above which a warning is given.
const RATIO_MAX: f64 = 100.0;

/// The scale of every column over some rows; mergeable with those of other rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Scales {
    columns: Vec<Scale>,
}

/// Statistics of one column.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Scale {
    count: f64,
    mean: f64,
    /// The sum of squared distances from the mean.
    squares: f64,
    /// The largest |value|.
    magnitude: f64,
    lowest: f64,
    highest: f64,
}

impl Scales {
    /// Creates the scales of zero rows.
    #[must_use]
    pub fn new(columns: usize) -> Scales {
        Scales { columns: vec![Scale::default(); columns] }
    }

    /// Computes the scales of some rows.
    #[must_use]
    pub fn of(features: &Features) -> Scales {
        let scale = |index| match features.stored(index) {
            Column::Sparse(sparse) => {
                let mut scale = Scale::zeros(features.rows() - sparse.values().len());
                scale.merge(Scale::of(sparse.values()));
                scale
            }
            _ => Scale::of(features.column(index)),
        };
        Scales { columns: (0..features.columns()).map(scale).collect() }
    }

    /// Merges the scales of later rows.
    pub fn merge(&mut self, later: Scales) {
        self.columns.iter_mut().zip(later.columns).for_each(|(scale, later)| scale.merge(later));
    }

    /// Returns a warning that names the columns at both extremes, if they are too far apart.
    ///
    /// A column is large by its mean and standard deviation (|mean| + deviation), and small by its largest magnitude,
    /// so that a rare level in a column of zeros and ones does not count as small. Constant columns do not count.
    pub(crate) fn warning(&self, names: &[String]) -> Option<Failure> {
        let mut largest: Option<(usize, f64)> = None;
        let mut smallest: Option<(usize, f64)> = None;
        for (index, scale) in self.columns.iter().enumerate().filter(|(_, scale)| scale.lowest < scale.highest) {
            if largest.is_none_or(|(_, size)| scale.typical() > size) {
                largest = Some((index, scale.typical()));
            }
            if smallest.is_none_or(|(_, size)| scale.magnitude < size) {
                smallest = Some((index, scale.magnitude));
            }
        }
        let ((large, typical), (small, magnitude)) = (largest?, smallest?);
        (typical > RATIO_MAX * magnitude).then(|| {
            let (large, small) = (&names[large], &names[small]);
            let message = format!("`{large}` is about {typical:.3} and `{small}` at most {magnitude:.3} in size");
            Failure::warning(code::UNSCALED_NETWORK, message).help("put `scale` before `train`")
        })
    }
}

impl Scale {
    fn zeros(count: usize) -> Scale {
        Scale { count: count as f64, ..Scale::default() }
    }

    fn of(column: &[f64]) -> Scale {
        let count = column.len() as f64;
        let mean = column.iter().sum::<f64>() / count.max(1.0);
        let squares = column.iter().map(|value| (value - mean) * (value - mean)).sum();
        let magnitude = column.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let lowest = column.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Scale { count, mean, squares, magnitude, lowest, highest }
    }

    /// Merges means and squares of two sets of rows (Chan, Golub, LeVeque 1979).
    fn merge(&mut self, later: Scale) {
        if self.count == 0.0 || later.count == 0.0 {
            if self.count == 0.0 {
                *self = later;
            }
            return;
        }
        let (count, step) = (self.count + later.count, later.mean - self.mean);
        self.squares += later.squares + step * step * self.count * later.count / count;
        self.mean += step * later.count / count;
        self.count = count;
        self.magnitude = self.magnitude.max(later.magnitude);
        self.lowest = self.lowest.min(later.lowest);
        self.highest = self.highest.max(later.highest);
    }

    /// |mean| + standard deviation.
    fn typical(&self) -> f64 {
        self.mean.abs() + (self.squares / self.count).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_scales_are_those_of_all_rows() {
        let values: Vec<f64> = (0..100).map(|value| f64::from(value * value) - 700.0).collect();
        let of = |values: &[f64]| Scales::of(&Features::new(values.len(), ["x".to_owned()].into(), values.to_vec()));
        let mut merged = Scales::new(1);
        values.chunks(7).for_each(|part| merged.merge(of(part)));
        let (merged, whole) = (merged.columns[0], of(&values).columns[0]);
        assert!((merged.typical() / whole.typical() - 1.0).abs() < 1e-12);
        assert_eq!((merged.magnitude, merged.lowest), (whole.magnitude, whole.lowest));
    }
}
