//! Columns from individually typed cells: for formats that have types but do not enforce one per column (JSON,
//! workbooks, SQLite).
//!
//! A column has the narrowest type of bool, count, continuous, date, time and text that holds all its cells, as for
//! delimited text; a text that is an ISO date or a time of day counts as one. A column with cells of incompatible types
//! is text; since earlier cells cannot be converted back to their text, it is abandoned and must be reread.

mod column;

use crate::ReadOptions;
use crate::infer::Type;
use arrow_buffer::BooleanBufferBuilder;
use pipewright_table::TextOffset;
use pipewright_table::literal::{date, date_text, time, time_text};
use std::io::Write;

pub(crate) use column::{Outcome, array, too_many_columns};

/// A value as stored in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Whole(i64),
    /// A whole number beyond 64 bits, rounded.
    Huge(f64),
    Real(f64),
    /// Microseconds since 1970.
    #[cfg_attr(not(feature = "excel"), allow(dead_code))] // The other formats write dates as texts.
    Date(i64),
    /// Microseconds since midnight.
    #[cfg_attr(not(feature = "excel"), allow(dead_code))]
    Time(i64),
    Text(&'a [u8]),
    /// A list, as text.
    List(&'a [u8]),
}

/// How a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the narrowest type that fits.
    Narrowest,
    /// With exactly this type: any other value is a misfit.
    Exactly(Type),
    /// Skipped.
    Skip,
}

impl Start {
    /// Returns how a column is read initially, by the options.
    pub(crate) fn of(name: &str, options: &ReadOptions) -> Start {
        match options.kinds.get(name) {
            _ if !options.wants(name) => Start::Skip,
            Some(kind) => Start::Exactly(Type::of(*kind)),
            None => Start::Narrowest,
        }
    }
}

/// Why a cell was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is not of the type that was asked for.
    Kind,
    /// The row has one already.
    Again,
}

/// Values of one type.
#[derive(Debug)]
enum Values {
    Nothing,
    Bool(BooleanBufferBuilder),
    Count(Vec<i64>),
    Continuous(Vec<f64>),
    Date(Vec<i64>),
    Time(Vec<i64>),
    /// All texts, concatenated, with their offsets.
    Text {
        bytes: Vec<u8>,
        offsets: Vec<TextOffset>,
    },
    Abandoned,
    Skipped,
}

/// The incompatible kinds of cells.
const SORTS: [&str; 6] = ["a boolean", "a number", "a date", "a time", "a text", "a list"];

/// The index of lists among the kinds.
const LIST: usize = 5;

/// No row.
const NO_ROW: u64 = u64::MAX;

/// Observations in a column besides its values.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// The first row with a cell of each of the [`SORTS`].
    first: [u64; SORTS.len()],
    /// Was there a number with a fraction or exponent?
    fractional: bool,
    /// Was there a whole number beyond 64 bits?
    huge: bool,
}

/// The cells of one column in one part of a table.
#[derive(Debug)]
pub(crate) struct Cells {
    values: Values,
    /// Validity bitmap, from the first null on.
    valid: Option<BooleanBufferBuilder>,
    rows: usize,
    exact: bool,
    seen: Seen,
}

impl Cells {
    pub(crate) fn new(start: Start) -> Cells {
        let (values, exact) = match start {
            Start::Narrowest => (Values::Nothing, false),
            Start::Exactly(kind) => (Values::nulls(kind, 0), true),
            Start::Skip => (Values::Skipped, false),
        };
        let seen = Seen { first: [NO_ROW; SORTS.len()], fractional: false, huge: false };
        Cells { values, valid: None, rows: 0, exact, seen }
    }

    /// Returns the number of rows so far; later ones are null.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_skipped(&self) -> bool {
        matches!(self.values, Values::Skipped)
    }

    /// Returns the type of the values; an abandoned column is text.
    fn found(&self) -> Type {
        match self.values {
            Values::Nothing | Values::Skipped => Type::Nothing,
            Values::Bool(_) => Type::Bool,
            Values::Count(_) => Type::Count,
            Values::Continuous(_) => Type::Continuous,
            Values::Date(_) => Type::Date,
            Values::Time(_) => Type::Time,
            Values::Text { .. } | Values::Abandoned => Type::Text,
        }
    }

    /// Must the part be reread if the column has type `wanted`?
    pub(crate) fn needs_rereading(&self, wanted: Type) -> bool {
        match self.values {
            Values::Nothing | Values::Skipped => false,
            Values::Abandoned => true,
            _ => self.found() != wanted && (self.found(), wanted) != (Type::Count, Type::Continuous),
        }
    }

    /// Adds the cell of a row, counted from 0; skipped rows are null. `written` is the text of the cell in the file,
    /// for text formats.
    #[inline]
    pub(crate) fn push(&mut self, row: usize, cell: Cell<'_>, written: Option<&[u8]>) -> Result<(), Misfit> {
        if self.rows != row {
            if self.rows > row {
                return Err(Misfit::Again);
            }
            self.pad(row);
        }
        let sort = match cell {
            Cell::Null => {
                self.pad(row + 1);
                return Ok(());
            }
            Cell::Bool(_) => 0,
            Cell::Whole(_) | Cell::Huge(_) | Cell::Real(_) => 1,
            Cell::Date(_) => 2,
            Cell::Time(_) => 3,
            Cell::Text(_) => 4,
            Cell::List(_) => LIST,
        };
        if self.seen.first[sort] == NO_ROW {
            self.seen.first[sort] = row as u64;
        }
        match (&mut self.values, cell) {
            (Values::Count(values), Cell::Whole(value)) => values.push(value),
            (Values::Continuous(values), Cell::Real(value)) => {
                values.push(value);
                self.seen.fractional = true;
            }
            (Values::Text { bytes, offsets }, Cell::Text(text)) => push_text(bytes, offsets, text),
            _ => self.push_other(cell, written)?,
        }
        self.rows += 1;
        if let Some(valid) = &mut self.valid {
            valid.append(true);
        }
        Ok(())
    }

    fn push_other(&mut self, cell: Cell<'_>, written: Option<&[u8]>) -> Result<(), Misfit> {
        self.seen.fractional |= matches!(cell, Cell::Real(_));
        self.seen.huge |= matches!(cell, Cell::Huge(_));
        match &mut self.values {
            Values::Skipped | Values::Abandoned => return Ok(()),
            Values::Text { bytes, offsets } => {
                match written {
                    Some(written) => push_text(bytes, offsets, written),
                    None => push_text(bytes, offsets, &cell.text()),
                }
                return Ok(());
            }
            Values::Nothing => {
                self.values = Values::nulls(cell.narrowest(), self.rows);
                self.valid = (self.rows > 0).then(|| valid_bits(self.rows, false));
                return self.push_other(cell, written);
            }
            _ => {}
        }
        let cell = if self.exact { cell.read_as(self.found()) } else { cell };
        match (&mut self.values, cell) {
            (Values::Bool(values), Cell::Bool(value)) => values.append(value),
            (Values::Count(values), Cell::Whole(value)) => values.push(value),
            (Values::Continuous(values), Cell::Whole(value)) => values.push(value as f64),
            (Values::Continuous(values), Cell::Huge(value) | Cell::Real(value)) => values.push(value),
            (Values::Date(values), Cell::Date(value)) => values.push(value),
            (Values::Date(values), Cell::Text(text)) if date(text).is_some() => values.extend(date(text)),
            (Values::Time(values), Cell::Time(value)) => values.push(value),
            (Values::Time(values), Cell::Text(text)) if time(text).is_some() => values.extend(time(text)),
            _ if self.exact => return Err(Misfit::Kind),
            (Values::Count(values), Cell::Huge(value) | Cell::Real(value)) => {
                let widened = values.iter().map(|&value| value as f64).chain([value]);
                self.values = Values::Continuous(widened.collect());
            }
            _ => (self.values, self.valid) = (Values::Abandoned, None),
        }
        Ok(())
    }

    /// Pads with nulls up to `rows` rows.
    fn pad(&mut self, rows: usize) {
        let more = rows.saturating_sub(self.rows);
        match &mut self.values {
            _ if more == 0 => return,
            Values::Nothing | Values::Abandoned | Values::Skipped => {
                self.rows = rows;
                return;
            }
            Values::Bool(values) => values.append_n(more, false),
            Values::Count(values) | Values::Date(values) | Values::Time(values) => values.resize(rows, 0),
            Values::Continuous(values) => values.resize(rows, 0.0),
            Values::Text { bytes, offsets } => offsets.resize(rows + 1, bytes.len() as TextOffset),
        }
        let before = self.rows;
        self.valid.get_or_insert_with(|| valid_bits(before, true)).append_n(more, false);
        self.rows = rows;
    }
}

fn valid_bits(rows: usize, valid: bool) -> BooleanBufferBuilder {
    let mut bits = BooleanBufferBuilder::new(rows + 1);
    bits.append_n(rows, valid);
    bits
}

#[inline]
fn push_text(bytes: &mut Vec<u8>, offsets: &mut Vec<TextOffset>, text: &[u8]) {
    bytes.extend_from_slice(text);
    offsets.push(bytes.len() as TextOffset);
}

impl Cell<'_> {
    fn narrowest(self) -> Type {
        match self {
            Cell::Null => Type::Nothing,
            Cell::Bool(_) => Type::Bool,
            Cell::Whole(_) => Type::Count,
            Cell::Huge(_) | Cell::Real(_) => Type::Continuous,
            Cell::Date(_) => Type::Date,
            Cell::Time(_) => Type::Time,
            Cell::Text(text) if date(text).is_some() => Type::Date,
            Cell::Text(text) if time(text).is_some() => Type::Time,
            Cell::Text(_) | Cell::List(_) => Type::Text,
        }
    }

    /// Converts the cell to the declared type if possible: numbers and booleans written as text, and 0 and 1 in formats
    /// without booleans.
    fn read_as(self, wanted: Type) -> Self {
        let written = |text: &[u8]| std::str::from_utf8(text).unwrap_or_default().to_ascii_lowercase();
        match (wanted, self) {
            (Type::Bool, Cell::Whole(value @ (0 | 1))) => Cell::Bool(value == 1),
            (Type::Bool, Cell::Text(text)) => written(text).parse().map_or(self, Cell::Bool),
            (Type::Count, Cell::Text(text)) => written(text).parse().map_or(self, Cell::Whole),
            (Type::Continuous, Cell::Text(text)) => written(text).parse().map_or(self, Cell::Real),
            _ => self,
        }
    }

    /// Returns its text in a text column.
    pub(crate) fn text(self) -> Vec<u8> {
        let mut text = Vec::new();
        let written = match self {
            Cell::Null => Ok(()),
            Cell::Bool(value) => write!(text, "{value}"),
            Cell::Whole(value) => write!(text, "{value}"),
            Cell::Huge(value) | Cell::Real(value) => write!(text, "{value}"),
            Cell::Date(value) => write!(text, "{}", date_text(value)),
            Cell::Time(value) => write!(text, "{}", time_text(value)),
            Cell::Text(value) | Cell::List(value) => text.write_all(value),
        };
        written.expect("a vector takes all that is written");
        text
    }
}

impl Values {
    /// Creates `rows` nulls of this type.
    fn nulls(kind: Type, rows: usize) -> Values {
        match kind {
            Type::Nothing => Values::Nothing,
            Type::Bool => Values::Bool(valid_bits(rows, false)),
            Type::Count => Values::Count(vec![0; rows]),
            Type::Continuous => Values::Continuous(vec![0.0; rows]),
            Type::Date => Values::Date(vec![0; rows]),
            Type::Time => Values::Time(vec![0; rows]),
            Type::Text => Values::Text { bytes: Vec::new(), offsets: vec![0; rows + 1] },
        }
    }
}

#[cfg(test)]
mod tests;
