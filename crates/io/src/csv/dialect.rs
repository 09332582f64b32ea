//! Dialects of delimited text: delimiters, quotes, null values, and declared formats of numbers and dates.

use super::scan::Field;
use crate::words::NullWords;
use crate::{Quote, ReadOptions};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::form::Form;
use pipewright_table::literal;
use pipewright_table::literal::{Number, Numerals};

/// A dialect of delimited text.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    /// Field delimiter.
    pub(super) delimiter: u8,
    /// Quote character.
    pub(super) quote: u8,
    /// Escape character before a quote inside quotes; if `None`, quotes are doubled.
    pub(super) escape: Option<u8>,
    /// Comment character at the start of a line.
    pub(super) comment: Option<u8>,
    /// Are blanks around an unquoted field left out?
    pub(super) trim: bool,
    /// Number of lines to skip at the start.
    pub(super) skip_lines: usize,
    /// How many of them were detected as a title rather than declared.
    pub(super) title_lines: usize,
    /// Can a field that starts with `[+-]digits[.digits]` be parsed as that number without further checks? Not if a
    /// null value is such a number, or the decimal point is not a point.
    pub(super) plain_decimals: bool,
    nulls: NullWords,
    text_nulls: NullWords,
    declared_text_nulls: NullWords,
    numerals: Numerals,
    dates: Option<Form>,
}

/// Parses the format in `load … dates="…"`. Without a time of day, one may follow, as in the built-in formats.
///
/// # Errors
/// As [`Form::read`], naming the file.
fn form_of_dates(text: &str, options: &ReadOptions) -> Result<Form, Failure> {
    Form::read(text).map_err(|failure| {
        let form = "dates=\"%d.%m.%Y\", dates=\"%m/%d/%Y %I:%M %p\"";
        failure.file(&options.name).help(format!("a date format has a year, a month and a day: {form}"))
    })
}

impl Dialect {
    /// Creates the dialect with this delimiter and the declared options.
    ///
    /// # Errors
    /// The date format is invalid.
    pub(super) fn of(delimiter: u8, options: &ReadOptions) -> Result<Dialect, Failure> {
        let dates = options.dates.as_deref().map(|form| form_of_dates(form, options)).transpose()?;
        let numerals = Numerals::declared(options.decimal, options.thousands);
        let plain = Dialect::new(delimiter, options.nulls.as_deref());
        Ok(Dialect {
            quote: options.quote.map_or(b'"', Quote::byte),
            escape: options.escape,
            comment: options.comment,
            trim: options.trim,
            skip_lines: options.skip_lines,
            plain_decimals: plain.plain_decimals && numerals.are_plain(),
            numerals,
            dates,
            ..plain
        })
    }

    /// Creates the default dialect with this delimiter and these declared null values.
    pub(super) fn new(delimiter: u8, declared: Option<&[String]>) -> Dialect {
        let nulls = NullWords::of_values(declared);
        let plain_decimals = !nulls.iter().any(|null| literal::leading_decimal(null).is_some());
        Dialect {
            delimiter,
            quote: b'"',
            escape: None,
            comment: None,
            trim: true,
            skip_lines: 0,
            title_lines: 0,
            plain_decimals,
            nulls,
            text_nulls: NullWords::of_texts(declared),
            declared_text_nulls: NullWords::of_declared_texts(declared),
            numerals: Numerals::declared(None, None),
            dates: None,
        }
    }

    /// Is this field null in a column that is not text?
    pub(super) fn is_null(&self, field: &Field<'_>) -> bool {
        !field.quoted && self.is_null_text(field.bytes)
    }

    /// Is this text null if unquoted, in a column that is not text?
    pub(super) fn is_null_text(&self, text: &[u8]) -> bool {
        self.nulls.has(text)
    }

    /// Is it a word that is null in a column that is not text, but a text in an inferred text column?
    pub(super) fn keeps(&self, text: &[u8]) -> bool {
        !text.is_empty() && self.nulls.has(text) && !self.text_nulls.has(text)
    }

    /// Returns what is null in text columns, inferred or declared.
    pub(super) fn text_nulls(&self, declared: bool) -> &NullWords {
        if declared { &self.declared_text_nulls } else { &self.text_nulls }
    }

    /// Parses a number in the declared or default format.
    pub(super) fn number(&self, text: &[u8]) -> Option<Number> {
        if self.numerals.are_plain() { literal::number(text) } else { self.numerals.number(text) }
    }

    /// Parses a date: ISO 8601, or the declared format.
    pub(super) fn date(&self, text: &[u8]) -> Option<i64> {
        literal::date(text).or_else(|| self.dates.as_ref()?.moment(text))
    }

    /// Returns the declared number format.
    pub(super) fn numerals(&self) -> Numerals {
        self.numerals
    }

    /// Creates the note about lines skipped by detection.
    pub(super) fn note(&self, options: &ReadOptions) -> Option<Failure> {
        let lines = match self.title_lines {
            0 => return None,
            1 => "a line above the header is left out: it seems to be a title".to_string(),
            lines => format!("{lines} lines above the header are left out: they seem to be a title"),
        };
        let help = format!("`load … skip={}` says so", self.skip_lines);
        Some(Failure::note(code::ROWS_LEFT_OUT, lines).file(&options.name).help(help))
    }

    /// Returns its properties for display.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("delimiter", shown(self.delimiter))];
        match self.quote {
            b'"' => {}
            Quote::ABSENT => facts.push(("quote", "none".to_string())),
            quote => facts.push(("quote", shown(quote))),
        }
        facts.extend(self.escape.map(|escape| ("escape", shown(escape))));
        facts.extend(self.comment.map(|comment| ("comment", shown(comment))));
        if self.skip_lines > 0 {
            facts.push(("skipped lines", self.skip_lines.to_string()));
        }
        if !self.numerals.are_plain() {
            facts.push(("decimal", shown(self.numerals.decimal)));
            facts.extend(self.numerals.thousands.map(|mark| ("thousands", shown(mark))));
        }
        facts.extend(self.dates.as_ref().map(|form| ("dates", form.text().to_string())));
        facts
    }
}

/// Formats a byte for messages.
pub(super) fn shown(byte: u8) -> String {
    match byte {
        b'\t' => "tab".into(),
        b' ' => "blank".into(),
        _ => char::from(byte).escape_default().to_string(),
    }
}
