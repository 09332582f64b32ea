//! Columns that are text because their quotes say so.
//!
//! Most programs quote all fields, or those that need it, so that quotes say nothing about types. A header that quotes
//! some names without need and others not is written on purpose (by [`super::write`]): there, a column whose values are
//! all quoted is text. So is the only column of a file whose name is not quoted, but all values are.

use super::cells::Rules;
use super::scan::{Field, Marks};
use crate::ReadOptions;
use crate::infer::Type;
use pipewright_diagnostic::{Failure, code};

/// Creates the note about a column that is text only because of its quotes, and would be of another type otherwise.
pub(super) fn note(name: &str, otherwise: Type, options: &ReadOptions) -> Option<Failure> {
    if matches!(otherwise, Type::Nothing | Type::Text) {
        return None;
    }
    let kind = otherwise.kind();
    let message = format!("`{name}` is read as text, as the quotes of the file say");
    let note = Failure::note(code::READ_AS_CODES, message).file(&options.name).column(name);
    Some(note.help(format!("to read values: load … schema=\"{name}: {kind}\"")))
}

/// How a field is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoted {
    No,
    /// Its text could not be written otherwise.
    Needed,
    Needless,
}

impl Quoted {
    fn of(field: &Field<'_>, marks: &Marks) -> Quoted {
        let special = |byte: &u8| [marks.delimiter, marks.quote, b'\n', b'\r'].contains(byte);
        let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
        match field.bytes {
            _ if !field.quoted => Quoted::No,
            text if blank(text.first()) || blank(text.last()) || text.iter().any(special) => Quoted::Needed,
            _ => Quoted::Needless,
        }
    }
}

/// Which quotes of values mean text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// None.
    Nothing,
    /// Those of a column that also quotes values without need.
    TextIfNeedless,
    /// All.
    Text,
}

impl Meaning {
    /// Returns what the header says.
    pub(super) fn of(header: &[Field<'_>], marks: &Marks) -> Meaning {
        // A column without a name cannot be quoted.
        let named = || header.iter().filter(|name| !name.bytes.is_empty());
        let has = |wanted: Quoted| named().any(|name| Quoted::of(name, marks) == wanted);
        match has(Quoted::No) {
            true if has(Quoted::Needless) => Meaning::Text,
            true if header.len() == 1 => Meaning::TextIfNeedless,
            _ => Meaning::Nothing,
        }
    }
}

/// The quotes of the values of a column.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Quotes {
    unquoted: bool,
    needed: bool,
    needless: bool,
}

impl Quotes {
    /// Adds a value. Missing ones are never quoted.
    pub(super) fn add(&mut self, field: &Field<'_>, rules: &Rules) {
        match Quoted::of(field, &rules.marks) {
            Quoted::No => self.unquoted |= !rules.dialect.text_nulls(false).has(field.bytes),
            Quoted::Needed => self.needed = true,
            Quoted::Needless => self.needless = true,
        }
    }

    /// Do they say that the column is text?
    pub(super) fn say_text(self, meaning: Meaning) -> bool {
        let enough = match meaning {
            Meaning::Nothing => false,
            Meaning::TextIfNeedless => self.needless,
            Meaning::Text => self.needless || self.needed,
        };
        enough && !self.unquoted
    }
}
