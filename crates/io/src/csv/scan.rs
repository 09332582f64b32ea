//! Fields and records of delimited text, one byte after another: the state machine that all other reading has to agree
//! with.

use super::dialect::Dialect;
use std::borrow::Cow;

/// What is wrong with the text, and at which byte of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The byte.
    pub(super) offset: u64,
    /// What is wrong there.
    pub(super) kind: FaultKind,
    /// What stands there, as it is shown in a message.
    pub(super) shown: String,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A quote that opens here is never closed.
    OpenQuote,
    /// A closing quote with text after it.
    TextAfterQuote,
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
    /// A value that does not fit the kind that was asked for.
    Misfit { column: usize },
    /// The text is not what it was when it was looked at before.
    Changed,
}

/// The bytes that end fields and records, or hide such ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) delimiter: u8,
    pub(super) quote: u8,
    pub(super) escape: Option<u8>,
    pub(super) comment: Option<u8>,
    /// Is a carriage return alone a line end too?
    pub(super) lone_returns: bool,
}

impl Marks {
    pub(super) fn of(dialect: &Dialect, lone_returns: bool) -> Marks {
        let Dialect { delimiter, quote, escape, comment, .. } = *dialect;
        Marks { delimiter, quote, escape: escape.filter(|&byte| byte != quote), comment, lone_returns }
    }

    /// A blank or a tab that does not delimit.
    #[inline]
    pub(super) fn is_blank(&self, byte: u8) -> bool {
        (byte == b' ' || byte == b'\t') && byte != self.delimiter
    }

    /// The first position from `position` on that is no blank.
    #[inline]
    pub(super) fn skip_blanks(&self, bytes: &[u8], mut position: usize) -> usize {
        while bytes.get(position).is_some_and(|&byte| self.is_blank(byte)) {
            position += 1;
        }
        position
    }
}

/// A field as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// Its bytes without quotes around them; unquoted, without blanks around them.
    pub(super) bytes: &'a [u8],
    /// Was it quoted?
    pub(super) quoted: bool,
}

impl<'a> Field<'a> {
    /// The field of these bytes, which go up to its end; those of the `last` field of a record up to the line feed.
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

    /// Its text, with doubled and escaped quotes undone.
    pub(super) fn text(&self, marks: &Marks) -> Cow<'a, [u8]> {
        let hides = |byte: u8| byte == marks.quote || Some(byte) == marks.escape;
        if !self.quoted || !self.bytes.iter().any(|&byte| hides(byte)) {
            return Cow::Borrowed(self.bytes);
        }
        let mut text = Vec::with_capacity(self.bytes.len());
        let mut bytes = self.bytes.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            // What hides is taken off what it hides: a quote, or itself.
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

/// A record that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// The position behind its line end.
    pub(super) end: usize,
    /// The first closing quote with text after it.
    pub(super) text_after_quote: Option<usize>,
}

/// The bytes end before the record does; in quotes that open there, if it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfinished {
    pub(super) quote: Option<usize>,
}

/// Walks over the record at `position`, and adds to `starts` where the field behind each of its fields starts. A quote
/// inside an unquoted field is text; so is all that stands between a closing quote and the end of its field.
pub(super) fn record(
    bytes: &[u8],
    mut position: usize,
    marks: &Marks,
    starts: &mut Vec<u32>,
) -> Result<Record, Unfinished> {
    let mut text_after_quote = None;
    loop {
        position = marks.skip_blanks(bytes, position);
        if bytes.get(position) == Some(&marks.quote) {
            let open = position;
            let close = closing_quote(bytes, open, marks).ok_or(Unfinished { quote: Some(open) })?;
            position = marks.skip_blanks(bytes, close + 1);
            let ends = match bytes.get(position..) {
                None | Some([] | [b'\r']) => return Err(Unfinished { quote: None }),
                Some([b'\r', next, ..]) => *next == b'\n' || marks.lone_returns,
                Some([byte, ..]) => *byte == marks.delimiter || *byte == b'\n',
            };
            if !ends {
                text_after_quote = text_after_quote.or(Some(close));
            }
        }
        let end = field_end(bytes, position, marks).ok_or(Unfinished { quote: None })?;
        starts.push(end as u32 + 1);
        position = end + 1;
        if bytes[end] != marks.delimiter {
            return Ok(Record { end: position, text_after_quote });
        }
    }
}

/// The delimiter or line end from `position` on, outside quotes.
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

/// The quote that closes the one at `open`.
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

/// The position behind the line end from `position` on, whatever else stands in the line.
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

/// Some text as it is shown in a message.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim_end().chars().take(60).collect()
}

/// The line of a text from `position` on, as it is shown in a message.
pub(super) fn line_shown(text: &[u8], position: usize) -> String {
    let rest = &text[position..];
    shown(rest.split(|&byte| byte == b'\n').next().unwrap_or(rest))
}
