//! Conversion of the cells of one sheet to a table.

use crate::ReadOptions;
use crate::gather::{self, Cell, Misfit, Outcome, Start};
use crate::infer::Type;
use crate::words::NullWords;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::literal::{DAY, EXACT_MAX, date};
use pipewright_table::{Column, Table};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A cell's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Empty,
    Bool(bool),
    Whole(i64),
    Real(f64),
    /// Microseconds since 1970.
    Date(i64),
    /// Microseconds since midnight.
    Time(i64),
    /// A duration.
    Seconds(f64),
    Text(Cow<'a, str>),
    Error(String),
}

impl Value<'_> {
    /// Workbooks only have floats: a whole one is a count.
    pub(super) fn of_number(value: f64) -> Self {
        let whole =
            value.fract() == 0.0 && value.abs() < EXACT_MAX as f64 && !(value == 0.0 && value.is_sign_negative());
        if whole { Value::Whole(value as i64) } else { Value::Real(value) }
    }

    /// Converts a number of days formatted as a moment; less than a day is a time of day. Times are rounded to
    /// milliseconds, as workbooks display them.
    pub(super) fn of_serial(serial: f64, day: (u16, u8, u8, u8, u8, u8, u16)) -> Self {
        if !(0.0..2_958_466.0).contains(&serial) {
            return Value::of_number(serial);
        }
        let micros = (serial.fract() * 86_400_000.0).round() as i64 * 1000;
        if serial < 1.0 && micros < DAY {
            return Value::Time(micros);
        }
        // The decoder truncates milliseconds instead of rounding: only its day is used.
        let (year, month, day, ..) = day;
        // Workbooks count a 29th of February 1900, which did not exist.
        let day = if (year, month, day) == (1900, 2, 29) { 28 } else { day };
        match date(format!("{year:04}-{month:02}-{day:02}").as_bytes()) {
            Some(midnight) if serial >= 1.0 => Value::Date(midnight + micros),
            _ => Value::of_number(serial),
        }
    }

    pub(super) fn of_moment(text: &str) -> Self {
        // OpenDocument writes nine decimals of a second.
        let end = text.find('.').map_or(text.len(), |point| text.len().min(point + 7));
        let moment = text.get(..end).and_then(|text| date(text.as_bytes()));
        moment.or(date(text.as_bytes())).map_or(Value::Text(text.to_string().into()), Value::Date)
    }

    /// Parses `PT10H30M15.5S`: a time of day if less than a day.
    pub(super) fn of_duration(text: &str) -> Self {
        let parsed = || {
            let mut rest = text.strip_prefix("PT")?;
            let mut seconds = 0.0;
            for (unit, length) in [('H', 3600.0), ('M', 60.0), ('S', 1.0)] {
                if let Some((number, behind)) = rest.split_once(unit) {
                    seconds += number.parse::<f64>().ok().filter(|number| *number >= 0.0)? * length;
                    rest = behind;
                }
            }
            rest.is_empty().then_some(seconds)
        };
        match parsed() {
            Some(seconds) if seconds < 86_400.0 => Value::Time(((seconds * 1e6).round() as i64).min(DAY - 1)),
            Some(seconds) => Value::Seconds(seconds),
            None => Value::Text(text.to_string().into()),
        }
    }

    fn cell(&self, nulls: &NullWords) -> Cell<'_> {
        match self {
            Value::Empty | Value::Error(_) => Cell::Null,
            Value::Bool(value) => Cell::Bool(*value),
            Value::Whole(value) => Cell::Whole(*value),
            Value::Real(value) | Value::Seconds(value) => Cell::Real(*value),
            Value::Date(micros) => Cell::Date(*micros),
            Value::Time(micros) => Cell::Time(*micros),
            Value::Text(text) => {
                if nulls.has(text.trim().as_bytes()) {
                    Cell::Null
                } else {
                    Cell::Text(text.as_bytes())
                }
            }
        }
    }

    /// Is it numeric?
    fn is_number(&self) -> bool {
        matches!(self, Value::Whole(_) | Value::Real(_) | Value::Seconds(_) | Value::Date(_) | Value::Time(_))
    }
}

/// Minimum limit of cells between the outermost values of a sheet.
const CELLS_MIN: u64 = 1 << 24;
/// Additional cells allowed per value.
const CELLS_A_VALUE: u64 = 64;
/// Approximate memory of a value.
const VALUE_BYTES: u64 = 48;

/// The values of a sheet, column by column.
pub(super) struct Cells<'a, 'o> {
    sheet: String,
    options: &'o ReadOptions,
    columns: BTreeMap<u32, Vec<(u32, Value<'a>)>>,
    count: u64,
}

impl<'a, 'o> Cells<'a, 'o> {
    pub(super) fn new(sheet: &str, options: &'o ReadOptions) -> Cells<'a, 'o> {
        Cells { sheet: sheet.to_string(), options, columns: BTreeMap::new(), count: 0 }
    }

    /// Adds the value at a position, counted from 0.
    pub(super) fn push(&mut self, row: u32, column: u32, value: Value<'a>) -> Result<(), Failure> {
        let nothing = match &value {
            Value::Empty => true,
            Value::Text(text) => text.is_empty(),
            _ => false,
        };
        if nothing || (row as usize) < self.options.skip_lines {
            return Ok(());
        }
        self.count += 1;
        if self.count.saturating_mul(VALUE_BYTES) > self.options.limits.memory_bytes {
            let message = format!("the sheet has more than {} values", self.count - 1);
            return Err(super::Fault::TooLarge(message).failure(self.options));
        }
        self.columns.entry(column).or_default().push((row, value));
        if self.columns.len() > self.options.limits.columns {
            return Err(gather::too_many_columns(self.options));
        }
        Ok(())
    }

    /// Returns the table, with notes.
    pub(super) fn into_table(mut self) -> Result<(Table, Vec<Failure>), Failure> {
        let options = self.options;
        for values in self.columns.values_mut() {
            // Of two values in one place the later one wins.
            values.sort_by_key(|(row, _)| *row);
            values.reverse();
            values.dedup_by_key(|(row, _)| *row);
            values.reverse();
        }
        let first = self.columns.values().filter_map(|values| values.first()).map(|(row, _)| *row).min();
        let last = self.columns.values().filter_map(|values| values.last()).map(|(row, _)| *row).max();
        let (Some(first), Some(last)) = (first, last) else {
            let message = format!("sheet `{}` is empty", self.sheet.escape_debug());
            return Err(Failure::new(code::EMPTY_DATA, message).file(&options.name));
        };
        let header = options.header.unwrap_or_else(|| self.has_header(first));
        let start = if header { first + 1 } else { first };
        let rows = (last + 1 - start) as usize;
        let cells = (rows as u64).saturating_mul(self.columns.len() as u64);
        if cells > CELLS_MIN.max(self.count.saturating_mul(CELLS_A_VALUE)) {
            let columns = self.columns.len();
            let message = format!("the sheet spreads {} values over {rows} rows × {columns} columns", self.count);
            let help = "remove cells far outside the table";
            return Err(Failure::new(code::LIMIT_REACHED, message).file(&options.name).help(help));
        }
        let (names, mut notes) = self.names(header.then_some(first));
        crate::names::declared(names.iter().map(|name| &**name), options)?;
        let (mut columns, mut arrays) = (Vec::new(), Vec::new());
        for (name, values) in names.iter().zip(self.columns.values()).filter(|(name, _)| options.wants(name)) {
            let body = &values[values.partition_point(|(row, _)| *row < start)..];
            let part = Part { name, values: body, start, options };
            let (column, array, found) = part.column(rows)?;
            columns.push(column);
            arrays.push(array);
            notes.extend(found);
        }
        Ok((Table::with_rows(columns, arrays, rows)?, notes))
    }

    /// The first row is a header unless it holds numbers in all columns that hold numbers below.
    fn has_header(&self, first: u32) -> bool {
        let named = |value: &Value<'_>| options_name(value).is_some_and(|name| self.options.kinds.contains_key(&name));
        let mut numbers = 0;
        for values in self.columns.values() {
            let (head, below) = match values.first() {
                Some((row, value)) if *row == first => (Some(value), &values[1..]),
                _ => (None, &values[..]),
            };
            if head.is_some_and(named) {
                return true;
            }
            if !below.is_empty() && below.iter().all(|(_, value)| value.is_number()) {
                numbers += 1;
                if !head.is_some_and(Value::is_number) {
                    return true;
                }
            }
        }
        // A sheet with a single row of numbers has no header either.
        let only = self.columns.values().all(|values| values.len() == 1 && values[0].0 == first);
        let values = || self.columns.values().flatten();
        numbers == 0 && !(only && values().any(|(_, value)| value.is_number()))
    }

    fn names(&self, header: Option<u32>) -> (Vec<std::sync::Arc<str>>, Vec<Failure>) {
        let name = |values: &Vec<(u32, Value<'_>)>| match values.first() {
            Some((row, value)) if Some(*row) == header => options_name(value).unwrap_or_default(),
            _ => String::new(),
        };
        let names: Vec<String> = self.columns.values().map(name).collect();
        let (unique, notes) = crate::names::unique(&names, &self.options.name);
        match (header, self.options.header) {
            (Some(_), _) => (unique, notes),
            (None, Some(false)) => (unique, Vec::new()),
            (None, _) => {
                let range = match names.len() {
                    1 => "column_1".to_string(),
                    count => format!("column_1 … column_{count}"),
                };
                let message = format!("the first row holds values, not names: the columns are named {range}");
                let note = Failure::note(code::RENAMED_COLUMN, message).file(&self.options.name);
                (unique, vec![note.help("`load … header=true` reads it as names")])
            }
        }
    }
}

fn options_name(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.trim().to_string()),
        Value::Error(error) => Some(error.clone()),
        Value::Empty => None,
        Value::Bool(value) => Some(value.to_string()),
        Value::Whole(value) => Some(value.to_string()),
        Value::Real(value) | Value::Seconds(value) => Some(value.to_string()),
        Value::Date(micros) => Some(pipewright_table::literal::date_text(*micros)),
        Value::Time(micros) => Some(pipewright_table::literal::time_text(*micros)),
    }
}

/// The values of a column below the header.
struct Part<'a> {
    name: &'a str,
    values: &'a [(u32, Value<'a>)],
    /// The row of the sheet that is the first of the table.
    start: u32,
    options: &'a ReadOptions,
}

impl Part<'_> {
    fn column(&self, rows: usize) -> Result<(Column, arrow_array::ArrayRef, Vec<Failure>), Failure> {
        let declared = self.options.nulls.as_deref();
        let mut nulls = NullWords::of_values(declared);
        let mut cells = self.gather(Start::of(self.name, self.options), &nulls)?;
        let mut outcome = Outcome::new();
        outcome.add(&cells, 0);
        let kind = self.options.kinds.get(self.name).copied().unwrap_or(outcome.kind.kind());
        if kind.is_string() {
            // The workbook says that its cells are texts: in a column of texts, `NA` is one too.
            nulls = NullWords::of_declared_texts(declared);
            cells = self.gather(Start::of(self.name, self.options), &nulls)?;
            outcome = Outcome::new();
            outcome.add(&cells, 0);
        }
        if cells.needs_rereading(Type::of(kind)) {
            cells = self.gather(Start::Exactly(Type::of(kind)), &nulls)?;
        }
        let array = gather::array(vec![(Some(cells), rows)], Type::of(kind));
        let mut notes: Vec<Failure> = outcome.notes(self.name, self.options).into_iter().collect();
        notes.extend(self.error_note());
        notes.extend(self.seconds_note());
        Ok((Column::new(self.name, kind), array, notes))
    }

    fn gather(&self, start: Start, nulls: &NullWords) -> Result<gather::Cells, Failure> {
        let mut cells = gather::Cells::new(start);
        for (row, value) in self.values {
            let cell = value.cell(nulls);
            if let Cell::Text(text) = cell
                && text.len() > self.options.limits.field_bytes
            {
                let limit = self.options.limits.field_bytes >> 20;
                let failure = self.failure(*row, code::LIMIT_REACHED, format!("a text is longer than {limit} MiB"));
                return Err(failure.help(format!("`load … max_field={}M` allows longer ones", limit.max(1) * 2)));
            }
            cells.push(self.row(*row), cell, None).map_err(|misfit| match misfit {
                Misfit::Kind | Misfit::Again => {
                    let kind = self.options.kinds.get(self.name).map_or(String::new(), ToString::to_string);
                    let text = cell.text();
                    let shown: String = String::from_utf8_lossy(&text).chars().take(60).collect();
                    let message = format!("`{shown}` is not a value of type {kind}");
                    self.failure(*row, code::KIND_CHANGED, message)
                }
            })?;
        }
        Ok(cells)
    }

    fn row(&self, row: u32) -> usize {
        (row - self.start) as usize
    }

    fn failure(&self, row: u32, code: pipewright_diagnostic::Code, message: String) -> Failure {
        let row = self.row(row) as u64 + 1;
        Failure::new(code, message).file(&self.options.name).row(row).column(self.name)
    }

    fn error_note(&self) -> Option<Failure> {
        let is_error = |(row, value): &(u32, Value<'_>)| match value {
            Value::Error(error) => Some((*row, error.clone())),
            _ => None,
        };
        let mut errors = self.values.iter().filter_map(is_error);
        let (row, first) = errors.next()?;
        let (row, more) = (self.row(row) as u64 + 1, errors.count());
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message =
            format!("`{}` has formula errors: {first} in row {row}{more}; they are missing", self.name.escape_debug());
        Some(Failure::note(code::READ_AS_MISSING, message).file(&self.options.name).row(row).column(self.name))
    }

    fn seconds_note(&self) -> Option<Failure> {
        let is_span = |(_, value): &(u32, Value<'_>)| matches!(value, Value::Seconds(_));
        let (row, _) = self.values.iter().find(|value| is_span(value))?;
        let message = format!("`{}` holds durations: they are read as seconds", self.name.escape_debug());
        let row = self.row(*row) as u64 + 1;
        Some(Failure::note(code::TYPE_WIDENED, message).file(&self.options.name).row(row).column(self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_table::literal::time;

    #[test]
    fn serials_are_days_and_times() {
        let serial = |value: f64| {
            let moment = calamine::ExcelDateTime::new(value, calamine::ExcelDateTimeType::DateTime, false);
            Value::of_serial(value, moment.to_ymd_hms_milli())
        };
        let at = |text: &str| Value::Date(date(text.as_bytes()).unwrap());
        assert_eq!(serial(45943.0), at("2025-10-13"));
        assert_eq!(serial(45943.541), at("2025-10-13T12:59:02.4"));
        assert_eq!(serial(1.0), at("1900-01-01"));
        assert_eq!(serial(59.0), at("1900-02-28"));
        assert_eq!(serial(61.0), at("1900-03-01"));
        assert_eq!(serial(0.5), Value::Time(time(b"12:00:00").unwrap()));
        assert_eq!(serial(10.0 / 24.0 + 0.5 / 24.0), Value::Time(time(b"10:30:00").unwrap()));
        assert_eq!(serial(-1.0), Value::Whole(-1));
        assert_eq!(serial(3_000_000.5), Value::Real(3_000_000.5));
    }

    #[test]
    fn durations_of_open_document() {
        assert_eq!(Value::of_duration("PT10H30M15.5S"), Value::Time(time(b"10:30:15.5").unwrap()));
        assert_eq!(Value::of_duration("PT100H00M00S"), Value::Seconds(360_000.0));
        assert!(matches!(Value::of_duration("P1D"), Value::Text(_)));
        assert_eq!(Value::of_moment("2024-01-31T10:00:00.500000000"), Value::of_moment("2024-01-31T10:00:00.5"));
    }
}
