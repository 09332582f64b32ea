//! Type conversion of columns.

use crate::columns::{bad_state, replaced, shown, validate_names};
use crate::{Estimator, State, Summary};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::form::Form;
use pipewright_table::literal::{self, Number};
use pipewright_table::text::{plural, quoted, text_of};
use pipewright_table::{Column, ColumnType, Entry, Schema, Table};
use pipewright_table::{TextArray, TextOffset};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Converts columns to another type: text to whole numbers, numbers to text, text to dates.
///
/// ```
/// use pipewright_frame::{Cast, ColumnType, ReadOptions, Selection, State, csv, fit};
/// let (table, _) = csv::read(b"code\n7\n12\n", &ReadOptions::new("t.csv")).unwrap();
/// let state = fit(&Cast::to(ColumnType::Text, Selection::Name("code".into())), &table).unwrap();
/// assert_eq!(state.apply(&table).unwrap().column("code").unwrap().kind, ColumnType::Text);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cast {
    on: Selection,
    reading: Reading,
    bad: OnInvalid,
}

pub use pipewright_table::OnInvalid;

/// Target of a conversion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reading {
    /// Values of this type.
    Kind(ColumnType),
    /// Dates in this format.
    Form(String),
}

impl Reading {
    fn kind(&self) -> ColumnType {
        match self {
            Reading::Kind(kind) => *kind,
            Reading::Form(_) => ColumnType::Date,
        }
    }

    /// Can a column of this type be converted at all?
    fn takes(&self, column: &Column) -> Result<(), Failure> {
        let (from, to) = (column.kind, self.kind());
        let fits = match to {
            _ if matches!(self, Reading::Form(_)) => from.is_string() || from == ColumnType::Date,
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => true,
            ColumnType::Continuous | ColumnType::Count => !matches!(from, ColumnType::Date | ColumnType::Time),
            ColumnType::Bool => !matches!(from, ColumnType::Date | ColumnType::Time),
            ColumnType::Date | ColumnType::Time => from.is_string() || from == to,
        };
        if fits {
            return Ok(());
        }
        let message = format!("`{}` holds {}, which cannot be converted to {}", column.name, plural(from), plural(to));
        let failure = Failure::new(code::NOT_NUMERIC, message).column(&*column.name);
        Err(match from {
            ColumnType::Date => {
                failure.help(format!("extract a number from the date: derive n = year({})", quoted(&column.name)))
            }
            _ => failure,
        })
    }
}

impl Cast {
    /// Converts the selected columns to this type.
    #[must_use]
    pub fn to(kind: ColumnType, on: Selection) -> Cast {
        Cast { on, reading: Reading::Kind(kind), bad: OnInvalid::Error }
    }

    /// Parses the selected columns as dates in this format, for example `%d.%m.%Y %H:%M`.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] if the format is invalid.
    pub fn dates(form: &str, on: Selection) -> Result<Cast, Failure> {
        Form::read(form)?;
        Ok(Cast { on, reading: Reading::Form(form.to_owned()), bad: OnInvalid::Error })
    }

    /// Sets the handling of values that cannot be converted.
    #[must_use]
    pub fn with_bad(self, bad: OnInvalid) -> Cast {
        Cast { bad, ..self }
    }

    fn chosen(&self, schema: &Schema) -> Result<Vec<Column>, Failure> {
        let known: BTreeMap<&str, &Column> = schema.columns().map(|column| (&*column.name, column)).collect();
        let columns = self.on.resolve(schema)?.into_iter().map(|name| {
            self.reading.takes(known[&*name])?;
            Ok(known[&*name].clone())
        });
        columns.collect()
    }
}

/// The columns to convert.
#[derive(Debug)]
pub struct CastSummary(Schema);

impl Summary for CastSummary {
    fn merge(&mut self, _: CastSummary) {}
}

impl Estimator for Cast {
    type Summary = CastSummary;
    type State = CastState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let kind = self.reading.kind();
        let converted = |column: &Column| vec![Entry::Column(Column { kind, ..column.clone() })];
        Ok(replaced(input, &self.chosen(input)?, converted))
    }

    fn empty(&self, input: &Schema) -> Result<CastSummary, Failure> {
        self.chosen(input)?;
        Ok(CastSummary(input.clone()))
    }

    fn observe(&self, _: &mut CastSummary, _: &Table) -> Result<(), Failure> {
        Ok(())
    }

    fn needs_rows(&self) -> bool {
        false
    }

    fn finish(&self, summary: CastSummary) -> Result<CastState, Failure> {
        let columns = self.chosen(&summary.0)?.into_iter().map(|column| column.name).collect();
        Ok(CastState { columns, reading: self.reading.clone(), bad: self.bad })
    }
}

/// The converted columns. Columns missing from new rows are skipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CastState {
    columns: Vec<Arc<str>>,
    reading: Reading,
    bad: OnInvalid,
}

impl State for CastState {
    const TAG: &str = "cast";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let mut table = rows.clone();
        for name in &self.columns {
            // A target is not among the columns to predict from.
            let Some((column, array)) = rows.find(name) else { continue };
            let column = Column { kind: self.reading.kind(), ..column.clone() };
            let converted = self.converted(rows.column(name)?, array)?;
            table = table.with_column(column, converted)?;
        }
        Ok(table)
    }

    fn show(&self) -> Table {
        let how = match &self.reading {
            Reading::Kind(kind) => kind.to_string(),
            Reading::Form(form) => form.clone(),
        };
        shown("read as", self.columns.iter().map(|name| (name.to_string(), how.clone())))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter())?;
        match &self.reading {
            Reading::Form(form) => Form::read(form).map(drop).map_err(|failure| bad_state(failure.message)),
            Reading::Kind(_) => Ok(()),
        }
    }
}

impl CastState {
    fn converted(&self, column: &Column, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        let to = self.reading.kind();
        if array.null_count() == array.len() {
            return Ok(arrow_array::new_null_array(&to.storage(), array.len()));
        }
        self.reading.takes(column)?;
        let same = column.kind.storage() == to.storage();
        if same && to != ColumnType::Continuous {
            return Ok(array.clone());
        }
        Ok(match to {
            ColumnType::Continuous => Arc::new(self.each::<f64, Float64Array>(column, array, real)?),
            ColumnType::Count => Arc::new(self.each::<i64, Int64Array>(column, array, whole)?),
            ColumnType::Bool => Arc::new(self.each::<bool, BooleanArray>(column, array, truth)?),
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
                Arc::new((0..array.len()).map(|row| text_of(array, row)).collect::<TextArray>())
            }
            ColumnType::Date => {
                let form = match &self.reading {
                    Reading::Form(form) => Some(Form::read(form)?),
                    Reading::Kind(_) => None,
                };
                let date = |array: &ArrayRef, row: usize| {
                    let text = array.as_string::<TextOffset>().value(row).trim().as_bytes();
                    form.as_ref().map_or_else(|| literal::date(text), |form| form.moment(text))
                };
                Arc::new(self.each::<i64, TimestampMicrosecondArray>(column, array, date)?)
            }
            ColumnType::Time => {
                let time = |array: &ArrayRef, row: usize| {
                    literal::time(array.as_string::<TextOffset>().value(row).trim().as_bytes())
                };
                Arc::new(self.each::<i64, Time64MicrosecondArray>(column, array, time)?)
            }
        })
    }

    /// Converts each value that is not missing.
    fn each<T, A: FromIterator<Option<T>>>(
        &self,
        column: &Column,
        array: &ArrayRef,
        read: impl Fn(&ArrayRef, usize) -> Option<T>,
    ) -> Result<A, Failure> {
        let values = (0..array.len()).map(|row| {
            if array.is_null(row) {
                return Ok(None);
            }
            match (read(array, row), self.bad) {
                (None, OnInvalid::Error) => Err(self.refused(column, array, row)),
                (value, _) => Ok(value),
            }
        });
        values.collect()
    }

    fn refused(&self, column: &Column, array: &ArrayRef, row: usize) -> Failure {
        let text = text_of(array, row).unwrap_or_default();
        let kind = self.reading.kind();
        let what = match (&self.reading, kind) {
            (Reading::Form(form), _) => format!("date in the format `{form}`"),
            (_, ColumnType::Count) => "whole number".to_owned(),
            (_, ColumnType::Continuous) => "number".to_owned(),
            (_, ColumnType::Bool) => "boolean".to_owned(),
            (_, ColumnType::Time) => "time of day".to_owned(),
            (_, kind) => kind.to_string(),
        };
        Failure::new(code::TYPE_MISMATCH, format!("`{text}` is not a {what}"))
            .column(&*column.name)
            .row(row as u64 + 1)
            .help("`bad=null` makes values that cannot be converted missing")
    }
}

fn real(array: &ArrayRef, row: usize) -> Option<f64> {
    let number = match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row) as f64,
        DataType::Boolean => f64::from(array.as_boolean().value(row)),
        _ => literal::number(array.as_string::<TextOffset>().value(row).trim().as_bytes())?.as_f64(),
    };
    number.is_finite().then_some(number)
}

fn whole(array: &ArrayRef, row: usize) -> Option<i64> {
    /// From here on, floats exceed 64-bit integers.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let exact = |number: f64| (number.fract() == 0.0 && number.abs() < BEYOND).then_some(number as i64);
    match array.data_type() {
        DataType::Float64 => exact(array.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => Some(i64::from(array.as_boolean().value(row))),
        _ => match literal::number(array.as_string::<TextOffset>().value(row).trim().as_bytes())? {
            Number::Whole(number) => Some(number),
            other => exact(other.as_f64()),
        },
    }
}

fn truth(array: &ArrayRef, row: usize) -> Option<bool> {
    let number = match array.data_type() {
        DataType::LargeUtf8 => {
            return literal::truth_declared(array.as_string::<TextOffset>().value(row).trim().as_bytes());
        }
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row) as f64,
        _ => array.as_primitive::<Float64Type>().value(row),
    };
    if number == 1.0 { Some(true) } else { (number == 0.0).then_some(false) }
}

#[cfg(test)]
mod tests;
