//! Parsing of one column of one chunk, straight into its slots in the column.

use super::cells::{Found, Plan, Rules};
use super::decimal::{self, Decimal};
use super::place::{Bits, Slot};
use super::scan::{Field, Marks};
use super::split::{Index, Run};
use crate::infer::Type;
use crate::words::Taken;
use pipewright_table::literal;
use pipewright_table::literal::Number;
use pipewright_table::{CodeSign, TextOffset};

/// The fields of one column in a run of records.
pub(super) struct Lane<'a> {
    bytes: &'a [u8],
    starts: &'a [u32],
    columns: usize,
    last: bool,
    rows: usize,
}

impl<'a> Lane<'a> {
    pub(super) fn new(bytes: &'a [u8], index: &'a Index, run: Run, columns: usize, column: usize) -> Lane<'a> {
        let starts = &index.starts[run.first + column..];
        Lane { bytes, starts, columns, last: column + 1 == columns, rows: run.rows }
    }

    /// The start and the end of a field.
    #[inline(always)]
    fn span(&self, row: usize) -> (usize, usize) {
        let place = row * self.columns;
        let (start, mut end) = (self.starts[place] as usize, self.starts[place + 1] as usize - 1);
        if self.last && end > start && self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        (start, end)
    }

    pub(super) fn field(&self, row: usize, marks: &Marks) -> Field<'a> {
        let place = row * self.columns;
        let (start, end) = (self.starts[place] as usize, self.starts[place + 1] as usize - 1);
        Field::of(&self.bytes[start..end], self.last, marks)
    }
}

/// The values of one column of one chunk, with observations.
#[derive(Debug)]
pub(super) struct Cells<'s> {
    mode: Mode,
    /// A declared type may be wider than the detected one; nothing else fits.
    exact: bool,
    slot: Slot<'s>,
    pub(super) values: Values,
}

/// What to do with the next values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Ignore them.
    Skip,
    /// Only observe their types.
    Notice,
    /// Store them.
    Store(Type),
}

/// The result of a column of a chunk, besides the values in the slots.
#[derive(Debug)]
pub(super) struct Values {
    /// The type of all stored values; `None` if not all were stored.
    pub(super) stored: Option<Type>,
    pub(super) found: Found,
    pub(super) nulls: Bits,
    pub(super) truths: Bits,
    /// All texts, concatenated.
    pub(super) text: Vec<u8>,
    /// The words among the texts that were taken for missing values.
    pub(super) taken: Taken,
}

impl<'s> Cells<'s> {
    pub(super) fn new(plan: Plan, slot: Slot<'s>, text_bytes: usize) -> Cells<'s> {
        let (mode, exact) = match plan {
            Plan::Skip => (Mode::Skip, false),
            Plan::AtLeast(Type::Nothing) => (Mode::Notice, false),
            Plan::AtLeast(kind) => (Mode::Store(kind), false),
            Plan::Exactly(kind) => (Mode::Store(kind), true),
            Plan::Quoted(_) => (Mode::Store(Type::Text), false),
        };
        let text = if mode == Mode::Store(Type::Text) { Vec::with_capacity(text_bytes) } else { Vec::new() };
        let found = Found { kind: plan.stored(), ..Found::NOTHING };
        let (nulls, truths, taken) = (Bits::default(), Bits::default(), Taken::default());
        let values = Values { stored: None, found, nulls, truths, text, taken };
        Cells { mode, exact, slot, values }
    }

    pub(super) fn is_skipped(&self) -> bool {
        self.mode == Mode::Skip
    }

    pub(super) fn finish(mut self) -> Values {
        if let Mode::Store(kind) = self.mode {
            self.values.stored = Some(kind);
        }
        self.values
    }

    /// Parses the fields of a lane, starting at row `at` of the chunk. False if one does not fit the declared type.
    pub(super) fn fill(&mut self, lane: &Lane<'_>, at: usize, rules: &Rules) -> bool {
        let mut row = 0;
        while row < lane.rows {
            row = match self.mode {
                Mode::Skip => return true,
                Mode::Notice => self.notice(lane, row, rules),
                Mode::Store(Type::Count) => self.wide::<Count>(lane, row, at, rules),
                Mode::Store(Type::Continuous) => self.wide::<Continuous>(lane, row, at, rules),
                Mode::Store(Type::Date) => self.wide::<Date>(lane, row, at, rules),
                Mode::Store(Type::Time) => self.wide::<Time>(lane, row, at, rules),
                Mode::Store(Type::Bool) => self.truths(lane, row, at, rules),
                Mode::Store(Type::Text) => self.texts(lane, row, at, rules),
                Mode::Store(Type::Nothing) => lane.rows,
            };
            if row < lane.rows && matches!(self.mode, Mode::Store(_)) {
                if self.exact {
                    return false;
                }
                self.widen(&lane.field(row, &rules.marks), at + row, rules);
            }
        }
        true
    }

    /// Continues with a wider type, since this field does not fit.
    fn widen(&mut self, field: &Field<'_>, row: usize, rules: &Rules) {
        rules.notice(field, &mut self.values.found);
        self.mode = match (self.mode, self.values.found.kind) {
            (Mode::Store(Type::Count), Type::Continuous) => {
                self.slot.count_to_continuous(row);
                Mode::Store(Type::Continuous)
            }
            (_, Type::Text) => Mode::Skip,
            _ => Mode::Notice,
        };
    }

    fn notice(&mut self, lane: &Lane<'_>, from: usize, rules: &Rules) -> usize {
        for row in from..lane.rows {
            let field = lane.field(row, &rules.marks);
            if rules.dialect.is_null(&field) || field.bytes.is_empty() {
                self.values.found.null_or_text |= rules.is_text_instead(&field);
                continue;
            }
            rules.notice(&field, &mut self.values.found);
            if self.values.found.kind == Type::Text {
                self.mode = Mode::Skip;
                return lane.rows;
            }
        }
        lane.rows
    }

    /// Records a null; false if the field is not null.
    fn null(&mut self, field: &Field<'_>, row: usize, rules: &Rules) -> bool {
        if rules.dialect.is_null(field) || field.bytes.is_empty() {
            self.values.found.null_or_text |= rules.is_text_instead(field);
            self.values.nulls.set(row);
            return true;
        }
        false
    }

    /// Parses values of eight bytes from row `from` of the lane, up to the first one that does not fit.
    fn wide<V: Wide>(&mut self, lane: &Lane<'_>, from: usize, at: usize, rules: &Rules) -> usize {
        let mut reader = V::default();
        let plain = rules.plain_numbers || !V::NUMBER;
        // A null value may look like a number.
        let nulls_first = !V::NUMBER || !rules.dialect.plain_decimals;
        // The slots are moved out, so that they need not be looked up after every value.
        let Slot::Wide(places) = std::mem::take(&mut self.slot) else { return lane.rows };
        let mut row = from;
        for place in &mut places[at + from..at + lane.rows] {
            let (start, end) = lane.span(row);
            let may_be_plain = plain && !(nulls_first && rules.dialect.is_null_text(&lane.bytes[start..end]));
            if may_be_plain && let Some(value) = reader.plain(lane.bytes, start, end, &mut self.values.found) {
                *place = value;
            } else if start == end {
                self.values.nulls.set(at + row);
            } else {
                let field = lane.field(row, &rules.marks);
                if !self.null(&field, at + row, rules) {
                    if V::NUMBER && !self.exact && CodeSign::of(field.bytes).is_some() {
                        break;
                    }
                    match V::value(field.bytes, rules, &mut self.values.found) {
                        Some(value) => *place = value,
                        None => break,
                    }
                }
            }
            row += 1;
        }
        self.slot = Slot::Wide(places);
        row
    }

    fn truths(&mut self, lane: &Lane<'_>, from: usize, at: usize, rules: &Rules) -> usize {
        let truth = if self.exact { literal::truth_declared } else { literal::truth };
        for row in from..lane.rows {
            let field = lane.field(row, &rules.marks);
            if !self.null(&field, at + row, rules) {
                match truth(field.bytes) {
                    Some(true) => self.values.truths.set(at + row),
                    Some(false) => {}
                    None => return row,
                }
            }
        }
        lane.rows
    }

    fn texts(&mut self, lane: &Lane<'_>, from: usize, at: usize, rules: &Rules) -> usize {
        const SHORT: usize = 16;
        let Slot::Ends(places) = std::mem::take(&mut self.slot) else { return lane.rows };
        let null_words = rules.dialect.text_nulls(self.exact);
        let text = &mut self.values.text;
        for (row, place) in (from..).zip(&mut places[at + from..at + lane.rows]) {
            let (start, end) = lane.span(row);
            let length = end - start;
            if length == 0 {
                self.values.nulls.set(at + row);
            } else if length <= SHORT
                && rules.is_plain_text(lane.bytes, start, end)
                && !null_words.has(&lane.bytes[start..end])
            {
                // Copying a fixed number of bytes is much cheaper than copying exactly those needed.
                let filled = text.len();
                text.extend_from_slice(&lane.bytes[start..start + SHORT]);
                text.truncate(filled + length);
            } else {
                let field = lane.field(row, &rules.marks);
                if !field.quoted && null_words.has(field.bytes) {
                    self.values.nulls.set(at + row);
                    if !field.bytes.is_empty() {
                        self.values.taken.add(field.bytes);
                    }
                } else {
                    text.extend_from_slice(&field.text(&rules.marks));
                }
            }
            *place = text.len() as TextOffset;
        }
        self.slot = Slot::Ends(places);
        lane.rows
    }
}

/// A type with values of eight bytes.
trait Wide: Default {
    /// Is it numeric?
    const NUMBER: bool;

    /// Parses the value from `start` to `end` in the common notation; otherwise [`Wide::value`] is called.
    fn plain(&mut self, bytes: &[u8], start: usize, end: usize, found: &mut Found) -> Option<u64>;

    /// Parses a value in any notation.
    fn value(text: &[u8], rules: &Rules, found: &mut Found) -> Option<u64>;
}

#[derive(Default)]
struct Count;

impl Wide for Count {
    const NUMBER: bool = true;

    #[inline(always)]
    fn plain(&mut self, bytes: &[u8], start: usize, end: usize, _: &mut Found) -> Option<u64> {
        Some(Decimal::read(bytes, start, end)?.as_i64()?.cast_unsigned())
    }

    fn value(text: &[u8], rules: &Rules, _: &mut Found) -> Option<u64> {
        match rules.dialect.number(text)? {
            Number::Whole(value) => Some(value.cast_unsigned()),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Continuous;

impl Wide for Continuous {
    const NUMBER: bool = true;

    #[inline(always)]
    fn plain(&mut self, bytes: &[u8], start: usize, end: usize, found: &mut Found) -> Option<u64> {
        let decimal = Decimal::read(bytes, start, end)?;
        // A whole number may be huge, or a negative zero.
        found.fractional |= decimal.pointed;
        if !decimal.pointed && decimal.as_i64().is_none() {
            return None;
        }
        Some(decimal.as_f64().to_bits())
    }

    fn value(text: &[u8], rules: &Rules, found: &mut Found) -> Option<u64> {
        let number = rules.dialect.number(text)?;
        found.fractional |= matches!(number, Number::Real(_));
        found.huge |= matches!(number, Number::Huge(_));
        Some(number.as_f64().to_bits())
    }
}

/// Consecutive rows often have the same day: the last one is cached.
#[derive(Default)]
struct Date {
    day: [u8; 10],
    micros: i64,
}

impl Wide for Date {
    const NUMBER: bool = false;

    #[inline(always)]
    fn plain(&mut self, bytes: &[u8], start: usize, end: usize, _: &mut Found) -> Option<u64> {
        let text = bytes.get(start..end)?;
        let day: &[u8; 10] = text.first_chunk()?;
        let time = match text.len() {
            10 => 0,
            19 if matches!(text[10], b'T' | b' ') => clock(decimal::word(bytes, start + 11)?)?,
            _ => return None,
        };
        if *day != self.day {
            self.micros = literal::date(day)?;
            self.day = *day;
        }
        Some((self.micros + time).cast_unsigned())
    }

    fn value(text: &[u8], rules: &Rules, _: &mut Found) -> Option<u64> {
        rules.dialect.date(text).map(i64::cast_unsigned)
    }
}

/// Parses `HH:MM:SS` as microseconds.
#[inline(always)]
fn clock(text: u64) -> Option<i64> {
    let digits = text ^ u64::from_le_bytes(*b"00:00:00");
    // Digits are up to 9, colons 0: anything else sets a top bit or another bit of a colon.
    let more = digits.wrapping_add(u64::from_le_bytes([0x76, 0x76, 0x7F, 0x76, 0x76, 0x7F, 0x76, 0x76])) | digits;
    if more & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pair = |place: u32| (digits >> place & 0xFF) * 10 + (digits >> (place + 8) & 0xFF);
    let (hour, minute, second) = (pair(0), pair(24), pair(48));
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then_some(((hour * 60 + minute) * 60 + second).cast_signed() * literal::SECOND)
}

#[derive(Default)]
struct Time;

impl Wide for Time {
    const NUMBER: bool = false;

    fn plain(&mut self, _: &[u8], _: usize, _: usize, _: &mut Found) -> Option<u64> {
        None
    }

    fn value(text: &[u8], _: &Rules, _: &mut Found) -> Option<u64> {
        literal::time(text).map(i64::cast_unsigned)
    }
}
