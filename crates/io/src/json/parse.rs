//! Parser of JSON values: strings, numbers, lists. Every byte is checked against the grammar.

use crate::gather::Cell;
use pipewright_table::literal::EXACT_MAX;

/// Maximum nesting of objects and lists.
pub(super) const DEPTH_MAX: usize = 128;

/// A fault and its position, relative to the start of the bytes.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) kind: FaultKind,
}

#[derive(Debug, PartialEq)]
pub(super) enum FaultKind {
    /// Something else is required here.
    Expected(&'static str),
    /// The line or the file ends inside a value.
    Unfinished,
    /// A control character in a string.
    Control,
    BadEscape,
    NotText,
    OutOfRange,
    Deep,
    /// A duplicate key in an object.
    Again(String),
    /// A value that does not have the declared type of its column.
    Misfit(String),
    LongName,
    TooManyColumns,
    LongField,
    /// Keys that differ from row to row, so that the table would be almost entirely null.
    Sparse,
}

impl FaultKind {
    /// Is it confined to one row, so that the others can be read?
    pub(super) fn is_of_row(&self) -> bool {
        use FaultKind::{LongField, Sparse, TooManyColumns};
        !matches!(self, TooManyColumns | LongField | Sparse)
    }
}

/// A position in a byte string.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// Must a value end on its line?
    pub(super) lines: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], lines: bool) -> Cursor<'a> {
        Cursor { bytes, at: 0, lines }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(super) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            if self.lines && self.peek() == Some(b'\n') {
                return;
            }
            self.at += 1;
        }
    }

    /// Skips white space and one required byte.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        self.skip_blanks();
        if self.peek() != Some(byte) {
            return Err(self.unexpected(what));
        }
        self.at += 1;
        Ok(())
    }

    /// Creates the fault that something other than `what` is here, or nothing.
    pub(super) fn unexpected(&self, what: &'static str) -> Fault {
        let ends = self.peek().is_none_or(|byte| self.lines && byte == b'\n');
        self.fault(if ends { FaultKind::Unfinished } else { FaultKind::Expected(what) })
    }

    pub(super) fn fault(&self, kind: FaultKind) -> Fault {
        Fault { offset: self.at, kind }
    }

    /// Parses a string; returns the content between the quotes, and whether it has escapes.
    #[inline]
    pub(super) fn string(&mut self) -> Result<(&'a [u8], bool), Fault> {
        let start = self.at + 1;
        let (mut at, mut escaped) = (start, false);
        loop {
            at = next_special(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok((&self.bytes[start..at], escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(byte) if *byte != b'\n' || !self.lines => {
                    return Err(Fault { offset: at, kind: FaultKind::Control });
                }
                _ => return Err(Fault { offset: at.min(self.bytes.len()), kind: FaultKind::Unfinished }),
            }
        }
    }

    /// Parses a number. A whole one that fits 64 bits is a count.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Cell<'a>, Fault> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        let first = start + usize::from(negative);
        let (mantissa, point) = digits(self.bytes, first, 0);
        if point == first || (self.bytes[first] == b'0' && point > first + 1) {
            self.at = first;
            return Err(self.unexpected("a number that begins with a digit, the first one not 0"));
        }
        if !matches!(self.bytes.get(point), Some(b'.' | b'e' | b'E')) {
            self.at = point;
            let whole = if negative { (mantissa as i64).wrapping_neg() } else { mantissa as i64 };
            return Ok(match point - first {
                _ if negative && mantissa == 0 => Cell::Real(-0.0),
                ..19 => Cell::Whole(whole),
                _ => self.long_whole(start),
            });
        }
        let (mut mantissa, mut end) = (mantissa, point);
        if self.bytes[point] == b'.' {
            (mantissa, end) = digits(self.bytes, point + 1, mantissa);
            if end == point + 1 {
                self.at = end;
                return Err(self.unexpected("a digit after the point"));
            }
        }
        let pointed = end;
        if let Some(b'e' | b'E') = self.bytes.get(end) {
            let signed = usize::from(matches!(self.bytes.get(end + 1), Some(b'+' | b'-')));
            let power = end + 1 + signed;
            (_, end) = digits(self.bytes, power, 0);
            if end == power {
                self.at = end;
                return Err(self.unexpected("a digit of the exponent"));
            }
        }
        self.at = end;
        let count = pointed - first - usize::from(pointed > point);
        if end == pointed && count <= 19 && mantissa <= EXACT_MAX {
            // Mantissa and power of ten are exact, so the single division rounds once (Clinger 1990).
            let magnitude = mantissa as f64 / POWERS_OF_TEN[pointed - point - 1];
            return Ok(Cell::Real(if negative { -magnitude } else { magnitude }));
        }
        match self.parsed(start) {
            Some(value) if value.is_finite() => Ok(Cell::Real(value)),
            _ => Err(Fault { offset: start, kind: FaultKind::OutOfRange }),
        }
    }

    /// Whole numbers of 19 digits and more.
    #[cold]
    fn long_whole(&self, start: usize) -> Cell<'a> {
        let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        match text.parse() {
            Ok(whole) => Cell::Whole(whole),
            Err(_) => Cell::Huge(self.parsed(start).unwrap_or(f64::NAN)),
        }
    }

    #[cold]
    fn parsed(&self, start: usize) -> Option<f64> {
        std::str::from_utf8(&self.bytes[start..self.at]).ok()?.parse().ok()
    }

    /// Skips `true`, `false` or `null`.
    #[inline]
    pub(super) fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.unexpected("a value"))
    }

    /// Parses a list, and returns its text.
    pub(super) fn list(&mut self, depth: usize) -> Result<&'a [u8], Fault> {
        let start = self.at;
        self.skip_value(depth)?;
        Ok(&self.bytes[start..self.at])
    }

    /// Skips a value of any type.
    pub(super) fn skip_value(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > DEPTH_MAX {
            return Err(self.fault(FaultKind::Deep));
        }
        match self.peek() {
            Some(b'"') => {
                let start = self.at;
                let (raw, escaped) = self.string()?;
                if escaped { unescape(raw, start + 1, &mut Vec::new()) } else { Ok(()) }
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'[') => self.skip_members(b']', |cursor| cursor.skip_value(depth + 1)),
            Some(b'{') => self.skip_members(b'}', |cursor| {
                if cursor.peek() != Some(b'"') {
                    return Err(cursor.unexpected("a key in quotes"));
                }
                cursor.skip_value(depth + 1)?;
                cursor.expect(b':', "a colon")?;
                cursor.skip_blanks();
                cursor.skip_value(depth + 1)
            }),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn skip_members(&mut self, close: u8, member: impl Fn(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            member(self)?;
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected("a comma or the end")),
            }
            self.skip_blanks();
        }
    }
}

const POWERS_OF_TEN: [f64; 20] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19];

/// Parses digits from a position, after those of `mantissa`; returns where they end. Wraps beyond 19 digits.
#[inline]
fn digits(bytes: &[u8], mut at: usize, mut mantissa: u64) -> (u64, usize) {
    while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (mantissa, at)
}

/// Returns the position of the next quote, backslash or control character, or the end: eight bytes at a time.
#[inline]
fn next_special(bytes: &[u8], mut at: usize) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    while let Some(Ok(eight)) = bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let word = u64::from_le_bytes(eight);
        let (quote, slash) = (word ^ (LOW * b'"' as u64), word ^ (LOW * b'\\' as u64));
        let control = word.wrapping_sub(LOW * 0x20) & !word;
        let found = (quote.wrapping_sub(LOW) & !quote | slash.wrapping_sub(LOW) & !slash | control) & HIGH;
        if found != 0 {
            // Borrows only propagate upwards: the lowest marked byte is right.
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20).unwrap_or(rest.len())
}

/// Appends an unescaped string. `offset` is its position, for faults.
pub(super) fn unescape(raw: &[u8], offset: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut at = 0;
    while let Some(length) = memchr::memchr(b'\\', &raw[at..]) {
        out.extend_from_slice(&raw[at..at + length]);
        at += length;
        let bad = Fault { offset: offset + at, kind: FaultKind::BadEscape };
        let plain = match raw.get(at + 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                let Some((character, length)) = unicode(&raw[at..]) else { return Err(bad) };
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
                continue;
            }
            _ => return Err(bad),
        };
        out.push(plain);
        at += 2;
    }
    out.extend_from_slice(&raw[at..]);
    Ok(())
}

/// Decodes `\uXXXX`, or a surrogate pair, and returns its length.
fn unicode(raw: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = raw.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let all = digits.iter().all(u8::is_ascii_hexdigit);
        u16::from_str_radix(std::str::from_utf8(digits).ok().filter(|_| all)?, 16).ok()
    };
    let first = unit(0)?;
    match char::from_u32(first.into()) {
        Some(character) => Some((character, 6)),
        None => {
            let pair = char::decode_utf16([first, unit(6)?]).next()?.ok()?;
            Some((pair, 12))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Option<Cell<'_>> {
        let mut cursor = Cursor::new(text.as_bytes(), true);
        let cell = cursor.number().ok()?;
        (cursor.at == text.len()).then_some(cell)
    }

    #[test]
    fn numbers_are_those_of_the_grammar() {
        assert_eq!(number("0"), Some(Cell::Whole(0)));
        assert_eq!(number("-9223372036854775808"), Some(Cell::Whole(i64::MIN)));
        assert_eq!(number("9223372036854775808"), Some(Cell::Huge(9_223_372_036_854_775_808.0)));
        assert_eq!(number("5.0"), Some(Cell::Real(5.0)));
        assert!(matches!(number("-0"), Some(Cell::Real(zero)) if zero.is_sign_negative()));
        for text in ["01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "1_000", "NaN", "-Infinity", "1e999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn escapes() {
        let plain = |raw: &str| {
            let mut out = Vec::new();
            unescape(raw.as_bytes(), 0, &mut out).ok().map(|()| String::from_utf8(out).unwrap())
        };
        assert_eq!(plain(r#"a\"\\\/\b\f\n\r\t"#).as_deref(), Some("a\"\\/\u{8}\u{c}\n\r\t"));
        assert_eq!(plain(r"\u00e9\uD83D\uDE00!").as_deref(), Some("é😀!"));
        for raw in [r"\x", r"\u12", r"\u+123", r"\uD800", r"\uD800\u0041", r"\uDC00"] {
            assert_eq!(plain(raw), None, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_serde(text in "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,22})?([eE][-+]?[0-9]{1,3})?") {
            let expected: Option<f64> = serde_json::from_str(&text).ok();
            let found = match number(&text) {
                Some(Cell::Whole(whole)) => Some(whole as f64),
                Some(Cell::Huge(value) | Cell::Real(value)) => Some(value),
                _ => None,
            };
            prop_assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits));
        }

        #[test]
        fn special_bytes_are_found(bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b'\\'), Just(0_u8),
            Just(31), Just(32), Just(33), Just(35), Just(91), Just(93), Just(0x80), Just(0xA2), Just(0xFF), any::<u8>()], 0..40)) {
            let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..32);
            let expected = bytes.iter().position(special).unwrap_or(bytes.len());
            prop_assert_eq!(next_special(&bytes, 0), expected);
        }

        #[test]
        fn values_are_judged_as_serde_judges(text in "[\\[\\]{}\",:0-9a-e\\\\ utrnflse.-]{0,20}") {
            let mut cursor = Cursor::new(text.as_bytes(), false);
            cursor.skip_blanks();
            let read = cursor.skip_value(1).map(|()| cursor.skip_blanks()).is_ok() && cursor.at == text.len();
            prop_assert_eq!(read, serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }
    }
}
