//! Columns of codes that look like numbers, such as `02134`.
//!
//! A column of numbers with such a text stays text. Its other values may show that it was measured after all.

use super::dialect::Dialect;
use crate::ReadOptions;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::CodeSign as Sign;
use pipewright_table::literal::Number;

fn reason(sign: Sign) -> &'static str {
    match sign {
        Sign::LeadingZero => "has a leading zero",
        Sign::Plus => "begins with a plus sign",
        Sign::Exponent => "has an exponent without a decimal point",
    }
}

/// What the texts of a column say about codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Codes {
    /// The first text with each of [`Sign::ALL`], and its row.
    first: [Option<(usize, Box<str>)>; Sign::ALL.len()],
    /// A number has a minus.
    negative: bool,
    /// A number that is no code is not whole.
    measured: bool,
    /// A number is not a whole one of 64 bits.
    real: bool,
    /// A text is no number.
    others: bool,
}

/// The decision on a column of numbers that was read as text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// Codes, because of this text in this row.
    Codes(Sign, usize, Box<str>),
    /// Numbers after all.
    Numbers { whole: bool },
}

impl Codes {
    /// Returns what texts say, one per row. Empty texts say nothing.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = Option<&'a str>>, dialect: &Dialect) -> Codes {
        let mut codes = Codes::default();
        for (row, text) in texts.into_iter().enumerate() {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                codes.add(row, text, dialect);
            }
            if codes.others {
                return Codes { others: true, ..Codes::default() };
            }
        }
        codes
    }

    fn add(&mut self, row: usize, text: &str, dialect: &Dialect) {
        let Some(number) = dialect.number(text.as_bytes()) else {
            self.others = true;
            return;
        };
        self.negative |= text.starts_with('-');
        self.real |= !matches!(number, Number::Whole(_));
        match Sign::of(text.as_bytes()) {
            Some(sign) => {
                self.first[sign as usize].get_or_insert_with(|| (row, text.into()));
            }
            None => self.measured |= matches!(number, Number::Real(_)),
        }
    }

    /// Joins with what is said by later texts, before which there are `rows` others.
    pub(super) fn join(mut self, later: Codes, rows: usize) -> Codes {
        for (first, later) in self.first.iter_mut().zip(later.first) {
            if first.is_none() {
                *first = later.map(|(row, text)| (rows + row, text));
            }
        }
        Codes {
            first: self.first,
            negative: self.negative | later.negative,
            measured: self.measured | later.measured,
            real: self.real | later.real,
            others: self.others | later.others,
        }
    }

    /// Decides on the column; `None` if not all of its texts are numbers.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let counts = |sign: Sign| match sign {
            Sign::LeadingZero => true,
            Sign::Plus => !self.negative,
            Sign::Exponent => !self.measured,
        };
        let seen = Sign::ALL.into_iter().zip(&self.first);
        let mut seen: Vec<(Sign, &(usize, Box<str>))> =
            seen.filter_map(|(sign, first)| Some((sign, first.as_ref()?))).collect();
        if self.others || seen.is_empty() {
            return None;
        }
        seen.retain(|(sign, _)| counts(*sign));
        seen.sort_by_key(|(_, (row, _))| *row);
        Some(match seen.first() {
            Some((sign, (row, text))) => Verdict::Codes(*sign, *row, text.clone()),
            None => Verdict::Numbers { whole: !self.real },
        })
    }
}

/// Creates the note about a column of codes.
pub(super) fn note(name: &str, sign: Sign, row: usize, text: &str, options: &ReadOptions) -> Failure {
    let (shown, row): (String, usize) = (text.chars().take(30).collect(), row + 1);
    let reason = reason(sign);
    let message = format!("`{name}` is read as text: `{shown}` in row {row} {reason}, which a number would lose");
    let kind = if sign == Sign::Exponent || text.contains(['.', ',']) { "float64" } else { "int64" };
    Failure::note(code::READ_AS_CODES, message)
        .file(&options.name)
        .row(row as u64)
        .column(name)
        .help(format!("to read numbers: load … schema=\"{name}: {kind}\""))
}

#[cfg(test)]
mod tests;
