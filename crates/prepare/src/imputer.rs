//! Imputation: fills missing values with a statistic of their column.

use crate::State;
use crate::by_column::{ByColumn, Seen, number_of};
use crate::columns::{
    all_missing, bad_state, chosen, indicator_of, map_fitted, missing_in, only_copy, shown, validate_names,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, PrimitiveArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::summary::Levels;
use pipewright_table::{Column, ColumnType, Complete, Entry, Schema, Table, Value, literal, whole};
use pipewright_table::{TextArray, TextOffset, check_exact_as_floats};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Imputes missing values, column by column.
///
/// Mean and median support numeric columns, and their results are continuous even if a column held counts, so that the
/// schema does not depend on the rows; whole numbers above 2^53 that no float equals are an error. Columns of counts
/// that are known to be complete stay whole; what new rows miss is filled with the nearest whole number. The mode
/// supports any column; on ties it is the smallest value.
#[derive(Debug, Clone, PartialEq)]
pub struct Imputer {
    /// The fill value.
    pub fill: Fill,
    /// The columns to fill; all features of supported types if `None`.
    pub on: Option<Selection>,
    /// Adds an indicator column `NAME (missing)` after each column?
    pub indicator: bool,
    /// The columns that are known to miss no value.
    pub complete: Complete,
}

/// The fill value of missing values.
#[derive(Debug, Clone, PartialEq)]
pub enum Fill {
    /// The arithmetic mean.
    Mean,
    /// The median; the mean of the middle two for an even number of values.
    Median,
    /// The most frequent value (mode).
    Mode,
    /// A constant: a number fills numeric columns, a text columns stored as text, a boolean bool columns.
    Constant(Value),
}

impl Imputer {
    /// Fills numeric features with their means.
    #[must_use]
    pub fn mean() -> Imputer {
        Imputer { fill: Fill::Mean, on: None, indicator: false, complete: Complete::default() }
    }

    /// Fills numeric features with their medians.
    #[must_use]
    pub fn median() -> Imputer {
        Imputer { fill: Fill::Median, ..Imputer::mean() }
    }

    /// Fills all features with their most frequent values.
    #[must_use]
    pub fn mode() -> Imputer {
        Imputer { fill: Fill::Mode, ..Imputer::mean() }
    }

    /// Fills all features that can hold it with this value.
    #[must_use]
    pub fn constant(value: impl Into<Value>) -> Imputer {
        Imputer { fill: Fill::Constant(value.into()), ..Imputer::mean() }
    }

    /// Restricts to these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> Imputer {
        Imputer { on: Some(columns), ..self }
    }

    /// Leaves whole numbers whole in these columns, which miss no value.
    #[must_use]
    pub fn knowing(self, complete: Complete) -> Imputer {
        Imputer { complete, ..self }
    }

    /// Adds missing-value indicators.
    #[must_use]
    pub fn with_indicator(self) -> Imputer {
        Imputer { indicator: true, ..self }
    }
}

impl Imputer {
    /// Does it support columns of this type?
    fn accepts(&self, kind: ColumnType) -> bool {
        match &self.fill {
            Fill::Mean | Fill::Median => kind.is_numeric(),
            Fill::Mode => true,
            Fill::Constant(Value::Int(_) | Value::Number(_)) => kind.is_numeric(),
            Fill::Constant(Value::Bool(_)) => kind == ColumnType::Bool,
            Fill::Constant(Value::Text(text)) => {
                kind.is_string()
                    || (kind == ColumnType::Date && literal::date(text.as_bytes()).is_some())
                    || (kind == ColumnType::Time && literal::time(text.as_bytes()).is_some())
            }
            Fill::Constant(Value::Null) => false,
        }
    }

    /// Returns the type of a filled column; independent of the rows.
    fn filled_kind(&self, column: &Column) -> ColumnType {
        match &self.fill {
            Fill::Mean | Fill::Median => self.complete.filled_kind(column),
            Fill::Constant(value @ Value::Number(_)) if value.as_i64().is_none() => self.complete.filled_kind(column),
            Fill::Mode | Fill::Constant(_) => column.kind,
        }
    }
}

/// The fill value of each column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImputerState {
    columns: Vec<Filling>,
    indicator: bool,
}

/// The fill value of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filling {
    name: Arc<str>,
    kind: ColumnType,
    value: FillValue,
}

/// A value as its column stores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum FillValue {
    Real(f64),
    Whole(i64),
    Truth(bool),
    Text(String),
    /// Microseconds since 1970.
    Moment(i64),
    /// Microseconds since midnight.
    Time(i64),
}

impl ByColumn for Imputer {
    type Learned = Filling;
    type State = ImputerState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        match &self.fill {
            Fill::Constant(Value::Null) => return Err(Failure::new(code::BAD_VALUE, "null is not a fill value")),
            Fill::Constant(Value::Number(number)) if !number.is_finite() => {
                return Err(Failure::new(code::BAD_VALUE, format!("{number} is not a valid fill value")));
            }
            _ => {}
        }
        let step = match &self.fill {
            Fill::Mean => "`fillna mean`".to_string(),
            Fill::Median => "`fillna median`".to_string(),
            Fill::Mode => "`fillna mode`".to_string(),
            Fill::Constant(value) => format!("`fillna {value}`"),
        };
        chosen(self.on.as_ref(), input, &step, |kind| self.accepts(kind))
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        let filled = Entry::Column(Column { kind: self.filled_kind(column), ..column.clone() });
        let indicator = self.indicator.then(|| Entry::Column(indicator_of(column)));
        [filled].into_iter().chain(indicator).collect()
    }

    fn seen(&self, column: &Column) -> Seen {
        match &self.fill {
            Fill::Mean => Seen::sum(),
            Fill::Median => Seen::quantiles(),
            Fill::Mode if column.kind.is_string() => Seen::Texts(Levels::default()),
            Fill::Mode => Seen::Wholes(Levels::default()),
            Fill::Constant(_) => Seen::Nothing,
        }
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<Filling, Failure> {
        let (what, value) = match seen {
            Seen::Sum(sum) => ("mean", sum.mean().map(FillValue::Real)),
            Seen::Quantiles(mut quantiles) => ("median", quantiles.median().map(FillValue::Real)),
            Seen::Wholes(levels) => ("mode", levels.mode().map(|&level| stored(column.kind, level))),
            Seen::Texts(levels) => ("mode", levels.mode().cloned().map(FillValue::Text)),
            Seen::Nothing => ("constant", self.constant_for(column.kind)),
            Seen::Moments(_) | Seen::Extremes(_) => unreachable!("nothing is filled with a spread or a range"),
        };
        let value = match value.ok_or_else(|| all_missing(&column.name, what))? {
            FillValue::Real(value) if self.complete.stays_whole(&column) => FillValue::Whole(whole::nearest(value)),
            value => value,
        };
        Ok(Filling { name: column.name, kind: column.kind, value })
    }

    fn state(&self, columns: Vec<Filling>) -> ImputerState {
        ImputerState { columns, indicator: self.indicator }
    }
}

impl Imputer {
    /// Returns the constant as stored in a column of this type.
    fn constant_for(&self, kind: ColumnType) -> Option<FillValue> {
        let Fill::Constant(value) = &self.fill else { return None };
        match value {
            Value::Null => None,
            Value::Bool(truth) => Some(FillValue::Truth(*truth)),
            Value::Int(_) | Value::Number(_) => match value.as_i64() {
                Some(whole) if kind == ColumnType::Count => Some(FillValue::Whole(whole)),
                _ => value.as_f64().map(FillValue::Real),
            },
            Value::Text(text) if kind == ColumnType::Date => literal::date(text.as_bytes()).map(FillValue::Moment),
            Value::Text(text) if kind == ColumnType::Time => literal::time(text.as_bytes()).map(FillValue::Time),
            Value::Text(text) => Some(FillValue::Text(text.to_string())),
        }
    }
}

fn stored(kind: ColumnType, level: i64) -> FillValue {
    match kind {
        ColumnType::Continuous => FillValue::Real(number_of(level)),
        ColumnType::Bool => FillValue::Truth(level != 0),
        ColumnType::Date => FillValue::Moment(level),
        ColumnType::Time => FillValue::Time(level),
        ColumnType::Count => FillValue::Whole(level),
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
            unreachable!("texts are counted as texts")
        }
    }
}

impl Filling {
    /// Returns the type of a column after filling.
    fn filled_kind(&self, kind: ColumnType) -> ColumnType {
        match self.value {
            FillValue::Real(_) => ColumnType::Continuous,
            _ => kind,
        }
    }

    /// Fills the missing values.
    ///
    /// # Errors
    /// [`code::VALUE_OUT_OF_RANGE`] for a whole number that the floats of the filled column cannot hold.
    fn filled(&self, array: ArrayRef) -> Result<ArrayRef, Failure> {
        match &self.value {
            FillValue::Real(value) if *array.data_type() == DataType::Int64 => {
                check_exact_as_floats(&self.name, &array)?;
                let counts = array.as_primitive::<Int64Type>();
                let mut numbers: Vec<f64> = counts.values().iter().map(|&count| count as f64).collect();
                fill_nulls(&mut numbers, array.nulls(), *value);
                Ok(Arc::new(Float64Array::from(numbers)))
            }
            _ => Ok(self.refilled(array)),
        }
    }

    /// Fills the missing values of an array of the filled column's type.
    fn refilled(&self, array: ArrayRef) -> ArrayRef {
        match &self.value {
            _ if array.null_count() == 0 => array,
            FillValue::Real(value) => refilled::<Float64Type>(array, *value),
            FillValue::Whole(value) if *array.data_type() == DataType::Float64 => {
                refilled::<Float64Type>(array, *value as f64)
            }
            FillValue::Whole(value) => refilled::<Int64Type>(array, *value),
            FillValue::Moment(value) => refilled::<TimestampMicrosecondType>(array, *value),
            FillValue::Time(value) => refilled::<Time64MicrosecondType>(array, *value),
            FillValue::Truth(value) => {
                let truths = array.as_boolean().iter().map(|truth| truth.unwrap_or(*value));
                Arc::new(BooleanArray::new(truths.collect(), None))
            }
            FillValue::Text(value) => {
                let texts = array.as_string::<TextOffset>().iter().map(|text| text.unwrap_or(value));
                Arc::new(TextArray::from_iter_values(texts))
            }
        }
    }
}

/// Replaces the nulls of an array by a value, in place if it has no other owner.
fn refilled<T: ArrowPrimitiveType>(array: ArrayRef, value: T::Native) -> ArrayRef {
    let (nulls, rows) = (array.nulls().cloned(), array.len());
    let values = match only_copy::<T>(array) {
        Ok(mut buffer) => {
            fill_nulls(buffer.typed_data_mut(), nulls.as_ref(), value);
            ScalarBuffer::new(buffer.into(), 0, rows)
        }
        Err(values) => {
            let mut values = values.to_vec();
            fill_nulls(&mut values, nulls.as_ref(), value);
            values.into()
        }
    };
    Arc::new(PrimitiveArray::<T>::new(values, None))
}

/// Writes a value at the nulls.
fn fill_nulls<T: Copy>(values: &mut [T], nulls: Option<&NullBuffer>, value: T) {
    if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
        (!nulls.inner()).set_indices().for_each(|row| values[row] = value);
    }
}

impl State for ImputerState {
    const TAG: &str = "imputer";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        self.apply_owned(rows.clone())
    }

    fn apply_owned(&self, rows: Table) -> Result<Table, Failure> {
        let column_of = |filling: &Filling| (filling.name.clone(), filling.kind);
        map_fitted(rows, &self.columns, column_of, |filling, column, array| {
            let filled = Column { kind: filling.filled_kind(column.kind), ..column.clone() };
            let indicator = self.indicator.then(|| (indicator_of(column), missing_in(&array)));
            Ok([(filled, filling.filled(array)?)].into_iter().chain(indicator).collect())
        })
    }

    fn show(&self) -> Table {
        let text = |value: &FillValue| match value {
            FillValue::Real(value) => value.to_string(),
            FillValue::Whole(value) => value.to_string(),
            FillValue::Truth(value) => value.to_string(),
            FillValue::Text(value) => value.clone(),
            FillValue::Moment(value) => literal::date_text(*value),
            FillValue::Time(value) => literal::time_text(*value),
        };
        shown("fill", self.columns.iter().map(|filling| (filling.name.to_string(), text(&filling.value))))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|filling| &filling.name))?;
        for Filling { name, kind, value } in &self.columns {
            let fits = match value {
                FillValue::Real(value) => kind.is_numeric() && value.is_finite(),
                FillValue::Whole(_) => *kind == ColumnType::Count,
                FillValue::Truth(_) => *kind == ColumnType::Bool,
                FillValue::Text(_) => kind.is_string(),
                FillValue::Moment(_) => *kind == ColumnType::Date,
                FillValue::Time(value) => *kind == ColumnType::Time && (0..literal::DAY).contains(value),
            };
            if !fits {
                return Err(bad_state(format!("`{name}` cannot be filled with {value:?}")));
            }
        }
        Ok(())
    }
}
