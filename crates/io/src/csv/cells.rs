//! What cells hold: the types of columns, and what is noticed while their fields are read.

use super::dialect::Dialect;
use super::scan::{Field, Marks};
use crate::infer::Type;
use pipewright_table::literal::{self, Number};

/// How a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Not at all.
    Skip,
    /// As a type that the column has at least.
    AtLeast(Type),
    /// As the type that was asked for: another value is a fault.
    Exactly(Type),
}

/// What was noticed in a column of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The narrowest type that holds its values, and what was known to be there before.
    pub(super) kind: Type,
    /// A number that is not written as a whole one.
    pub(super) fractional: bool,
    /// A whole number beyond 64 bits.
    pub(super) huge: bool,
    /// A quoted empty field: null here, but an empty text if the column turns out to be text.
    pub(super) quoted_empty: bool,
}

impl Found {
    pub(super) const NOTHING: Found =
        Found { kind: Type::Nothing, fractional: false, huge: false, quoted_empty: false };

    pub(super) fn join(self, other: Found) -> Found {
        Found {
            kind: self.kind.join(other.kind),
            fractional: self.fractional | other.fractional,
            huge: self.huge | other.huge,
            quoted_empty: self.quoted_empty | other.quoted_empty,
        }
    }

    /// The type of a column in which all this was found.
    pub(super) fn column_type(self) -> Type {
        match self.kind {
            Type::Nothing if self.quoted_empty => Type::Text,
            kind => kind,
        }
    }

    /// The type to begin with in a column in the head of which this was found. Whole numbers beyond 64 bits begin as
    /// counts, so that whoever reads on notices what widened the column.
    pub(super) fn first_type(self) -> Type {
        match self.kind {
            Type::Continuous if self.huge && !self.fractional => Type::Count,
            kind => kind,
        }
    }
}

/// What all fields of a text are read by.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) dialect: Dialect,
    pub(super) marks: Marks,
    /// Are numbers written with a point, and without anything else?
    pub(super) plain_numbers: bool,
}

impl Rules {
    pub(super) fn new(dialect: Dialect, marks: Marks) -> Rules {
        let plain_numbers = dialect.numerals().are_plain();
        Rules { dialect, marks, plain_numbers }
    }

    /// Is it a value of this type, or null?
    pub(super) fn fits(&self, field: &Field<'_>, kind: Type) -> bool {
        if self.dialect.is_null(field) || field.bytes.is_empty() {
            return true;
        }
        match kind {
            Type::Nothing => false,
            Type::Text => true,
            Type::Bool => literal::truth_declared(field.bytes).is_some(),
            Type::Date => self.dialect.date(field.bytes).is_some(),
            Type::Time => literal::time(field.bytes).is_some(),
            Type::Count => matches!(self.dialect.number(field.bytes), Some(Number::Whole(_))),
            Type::Continuous => self.dialect.number(field.bytes).is_some(),
        }
    }

    /// Is this, which is not empty, an unquoted text without blanks around it, and no null?
    #[inline(always)]
    pub(super) fn is_plain_text(&self, bytes: &[u8], start: usize, end: usize) -> bool {
        let (first, last) = (bytes[start], bytes[end - 1]);
        let usual = |byte: u8| byte > b' ' && byte != self.marks.quote;
        usual(first) && usual(last) && !self.dialect.is_null_text(&bytes[start..end])
    }

    /// Notes what a field, which is not null, holds.
    pub(super) fn notice(&self, field: &Field<'_>, found: &mut Found) {
        let number = self.dialect.number(field.bytes);
        found.fractional |= matches!(number, Some(Number::Real(_)));
        found.huge |= matches!(number, Some(Number::Huge(_)));
        let kind = match number {
            Some(Number::Whole(_)) => Type::Count,
            Some(_) => Type::Continuous,
            None if literal::truth(field.bytes).is_some() => Type::Bool,
            None if self.dialect.date(field.bytes).is_some() => Type::Date,
            None => Type::Text,
        };
        found.kind = found.kind.join(kind);
    }
}
