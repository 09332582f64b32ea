//! Predicted quantiles of several levels.

use super::Outputs;
use crate::calibrate::conformal::Interval;
use pipewright_diagnostic::{Failure, code};

/// Several quantiles of the target for each row. A higher level never has a lower quantile: the predictions of a row are
/// sorted, which brings them closer to the quantiles that are meant (V. Chernozhukov, I. Fernández-Val and A. Galichon,
/// "Quantile and Probability Curves Without Crossing", Econometrica, 2010).
///
/// ```
/// use pipewright_learn::Quantiles;
/// let quantiles = Quantiles::new(&[0.1, 0.5, 0.9], vec![vec![1.0, 6.0], vec![2.0, 5.0], vec![3.0, 7.0]]);
/// assert_eq!(quantiles.of_row(1), [5.0, 6.0, 7.0]);
/// assert_eq!(quantiles.of_level(1).collect::<Vec<_>>(), [2.0, 6.0]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles {
    levels: Vec<f64>,
    /// Row-major: `rows` × `levels`.
    values: Vec<f64>,
}

/// Levels such as 0.4 and 0.6 are equally near to ½ but for rounding.
const EQUALLY_NEAR: f64 = 1e-12;

impl Quantiles {
    /// Sorts the predictions of each row; `of_levels` has a list for each of the ascending levels.
    ///
    /// # Panics
    /// Unless there is a list per level, and all have one length.
    #[must_use]
    pub fn new(levels: &[f64], of_levels: Vec<Vec<f64>>) -> Quantiles {
        assert!(!levels.is_empty() && levels.len() == of_levels.len(), "a list of predictions per level");
        let rows = of_levels[0].len();
        assert!(of_levels.iter().all(|of_level| of_level.len() == rows), "a prediction per row");
        let values = (0..rows).flat_map(|row| of_levels.iter().map(move |of_level| of_level[row])).collect();
        Quantiles { levels: levels.to_vec(), values }.sorted()
    }

    fn sorted(mut self) -> Quantiles {
        self.values.chunks_exact_mut(self.levels.len()).for_each(|row| row.sort_by(f64::total_cmp));
        self
    }

    /// Checks levels: ascending numbers between 0 and 1, at least one.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`].
    pub fn check_levels(levels: &[f64]) -> Result<(), Failure> {
        let in_range = levels.iter().all(|level| *level > 0.0 && *level < 1.0);
        if levels.is_empty() || !in_range || !levels.is_sorted_by(|one, next| one < next) {
            return Err(Failure::new(code::BAD_VALUE, "the levels of quantiles are ascending numbers between 0 and 1"));
        }
        Ok(())
    }

    /// The levels, ascending.
    #[must_use]
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.levels.len()
    }

    /// Returns the quantiles of a row, ascending.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn of_row(&self, row: usize) -> &[f64] {
        &self.values[row * self.levels.len()..][..self.levels.len()]
    }

    /// Returns the quantiles of the level at a place, one per row.
    ///
    /// # Panics
    /// If there are not that many levels.
    pub fn of_level(&self, place: usize) -> impl Iterator<Item = f64> + Clone + '_ {
        assert!(place < self.levels.len(), "a level at this place");
        self.values.iter().skip(place).step_by(self.levels.len()).copied()
    }

    /// The place of the level nearest to ½, of two the lower one.
    #[must_use]
    pub fn middle(levels: &[f64]) -> usize {
        let distance = |place: usize| (levels[place] - 0.5).abs();
        (1..levels.len())
            .fold(0, |best, place| if distance(place) < distance(best) - EQUALLY_NEAR { place } else { best })
    }

    /// Returns the quantiles of the level nearest to ½, as the prediction of each row; of two levels that are equally near,
    /// such as 10 % and 90 %, their mean.
    #[must_use]
    pub fn middle_outputs(&self) -> Outputs {
        let lower = Quantiles::middle(&self.levels);
        let is_mirrored = |level: &f64| (level + self.levels[lower] - 1.0).abs() <= EQUALLY_NEAR;
        let upper = self.levels.iter().rposition(is_mirrored).unwrap_or(lower);
        let pairs = self.of_level(lower).zip(self.of_level(upper));
        Outputs::Numbers(pairs.map(|(lower, upper)| f64::midpoint(lower, upper)).collect())
    }

    /// Returns the interval from the lowest to the highest level of each row; `None` if there is one level only.
    #[must_use]
    pub fn intervals(&self) -> Option<Vec<Interval>> {
        let interval = |row: &[f64]| Interval { low: row[0], high: row[row.len() - 1] };
        (self.levels.len() > 1).then(|| self.values.chunks_exact(self.levels.len()).map(interval).collect())
    }

    /// Applies a function that does not decrease, such as the inverse of a transform of the target.
    #[must_use]
    pub fn map(mut self, function: impl Fn(f64) -> f64) -> Quantiles {
        self.values.iter_mut().for_each(|value| *value = function(*value));
        self.sorted()
    }

    /// Selects the rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Quantiles {
        let values = rows.iter().flat_map(|&row| self.of_row(row as usize)).copied().collect();
        Quantiles { levels: self.levels.clone(), values }
    }

    /// Concatenates the quantiles of consecutive parts of the rows; `None` if their levels differ, or if there are none.
    #[must_use]
    pub fn concat(parts: impl IntoIterator<Item = Quantiles>) -> Option<Quantiles> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next()?;
        for part in parts {
            if part.levels != whole.levels {
                return None;
            }
            whole.values.extend(part.values);
        }
        Some(whole)
    }

    /// Returns the size of the numbers in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        size_of_val(&self.values[..]) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_level_nearest_to_a_half() {
        for (levels, middle) in
            [(&[0.05, 0.5, 0.95][..], 1), (&[0.9], 0), (&[0.1, 0.4, 0.6], 1), (&[0.7, 0.9], 0), (&[0.01, 0.4], 1)]
        {
            assert_eq!(Quantiles::middle(levels), middle, "{levels:?}");
        }
    }

    #[test]
    fn rows_stay_sorted_and_together() {
        let quantiles = Quantiles::new(&[0.2, 0.8], vec![vec![3.0, 1.0], vec![2.0, 4.0]]);
        assert_eq!((quantiles.of_row(0), quantiles.of_row(1)), (&[2.0, 3.0][..], &[1.0, 4.0][..]));
        assert_eq!(quantiles.middle_outputs(), Outputs::Numbers(vec![2.5, 2.5]), "0.2 and 0.8 are equally near");
        assert_eq!(quantiles.intervals().unwrap()[1], Interval { low: 1.0, high: 4.0 });
        assert_eq!(quantiles.take(&[1]).of_row(0), [1.0, 4.0]);
        assert_eq!(quantiles.clone().map(|value| value * 10.0).of_row(1), [10.0, 40.0]);
        assert_eq!(Quantiles::concat([quantiles.take(&[0]), quantiles.take(&[1])]), Some(quantiles.clone()));
        let other = Quantiles::new(&[0.5], vec![vec![0.0]]);
        assert_eq!((other.intervals(), Quantiles::concat([quantiles, other])), (None, None));
    }

    #[test]
    fn levels_are_checked() {
        for levels in [&[][..], &[0.5, 0.1], &[0.5, 0.5], &[0.0], &[1.0], &[f64::NAN]] {
            assert_eq!(Quantiles::check_levels(levels).unwrap_err().code, code::BAD_VALUE, "{levels:?}");
        }
        assert!(Quantiles::check_levels(&[0.025, 0.975]).is_ok());
    }
}
