//! Brings numeric columns to a common scale.

use super::columns::{
    all_missing, applies, bad_state, chosen, fitted, for_each_block, for_each_number, replaced, validate_names,
};
use super::{Estimator, State, Summary, approximate, numbers_within};
use crate::summary::{BLOCK, Extremes, Moments, Quantiles};
use crate::table::{all_within, quoted};
use crate::{Column, Entry, Kind, Schema, Selection, Table};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, StringArray};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Scales numeric columns to `(x - center) / spread`; the results are continuous, missing values stay missing.
///
/// A column that was constant in training becomes 0 throughout.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    /// What centre and spread are.
    pub method: ScalerMethod,
    /// The columns to scale; without it all numeric features.
    pub on: Option<Selection>,
}

/// What centre and spread are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalerMethod {
    /// Mean and standard deviation (divided by n, not n - 1).
    Standard,
    /// Minimum and range: training values lie in 0 to 1.
    MinMax,
    /// Median and interquartile range (type 7); where the middle half is constant it is only centred.
    Robust,
}

impl Scaler {
    /// To mean 0 and standard deviation 1.
    #[must_use]
    pub fn standard() -> Scaler {
        Scaler { method: ScalerMethod::Standard, on: None }
    }

    /// To 0 … 1.
    #[must_use]
    pub fn minmax() -> Scaler {
        Scaler { method: ScalerMethod::MinMax, on: None }
    }

    /// To median 0 and interquartile range 1.
    #[must_use]
    pub fn robust() -> Scaler {
        Scaler { method: ScalerMethod::Robust, on: None }
    }

    /// The same for these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> Scaler {
        Scaler { on: Some(columns), ..self }
    }
}

/// What was seen of the columns to scale.
#[derive(Debug)]
pub struct ScalerSummary {
    columns: Vec<(Column, Seen)>,
}

/// What was seen of one column.
#[derive(Debug)]
enum Seen {
    Moments(Box<Moments>),
    Extremes(Extremes),
    Quantiles(Quantiles),
}

impl Summary for ScalerSummary {
    fn merge(&mut self, later: ScalerSummary) {
        for ((_, seen), (_, more)) in self.columns.iter_mut().zip(later.columns) {
            match (seen, more) {
                (Seen::Moments(seen), Seen::Moments(more)) => seen.merge(*more),
                (Seen::Extremes(seen), Seen::Extremes(more)) => seen.merge(more),
                (Seen::Quantiles(seen), Seen::Quantiles(more)) => seen.merge(more),
                _ => unreachable!("summaries of one estimator and schema are alike"),
            }
        }
    }

    fn bound(&mut self, bytes: u64) {
        let bound = Some(numbers_within(bytes, self.columns.len()));
        for (_, seen) in &mut self.columns {
            if let Seen::Quantiles(quantiles) = seen {
                *quantiles = Quantiles::bounded(bound);
            }
        }
    }

    fn notes(&self) -> Vec<Failure> {
        let about = |seen: &Seen| matches!(seen, Seen::Quantiles(quantiles) if quantiles.is_approximate());
        let names = self.columns.iter().filter(|(_, seen)| about(seen)).map(|(column, _)| &*column.name);
        approximate(&names.collect::<Vec<_>>())
    }
}

/// Centre and spread of each column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalerState {
    columns: Vec<Scale>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    name: Arc<str>,
    kind: Kind,
    center: f64,
    /// What `x - center` is divided by; 0 for a column that was constant.
    spread: f64,
}

impl Scaler {
    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), input, "`scale`", Kind::is_numeric)
    }
}

impl Estimator for Scaler {
    type Summary = ScalerSummary;
    type State = ScalerState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, |column| {
            vec![Entry::Column(Column { kind: Kind::Continuous, ..column.clone() })]
        }))
    }

    fn empty(&self, input: &Schema) -> Result<ScalerSummary, Failure> {
        let seen = || match self.method {
            ScalerMethod::Standard => Seen::Moments(Box::default()),
            ScalerMethod::MinMax => Seen::Extremes(Extremes::default()),
            ScalerMethod::Robust => Seen::Quantiles(Quantiles::default()),
        };
        Ok(ScalerSummary { columns: self.columns(input)?.into_iter().map(|column| (column, seen())).collect() })
    }

    fn observe(&self, summary: &mut ScalerSummary, rows: &Table) -> Result<(), Failure> {
        for (column, seen) in &mut summary.columns {
            let (name, array) = (&*column.name, fitted(rows, &column.name, column.kind)?);
            match seen {
                Seen::Moments(moments) => for_each_block(name, array, |numbers| moments.add_all(numbers))?,
                Seen::Extremes(extremes) => for_each_number(name, array, |number| extremes.add(number))?,
                Seen::Quantiles(quantiles) => for_each_number(name, array, |number| quantiles.add(number))?,
            }
        }
        Ok(())
    }

    fn finish(&self, summary: ScalerSummary) -> Result<ScalerState, Failure> {
        let scales = summary.columns.into_iter().map(|(column, seen)| {
            let (what, scale) = match seen {
                Seen::Moments(moments) => ("mean", moments.mean().zip(moments.deviation(0))),
                Seen::Extremes(extremes) => ("range", extremes.range().map(|(min, max)| (min, max - min))),
                Seen::Quantiles(quantiles) => ("quantiles", median_and_spread(quantiles)),
            };
            let (center, spread) = scale.ok_or_else(|| all_missing(&column.name, what))?;
            if !spread.is_finite() {
                return Err(out_of_range(&column.name));
            }
            Ok(Scale { name: column.name, kind: column.kind, center, spread })
        });
        Ok(ScalerState { columns: scales.collect::<Result<_, _>>()? })
    }
}

/// Median and interquartile range; 1 for the latter where only the middle half is constant.
fn median_and_spread(mut quantiles: Quantiles) -> Option<(f64, f64)> {
    let mut at = |share| quantiles.quantile(share);
    let (median, range, middle) = (at(0.5)?, at(1.0)? - at(0.0)?, at(0.75)? - at(0.25)?);
    Some((median, if middle == 0.0 && range > 0.0 { 1.0 } else { middle }))
}

fn out_of_range(name: &str) -> Failure {
    Failure::new(code::VALUE_OUT_OF_RANGE, format!("the values of `{name}` are too far apart to be scaled"))
        .column(name)
        .help(format!("leave the largest out, or `drop {}`", quoted(name)))
}

impl Scale {
    /// The scaled values, and whether values and scaled values are all finite.
    fn scaled_all<T>(&self, values: &[T], number: impl Fn(&T) -> f64) -> (Vec<f64>, bool) {
        let (mut scaled, mut finite) = (Vec::with_capacity(values.len()), true);
        for block in values.chunks(BLOCK) {
            let start = scaled.len();
            if self.spread == 0.0 {
                scaled.extend(block.iter().map(&number));
                finite &= all_within(&scaled[start..], f64::MAX);
                scaled[start..].fill(0.0);
            } else {
                // What is not finite stays so.
                scaled.extend(block.iter().map(|value| (number(value) - self.center) / self.spread));
                finite &= all_within(&scaled[start..], f64::MAX);
            }
        }
        (scaled, finite)
    }

    /// # Errors
    /// `NON_FINITE` for a value that is not finite, `VALUE_OUT_OF_RANGE` for one that is none when it is scaled.
    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        let (scaled, finite) = match array.data_type() {
            DataType::Int64 => self.scaled_all(array.as_primitive::<Int64Type>().values(), |&count| count as f64),
            _ => self.scaled_all(array.as_primitive::<Float64Type>().values(), |&number| number),
        };
        let array_of = |scaled| Arc::new(Float64Array::new(scaled, array.nulls().cloned())) as ArrayRef;
        if finite {
            return Ok(array_of(scaled.into()));
        }
        // Which row it is, or whether it only lies behind a missing value.
        for_each_number(&self.name, array, |_| ())?;
        let array = array_of(scaled.into());
        for_each_number(&self.name, &array, |_| ())
            .map_err(|failure| Failure { place: failure.place, ..out_of_range(&self.name) })?;
        Ok(array)
    }
}

impl State for ScalerState {
    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for scale in &self.columns {
            applies(rows, &scale.name, scale.kind)?;
        }
        let scales: BTreeMap<&str, &Scale> = self.columns.iter().map(|scale| (&*scale.name, scale)).collect();
        rows.map_columns(|column, array| match scales.get(&*column.name) {
            None => Ok(vec![(column.clone(), array.clone())]),
            Some(scale) => Ok(vec![(Column { kind: Kind::Continuous, ..column.clone() }, scale.apply(array)?)]),
        })
    }

    fn show(&self) -> Table {
        let names = self.columns.iter().map(|scale| Some(&*scale.name));
        let centers = self.columns.iter().map(|scale| scale.center);
        let spreads = self.columns.iter().map(|scale| scale.spread);
        let columns = vec![
            Column::new("column", Kind::Text),
            Column::new("center", Kind::Continuous),
            Column::new("spread", Kind::Continuous),
        ];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(names.collect::<StringArray>()),
            Arc::new(Float64Array::from_iter_values(centers)),
            Arc::new(Float64Array::from_iter_values(spreads)),
        ];
        Table::new(columns, arrays).expect("three columns of one length")
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|scale| &scale.name))?;
        let valid = |scale: &&Scale| {
            scale.kind.is_numeric() && scale.center.is_finite() && scale.spread.is_finite() && scale.spread >= 0.0
        };
        match self.columns.iter().find(|scale| !valid(scale)) {
            None => Ok(()),
            Some(scale) => Err(bad_state(format!("`{}` cannot be scaled by {scale:?}", scale.name))),
        }
    }
}
