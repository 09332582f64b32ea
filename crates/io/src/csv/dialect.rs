//! What has to be known to read a delimited text: what ends fields and lines, which fields are null, and how numbers
//! and dates are written where that was said.

use super::scan::Field;
use crate::ReadOptions;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::form::Form;
use pipewright_table::literal;
use pipewright_table::literal::{Number, Numerals};

/// How fields are told apart, which of them are null, and what the others mean.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    /// The byte between fields.
    pub(super) delimiter: u8,
    /// The byte around fields that hold what would else end them.
    pub(super) quote: u8,
    /// The byte before a quote inside quotes; without one a quote inside quotes is written twice.
    pub(super) escape: Option<u8>,
    /// Lines that begin with this byte are no records.
    pub(super) comment: Option<u8>,
    /// So many lines at the very start are no records.
    pub(super) skip_lines: usize,
    /// Those of them that were found to be a title rather than declared to be no records.
    pub(super) title_lines: usize,
    /// Can a field that begins as `[+-]digits[.digits]` be taken for that number unseen? Not where a sentinel of null
    /// is such a number, nor where a point is not what stands before decimals.
    pub(super) plain_decimals: bool,
    nulls: Vec<Vec<u8>>,
    /// Which bytes begin a sentinel: most fields are told from all of them by their first byte.
    begins_null: [bool; 256],
    numerals: Numerals,
    dates: Option<Form>,
}

/// The form that `load … dates="…"` declares. One without a time of day lets one follow, as the known forms do.
///
/// # Errors
/// As [`Form::read`], naming the file.
fn form_of_dates(text: &str, options: &ReadOptions) -> Result<Form, Failure> {
    Form::read(text).map_err(|failure| {
        let form = "dates=\"%d.%m.%Y\", dates=\"%m/%d/%Y %I:%M %p\"";
        failure.file(&options.name).help(format!("a form has a year, a month and a day: {form}"))
    })
}

impl Dialect {
    /// What a text of this delimiter is read by if nothing else is known of it.
    ///
    /// # Errors
    /// The form of dates is none.
    pub(super) fn of(delimiter: u8, options: &ReadOptions) -> Result<Dialect, Failure> {
        let dates = options.dates.as_deref().map(|form| form_of_dates(form, options)).transpose()?;
        let numerals = Numerals::declared(options.decimal, options.thousands);
        let plain = Dialect::new(delimiter, &options.nulls);
        Ok(Dialect {
            quote: options.quote.unwrap_or(b'"'),
            escape: options.escape,
            comment: options.comment,
            skip_lines: options.skip_lines,
            plain_decimals: plain.plain_decimals && numerals.are_plain(),
            numerals,
            dates,
            ..plain
        })
    }

    /// The usual dialect with this delimiter and these sentinels of null.
    pub(super) fn new(delimiter: u8, nulls: &[String]) -> Dialect {
        let nulls: Vec<Vec<u8>> = nulls.iter().map(|null| null.trim().as_bytes().to_vec()).collect();
        let mut begins_null = [false; 256];
        for first in nulls.iter().filter_map(|null| null.first()).chain(b"nN+-") {
            begins_null[usize::from(*first)] = true;
        }
        let plain_decimals = !nulls.iter().any(|null| literal::leading_decimal(null).is_some());
        Dialect {
            delimiter,
            quote: b'"',
            escape: None,
            comment: None,
            skip_lines: 0,
            title_lines: 0,
            plain_decimals,
            nulls,
            begins_null,
            numerals: Numerals::declared(None, None),
            dates: None,
        }
    }

    pub(super) fn is_null(&self, field: &Field<'_>) -> bool {
        !field.quoted && self.is_null_text(field.bytes)
    }

    /// Would this text be null if it stood unquoted?
    pub(super) fn is_null_text(&self, text: &[u8]) -> bool {
        match text.first() {
            None => true,
            Some(first) => {
                self.begins_null[usize::from(*first)] && (self.nulls.iter().any(|null| null == text) || is_nan(text))
            }
        }
    }

    /// The number that is written here, if it is one: with the marks that were declared, else with a point.
    pub(super) fn number(&self, text: &[u8]) -> Option<Number> {
        if self.numerals.are_plain() { literal::number(text) } else { self.numerals.number(text) }
    }

    /// The moment that is written here, if it is one: an ISO date, or one of the form that was declared.
    pub(super) fn date(&self, text: &[u8]) -> Option<i64> {
        literal::date(text).or_else(|| self.dates.as_ref()?.moment(text))
    }

    /// The marks of numbers that were declared, if any were.
    pub(super) fn numerals(&self) -> &Numerals {
        &self.numerals
    }

    /// A note on what was left out by a guess.
    pub(super) fn note(&self, options: &ReadOptions) -> Option<Failure> {
        let lines = match self.title_lines {
            0 => return None,
            1 => "a line above the header is left out: it seems to be a title".to_string(),
            lines => format!("{lines} lines above the header are left out: they seem to be a title"),
        };
        let help = format!("`load … skip_lines={}` says so", self.skip_lines);
        Some(Failure::note(code::ROWS_LEFT_OUT, lines).file(&options.name).help(help))
    }

    /// What is worth telling of it, in words.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("delimiter", shown(self.delimiter))];
        if self.quote != b'"' {
            facts.push(("quote", shown(self.quote)));
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

/// Is it `NaN`, in any case and with any sign? Unquoted it means that there is no value; quoted it is a number.
fn is_nan(text: &[u8]) -> bool {
    text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text).eq_ignore_ascii_case(b"nan")
}

/// A byte of the text as a person calls it.
pub(super) fn shown(byte: u8) -> String {
    match byte {
        b'\t' => "tab".into(),
        b' ' => "blank".into(),
        _ => char::from(byte).escape_default().to_string(),
    }
}
