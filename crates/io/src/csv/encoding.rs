//! Decoding of other encodings to UTF-8.
//!
//! UTF-8 is passed through, without its byte order mark; UTF-16 is detected by its mark or its zero bytes; any other
//! encoding must be declared, since Latin-1 and its relatives cannot be told apart.

use crate::ReadOptions;
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use pipewright_diagnostic::{Failure, code, nearest};
use pipewright_world::Content;
use std::io;
use std::sync::Arc;

/// Converts the content to UTF-8, and returns the name of its encoding. If `truncated`, the last character may be
/// incomplete.
///
/// # Errors
/// An unknown encoding; invalid bytes in a known one, with their line; an exceeded limit.
pub(super) fn to_utf8(
    content: &Arc<dyn Content>,
    truncated: bool,
    options: &ReadOptions,
) -> Result<(Arc<dyn Content>, &'static str), Failure> {
    let head = content.start(HEAD_BYTES).map_err(|error| crate::source::unreadable(&error, options))?;
    let declared = options.encoding.as_deref().map(|label| named(label, options)).transpose()?;
    let (encoding, mark) = match (declared, Encoding::for_bom(&head)) {
        (None, Some(marked)) => marked,
        // Declared UTF-16 need not state the byte order.
        (Some(stated), Some((marked, mark))) if stated == marked || (is_utf16(stated) && is_utf16(marked)) => {
            (marked, mark)
        }
        (Some(stated), _) => (stated, 0),
        // UTF-16 has an even number of bytes.
        (None, None) if truncated || content.size().is_multiple_of(2) => (unmarked(&head), 0),
        (None, None) => (UTF_8, 0),
    };
    if encoding != UTF_8 {
        let text = decoded(&**content, encoding, mark, truncated, options)?;
        return Ok((Arc::new(text.into_bytes()), encoding.name()));
    }
    let content = match mark {
        0 => content.clone(),
        mark => Arc::new(Behind { content: content.clone(), start: mark }),
    };
    Ok((content, encoding.name()))
}

/// Bytes examined for detection.
const HEAD_BYTES: usize = 1000;

/// Bytes decoded at once.
const PIECE_BYTES: usize = 1 << 20;

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// Finds an encoding by its web label; hyphens and underscores are ignored.
fn named(label: &str, options: &ReadOptions) -> Result<&'static Encoding, Failure> {
    let known = |label: &str| Encoding::for_label_no_replacement(label.as_bytes());
    known(label).or_else(|| known(&label.replace(['-', '_'], ""))).ok_or_else(|| {
        let failure =
            Failure::new(code::BAD_VALUE, format!("unknown encoding `{}`", label.escape_debug())).file(&options.name);
        match nearest(label, NAMES)[..] {
            [] => failure.help(format!("for example: {}", NAMES[..6].join(", "))),
            ref near => failure.help(format!("did you mean {}?", near.join(" or "))),
        }
    })
}

/// Suggested names of encodings, most common first.
const NAMES: [&str; 28] = [
    "utf-8",
    "latin1",
    "windows-1252",
    "utf-16le",
    "shift_jis",
    "gbk",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-7",
    "iso-8859-15",
    "euc-jp",
    "iso-2022-jp",
    "gb18030",
    "big5",
    "euc-kr",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "ibm866",
];

/// Detects the encoding of a text without a mark. In UTF-16 every second byte of most letters, and of all line ends and
/// delimiters, is zero; other zero bytes are not text.
fn unmarked(head: &[u8]) -> &'static Encoding {
    let (pairs, _) = head.as_chunks::<2>();
    let high = pairs.iter().filter(|pair| pair[1] == 0).count();
    let low = pairs.iter().filter(|pair| pair[0] == 0).count();
    let most = |zeros: usize| zeros * 2 > pairs.len();
    if most(high) && low == 0 {
        UTF_16LE
    } else if most(low) && high == 0 {
        UTF_16BE
    } else {
        UTF_8
    }
}

fn decoded(
    content: &dyn Content,
    encoding: &'static Encoding,
    start: usize,
    truncated: bool,
    options: &ReadOptions,
) -> Result<String, Failure> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut text, mut offset, size) = (String::new(), start as u64, content.size());
    let mut piece = vec![0; PIECE_BYTES];
    while offset < size {
        let length = usize::try_from(size - offset).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let read = content.read_at(offset, &mut piece[..length]);
        read.map_err(|error| crate::source::unreadable(&error, options))?;
        offset += length as u64;
        let last = offset == size && !truncated;
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(length).unwrap_or(length));
        let (result, _) = decoder.decode_to_string_without_replacement(&piece[..length], &mut text, last);
        if let DecoderResult::Malformed(..) = result {
            let line = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64 + 1;
            let message = format!("bytes that are not {} text", encoding.name());
            return Err(Failure::new(code::BAD_CSV, message)
                .file(&options.name)
                .line(line)
                .help("is it in another encoding? load … encoding=\"…\""));
        }
        if text.len() as u64 > options.limits.unpacked_bytes {
            let limit = options.limits.unpacked_bytes >> 20;
            let message = format!("the text takes more than {limit} MiB as UTF-8");
            return Err(Failure::new(code::LIMIT_REACHED, message).file(&options.name));
        }
    }
    Ok(text)
}

/// A content from an offset.
struct Behind {
    content: Arc<dyn Content>,
    start: usize,
}

impl Content for Behind {
    fn size(&self) -> u64 {
        self.content.size() - self.start as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let offset = offset.checked_add(self.start as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.content.read_at(offset, out)
    }

    fn unchanged(&self) -> io::Result<()> {
        self.content.unchanged()
    }

    fn as_slice(&self) -> Option<&[u8]> {
        self.content.as_slice()?.get(self.start..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8], label: Option<&str>) -> Result<(String, &'static str), Failure> {
        let mut options = ReadOptions::new("t.csv");
        options.encoding = label.map(str::to_string);
        let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
        let (text, name) = to_utf8(&content, false, &options)?;
        Ok((String::from_utf8(text.start(usize::MAX).unwrap()).unwrap(), name))
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn utf8_passes_without_its_mark() {
        assert_eq!(read("a,ö\n".as_bytes(), None).unwrap(), ("a,ö\n".into(), "UTF-8"));
        assert_eq!(read("\u{FEFF}a,ö\n".as_bytes(), None).unwrap(), ("a,ö\n".into(), "UTF-8"));
        let content: Arc<dyn Content> = Arc::new(b"\xEF\xBB\xBFabc".to_vec());
        let (behind, _) = to_utf8(&content, false, &ReadOptions::new("t.csv")).unwrap();
        let mut end = [0; 2];
        behind.read_at(1, &mut end).unwrap();
        assert_eq!((behind.size(), behind.as_slice(), &end), (3, Some(&b"abc"[..]), b"bc"));
        assert!(behind.read_at(2, &mut end).is_err() && behind.read_at(u64::MAX, &mut end).is_err());
    }

    #[test]
    fn encodings_have_names() {
        assert_eq!(read(b"na\xEFve\n", Some("latin-1")).unwrap(), ("naïve\n".into(), "windows-1252"));
        assert_eq!(read(b"\x83e\x83X\x83g", Some("Shift_JIS")).unwrap(), ("テスト".into(), "Shift_JIS"));
        let unknown = read(b"a", Some("latn1")).unwrap_err();
        assert_eq!((unknown.code, unknown.help[0].as_str()), (code::BAD_VALUE, "did you mean latin1?"));
        assert_eq!(read(b"a", Some("qqq")).unwrap_err().help.len(), 1);
        for name in NAMES {
            assert!(Encoding::for_label_no_replacement(name.as_bytes()).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_malformed_has_a_line() {
        let told = |bytes: &[u8], label| {
            let failure = read(bytes, label).unwrap_err();
            (failure.code, failure.place.line)
        };
        assert_eq!(told(b"a\nb\n\x83\n", Some("shift_jis")), (code::BAD_CSV, Some(3)));
        assert_eq!(told(b"\xFF\xFEa\0\n\0b", None), (code::BAD_CSV, Some(2)));
        assert_eq!(told(&[b"\xFF\xFEa\0\n\0\n\0", &[0, 0xD8, b'x', 0][..]].concat(), None), (code::BAD_CSV, Some(3)));
    }

    #[test]
    fn a_head_may_end_inside_a_character() {
        let content: Arc<dyn Content> = Arc::new(b"\xFF\xFEa\0b".to_vec());
        let (text, _) = to_utf8(&content, true, &ReadOptions::new("t.csv")).unwrap();
        assert_eq!(text.as_slice(), Some(&b"a"[..]));
    }

    #[test]
    fn text_is_not_decoded_beyond_the_limit() {
        let mut options = ReadOptions::new("t.csv");
        options.limits.unpacked_bytes = 10;
        let content: Arc<dyn Content> = Arc::new(utf16("\u{FEFF}eleven chars", u16::to_le_bytes));
        assert_eq!(to_utf8(&content, false, &options).err().unwrap().code, code::LIMIT_REACHED);
    }

    #[test]
    fn zero_bytes_here_and_there_are_no_utf16() {
        for binary in [&b"a\0,b\0\n1,2\n"[..], b"a\0b"] {
            assert_eq!(read(binary, None).unwrap().1, "UTF-8");
        }
        assert_eq!(read(b"", None).unwrap(), (String::new(), "UTF-8"));
    }

    proptest! {
        #[test]
        fn utf16_comes_back(text in "[a-z,;\n0-9é€𝄞]{0,40}") {
            let marked = format!("\u{FEFF}{text}");
            for order in [u16::to_le_bytes, u16::to_be_bytes] {
                prop_assert_eq!(&read(&utf16(&marked, order), None).unwrap().0, &text);
                prop_assert_eq!(&read(&utf16(&marked, order), Some("utf-16")).unwrap().0, &text);
            }
        }

        #[test]
        fn unmarked_utf16_of_plain_letters_is_known(text in "[a-z,;\n0-9]{1,40}") {
            prop_assert_eq!(read(&utf16(&text, u16::to_le_bytes), None).unwrap(), (text.clone(), "UTF-16LE"));
            prop_assert_eq!(read(&utf16(&text, u16::to_be_bytes), None).unwrap(), (text.clone(), "UTF-16BE"));
        }

        #[test]
        fn latin1_is_read_byte_by_byte(bytes in prop::collection::vec(prop_oneof![1_u8..0x80, 0xA0_u8..], 0..50)) {
            let expected: String = bytes.iter().map(|&byte| char::from(byte)).collect();
            prop_assert_eq!(read(&bytes, Some("latin1")).unwrap().0, expected);
        }
    }
}
