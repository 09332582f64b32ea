//! Clipping of numbers to bounds.

use crate::by_column::{ByColumn, Seen};
use crate::columns::{all_missing, chosen, map_numbers};
use crate::number_map::{NumberMap, NumberMaps, out_of_range};
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Int64Array};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::{Column, ColumnType, Entry, Schema};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Clips numbers to bounds. Whole numbers stay whole if both bounds are whole constants.
///
/// ```
/// use pipewright_frame::{ClipBound, Clip, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"a\n1\n2\n3\n100\n", &ReadOptions::new("t.csv")).unwrap();
/// let clip = Clip { low: None, high: Some(ClipBound::Constant(9.0)), on: None };
/// let clipped = fit(&clip, &table).unwrap().apply(&table).unwrap();
/// assert_eq!(clipped.numbers(&["a".into()]).unwrap(), [1.0, 2.0, 3.0, 9.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Lower bound.
    pub low: Option<ClipBound>,
    /// Upper bound.
    pub high: Option<ClipBound>,
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

/// A bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClipBound {
    /// This number.
    Constant(f64),
    /// This quantile (type 7) of the training rows.
    Quantile(f64),
}

impl Clip {
    fn bounds(&self) -> impl Iterator<Item = ClipBound> {
        self.low.into_iter().chain(self.high)
    }

    /// Do whole numbers stay whole?
    fn keeps_whole(&self) -> bool {
        self.bounds().all(|bound| matches!(bound, ClipBound::Constant(number) if whole(number).is_some()))
    }
}

/// Returns a whole number that floats and integers represent exactly.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

impl ByColumn for Clip {
    type Learned = Bounds;
    type State = ClipState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        let bad = |bound: &ClipBound| match *bound {
            ClipBound::Constant(number) => !number.is_finite(),
            ClipBound::Quantile(share) => !(0.0..=1.0).contains(&share),
        };
        if let Some(bound) = self.bounds().find(bad) {
            return Err(Failure::new(code::BAD_VALUE, format!("{bound:?} is not a valid bound")));
        }
        let crossed = match (self.low, self.high) {
            (Some(ClipBound::Constant(low)), Some(ClipBound::Constant(high)))
            | (Some(ClipBound::Quantile(low)), Some(ClipBound::Quantile(high))) => low > high,
            _ => false,
        };
        if crossed {
            return Err(Failure::new(code::BAD_VALUE, "the lower bound is above the upper one"));
        }
        chosen(self.on.as_ref(), input, "`clip`", ColumnType::is_numeric)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        let kind = if self.keeps_whole() { column.kind } else { ColumnType::Continuous };
        vec![Entry::Column(Column { kind, ..column.clone() })]
    }

    fn seen(&self, _: &Column) -> Seen {
        if self.looks() { Seen::quantiles() } else { Seen::Nothing }
    }

    fn looks(&self) -> bool {
        self.bounds().any(|bound| matches!(bound, ClipBound::Quantile(_)))
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<Bounds, Failure> {
        let mut quantiles = match seen {
            Seen::Quantiles(quantiles) => quantiles,
            _ => Default::default(),
        };
        let mut at = |bound| match bound {
            ClipBound::Constant(number) => Ok(number),
            ClipBound::Quantile(share) => {
                quantiles.quantile(share).ok_or_else(|| all_missing(&column.name, "quantiles"))
            }
        };
        let low = self.low.map(&mut at).transpose()?;
        let high = self.high.map(at).transpose()?;
        if low.zip(high).is_some_and(|(low, high)| low > high) {
            let message = format!("the bounds of `{}` cross: {low:?} and {high:?}", column.name);
            return Err(Failure::new(code::BAD_VALUE, message).column(&*column.name));
        }
        Ok(Bounds { name: column.name, kind: column.kind, low, high, whole: self.keeps_whole() })
    }

    fn state(&self, columns: Vec<Bounds>) -> ClipState {
        ClipState { columns }
    }
}

/// The bounds of each column.
pub type ClipState = NumberMaps<Bounds>;

/// The bounds of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    name: Arc<str>,
    kind: ColumnType,
    low: Option<f64>,
    high: Option<f64>,
    /// Do whole numbers stay whole?
    whole: bool,
}

impl NumberMap for Bounds {
    const TAG: &str = "clip";
    const PARAMETERS: &'static [&'static str] = &["low", "high"];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        number.max(self.low.unwrap_or(f64::NEG_INFINITY)).min(self.high.unwrap_or(f64::INFINITY))
    }

    fn apply(&self, column: &Column, array: ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        if self.whole && *array.data_type() == DataType::Int64 {
            let low = self.low.map_or(i64::MIN, |low| low as i64);
            let high = self.high.map_or(i64::MAX, |high| high as i64);
            let clipped: Int64Array = array.as_primitive::<Int64Type>().unary(|count| count.clamp(low, high));
            return Ok(vec![(column.clone(), Arc::new(clipped))]);
        }
        let clipped = map_numbers(&column.name, array, |number| self.at(number), |_| out_of_range(&column.name))?;
        Ok(vec![(crate::number_map::continuous(column), Arc::new(clipped))])
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        vec![self.low, self.high]
    }

    fn is_valid(&self) -> bool {
        let (low, high) = (self.low.unwrap_or(f64::MIN), self.high.unwrap_or(f64::MAX));
        let bounds = [self.low, self.high];
        let fits = |bound: f64| bound.is_finite() && (!self.whole || whole(bound).is_some());
        low <= high && bounds.into_iter().flatten().all(fits)
    }
}
