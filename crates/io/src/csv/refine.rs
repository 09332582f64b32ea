//! Refinement of text columns: dates in formats other than ISO 8601, times of day, numbers with decimal commas or
//! thousands separators.
//!
//! Every text of a column excludes some interpretations; the remaining one is chosen if it is unique. If two remain,
//! the column stays text, and a note names the option that decides.

use super::dialect::Dialect;
use crate::ReadOptions;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::TextOffset;
use pipewright_table::form::Item::{Day, Month, MonthName, Year};
use pipewright_table::form::{Form, Item, Tail};
use pipewright_table::literal::{Number, Numerals};
use pipewright_table::{CodeSign, ColumnType, literal};
use std::sync::Arc;

/// The interpretations that every text so far allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidates(u32);

impl Candidates {
    /// Those without any text.
    pub(super) const ALL: Candidates = Candidates(u32::MAX);
    const NONE: Candidates = Candidates(0);

    /// Returns those of all texts. An empty text is null in a column that is not text, and excludes
    /// nothing.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Candidates {
        let mut left = Candidates::ALL;
        for text in texts.into_iter().flatten() {
            left = left.narrowed(text.as_bytes());
            if left.are_none() {
                break;
            }
        }
        left
    }

    /// Returns those of one text.
    pub(super) fn of_text(text: &[u8]) -> Candidates {
        Candidates::ALL.narrowed(text)
    }

    /// Intersects two sets.
    #[must_use]
    pub(super) fn and(self, other: Candidates) -> Candidates {
        Candidates(self.0 & other.0).settled()
    }

    /// Is text the only interpretation left?
    pub(super) fn are_none(self) -> bool {
        self == Candidates::NONE
    }

    /// Decides the interpretation of a column, with a note. `points` says that other columns have numbers with a
    /// decimal point. Only for columns without a declared type.
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
        let others = (position + 1..FINE).filter(|&other| self.has(1 << other));
        if let Some(other) = others.into_iter().next() {
            return Decision::ask(Remark::DayOrMonth(FORMS[position].text(), FORMS[other].text()));
        }
        let remark = match position {
            ZONED => Some(Remark::InUtc),
            FINE => Some(Remark::Fine),
            FINE_ZONED => Some(Remark::FineInUtc),
            _ => None,
        };
        Decision { alternative: Some(Alternative::Moment(position)), remark }
    }

    fn decide_number(self, dialect: &Dialect, options: &ReadOptions, points: bool) -> Decision {
        let point = options.thousands.is_none() && options.decimal.is_none_or(|mark| mark == b'.');
        let comma = options.thousands.is_none() && options.decimal.is_none_or(|mark| mark == b',');
        let thousands = point && self.has(THOUSANDS);
        let decimals = comma && (self.has(DECIMAL_COMMA) || self.has(GROUPED_DECIMAL_COMMA));
        let number = |bit| {
            let (_, numerals) = NUMERALS.into_iter().find(|(reading, _)| *reading == bit)?;
            Some(Alternative::Number { numerals: *numerals, whole: self.has(whole(bit)) })
        };
        let with_points = number(THOUSANDS);
        let with_commas = number(if self.has(DECIMAL_COMMA) { DECIMAL_COMMA } else { GROUPED_DECIMAL_COMMA });
        let declared = options.decimal.is_some();
        // `1.234` beside `5,5`, or `1,234` beside `5.5`: mixed notations, or one.
        let mixed = !declared && self.has(UNGROUPED) && !self.has(DECIMAL_COMMA);
        match (thousands, decimals) {
            (false, false) => Decision::default(),
            (true, _) if declared || dialect.delimiter == b',' => Decision { alternative: with_points, remark: None },
            (true, true) => Decision::ask(Remark::ThousandsOrDecimals),
            _ if mixed => Decision::ask(Remark::ThousandsOrDecimals),
            (true, false) => Decision { alternative: with_points, remark: None },
            (false, true) if declared => {
                let remark = (!self.has(DECIMAL_COMMA)).then_some(Remark::PointsGroup);
                Decision { alternative: with_commas, remark }
            }
            (false, true) if dialect.delimiter == b',' || points => Decision::ask(Remark::MaybeDecimalComma),
            (false, true) => Decision { alternative: with_commas, remark: Some(Remark::DecimalComma) },
        }
    }

    /// Narrows the set by one more text.
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

    /// Without interpretations, the other observations are meaningless.
    fn settled(self) -> Candidates {
        if self.0 & READINGS == 0 { Candidates::NONE } else { self }
    }
}

/// The decision on a text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Decision {
    /// The better interpretation; text if `None`.
    pub(super) alternative: Option<Alternative>,
    /// The note about it, see [`notes`].
    pub(super) remark: Option<Remark>,
}

impl Decision {
    pub(super) fn take(alternative: Alternative) -> Decision {
        Decision { alternative: Some(alternative), remark: None }
    }

    fn ask(remark: Remark) -> Decision {
        Decision { alternative: None, remark: Some(remark) }
    }
}

/// An interpretation of a text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alternative {
    /// Moments in one of the built-in formats.
    Moment(usize),
    /// Times of day.
    Time,
    /// Numbers.
    Number {
        numerals: Numerals,
        /// Are all of them whole?
        whole: bool,
    },
}

impl Alternative {
    /// Returns the resulting type.
    pub(super) fn kind(self) -> ColumnType {
        match self {
            Alternative::Moment(_) => ColumnType::Date,
            Alternative::Time => ColumnType::Time,
            Alternative::Number { whole: true, .. } => ColumnType::Count,
            Alternative::Number { whole: false, .. } => ColumnType::Continuous,
        }
    }

    /// Converts the column. Every non-empty text must match; empty ones are null.
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

/// Remarks about refined or ambiguous columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remark {
    /// Day or month first: these two formats are possible.
    DayOrMonth(&'static str, &'static str),
    /// Commas could be thousands separators or decimal commas.
    ThousandsOrDecimals,
    /// Probably decimal commas, in an unusual place.
    MaybeDecimalComma,
    /// Commas were interpreted as decimal commas.
    DecimalComma,
    /// Under a declared decimal comma, points were interpreted as thousands separators.
    PointsGroup,
    /// Moments were converted to UTC.
    InUtc,
    /// Decimals of a second beyond six were cut off.
    Fine,
    /// Both.
    FineInUtc,
}

impl Remark {
    fn message(self, columns: &str) -> String {
        match self {
            Remark::DayOrMonth(..) => {
                format!("{columns}: dates with the day or the month first? ambiguous, so they stay text")
            }
            Remark::ThousandsOrDecimals => {
                format!("{columns}: thousands separators, or decimal commas? ambiguous, so they stay text")
            }
            Remark::MaybeDecimalComma => {
                format!("{columns}: numbers with a decimal comma? not certain, so they stay text")
            }
            Remark::DecimalComma => format!("{columns}: read as numbers with a decimal comma"),
            Remark::PointsGroup => format!("{columns}: points are read as thousands separators"),
            Remark::InUtc => format!("{columns}: times with a UTC offset are converted to UTC"),
            Remark::Fine => format!("{columns}: times finer than a microsecond are cut off"),
            Remark::FineInUtc => {
                format!("{columns}: times with a UTC offset are converted to UTC, and cut off to microseconds")
            }
        }
    }

    fn help(self) -> Option<String> {
        match self {
            Remark::DayOrMonth(day, month) => Some(format!("choose one: load … dates=\"{day}\", or dates=\"{month}\"")),
            Remark::ThousandsOrDecimals => Some("choose one: load … thousands=\",\", or decimal=\",\"".into()),
            Remark::MaybeDecimalComma => Some("if they are: load … decimal=\",\"".into()),
            Remark::DecimalComma => Some("`load … decimal=\",\"` declares it for the whole file".into()),
            Remark::PointsGroup => {
                Some("`load … thousands=\".\"` declares it; if they are decimal points, leave out decimal=".into())
            }
            Remark::InUtc => None,
            Remark::Fine | Remark::FineInUtc => Some("to keep all digits: load … schema=\"NAME: text\"".into()),
        }
    }
}

/// Creates the notes about all columns, one per distinct remark.
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

/// Maximum number of columns named in a note.
const COLUMNS_SHOWN: usize = 5;

/// Parses a number without loss of information: not a word, not a code.
fn marked_number(numerals: &Numerals, text: &[u8]) -> Option<Number> {
    let digits = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    let is_name = matches!(digits, [b'0', next, ..] if *next != numerals.decimal);
    let begins = digits.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == numerals.decimal);
    if is_name || !begins || CodeSign::of(text).is_some() { None } else { numerals.number(text) }
}

const COMMA_THOUSANDS: Numerals = Numerals { decimal: b'.', thousands: Some(b',') };
const COMMA: Numerals = Numerals { decimal: b',', thousands: None };
const GROUPED_COMMA: Numerals = Numerals { decimal: b',', thousands: Some(b'.') };

/// Numeric interpretations. Point and comma are distinguished by what every text of the column allows.
const NUMERALS: [(u32, &Numerals); 3] =
    [(THOUSANDS, &COMMA_THOUSANDS), (DECIMAL_COMMA, &COMMA), (GROUPED_DECIMAL_COMMA, &GROUPED_COMMA)];

const THOUSANDS: u32 = 1 << 24;
const DECIMAL_COMMA: u32 = 1 << 25;
const GROUPED_DECIMAL_COMMA: u32 = 1 << 26;
const TIME: u32 = 1 << 23;
const READINGS: u32 = THOUSANDS | DECIMAL_COMMA | GROUPED_DECIMAL_COMMA | TIME | ((1 << FORMS_KNOWN) - 1);
/// No number in this interpretation had a fraction.
const fn whole(reading: u32) -> u32 {
    reading << 3
}
/// No text has two separators, which only numbers with thousands separators have.
const UNGROUPED: u32 = 1 << 30;
/// No text yet.
const UNSEEN: u32 = 1 << 31;

/// The built-in formats, by their index in [`Candidates`]. If two are possible, both are named.
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
    Form::known("%Y-%m-%d", &[Year, DASH, Month, DASH, Day], Tail::FineClock),
    Form::known("%Y-%m-%d", &[Year, DASH, Month, DASH, Day], Tail::FineZonedClock),
];

const FORMS_KNOWN: usize = 14;

/// The indices of the formats that lose digits: taken only if no other is left.
const FINE: usize = 12;
const FINE_ZONED: usize = 13;

/// The index of the format with UTC offsets.
const ZONED: usize = 0;

const DASH: Item = Item::Literal(b'-');
const SLASH: Item = Item::Literal(b'/');
const POINT: Item = Item::Literal(b'.');
const BLANK: Item = Item::Literal(b' ');
const COMMA_MARK: Item = Item::Literal(b',');

#[cfg(test)]
mod tests;
