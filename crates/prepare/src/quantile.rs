//! Quantile transform: maps numeric columns to a uniform or normal distribution by rank.

use crate::by_column::{ByColumn, Seen};
use crate::columns::{all_missing, chosen};
use crate::normal::quantile_of_normal;
use crate::number_map::{NumberMap, NumberMaps, continuous_entry};
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::{Column, ColumnType, Entry, Schema};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Maps numbers to the fraction of training values below them, interpolated between landmarks, and that to a
/// distribution. Numbers beyond the training values map to its ends. Missing values stay missing.
///
/// As scikit-learn's `QuantileTransformer` without subsampling: equal landmarks map to the middle of their fractions.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileMapper {
    /// The output distribution.
    pub shape: Shape,
    /// Number of quantiles to keep, at least 2; no more than there are values.
    pub landmarks: usize,
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

/// An output distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Uniform on 0 to 1.
    Uniform,
    /// Standard normal; the ends are -5.2 and 5.2, the quantiles for 1e-7 and its complement.
    Normal,
}

/// Limit for landmarks, also of a bundle.
pub(super) const LANDMARKS_MAX: usize = 100_000;

impl QuantileMapper {
    /// Maps to this distribution, with a thousand landmarks.
    #[must_use]
    pub fn to(shape: Shape) -> QuantileMapper {
        QuantileMapper { shape, landmarks: 1000, on: None }
    }

    /// Sets the number of landmarks.
    #[must_use]
    pub fn with_landmarks(self, landmarks: usize) -> QuantileMapper {
        QuantileMapper { landmarks, ..self }
    }
}

impl ByColumn for QuantileMapper {
    type Learned = Landmarks;
    type State = QuantileState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        if !(2..=LANDMARKS_MAX).contains(&self.landmarks) {
            let message = format!("{} landmarks; `quantile` takes 2 to {LANDMARKS_MAX}", self.landmarks);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        chosen(self.on.as_ref(), input, "`quantile`", ColumnType::is_numeric)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        continuous_entry(column)
    }

    fn seen(&self, _: &Column) -> Seen {
        Seen::quantiles()
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<Landmarks, Failure> {
        let Seen::Quantiles(mut quantiles) = seen else { unreachable!("all numbers were seen") };
        let count = usize::try_from(quantiles.count()).unwrap_or(usize::MAX);
        let parts = self.landmarks.min(count).saturating_sub(1);
        // A single number is its own landmark.
        let cuts = if parts == 0 { quantiles.quantiles(&[0.0]) } else { quantiles.cuts(parts as u64) };
        let mut landmarks = cuts.ok_or_else(|| all_missing(&column.name, "quantiles"))?;
        // Interpolation may round a landmark below the previous one.
        let mut highest = f64::NEG_INFINITY;
        landmarks.iter_mut().for_each(|landmark| {
            highest = highest.max(*landmark + 0.0);
            *landmark = highest;
        });
        Ok(Landmarks { name: column.name, kind: column.kind, shape: self.shape, landmarks })
    }

    fn state(&self, columns: Vec<Landmarks>) -> QuantileState {
        QuantileState { columns }
    }
}

/// Returns the fraction of a landmark, or of the middle between two, given the sum of their places.
#[inline]
fn middle(places: usize, count: usize) -> f64 {
    if count < 2 { 0.0 } else { places as f64 / (2 * (count - 1)) as f64 }
}

/// The landmarks of each column.
pub type QuantileState = NumberMaps<Landmarks>;

/// The landmarks of one column, and the output distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landmarks {
    name: Arc<str>,
    kind: ColumnType,
    shape: Shape,
    /// Quantiles at evenly spaced fractions, in order.
    landmarks: Vec<f64>,
}

/// How close to an end a fraction or a number counts as the end.
const END: f64 = 1e-7;
/// The quantiles for [`END`] less the spacing of floats at 1, and for its complement.
const NORMAL_ENDS: (f64, f64) = (-5.199_337_582_605_575, 5.199_337_582_703_42);

impl Landmarks {
    /// Returns the fraction of training values below a number: the middle, if several landmarks equal it.
    fn share_below(&self, number: f64) -> f64 {
        let landmarks = &self.landmarks;
        let count = landmarks.len();
        let below = landmarks.partition_point(|&landmark| landmark < number);
        if below == count {
            return 1.0;
        }
        if landmarks[below] == number {
            let equal = landmarks[below..].partition_point(|&landmark| landmark == number);
            return middle(2 * below + equal - 1, count);
        }
        if below == 0 {
            return 0.0;
        }
        let (left, right) = (landmarks[below - 1], landmarks[below]);
        let (from, to) = (middle(2 * below - 2, count), middle(2 * below, count));
        from + (to - from) * ((number - left) / (right - left))
    }
}

impl NumberMap for Landmarks {
    const TAG: &str = "quantile_transformer";
    const PARAMETERS: &'static [&'static str] = &["landmarks", "min", "median", "max"];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        let (min, max) = (self.landmarks[0], self.landmarks[self.landmarks.len() - 1]);
        match self.shape {
            Shape::Uniform if number <= min => 0.0,
            Shape::Uniform if number >= max => 1.0,
            Shape::Uniform => self.share_below(number),
            Shape::Normal if number - END < min => NORMAL_ENDS.0,
            Shape::Normal if number + END > max => NORMAL_ENDS.1,
            Shape::Normal => quantile_of_normal(self.share_below(number)).clamp(NORMAL_ENDS.0, NORMAL_ENDS.1),
        }
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        let last = self.landmarks.len() - 1;
        let median = (self.landmarks[last / 2] + self.landmarks[last.div_ceil(2)]) / 2.0;
        vec![Some((last + 1) as f64), Some(self.landmarks[0]), Some(median), Some(self.landmarks[last])]
    }

    fn is_valid(&self) -> bool {
        let counts = (1..=LANDMARKS_MAX).contains(&self.landmarks.len());
        counts && self.landmarks.iter().all(|landmark| landmark.is_finite()) && self.landmarks.is_sorted()
    }
}
