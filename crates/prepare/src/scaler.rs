//! Scaling of numeric columns.

use crate::by_column::{ByColumn, Seen};
use crate::columns::{all_missing, chosen};
use crate::number_map::{NumberMap, NumberMaps, continuous_entry, mapped, out_of_range};
use arrow_array::ArrayRef;
use pipewright_diagnostic::Failure;
use pipewright_expr::Selection;
use pipewright_table::summary::Quantiles;
use pipewright_table::{Column, ColumnType, Entry, Schema};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Scales numeric columns to `(x - center) / spread`; the results are continuous, missing values stay missing.
///
/// A column that was constant in training becomes 0; for maxabs, one that was 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    /// How centre and spread are computed.
    pub method: ScalerMethod,
    /// The columns to scale; all numeric features if `None`.
    pub on: Option<Selection>,
}

/// How centre and spread are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalerMethod {
    /// Mean and standard deviation (with divisor n, not n - 1).
    Standard,
    /// Minimum and range: training values are in 0 to 1.
    MinMax,
    /// Median and interquartile range (type 7); if the middle half is constant, values are only centred.
    Robust,
    /// 0 and the largest absolute value: training values are in -1 to 1, and 0 stays 0.
    MaxAbs,
    /// Median and interquartile range, if that is 0 half the range; then smoothly clipped to -3 to 3 by `x / √(1 + (x /
    /// 3)²)` (Holzmüller, Grinsztajn, Steinwart 2024: "Better by Default").
    Squash,
}

impl Scaler {
    /// Scales to mean 0 and standard deviation 1.
    #[must_use]
    pub fn standard() -> Scaler {
        Scaler { method: ScalerMethod::Standard, on: None }
    }

    /// Scales to 0 … 1.
    #[must_use]
    pub fn minmax() -> Scaler {
        Scaler { method: ScalerMethod::MinMax, on: None }
    }

    /// Scales to median 0 and interquartile range 1.
    #[must_use]
    pub fn robust() -> Scaler {
        Scaler { method: ScalerMethod::Robust, on: None }
    }

    /// Scales to -1 … 1, keeping zeros.
    #[must_use]
    pub fn maxabs() -> Scaler {
        Scaler { method: ScalerMethod::MaxAbs, on: None }
    }

    /// Scales to median 0, smoothly clipped to -3 … 3.
    #[must_use]
    pub fn squash() -> Scaler {
        Scaler { method: ScalerMethod::Squash, on: None }
    }

    /// Restricts to these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> Scaler {
        Scaler { on: Some(columns), ..self }
    }
}

impl ByColumn for Scaler {
    type Learned = Scale;
    type State = ScalerState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), input, "`scale`", ColumnType::is_numeric)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        continuous_entry(column)
    }

    fn seen(&self, _: &Column) -> Seen {
        match self.method {
            ScalerMethod::Standard => Seen::moments(),
            ScalerMethod::MinMax | ScalerMethod::MaxAbs => Seen::extremes(),
            ScalerMethod::Robust | ScalerMethod::Squash => Seen::quantiles(),
        }
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<Scale, Failure> {
        let squash = self.method == ScalerMethod::Squash;
        let (what, scale) = match seen {
            Seen::Moments(moments) => ("mean", moments.mean().zip(moments.deviation(0))),
            Seen::Extremes(extremes) => (
                "range",
                extremes.range().map(|(min, max)| match self.method {
                    ScalerMethod::MaxAbs => (0.0, max.max(-min)),
                    _ => (min, max - min),
                }),
            ),
            Seen::Quantiles(quantiles) => ("quantiles", median_and_spread(quantiles, squash)),
            _ => unreachable!("a scale comes from numbers"),
        };
        let (center, spread) = scale.ok_or_else(|| all_missing(&column.name, what))?;
        if !spread.is_finite() {
            return Err(out_of_range(&column.name));
        }
        Ok(Scale { name: column.name, kind: column.kind, center, spread, squash })
    }

    fn state(&self, columns: Vec<Scale>) -> ScalerState {
        ScalerState { columns }
    }
}

/// Returns median and interquartile range; if only the middle half is constant, half the range or 1 for the latter.
fn median_and_spread(mut quantiles: Quantiles, half_range: bool) -> Option<(f64, f64)> {
    let quarters = quantiles.quantiles(&[0.25, 0.5, 0.75])?;
    let (median, middle) = (quarters[1], quarters[2] - quarters[0]);
    if middle != 0.0 {
        return Some((median, middle));
    }
    let range = quantiles.quantile(1.0)? - quantiles.quantile(0.0)?;
    let spread = match range > 0.0 {
        true if half_range => range / 2.0,
        true => 1.0,
        false => 0.0,
    };
    Some((median, spread))
}

/// Centre and spread of each column.
pub type ScalerState = NumberMaps<Scale>;

/// Centre and spread of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    name: Arc<str>,
    kind: ColumnType,
    center: f64,
    /// Divisor of `x - center`; 0 for a column that was constant.
    spread: f64,
    /// Is the result smoothly clipped to -3 to 3?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    squash: bool,
}

impl Scale {
    #[inline]
    fn linear(&self, number: f64) -> f64 {
        (number - self.center) / self.spread
    }
}

impl NumberMap for Scale {
    const TAG: &str = "scaler";
    const PARAMETERS: &'static [&'static str] = &["center", "spread"];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        match (self.spread == 0.0, self.squash) {
            (true, _) => 0.0,
            (false, false) => self.linear(number),
            (false, true) => squashed(self.linear(number)),
        }
    }

    /// Hoists what is the same for all numbers out of the loop.
    fn apply(&self, column: &Column, array: ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        match (self.spread == 0.0, self.squash) {
            (false, false) => mapped(self, column, array, |number| self.linear(number)),
            _ => mapped(self, column, array, |number| self.at(number)),
        }
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        vec![Some(self.center), Some(self.spread)]
    }

    fn is_valid(&self) -> bool {
        self.center.is_finite() && self.spread.is_finite() && self.spread >= 0.0
    }
}

/// `x / √(1 + (x / 3)²)`, also if the square overflows.
#[inline]
fn squashed(number: f64) -> f64 {
    let number = number.clamp(-1e100, 1e100);
    number / (1.0 + (number / 3.0) * (number / 3.0)).sqrt()
}
