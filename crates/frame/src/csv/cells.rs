//! The values of one column of one chunk, typed while they are read.

use super::literal::{self, Number};
use super::scan::Field;
use crate::Kind;

/// Values of the narrowest type that has held them all so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// No value yet, only nulls.
    Nothing,
    Bool(Vec<bool>),
    Count(Vec<i64>),
    Continuous(Vec<f64>),
    Date(Vec<i64>),
    Time(Vec<i64>),
    /// All texts one after another, and where each ends.
    Text {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
    /// The column turned out to be text when part of it was parsed already: it has to be read again as text.
    Abandoned,
    /// The column is not wanted.
    Skipped,
}

/// The types of the lattice that kinds are inferred in; the join of two different ones is text, but for counts and
/// continuous numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Nothing,
    Bool,
    Count,
    Continuous,
    Date,
    /// Only where the kind is declared; other times of day are found among texts.
    Time,
    Text,
}

impl Type {
    pub(super) fn of(kind: Kind) -> Type {
        match kind {
            Kind::Continuous => Type::Continuous,
            Kind::Count => Type::Count,
            Kind::Bool => Type::Bool,
            Kind::Date => Type::Date,
            Kind::Time => Type::Time,
            Kind::Category | Kind::Ordered | Kind::Text | Kind::Id => Type::Text,
        }
    }

    /// The kind of a column of this type; one without a value is text.
    pub(super) fn kind(self) -> Kind {
        match self {
            Type::Bool => Kind::Bool,
            Type::Count => Kind::Count,
            Type::Continuous => Kind::Continuous,
            Type::Date => Kind::Date,
            Type::Time => Kind::Time,
            Type::Nothing | Type::Text => Kind::Text,
        }
    }

    /// The narrowest type that holds both.
    pub(super) fn join(self, other: Type) -> Type {
        match (self, other) {
            (left, right) if left == right => left,
            (Type::Nothing, other) | (other, Type::Nothing) => other,
            (Type::Count, Type::Continuous) | (Type::Continuous, Type::Count) => Type::Continuous,
            _ => Type::Text,
        }
    }
}

/// How a column of a chunk is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// As a type that the column has at least, widened where a value asks for it.
    AtLeast(Type),
    /// As exactly this type: another value is a fault.
    Exactly(Type),
    /// Not at all.
    Skip,
}

/// The values of one column of one chunk, and what was noticed on the way.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) values: Values,
    /// The rows without a value.
    pub(super) nulls: Vec<u32>,
    exact: bool,
    /// A number that is not written as a whole one was there.
    pub(super) fractional: bool,
    /// A whole number beyond 64 bits was there.
    pub(super) huge: bool,
    /// A quoted empty field was there: null here, but an empty text if the column turns out to be text.
    pub(super) quoted_empty: bool,
}

/// A value that does not fit the type that was asked for.
#[derive(Debug)]
pub(super) struct Misfit;

impl Cells {
    pub(super) fn new(start: Start, rows_expected: usize) -> Cells {
        let (values, exact) = match start {
            Start::AtLeast(kind) => (Values::with_capacity(kind, rows_expected), false),
            Start::Exactly(kind) => (Values::with_capacity(kind, rows_expected), true),
            Start::Skip => (Values::Skipped, false),
        };
        let (fractional, huge, quoted_empty) = (false, false, false);
        Cells { values, nulls: Vec::new(), exact, fractional, huge, quoted_empty }
    }

    /// The type of the values; one that was abandoned is text.
    pub(super) fn type_found(&self) -> Type {
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

    /// Must the chunk be read again if the column is of type `wanted`?
    pub(super) fn needs_rereading(&self, wanted: Type) -> bool {
        match self.values {
            Values::Nothing => wanted == Type::Text && self.quoted_empty,
            // Texts before which quoted empty fields were taken for nulls.
            Values::Text { .. } => self.quoted_empty,
            Values::Abandoned => true,
            Values::Skipped => false,
            _ => wanted != self.type_found() && (self.type_found(), wanted) != (Type::Count, Type::Continuous),
        }
    }

    pub(super) fn push_null(&mut self, row: usize) {
        match &mut self.values {
            Values::Nothing | Values::Abandoned | Values::Skipped => return,
            Values::Bool(values) => values.push(false),
            Values::Count(values) | Values::Date(values) | Values::Time(values) => values.push(0),
            Values::Continuous(values) => values.push(0.0),
            Values::Text { bytes, ends } => ends.push(bytes.len()),
        }
        self.nulls.push(row as u32);
    }

    /// Adds a field that is not null as an unquoted one.
    pub(super) fn push(&mut self, field: &Field<'_>, row: usize) -> Result<(), Misfit> {
        if matches!(self.values, Values::Abandoned | Values::Skipped) {
            return Ok(());
        }
        let is_text = matches!(self.values, Values::Text { .. });
        if field.bytes.is_empty() && !is_text {
            self.quoted_empty = true;
            self.push_null(row);
            return Ok(());
        }
        let number = if is_text { None } else { literal::number(field.bytes) };
        self.fractional |= matches!(number, Some(Number::Real(_)));
        self.huge |= matches!(number, Some(Number::Huge(_)));
        match (&mut self.values, number) {
            (Values::Text { bytes, ends }, _) => {
                bytes.extend_from_slice(&field.text());
                ends.push(bytes.len());
            }
            (Values::Count(values), Some(Number::Whole(value))) => values.push(value),
            (Values::Continuous(values), Some(number)) => values.push(number.as_f64()),
            (Values::Bool(values), _) if literal::truth(field.bytes).is_some() => {
                values.extend(literal::truth(field.bytes));
            }
            (Values::Date(values), _) if literal::date(field.bytes).is_some() => {
                values.extend(literal::date(field.bytes));
            }
            (Values::Time(values), _) if literal::time(field.bytes).is_some() => {
                values.extend(literal::time(field.bytes));
            }
            _ if self.exact => return Err(Misfit),
            (Values::Nothing, number) => {
                self.values = Values::nulls(type_of(field, number), row);
                self.nulls = (0..row as u32).collect();
                return self.push(field, row);
            }
            (Values::Count(values), Some(number)) => {
                let mut widened: Vec<f64> = Vec::with_capacity(values.capacity());
                widened.extend(values.iter().map(|&value| value as f64));
                widened.push(number.as_f64());
                self.values = Values::Continuous(widened);
            }
            _ => self.values = Values::Abandoned,
        }
        Ok(())
    }
}

fn type_of(field: &Field<'_>, number: Option<Number>) -> Type {
    match number {
        Some(Number::Whole(_)) => Type::Count,
        Some(_) => Type::Continuous,
        None if literal::truth(field.bytes).is_some() => Type::Bool,
        None if literal::date(field.bytes).is_some() => Type::Date,
        None => Type::Text,
    }
}

impl Values {
    fn with_capacity(kind: Type, rows: usize) -> Values {
        match kind {
            Type::Nothing => Values::Nothing,
            Type::Bool => Values::Bool(Vec::with_capacity(rows)),
            Type::Count => Values::Count(Vec::with_capacity(rows)),
            Type::Continuous => Values::Continuous(Vec::with_capacity(rows)),
            Type::Date => Values::Date(Vec::with_capacity(rows)),
            Type::Time => Values::Time(Vec::with_capacity(rows)),
            Type::Text => Values::Text { bytes: Vec::new(), ends: Vec::with_capacity(rows) },
        }
    }

    /// `rows` places of this type for nulls.
    pub(super) fn nulls(kind: Type, rows: usize) -> Values {
        match kind {
            Type::Nothing => Values::Nothing,
            Type::Bool => Values::Bool(vec![false; rows]),
            Type::Count => Values::Count(vec![0; rows]),
            Type::Continuous => Values::Continuous(vec![0.0; rows]),
            Type::Date => Values::Date(vec![0; rows]),
            Type::Time => Values::Time(vec![0; rows]),
            Type::Text => Values::Text { bytes: Vec::new(), ends: vec![0; rows] },
        }
    }
}
