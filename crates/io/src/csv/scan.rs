//! Byte-wise state machine for fields and records: the reference that all faster code must match.

use super::dialect::Dialect;
use std::borrow::Cow;

/// An error in the text, with its offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The offset of the byte.
    pub(super) offset: u64,
    /// The kind of error.
    pub(super) kind: FaultKind,
    /// The text at the error, formatted for messages.
    pub(super) shown: String,
}

/// Kinds of errors in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A quote that opens here is never closed.
    OpenQuote,
    /// A closing quote with text after it.
    TextAfterQuote,
    /// A quote inside an unquoted field that may hide the delimiters up to the next one.
    StrayQuote,
    /// Bytes that are not UTF-8.
    NotText,
    /// A byte of value zero.
    Nul,
    /// A field longer than the limit.
    LongField,
    /// A record longer than the limit.
    LongRecord,
    /// A record of this many fields.
    Ragged { fields: usize },
    /// A value that does not fit the declared type.
    Misfit { column: usize },
    /// The text has changed since it was first read.
    Changed,
}

/// The bytes that end fields and records, or quote such ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) delimiter: u8,
    pub(super) quote: u8,
    pub(super) escape: Option<u8>,
    pub(super) comment: Option<u8>,
    /// The blanks around fields that are no part of them: space and tab, without the delimiter.
    pub(super) blanks: [u8; 2],
    /// Is a lone carriage return a line end too?
    pub(super) lone_returns: bool,
}

/// A byte that does not occur in UTF-8.
const NO_BYTE: u8 = 0xff;

impl Marks {
    pub(super) fn of(dialect: &Dialect, lone_returns: bool) -> Marks {
        let Dialect { delimiter, quote, escape, comment, trim, .. } = *dialect;
        let blanks = [b' ', b'\t'].map(|blank| if trim && blank != delimiter { blank } else { NO_BYTE });
        Marks { delimiter, quote, escape: escape.filter(|&byte| byte != quote), comment, blanks, lone_returns }
    }

    /// Is it a blank that is no part of the field beside it?
    #[inline]
    pub(super) fn is_blank(&self, byte: u8) -> bool {
        byte == self.blanks[0] || byte == self.blanks[1]
    }

    /// Returns the first position from `position` that is not blank.
    #[inline]
    pub(super) fn skip_blanks(&self, bytes: &[u8], mut position: usize) -> usize {
        while bytes.get(position).is_some_and(|&byte| self.is_blank(byte)) {
            position += 1;
        }
        position
    }
}

/// A field in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// Its bytes without surrounding quotes; if unquoted, without surrounding spaces.
    pub(super) bytes: &'a [u8],
    /// Was it quoted?
    pub(super) quoted: bool,
}

impl<'a> Field<'a> {
    /// Creates the field of these bytes up to its end; for the `last` field of a record up to the line feed.
    #[inline]
    pub(super) fn of(mut bytes: &'a [u8], last: bool, marks: &Marks) -> Field<'a> {
        if last {
            bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        }
        while let [byte, rest @ ..] = bytes
            && marks.is_blank(*byte)
        {
            bytes = rest;
        }
        while let [rest @ .., byte] = bytes
            && marks.is_blank(*byte)
        {
            bytes = rest;
        }
        match bytes {
            [open, content @ .., close] if *open == marks.quote && *close == marks.quote => {
                Field { bytes: content, quoted: true }
            }
            _ => Field { bytes, quoted: false },
        }
    }

    /// Returns its text, with doubled and escaped quotes unescaped.
    pub(super) fn text(&self, marks: &Marks) -> Cow<'a, [u8]> {
        let hides = |byte: u8| byte == marks.quote || Some(byte) == marks.escape;
        if !self.quoted || !self.bytes.iter().any(|&byte| hides(byte)) {
            return Cow::Borrowed(self.bytes);
        }
        let mut text = Vec::with_capacity(self.bytes.len());
        let mut bytes = self.bytes.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            // An escape only removes itself before a quote or another escape.
            let hidden = bytes.next_if(|&next| hides(byte) && (next == marks.quote || next == byte));
            text.push(hidden.unwrap_or(byte));
        }
        Cow::Owned(text)
    }

    /// Is it empty and unquoted?
    pub(super) fn is_blank(&self) -> bool {
        !self.quoted && self.bytes.is_empty()
    }
}

/// A whole record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// The position after its line end.
    pub(super) end: usize,
    /// The first misplaced quote, and what is wrong with it.
    pub(super) misplaced_quote: Option<(usize, FaultKind)>,
}

/// The bytes end within the record; within quotes that open there, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfinished {
    pub(super) quote: Option<usize>,
}

/// Parses the record at `position`, and appends to `starts` the start of the field after each of its fields. A quote
/// inside an unquoted field is text; so is everything between a closing quote and the end of its field.
///
/// Quotes inside unquoted fields are misplaced if one seems to open a text, and one at the end of a later field to
/// close it, as in `1"a, b",2`: the field before the quoted one has lost its delimiter, or the comma is one. A single
/// quote, as in `5" disk`, and pairs of them within a field are well placed.
pub(super) fn record(
    bytes: &[u8],
    mut position: usize,
    marks: &Marks,
    starts: &mut Vec<u32>,
) -> Result<Record, Unfinished> {
    let (mut misplaced_quote, mut opening) = (None, None);
    loop {
        position = marks.skip_blanks(bytes, position);
        let (start, quoted) = (position, bytes.get(position) == Some(&marks.quote));
        if quoted {
            let open = position;
            let close = closing_quote(bytes, open, marks).ok_or(Unfinished { quote: Some(open) })?;
            position = marks.skip_blanks(bytes, close + 1);
            let ends = match bytes.get(position..) {
                None | Some([] | [b'\r']) => return Err(Unfinished { quote: None }),
                Some([b'\r', next, ..]) => *next == b'\n' || marks.lone_returns,
                Some([byte, ..]) => *byte == marks.delimiter || *byte == b'\n',
            };
            if !ends {
                misplaced_quote = misplaced_quote.or(Some((close, FaultKind::TextAfterQuote)));
            }
        }
        let end = field_end(bytes, position, marks).ok_or(Unfinished { quote: None })?;
        match (quoted, opening) {
            (true, _) => {}
            (false, None) => opening = odd_quote(&bytes[start..end], marks, false).map(|quote| start + quote),
            (false, Some(quote)) if odd_quote(&bytes[start..end], marks, true).is_some() => {
                misplaced_quote = misplaced_quote.or(Some((quote, FaultKind::StrayQuote)));
            }
            (false, Some(_)) => {}
        }
        starts.push(end as u32 + 1);
        position = end + 1;
        if bytes[end] != marks.delimiter {
            return Ok(Record { end: position, misplaced_quote });
        }
    }
}

/// Returns the last quote of an unquoted field that has an odd number of them, if it is, or is not, at its end.
fn odd_quote(field: &[u8], marks: &Marks, at_end: bool) -> Option<usize> {
    let last = memchr::memrchr(marks.quote, field)?;
    let is_at_end = field[last + 1..].iter().all(|&byte| marks.is_blank(byte) || byte == b'\r');
    let is_escaped = marks.escape.is_some_and(|escape| memchr::memchr(escape, field).is_some());
    let is_odd = memchr::memchr_iter(marks.quote, field).count() % 2 == 1;
    (is_odd && is_at_end == at_end && !is_escaped).then_some(last)
}

/// Returns the next delimiter or line end from `position`, outside quotes.
fn field_end(bytes: &[u8], position: usize, marks: &Marks) -> Option<usize> {
    let rest = bytes.get(position..)?;
    if !marks.lone_returns {
        return Some(position + memchr::memchr2(marks.delimiter, b'\n', rest)?);
    }
    let end = position + memchr::memchr3(marks.delimiter, b'\n', b'\r', rest)?;
    match bytes[end..] {
        [b'\r'] => None,
        [b'\r', b'\n', ..] => Some(end + 1),
        _ => Some(end),
    }
}

/// Returns the quote that closes the one at `open`.
fn closing_quote(bytes: &[u8], open: usize, marks: &Marks) -> Option<usize> {
    let mut position = open + 1;
    loop {
        let rest = bytes.get(position..)?;
        position += memchr::memchr2(marks.quote, marks.escape.unwrap_or(marks.quote), rest)?;
        let hides = bytes[position];
        let next = *bytes.get(position + 1)?;
        let hidden = next == marks.quote || (next == hides && hides != marks.quote);
        if hides == marks.quote && !hidden {
            return Some(position);
        }
        position += 1 + usize::from(hidden);
    }
}

/// Returns the position after the next line end from `position`, ignoring quotes.
pub(super) fn line_end(bytes: &[u8], position: usize, marks: &Marks) -> Option<usize> {
    let rest = bytes.get(position..)?;
    if !marks.lone_returns {
        return Some(position + memchr::memchr(b'\n', rest)? + 1);
    }
    let end = position + memchr::memchr2(b'\n', b'\r', rest)?;
    match bytes[end..] {
        [b'\r'] => None,
        [b'\r', b'\n', ..] => Some(end + 2),
        _ => Some(end + 1),
    }
}

/// Formats text for messages.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim_end().chars().take(60).collect()
}

/// Formats the line from `position` for messages.
pub(super) fn line_shown(text: &[u8], position: usize) -> String {
    let rest = &text[position..];
    shown(rest.split(|&byte| byte == b'\n').next().unwrap_or(rest))
}
