//! Type conversion of columns.

mod reading;

use crate::columns::{bad_state, replaced, shown, validate_names};
use crate::{Estimator, State, Summary};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::form::Form;
use pipewright_table::literal::{self, Number};
use pipewright_table::text::{text_in, text_of};
use pipewright_table::{Column, ColumnType, Entry, MomentForm, Schema, Table, Zone, amount, normalized, shortened};
use pipewright_table::{TextArray, TextOffset};
use reading::Reading;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
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
pub use reading::EpochUnit;

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

    /// As [`Cast::dates`], of what clocks of a zone show; the dates are in UTC. A time that clocks skip is as much later
    /// as they skip, and of a time that they show twice it is the first.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] if the format is invalid, or says the zone by itself, and if there is no such zone.
    pub fn dates_in(form: &str, zone: &str, on: Selection) -> Result<Cast, Failure> {
        let reading = Reading::Zoned { form: form.to_owned(), zone: zone.to_owned() };
        reading.form()?;
        Ok(Cast { on, reading, bad: OnInvalid::Error })
    }

    /// Makes dates of numbers since 1970-01-01T00:00:00 UTC.
    #[must_use]
    pub fn epoch(unit: EpochUnit, on: Selection) -> Cast {
        Cast { on, reading: Reading::Epoch(unit), bad: OnInvalid::Error }
    }

    /// Normalises texts: [`pipewright_table::normalized`].
    #[must_use]
    pub fn unicode(on: Selection) -> Cast {
        Cast { on, reading: Reading::Unicode, bad: OnInvalid::Error }
    }

    /// Parses the selected columns as amounts with this decimal separator: money, percentages, marked thousands.
    #[must_use]
    pub fn amounts(decimal: u8, on: Selection) -> Cast {
        Cast { on, reading: Reading::Amount(decimal), bad: OnInvalid::Error }
    }

    /// Sets the handling of values that cannot be converted.
    #[must_use]
    pub fn with_bad(self, bad: OnInvalid) -> Cast {
        Cast { bad, ..self }
    }

    fn state(&self, columns: Vec<(Column, Seen)>) -> CastState {
        let forms = columns.iter().filter(|(_, seen)| seen.form != MomentForm::Day);
        CastState {
            forms: forms.map(|(column, seen)| (column.name.clone(), seen.form)).collect(),
            columns: columns.into_iter().map(|(column, _)| column.name).collect(),
            reading: self.reading.clone(),
            bad: self.bad,
        }
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

/// The columns to convert, and what is known of their values.
#[derive(Debug)]
pub struct CastSummary {
    reading: Reading,
    rows: u64,
    columns: Vec<(Column, Seen)>,
}

/// Observations in a column.
#[derive(Debug, Default)]
struct Seen {
    /// Number of values.
    values: u64,
    /// Number of those that cannot be converted.
    bad: u64,
    /// The first of them, with its row.
    first: Option<(u64, String)>,
    /// The form of its dates or times as text.
    form: MomentForm,
}

impl Summary for CastSummary {
    fn merge(&mut self, later: CastSummary) {
        let rows = self.rows;
        for ((_, seen), (_, more)) in self.columns.iter_mut().zip(later.columns) {
            seen.values += more.values;
            seen.bad += more.bad;
            seen.form = seen.form.max(more.form);
            seen.first = seen.first.take().or_else(|| more.first.map(|(row, text)| (rows + row, text)));
        }
        self.rows += later.rows;
    }

    fn notes(&self) -> Vec<Failure> {
        let note = |(column, seen): &(Column, Seen)| {
            let (row, text) = seen.first.as_ref()?;
            let (shown, row) = (shortened(text, SHOWN_MAX), row + 1);
            let (are, noun) = (if seen.bad == 1 { "is" } else { "are" }, self.reading.noun());
            let message = format!(
                "{} of {} values of `{}` {are} missing now: the first that is not a {noun} is `{shown}` in row {row}",
                seen.bad, seen.values, column.name
            );
            let note = Failure::note(code::READ_AS_MISSING, message).column(&*column.name).row(row);
            Some(self.reading.advice(&column.name, text).into_iter().fold(note, Failure::help))
        };
        self.columns.iter().filter_map(note).collect()
    }
}

/// Characters of a value in messages.
const SHOWN_MAX: usize = 40;

impl Estimator for Cast {
    type Summary = CastSummary;
    type State = CastState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let converted =
            |column: &Column| vec![Entry::Column(Column { kind: self.reading.kind(column.kind), ..column.clone() })];
        Ok(replaced(input, &self.chosen(input)?, converted))
    }

    fn empty(&self, input: &Schema) -> Result<CastSummary, Failure> {
        let columns = self.chosen(input)?.into_iter().map(|column| (column, Seen::default())).collect();
        Ok(CastSummary { reading: self.reading.clone(), rows: 0, columns })
    }

    fn observe(&self, summary: &mut CastSummary, rows: &Table) -> Result<(), Failure> {
        for (column, seen) in &mut summary.columns {
            let array = rows.array(&column.name)?;
            if self.reading.makes_texts() {
                seen.form = seen.form.max(MomentForm::of_array(array));
            }
            if self.bad == OnInvalid::Null {
                let converted = self.state(Vec::new()).converted(column, array)?;
                let bad = |row: &usize| converted.is_null(*row) && array.is_valid(*row);
                seen.values += (array.len() - array.null_count()) as u64;
                seen.bad += (converted.null_count() - array.null_count()) as u64;
                let first = (0..array.len()).find(bad).filter(|_| seen.first.is_none());
                if let Some(row) = first {
                    seen.first = Some((summary.rows + row as u64, text_of(array, row).unwrap_or_default()));
                }
            }
        }
        summary.rows += rows.rows() as u64;
        Ok(())
    }

    /// Values matter that cannot be converted, and the form of dates as text. The types of columns do not tell.
    fn needs_rows(&self) -> bool {
        self.bad == OnInvalid::Null || self.reading.makes_texts()
    }

    fn finish(&self, summary: CastSummary) -> Result<CastState, Failure> {
        Ok(self.state(summary.columns))
    }
}

/// The converted columns. Columns missing from new rows are skipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CastState {
    columns: Vec<Arc<str>>,
    reading: Reading,
    bad: OnInvalid,
    /// The form of dates and times as text, where it is not the day alone: all values of a column get the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    forms: BTreeMap<Arc<str>, MomentForm>,
}

impl State for CastState {
    const TAG: &str = "cast";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let mut table = rows.clone();
        for name in &self.columns {
            // A target is not among the columns to predict from.
            let Some((column, array)) = rows.find(name) else { continue };
            let column = Column { kind: self.reading.kind(column.kind), ..column.clone() };
            let converted = self.converted(rows.column(name)?, array)?;
            table = table.with_column(column, converted)?;
        }
        Ok(table)
    }

    fn show(&self) -> Table {
        let how = match &self.reading {
            Reading::Kind(kind) => kind.to_string(),
            Reading::Form(form) => form.clone(),
            Reading::Zoned { form, zone } => format!("{form} in {zone}"),
            Reading::Epoch(unit) => format!("{} since 1970", unit.noun()),
            Reading::Amount(_) => "amounts".to_owned(),
            Reading::Unicode => "normalised texts".to_owned(),
        };
        shown("read as", self.columns.iter().map(|name| (name.to_string(), how.clone())))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter())?;
        match &self.reading {
            Reading::Amount(decimal) if !matches!(decimal, b'.' | b',') => {
                Err(bad_state("a decimal separator that is neither a point nor a comma"))
            }
            reading => reading.form().map(drop).map_err(|failure| bad_state(failure.message)),
        }
    }
}

impl CastState {
    fn converted(&self, column: &Column, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        let to = self.reading.kind(column.kind);
        if array.null_count() == array.len() {
            return Ok(arrow_array::new_null_array(&to.storage(), array.len()));
        }
        self.reading.takes(column)?;
        if self.reading == Reading::Unicode {
            let texts = array.as_string::<TextOffset>();
            return Ok(Arc::new(texts.iter().map(|text| text.map(normalized)).collect::<TextArray>()));
        }
        if let (Reading::Zoned { zone, .. }, ColumnType::Date) = (&self.reading, column.kind) {
            // A reader has made dates of what the clocks of the zone show.
            let zone = Zone::read(zone)?;
            let moments = array.as_primitive::<TimestampMicrosecondType>();
            return Ok(Arc::new(moments.unary::<_, TimestampMicrosecondType>(|local| zone.utc(local))));
        }
        let same = column.kind.storage() == to.storage();
        if same && to != ColumnType::Continuous {
            return Ok(array.clone());
        }
        Ok(match to {
            ColumnType::Continuous => {
                let read = |array: &ArrayRef, row: usize| match (&self.reading, array.data_type()) {
                    (Reading::Amount(decimal), DataType::LargeUtf8) => {
                        amount(array.as_string::<TextOffset>().value(row), *decimal)
                    }
                    _ => real(array, row),
                };
                Arc::new(self.each::<f64, Float64Array>(column, array, read)?)
            }
            ColumnType::Count => Arc::new(self.each::<i64, Int64Array>(column, array, whole)?),
            ColumnType::Bool => Arc::new(self.each::<bool, BooleanArray>(column, array, truth)?),
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
                let form = self.forms.get(&column.name).copied().unwrap_or_default();
                Arc::new((0..array.len()).map(|row| text_in(array, row, form)).collect::<TextArray>())
            }
            ColumnType::Date => {
                if let Reading::Epoch(unit) = self.reading {
                    let moment = |array: &ArrayRef, row: usize| unit.moment(number(array, row)?);
                    return Ok(Arc::new(self.each::<i64, TimestampMicrosecondArray>(column, array, moment)?));
                }
                let form = self.reading.form()?;
                let date = |array: &ArrayRef, row: usize| {
                    let text = match array.as_string_opt::<TextOffset>() {
                        Some(texts) => Cow::Borrowed(texts.value(row)),
                        None => Cow::Owned(text_of(array, row)?),
                    };
                    let text = text.trim().as_bytes();
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
        let failure = Failure::new(code::TYPE_MISMATCH, format!("`{text}` is not a {}", self.reading.noun()))
            .column(&*column.name)
            .row(row as u64 + 1);
        let advice = self.reading.advice(&column.name, &text);
        advice.into_iter().fold(failure, Failure::help).help("`bad=null` makes values that cannot be converted missing")
    }
}

/// A number, or a text that is one.
fn number(array: &ArrayRef, row: usize) -> Option<Number> {
    match array.data_type() {
        DataType::Float64 => Some(Number::Real(array.as_primitive::<Float64Type>().value(row))),
        DataType::Int64 => Some(Number::Whole(array.as_primitive::<Int64Type>().value(row))),
        _ => literal::number(array.as_string::<TextOffset>().value(row).trim().as_bytes()),
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
