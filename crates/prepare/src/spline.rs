//! B-spline features, so that a linear model can fit a curve.

use crate::by_column::{ByColumn, Seen};
use crate::columns::{all_missing, chosen, for_each_number, for_each_row};
use crate::number_map::{NumberMap, NumberMaps, out_of_range};
use arrow_array::{Array, ArrayRef, Float64Array};
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::{Column, ColumnType, Entry, Role, Schema};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Replaces a numeric column by B-splines over some knots (de Boor 1978): `age (spline 1)` and so on, which are
/// non-negative and sum to 1. They are constant beyond the outermost knots. Missing values stay missing.
///
/// As scikit-learn's `SplineTransformer` with constant extrapolation. A constant column becomes 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Spline {
    /// Number of knots, at least 2; the outermost are at minimum and maximum.
    pub knots: usize,
    /// The degree of the polynomials between knots, 1 to 5.
    pub degree: usize,
    /// How the knots are placed.
    pub placing: Knots,
    /// Include the last spline, which is determined by the others?
    pub bias: bool,
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

/// How knots are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Knots {
    /// Equally spaced between minimum and maximum.
    Uniform,
    /// At equally spaced quantiles from 0 to 100%.
    Quantile,
}

const KNOTS_MAX: usize = 1000;
const DEGREE_MAX: usize = 5;

impl Spline {
    /// Returns the number of output columns per column.
    fn width(&self) -> usize {
        self.knots + self.degree - 1 - usize::from(!self.bias)
    }
}

impl Default for Spline {
    /// Cubic splines with five equally spaced knots.
    fn default() -> Spline {
        Spline { knots: 5, degree: 3, placing: Knots::Uniform, bias: true, on: None }
    }
}

impl ByColumn for Spline {
    type Learned = Splines;
    type State = SplineState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        if !(2..=KNOTS_MAX).contains(&self.knots) || !(1..=DEGREE_MAX).contains(&self.degree) {
            let message = format!(
                "{} knots of degree {}; `spline` takes 2 to {KNOTS_MAX} knots and degrees of 1 to {DEGREE_MAX}",
                self.knots, self.degree
            );
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        chosen(self.on.as_ref(), input, "`spline`", ColumnType::is_numeric)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        (1..=self.width()).map(|place| Entry::Column(member(column, place))).collect()
    }

    fn seen(&self, _: &Column) -> Seen {
        match self.placing {
            Knots::Uniform => Seen::extremes(),
            Knots::Quantile => Seen::quantiles(),
        }
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<Splines, Failure> {
        let last = self.knots - 1;
        let inner: Option<Vec<f64>> = match seen {
            Seen::Extremes(extremes) => extremes.range().map(|(min, max)| {
                let step = (max - min) / last as f64;
                (0..last).map(|place| min + step * place as f64).chain([max]).collect()
            }),
            Seen::Quantiles(mut quantiles) => quantiles.cuts(last as u64),
            _ => unreachable!("knots come from numbers"),
        };
        let inner = inner.ok_or_else(|| all_missing(&column.name, "range"))?;
        let (before, behind) = (inner[1] - inner[0], inner[last] - inner[last - 1]);
        let outer = |place: usize| place as f64;
        let left = (1..=self.degree).rev().map(|place| inner[0] - before * outer(place));
        let right = (1..=self.degree).map(|place| inner[last] + behind * outer(place));
        let knots: Vec<f64> = left.chain(inner.iter().copied()).chain(right).collect();
        if !knots.iter().all(|knot| knot.is_finite()) || !(inner[last] - inner[0]).is_finite() {
            return Err(out_of_range(&column.name));
        }
        Ok(Splines { name: column.name, kind: column.kind, knots, degree: self.degree, bias: self.bias })
    }

    fn state(&self, columns: Vec<Splines>) -> SplineState {
        SplineState { columns }
    }
}

fn member(column: &Column, place: usize) -> Column {
    let name = format!("{} (spline {place})", column.name).into();
    Column { name, kind: ColumnType::Continuous, role: Role::Feature, sources: column.sources.clone() }
}

/// The splines of each column.
pub type SplineState = NumberMaps<Splines>;

/// The splines of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Splines {
    name: Arc<str>,
    kind: ColumnType,
    /// In order, with `degree` more at either end.
    knots: Vec<f64>,
    degree: usize,
    bias: bool,
}

impl Splines {
    /// Returns the number of splines.
    fn count(&self) -> usize {
        self.knots.len() - self.degree - 1
    }

    /// Returns the first spline that is not 0 at a number, and the values of it and of the next `degree` ones (Piegl
    /// and Tiller 1997, A2.2); `None` if all knots coincide.
    fn values(&self, number: f64) -> Option<(usize, [f64; DEGREE_MAX + 1])> {
        let (knots, degree) = (&self.knots, self.degree);
        let number = number.clamp(knots[degree], knots[self.count()]);
        let mut span = knots.partition_point(|&knot| knot <= number).clamp(degree + 1, self.count()) - 1;
        // At the last knot the splines are their limits from the left.
        while knots[span] == knots[span + 1] {
            span = span.checked_sub(1).filter(|&span| span >= degree)?;
        }
        let mut values = [0.0; DEGREE_MAX + 1];
        values[0] = 1.0;
        for order in 1..=degree {
            let mut saved = 0.0;
            for place in 0..order {
                let (left, right) = (knots[span + 1 + place - order], knots[span + 1 + place]);
                // Between 0 and 1, however close the knots are.
                let share = if right == left { 0.0 } else { (right - number) / (right - left) };
                let rest = if right == left { 0.0 } else { (number - left) / (right - left) };
                (values[place], saved) = (saved + share * values[place], rest * values[place]);
            }
            values[order] = saved;
        }
        Some((span - degree, values))
    }
}

impl NumberMap for Splines {
    const TAG: &str = "spline";
    const PARAMETERS: &'static [&'static str] = &["splines", "first knot", "last knot"];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        self.values(number).map_or(0.0, |(_, values)| values[0])
    }

    fn apply(&self, column: &Column, array: ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        for_each_number(&self.name, &array, |_| ())?;
        let width = self.count() - usize::from(!self.bias);
        let mut splines = vec![vec![0.0; array.len()]; width];
        for_each_row(&array, |row, number| {
            if let Some((first, values)) = self.values(number) {
                let splines = splines.iter_mut().skip(first).zip(&values[..=self.degree]);
                splines.for_each(|(spline, value)| spline[row] = *value);
            }
        });
        let made = splines.into_iter().enumerate().map(|(place, values)| {
            let values = Float64Array::new(values.into(), array.nulls().cloned());
            (member(column, place + 1), Arc::new(values) as ArrayRef)
        });
        Ok(made.collect())
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        let ends = [self.knots[self.degree], self.knots[self.count()]];
        vec![Some(self.count() as f64), Some(ends[0]), Some(ends[1])]
    }

    fn is_valid(&self) -> bool {
        let degree = (1..=DEGREE_MAX).contains(&self.degree);
        let room = degree.then(|| 2 + 2 * self.degree..=KNOTS_MAX + 2 * self.degree);
        let finite = self.knots.iter().all(|knot| knot.is_finite());
        room.is_some_and(|room| room.contains(&self.knots.len())) && finite && self.knots.is_sorted()
    }
}
