//! Types of columns, and what is observed while their fields are read.

use super::dialect::Dialect;
use super::refine::Candidates;
use super::scan::{Field, Marks};
use crate::infer::Type;
use pipewright_table::CodeSign;
use pipewright_table::literal::{self, Number};

/// How a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Skipped.
    Skip,
    /// With at least this type.
    AtLeast(Type),
    /// With exactly the declared type: any other value is an error.
    Exactly(Type),
    /// As text, as its quotes or a saved pipeline say; otherwise it would be of this type.
    Quoted(Type),
}

impl Plan {
    /// Returns the type of the values that are stored.
    pub(super) fn stored(self) -> Type {
        match self {
            Plan::Skip => Type::Nothing,
            Plan::AtLeast(kind) | Plan::Exactly(kind) => kind,
            Plan::Quoted(_) => Type::Text,
        }
    }
}

/// Observations in a column of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The narrowest type that holds its values and those before.
    pub(super) kind: Type,
    /// A number that is not written as a whole number.
    pub(super) fractional: bool,
    /// A whole number beyond 64 bits.
    pub(super) huge: bool,
    /// A field that is null here, but a text if the column turns out to be text: a quoted empty one, or a word.
    pub(super) null_or_text: bool,
}

impl Found {
    pub(super) const NOTHING: Found =
        Found { kind: Type::Nothing, fractional: false, huge: false, null_or_text: false };

    pub(super) fn join(self, other: Found) -> Found {
        Found {
            kind: self.kind.join(other.kind),
            fractional: self.fractional | other.fractional,
            huge: self.huge | other.huge,
            null_or_text: self.null_or_text | other.null_or_text,
        }
    }

    /// Returns the resulting type of a column.
    pub(super) fn column_type(self) -> Type {
        match self.kind {
            Type::Nothing if self.null_or_text => Type::Text,
            kind => kind,
        }
    }

    /// Returns the initial type for a column whose head has these observations. Whole numbers beyond 64 bits start as
    /// counts, so that the widening is noticed while reading.
    pub(super) fn first_type(self) -> Type {
        match self.kind {
            Type::Continuous if self.huge && !self.fractional => Type::Count,
            kind => kind,
        }
    }
}

/// The rules for reading all fields of a text.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) dialect: Dialect,
    pub(super) marks: Marks,
    /// Are numbers in the default format?
    pub(super) plain_numbers: bool,
}

impl Rules {
    pub(super) fn new(dialect: Dialect, marks: Marks) -> Rules {
        let plain_numbers = dialect.numerals().are_plain();
        Rules { dialect, marks, plain_numbers }
    }

    /// Those of files that this crate writes.
    pub(super) fn plain() -> Rules {
        let dialect = Dialect::new(b',', None);
        let marks = Marks::of(&dialect, false);
        Rules::new(dialect, marks)
    }

    /// Does this text alone make its column text, whatever its other values are?
    pub(super) fn is_surely_text(&self, text: &[u8]) -> bool {
        let mut found = Found::NOTHING;
        self.notice(&Field { bytes: text, quoted: true }, &mut found);
        found.kind == Type::Text
            && match self.dialect.number(text) {
                Some(_) => CodeSign::of(text) == Some(CodeSign::LeadingZero),
                None => Candidates::of_text(text).are_none(),
            }
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

    /// Is this non-empty field an unquoted text without surrounding spaces?
    #[inline(always)]
    pub(super) fn is_plain_text(&self, bytes: &[u8], start: usize, end: usize) -> bool {
        let (first, last) = (bytes[start], bytes[end - 1]);
        let usual = |byte: u8| byte > b' ' && byte != self.marks.quote;
        usual(first) && usual(last)
    }

    /// Is this field, which is null in a column that is not text, a text in an inferred text column?
    pub(super) fn is_text_instead(&self, field: &Field<'_>) -> bool {
        field.quoted || !self.dialect.text_nulls(false).has(field.bytes)
    }

    /// Records the type of a field that is not null.
    pub(super) fn notice(&self, field: &Field<'_>, found: &mut Found) {
        let number = self.dialect.number(field.bytes);
        found.fractional |= matches!(number, Some(Number::Real(_)));
        found.huge |= matches!(number, Some(Number::Huge(_)));
        let kind = match number {
            // Whether they are codes, all of the column decides.
            Some(_) if CodeSign::of(field.bytes).is_some() => Type::Text,
            Some(Number::Whole(_)) => Type::Count,
            Some(_) => Type::Continuous,
            None if literal::truth(field.bytes).is_some() => Type::Bool,
            None if self.dialect.date(field.bytes).is_some() => Type::Date,
            None => Type::Text,
        };
        found.kind = found.kind.join(kind);
    }
}
