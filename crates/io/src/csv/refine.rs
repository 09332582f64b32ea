//! Columns that came out as text and may be something better: dates of other forms than ISO's, times of day, numbers
//! with a decimal comma or with marks between thousands.
//!
//! Every text of a column leaves some readings and excludes the others; what all leave is taken if it is one reading.
//! Where two are left, the column stays text, and a note names the option that decides.

use super::dialect::Dialect;
use crate::ReadOptions;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::form::Item::{Day, Month, MonthName, Year};
use pipewright_table::form::{Form, Item, Tail};
use pipewright_table::literal::{Number, Numerals};
use pipewright_table::{ColumnType, literal};
use pipewright_table::{TextArray, TextOffset};
use std::sync::Arc;

/// The readings that every text seen so far allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidates(u32);

impl Candidates {
    /// Those of no text at all.
    pub(super) const ALL: Candidates = Candidates(u32::MAX);
    const NONE: Candidates = Candidates(0);

    /// Those of all texts of an array. An empty text is null in a column that is not text, and excludes nothing.
    pub(super) fn of(texts: &TextArray) -> Candidates {
        let mut left = Candidates::ALL;
        for text in texts.iter().flatten() {
            left = left.narrowed(text.as_bytes());
            if left.are_none() {
                break;
            }
        }
        left
    }

    /// Those of one text.
    pub(super) fn of_text(text: &[u8]) -> Candidates {
        Candidates::ALL.narrowed(text)
    }

    /// Those that both leave.
    #[must_use]
    pub(super) fn and(self, other: Candidates) -> Candidates {
        Candidates(self.0 & other.0).settled()
    }

    /// Is nothing left but text?
    pub(super) fn are_none(self) -> bool {
        self == Candidates::NONE
    }

    /// What the column is to be read as; and what a reader of it should know. `points` tells that numbers with a
    /// decimal point stand elsewhere in the file. Only for columns whose kind is not declared.
    pub(super) fn decide(self, dialect: &Dialect, options: &ReadOptions, points: bool) -> Decision {
        if self.are_none() || self.has(UNSEEN) {
            return Decision::default();
        }
        if let Some(position) = (0..FORMS.len()).find(|&position| self.has(1 << position)) {
            return self.decide_form(position);
        }
        if self.has(TIME) {
            return Decision::take(Alternative::Time);
        }
        self.decide_number(dialect, options, points)
    }

    fn decide_form(self, position: usize) -> Decision {
        let others = (position + 1..FORMS.len()).filter(|&other| self.has(1 << other));
        if let Some(other) = others.into_iter().next() {
            return Decision::ask(Remark::DayOrMonth(FORMS[position].text(), FORMS[other].text()));
        }
        let remark = (position == ZONED).then_some(Remark::InUtc);
        Decision { alternative: Some(Alternative::Moment(position)), remark }
    }

    fn decide_number(self, dialect: &Dialect, options: &ReadOptions, points: bool) -> Decision {
        let point = options.thousands.is_none() && options.decimal.is_none_or(|mark| mark == b'.');
        let comma = options.thousands.is_none() && options.decimal.is_none_or(|mark| mark == b',');
        let thousands = point && self.has(THOUSANDS);
        let decimals = comma && (self.has(DECIMAL_COMMA) || self.has(GROUPED_DECIMAL_COMMA));
        let number = |bit| {
            let (_, numerals) = NUMERALS.into_iter().find(|(reading, _)| *reading == bit)?;
            Some(Alternative::Number { numerals, whole: self.has(whole(bit)) })
        };
        let with_points = number(THOUSANDS);
        let with_commas = number(if self.has(DECIMAL_COMMA) { DECIMAL_COMMA } else { GROUPED_DECIMAL_COMMA });
        let declared = options.decimal.is_some();
        // `1.234` beside `5,5`, or `1,234` beside `5.5`: numbers of two countries, or of one.
        let mixed = !declared && self.has(UNGROUPED) && !self.has(DECIMAL_COMMA);
        match (thousands, decimals) {
            (false, false) => Decision::default(),
            (true, _) if declared || dialect.delimiter == b',' => Decision { alternative: with_points, remark: None },
            (true, true) => Decision::ask(Remark::ThousandsOrDecimals),
            _ if mixed => Decision::ask(Remark::ThousandsOrDecimals),
            (true, false) => Decision { alternative: with_points, remark: None },
            (false, true) if declared => Decision { alternative: with_commas, remark: None },
            (false, true) if dialect.delimiter == b',' || points => Decision::ask(Remark::MaybeDecimalComma),
            (false, true) => Decision { alternative: with_commas, remark: Some(Remark::DecimalComma) },
        }
    }

    /// What is left when this text was seen too.
    fn narrowed(self, text: &[u8]) -> Candidates {
        if text.is_empty() {
            return self;
        }
        let mut left = self.0 & !UNSEEN;
        if text.iter().filter(|byte| matches!(byte, b',' | b'.')).count() > 1 {
            left &= !UNGROUPED;
        }
        for (position, form) in FORMS.iter().enumerate() {
            if left & (1 << position) != 0 && form.moment(text).is_none() {
                left &= !(1 << position);
            }
        }
        if left & TIME != 0 && literal::time(text).is_none() {
            left &= !TIME;
        }
        for (bit, numerals) in NUMERALS {
            if left & bit != 0 {
                match marked_number(numerals, text) {
                    None => left &= !(bit | whole(bit)),
                    Some(Number::Whole(_)) => {}
                    Some(_) => left &= !whole(bit),
                }
            }
        }
        Candidates(left).settled()
    }

    fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }

    /// Without readings, what else was noticed says nothing.
    fn settled(self) -> Candidates {
        if self.0 & READINGS == 0 { Candidates::NONE } else { self }
    }
}

/// What becomes of a text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Decision {
    /// The better reading; without one it stays text.
    pub(super) alternative: Option<Alternative>,
    /// What is to be said about it, see [`notes`].
    pub(super) remark: Option<Remark>,
}

impl Decision {
    fn take(alternative: Alternative) -> Decision {
        Decision { alternative: Some(alternative), remark: None }
    }

    fn ask(remark: Remark) -> Decision {
        Decision { alternative: None, remark: Some(remark) }
    }
}

/// A reading of a text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alternative {
    /// Moments of one of the known forms.
    Moment(usize),
    /// Times of day.
    Time,
    /// Numbers.
    Number {
        numerals: &'static Numerals,
        /// Are all of them whole?
        whole: bool,
    },
}

impl Alternative {
    /// The kind of the column then.
    pub(super) fn kind(self) -> ColumnType {
        match self {
            Alternative::Moment(_) => ColumnType::Date,
            Alternative::Time => ColumnType::Time,
            Alternative::Number { whole: true, .. } => ColumnType::Count,
            Alternative::Number { whole: false, .. } => ColumnType::Continuous,
        }
    }

    /// The column, read so. What [`Candidates`] allowed has a value for every text but empty ones, which are null.
    pub(super) fn apply(self, texts: &ArrayRef) -> ArrayRef {
        let texts = texts.as_string::<TextOffset>();
        let read =
            |text: Option<&str>, value: &dyn Fn(&[u8]) -> Option<i64>| text.and_then(|text| value(text.as_bytes()));
        match self {
            Alternative::Moment(position) => {
                let moment = |text: &[u8]| FORMS[position].moment(text);
                Arc::new(texts.iter().map(|text| read(text, &moment)).collect::<TimestampMicrosecondArray>())
            }
            Alternative::Time => {
                Arc::new(texts.iter().map(|text| read(text, &literal::time)).collect::<Time64MicrosecondArray>())
            }
            Alternative::Number { numerals, whole: true } => {
                let whole = |text: &[u8]| match numerals.number(text) {
                    Some(Number::Whole(value)) => Some(value),
                    _ => None,
                };
                Arc::new(texts.iter().map(|text| read(text, &whole)).collect::<Int64Array>())
            }
            Alternative::Number { numerals, whole: false } => {
                let float = |text: Option<&str>| numerals.number(text?.as_bytes()).map(Number::as_f64);
                Arc::new(texts.iter().map(float).collect::<Float64Array>())
            }
        }
    }
}

/// What is to be said about columns that were text, or are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remark {
    /// The day or the month may come first: of these two forms.
    DayOrMonth(&'static str, &'static str),
    /// Commas may stand between thousands or before decimals.
    ThousandsOrDecimals,
    /// There seem to be decimal commas, where they are not usual.
    MaybeDecimalComma,
    /// Commas were taken to stand before decimals.
    DecimalComma,
    /// Moments were brought to UTC.
    InUtc,
}

impl Remark {
    fn message(self, columns: &str) -> String {
        match self {
            Remark::DayOrMonth(..) => {
                format!("{columns}: dates with the day first or the month first? nothing decides it, so they stay text")
            }
            Remark::ThousandsOrDecimals => {
                format!("{columns}: marks between thousands, or decimal commas? nothing decides it, so they stay text")
            }
            Remark::MaybeDecimalComma => {
                format!("{columns}: numbers with a decimal comma? the file does not look like it, so they stay text")
            }
            Remark::DecimalComma => format!("{columns}: read as numbers with a decimal comma"),
            Remark::InUtc => format!("{columns}: moments with a distance from UTC are converted to UTC"),
        }
    }

    fn help(self) -> Option<String> {
        match self {
            Remark::DayOrMonth(day, month) => Some(format!("say which: load … dates=\"{day}\", or dates=\"{month}\"")),
            Remark::ThousandsOrDecimals => Some("say which: load … thousands=\",\", or decimal=\",\"".into()),
            Remark::MaybeDecimalComma => Some("if they are: load … decimal=\",\"".into()),
            Remark::DecimalComma => Some("`load … decimal=\",\"` says so for the whole file".into()),
            Remark::InUtc => None,
        }
    }
}

/// The notes for the remarks of all columns, one for the columns that share one.
pub(super) fn notes(remarks: &[(Arc<str>, Remark)], options: &ReadOptions) -> Vec<Failure> {
    let mut different: Vec<Remark> = Vec::new();
    for (_, remark) in remarks {
        if !different.contains(remark) {
            different.push(*remark);
        }
    }
    let note = |remark: Remark| {
        let columns: Vec<&Arc<str>> =
            remarks.iter().filter(|(_, other)| *other == remark).map(|(name, _)| name).collect();
        let mut shown: Vec<String> = columns.iter().take(COLUMNS_SHOWN).map(|name| format!("`{name}`")).collect();
        if columns.len() > COLUMNS_SHOWN {
            shown.push(format!("{} more", columns.len() - COLUMNS_SHOWN));
        }
        let note = Failure::note(code::TYPE_WIDENED, remark.message(&shown.join(", "))).file(&options.name);
        let note = remark.help().into_iter().fold(note, Failure::help);
        if let [only] = *columns { note.column(&**only) } else { note }
    };
    different.into_iter().map(note).collect()
}

/// So many columns are named in a note.
const COLUMNS_SHOWN: usize = 5;

/// The number that is written here, if it is one that loses nothing: no word, no zeros before a whole part.
fn marked_number(numerals: &Numerals, text: &[u8]) -> Option<Number> {
    let digits = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    let is_name = matches!(digits, [b'0', next, ..] if *next != numerals.decimal);
    let begins = digits.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == numerals.decimal);
    if is_name || !begins { None } else { numerals.number(text) }
}

const COMMA_THOUSANDS: Numerals = Numerals { decimal: b'.', thousands: Some(b',') };
const COMMA: Numerals = Numerals { decimal: b',', thousands: None };
const GROUPED_COMMA: Numerals = Numerals { decimal: b',', thousands: Some(b'.') };

/// The readings as numbers. Point and comma are told apart by what every text of the column allows.
const NUMERALS: [(u32, &Numerals); 3] =
    [(THOUSANDS, &COMMA_THOUSANDS), (DECIMAL_COMMA, &COMMA), (GROUPED_DECIMAL_COMMA, &GROUPED_COMMA)];

const THOUSANDS: u32 = 1 << 24;
const DECIMAL_COMMA: u32 = 1 << 25;
const GROUPED_DECIMAL_COMMA: u32 = 1 << 26;
const TIME: u32 = 1 << 23;
const READINGS: u32 = THOUSANDS | DECIMAL_COMMA | GROUPED_DECIMAL_COMMA | TIME | ((1 << FORMS_KNOWN) - 1);
/// No number of this reading was one that is not whole.
const fn whole(reading: u32) -> u32 {
    reading << 3
}
/// No text has two marks, which only numbers with marked thousands have.
const UNGROUPED: u32 = 1 << 30;
/// No text was seen.
const UNSEEN: u32 = 1 << 31;

/// The forms that are known, by their places in [`Candidates`]. Of two that a column may be of, both are named.
static FORMS: [Form; FORMS_KNOWN] = [
    Form::known("%Y-%m-%d", &[Year, DASH, Month, DASH, Day], Tail::ZonedClock),
    Form::known("%Y-%m-%d", &[Year, DASH, Month, DASH, Day], Tail::Clock),
    Form::known("%Y/%m/%d", &[Year, SLASH, Month, SLASH, Day], Tail::Clock),
    Form::known("%d/%m/%Y", &[Day, SLASH, Month, SLASH, Year], Tail::Clock),
    Form::known("%m/%d/%Y", &[Month, SLASH, Day, SLASH, Year], Tail::Clock),
    Form::known("%d-%m-%Y", &[Day, DASH, Month, DASH, Year], Tail::Clock),
    Form::known("%m-%d-%Y", &[Month, DASH, Day, DASH, Year], Tail::Clock),
    Form::known("%d.%m.%Y", &[Day, POINT, Month, POINT, Year], Tail::Clock),
    Form::known("%d-%b-%Y", &[Day, DASH, MonthName, DASH, Year], Tail::Clock),
    Form::known("%d %b %Y", &[Day, BLANK, MonthName, BLANK, Year], Tail::Clock),
    Form::known("%b %d, %Y", &[MonthName, BLANK, Day, COMMA_MARK, BLANK, Year], Tail::Clock),
    Form::known("%b %d %Y", &[MonthName, BLANK, Day, BLANK, Year], Tail::Clock),
];

const FORMS_KNOWN: usize = 12;

/// The place of the form whose moments have a distance from UTC.
const ZONED: usize = 0;

const DASH: Item = Item::Literal(b'-');
const SLASH: Item = Item::Literal(b'/');
const POINT: Item = Item::Literal(b'.');
const BLANK: Item = Item::Literal(b' ');
const COMMA_MARK: Item = Item::Literal(b',');

#[cfg(test)]
mod tests;
