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
use pipewright_table::{Column, ColumnType, Entry, Schema, whole};
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
    /// This whole number.
    Whole(i64),
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
        self.bounds().all(|bound| bound.constant().is_some_and(|limit| limit.whole().is_some()))
    }
}

impl ClipBound {
    fn constant(self) -> Option<Limit> {
        match self {
            ClipBound::Whole(whole) => Some(Limit::Whole(whole)),
            ClipBound::Constant(number) => Some(Limit::Real(number)),
            ClipBound::Quantile(_) => None,
        }
    }

    /// Is it above a bound of the same kind? Quantiles and constants are only comparable once the rows are seen.
    #[must_use]
    pub fn is_above(self, other: ClipBound) -> bool {
        match (self, other) {
            (ClipBound::Quantile(share), ClipBound::Quantile(other)) => share > other,
            _ => self.constant().zip(other.constant()).is_some_and(|(limit, other)| limit.is_above(other)),
        }
    }
}

impl ByColumn for Clip {
    type Learned = Bounds;
    type State = ClipState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        let bad = |bound: &ClipBound| match *bound {
            ClipBound::Whole(_) => false,
            ClipBound::Constant(number) => !number.is_finite(),
            ClipBound::Quantile(share) => !(0.0..=1.0).contains(&share),
        };
        if let Some(bound) = self.bounds().find(bad) {
            return Err(Failure::new(code::BAD_VALUE, format!("{bound:?} is not a valid bound")));
        }
        if self.low.zip(self.high).is_some_and(|(low, high)| low.is_above(high)) {
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
            ClipBound::Whole(whole) => Ok(Limit::Whole(whole)),
            ClipBound::Constant(number) => Ok(Limit::Real(number)),
            ClipBound::Quantile(share) => {
                let quantile = quantiles.quantile(share).map(Limit::Real);
                quantile.ok_or_else(|| all_missing(&column.name, "quantiles"))
            }
        };
        let low = self.low.map(&mut at).transpose()?;
        let high = self.high.map(at).transpose()?;
        if let Some((low, high)) = low.zip(high).filter(|(low, high)| low.is_above(*high)) {
            let (low, high) = (low.number(), high.number());
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
    low: Option<Limit>,
    high: Option<Limit>,
    /// Do whole numbers stay whole?
    whole: bool,
}

/// A bound, once learned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Limit {
    Whole(i64),
    Real(f64),
}

impl Limit {
    fn number(self) -> f64 {
        match self {
            Limit::Whole(whole) => whole as f64,
            Limit::Real(number) => number,
        }
    }

    fn whole(self) -> Option<i64> {
        match self {
            Limit::Whole(whole) => Some(whole),
            Limit::Real(number) => whole::of(number),
        }
    }

    fn is_above(self, other: Limit) -> bool {
        match (self.whole(), other.whole()) {
            (Some(whole), Some(other)) => whole > other,
            _ => self.number() > other.number(),
        }
    }
}

impl Bounds {
    fn limits(&self) -> [Option<f64>; 2] {
        [self.low.map(Limit::number), self.high.map(Limit::number)]
    }
}

impl NumberMap for Bounds {
    const TAG: &str = "clip";
    const PARAMETERS: &'static [&'static str] = &["low", "high"];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        let [low, high] = self.limits();
        number.max(low.unwrap_or(f64::NEG_INFINITY)).min(high.unwrap_or(f64::INFINITY))
    }

    fn apply(&self, column: &Column, array: ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        if self.whole && *array.data_type() == DataType::Int64 {
            let low = self.low.and_then(Limit::whole).unwrap_or(i64::MIN);
            let high = self.high.and_then(Limit::whole).unwrap_or(i64::MAX);
            let clipped: Int64Array = array.as_primitive::<Int64Type>().unary(|count| count.clamp(low, high));
            return Ok(vec![(column.clone(), Arc::new(clipped))]);
        }
        let clipped = map_numbers(&column.name, array, |number| self.at(number), |_| out_of_range(&column.name))?;
        Ok(vec![(crate::number_map::continuous(column), Arc::new(clipped))])
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        self.limits().to_vec()
    }

    fn is_valid(&self) -> bool {
        let fits = |limit: Limit| limit.number().is_finite() && (!self.whole || limit.whole().is_some());
        let crossed = self.low.zip(self.high).is_some_and(|(low, high)| low.is_above(high));
        !crossed && [self.low, self.high].into_iter().flatten().all(fits)
    }
}
