//! Fields and records of delimited text, and where a text can be cut between records.

use std::borrow::Cow;
use std::ops::Range;

/// What is wrong with the text, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The byte.
    pub(super) offset: usize,
    /// What is wrong there.
    pub(super) kind: FaultKind,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A quote that opens here is never closed.
    OpenQuote,
    /// A quote in a field that does not begin with one.
    StrayQuote,
    /// A closing quote with text after it.
    TextAfterQuote,
    /// Bytes that are not UTF-8.
    NotText,
    /// A byte of value zero.
    Nul,
    /// A field longer than the limit.
    LongField,
    /// A record of this many fields.
    Ragged { fields: usize },
    /// A value that does not fit the kind that was asked for.
    Misfit { column: usize },
}

/// A field as it stands in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    /// Its bytes without quotes around them; unquoted, without blanks around them.
    pub(super) bytes: &'a [u8],
    /// Was it quoted?
    pub(super) quoted: bool,
    /// Are there doubled quotes in it?
    pub(super) doubled: bool,
    /// Is it the last of its record?
    pub(super) last: bool,
}

impl<'a> Field<'a> {
    /// Its text with doubled quotes undone.
    pub(super) fn text(&self) -> Cow<'a, [u8]> {
        if !self.doubled {
            return Cow::Borrowed(self.bytes);
        }
        let mut text = Vec::with_capacity(self.bytes.len());
        let mut rest = self.bytes;
        while let Some(quote) = memchr::memchr(b'"', rest) {
            text.extend_from_slice(&rest[..=quote]);
            rest = &rest[(quote + 2).min(rest.len())..];
        }
        text.extend_from_slice(rest);
        Cow::Owned(text)
    }

    /// Is it empty and unquoted?
    pub(super) fn is_blank(&self) -> bool {
        !self.quoted && self.bytes.is_empty()
    }
}

/// The longest field.
pub(super) const FIELD_BYTES_MAX: usize = 16 << 20;

/// Reads the field at `position` and moves behind its delimiter or line end.
#[inline]
pub(super) fn next_field<'a>(bytes: &'a [u8], position: &mut usize, delimiter: u8) -> Result<Field<'a>, Fault> {
    let start = skip_blanks(bytes, *position, delimiter);
    if bytes.get(start) == Some(&b'"') {
        return quoted_field(bytes, start, position, delimiter);
    }
    let mut end = start;
    while let Some(&byte) = bytes.get(end) {
        if byte == delimiter || byte == b'\n' {
            break;
        }
        if byte == b'"' {
            return Err(Fault { offset: end, kind: FaultKind::StrayQuote });
        }
        end += 1;
    }
    let last = bytes.get(end) != Some(&delimiter);
    *position = (end + 1).min(bytes.len());
    let mut content = &bytes[start..end];
    if last {
        content = content.strip_suffix(b"\r").unwrap_or(content);
    }
    while let [rest @ .., byte] = content
        && is_blank(*byte, delimiter)
    {
        content = rest;
    }
    check_length(start, content)?;
    Ok(Field { bytes: content, quoted: false, doubled: false, last })
}

fn quoted_field<'a>(bytes: &'a [u8], open: usize, position: &mut usize, delimiter: u8) -> Result<Field<'a>, Fault> {
    let (mut close, mut doubled) = (open + 1, false);
    loop {
        match memchr::memchr(b'"', &bytes[close..]) {
            None => return Err(Fault { offset: open, kind: FaultKind::OpenQuote }),
            Some(distance) => close += distance,
        }
        if bytes.get(close + 1) != Some(&b'"') {
            break;
        }
        doubled = true;
        close += 2;
    }
    let content = &bytes[open + 1..close];
    check_length(open, content)?;
    let end = skip_blanks(bytes, close + 1, delimiter);
    let field = |last| Field { bytes: content, quoted: true, doubled, last };
    let (field, next) = match (bytes.get(end), bytes.get(end + 1)) {
        (Some(&byte), _) if byte == delimiter => (field(false), end + 1),
        (Some(b'\n'), _) => (field(true), end + 1),
        (Some(b'\r'), Some(b'\n')) => (field(true), end + 2),
        (None, _) | (Some(b'\r'), None) => (field(true), bytes.len()),
        (Some(_), _) => return Err(Fault { offset: close, kind: FaultKind::TextAfterQuote }),
    };
    *position = next;
    Ok(field)
}

fn check_length(offset: usize, content: &[u8]) -> Result<(), Fault> {
    if content.len() > FIELD_BYTES_MAX {
        return Err(Fault { offset, kind: FaultKind::LongField });
    }
    Ok(())
}

fn is_blank(byte: u8, delimiter: u8) -> bool {
    (byte == b' ' || byte == b'\t') && byte != delimiter
}

fn skip_blanks(bytes: &[u8], mut position: usize, delimiter: u8) -> usize {
    while bytes.get(position).is_some_and(|&byte| is_blank(byte, delimiter)) {
        position += 1;
    }
    position
}

/// The fields of the record at `position`.
pub(super) fn record<'a>(bytes: &'a [u8], position: &mut usize, delimiter: u8) -> Result<Vec<Field<'a>>, Fault> {
    let mut fields = Vec::new();
    loop {
        let field = next_field(bytes, position, delimiter)?;
        fields.push(field);
        if field.last {
            return Ok(fields);
        }
    }
}

/// Cuts a text that starts at a record into ranges of whole records, about `chunk_bytes` long each.
///
/// Whether a position lies inside quotes is told by the parity of the quotes before it: doubled quotes count twice.
/// A stray quote makes the parity wrong; then some range is read as faulty, and whoever reads falls back to reading
/// the text as one range.
pub(super) fn split(bytes: &[u8], chunk_bytes: usize) -> Vec<Range<usize>> {
    use rayon::prelude::*;
    let quotes: Vec<usize> =
        bytes.par_chunks(chunk_bytes).map(|chunk| memchr::memchr_iter(b'"', chunk).count()).collect();
    let mut starts = vec![0];
    let mut inside = false;
    for (chunk, quotes) in quotes.iter().enumerate().skip(1).map(|(chunk, _)| (chunk, quotes[chunk - 1])) {
        inside ^= quotes % 2 == 1;
        let start = next_record(bytes, chunk * chunk_bytes, inside);
        if start < bytes.len() && starts.last() != Some(&start) {
            starts.push(start);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// The first position behind a line end outside quotes, from `position` on.
fn next_record(bytes: &[u8], position: usize, mut inside: bool) -> usize {
    for offset in memchr::memchr2_iter(b'"', b'\n', &bytes[position..]) {
        match bytes[position + offset] {
            b'"' => inside = !inside,
            _ if !inside => return position + offset + 1,
            _ => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Result<Vec<String>, FaultKind> {
        let fields = record(text.as_bytes(), &mut 0, b',').map_err(|fault| fault.kind)?;
        Ok(fields.iter().map(|field| String::from_utf8(field.text().into_owned()).unwrap()).collect())
    }

    #[test]
    fn fields_of_a_record() {
        assert_eq!(texts(" a b ,\"x\"\"y\" ,, \"1,\n2\"\r\nnext").unwrap(), ["a b", "x\"y", "", "1,\n2"]);
        assert_eq!(texts("a,").unwrap(), ["a", ""]);
        assert_eq!(texts("\"\"\"\"\"\"").unwrap(), ["\"\""]);
        assert_eq!(texts("5\" disk,1"), Err(FaultKind::StrayQuote));
        assert_eq!(texts("\"a\"b,1"), Err(FaultKind::TextAfterQuote));
        assert_eq!(texts("1,\"a\n2,3\n"), Err(FaultKind::OpenQuote));
    }

    #[test]
    fn cuts_lie_between_records() {
        let text = b"a,\"x\ny\"\n\"\"\"\n\",b\nc,d";
        for chunk_bytes in 1..=text.len() {
            for range in split(text, chunk_bytes) {
                assert!([0, 8, 16].contains(&range.start), "{chunk_bytes}: {range:?}");
            }
        }
        assert_eq!(split(text, 1).len(), 3);
    }
}
