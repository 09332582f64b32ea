//! The layout of JSON, as its first values show it.

use super::parse::{Cursor, FaultKind};

/// The layout of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One object per line.
    Lines,
    /// Objects one after the other, over any number of lines.
    Objects,
    /// One array of objects.
    Array,
}

/// Bytes of the first values that are looked at.
pub(super) const HEAD_BYTES: usize = 64 << 10;

impl Shape {
    /// Returns the layout of a text by its head, which starts with its first value. Objects are lines unless one of
    /// them continues on the next line, or shares its line with another.
    pub(super) fn of(head: &[u8]) -> Shape {
        if head.first() == Some(&b'[') {
            return Shape::Array;
        }
        let mut cursor = Cursor::new(head, false);
        while cursor.peek() == Some(b'{') {
            let start = cursor.at;
            let read = cursor.skip_value(1);
            let ends = read.as_ref().map_or_else(|fault| fault.offset, |()| cursor.at);
            let broken = head[start..ends.min(head.len())].contains(&b'\n');
            match read {
                Ok(()) if broken => return Shape::Objects,
                Ok(()) => {}
                Err(fault) if fault.kind == FaultKind::Unfinished && broken && head.len() == HEAD_BYTES => {
                    return Shape::Objects;
                }
                Err(_) => return Shape::Lines,
            }
            let behind = cursor.at;
            cursor.skip_blanks();
            if cursor.peek() == Some(b'{') && !head[behind..cursor.at].contains(&b'\n') {
                return Shape::Objects;
            }
        }
        Shape::Lines
    }
}

/// Does a file begin as JSON that could be a table? Delimited text whose first cell is an object does not: there,
/// another cell follows.
pub(crate) fn begins_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    let is_array = start.first() == Some(&b'[');
    let first = if is_array { start[1..].trim_ascii_start() } else { start };
    match first.first() {
        Some(b'{') => {}
        Some(b'[' | b']') if is_array => {}
        _ => return false,
    }
    let mut cursor = Cursor::new(start, false);
    match cursor.skip_value(1) {
        Ok(()) => is_followed_by_none_or_json(&start[cursor.at..]),
        Err(_) => has_key(first),
    }
}

fn is_followed_by_none_or_json(rest: &[u8]) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let next = rest.iter().position(|byte| !blank(byte)).map_or(&[][..], |next| &rest[next..]);
    match next.first() {
        None | Some(b'\n' | b'{' | b'[') => true,
        // Objects that are wrongly separated by commas are JSON with a fault.
        Some(b',') => next[1..].trim_ascii_start().first() == Some(&b'{'),
        Some(_) => false,
    }
}

/// Is there an object with a first key, as far as the bytes go?
fn has_key(object: &[u8]) -> bool {
    let Some(inner) = object.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else { return false };
    let mut cursor = Cursor::new(inner, false);
    match cursor.peek() {
        Some(b'"') => {}
        end => return end.is_none(),
    }
    match cursor.string().and_then(|_| cursor.expect(b':', "a colon")) {
        Ok(()) => true,
        Err(fault) => fault.kind == FaultKind::Unfinished,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_continue_or_share_a_line_are_no_lines() {
        for (text, shape) in [
            ("{\"a\":1}", Shape::Lines),
            ("{\"a\":1}\n{\"a\":2}\n", Shape::Lines),
            ("{\"a\":1}  \r\n\n {\"a\":2}", Shape::Lines),
            ("[{\"a\":1}]", Shape::Array),
            ("{\n  \"a\": 1\n}", Shape::Objects),
            ("{\"a\":1}{\"a\":2}", Shape::Objects),
            ("{\"a\":1} {\"a\":2}", Shape::Objects),
            ("{\"a\":1}\n{\"a\":\n2}\n", Shape::Objects),
            ("{\"a\":[1,\n2]}\n", Shape::Objects),
            // Damaged lines stay lines, so that the others can be read.
            ("{\"a\":1\n{\"a\":2}\n", Shape::Lines),
            ("{\"a\":\n", Shape::Lines),
        ] {
            assert_eq!(Shape::of(text.as_bytes()), shape, "{text}");
        }
        let long = |value: &str| format!("{{\n\"a\": [{}0]}}", value.repeat(HEAD_BYTES));
        assert_eq!(Shape::of(&long("1,\n").as_bytes()[..HEAD_BYTES]), Shape::Objects);
        assert_eq!(Shape::of(&long("1,").as_bytes()[1..HEAD_BYTES]), Shape::Lines);
    }

    #[test]
    fn json_is_recognised_and_text_with_braces_is_not() {
        for json in [
            "{\"a\":1}",
            "\u{FEFF} {\n \"a\" : tru",
            "{\"a\":1}\n{",
            "{\"a\":1}{\"a\":2}",
            "{}\n{\"a\":1}",
            "{",
            "{\"long ke",
            "[{\"a\":1}, {",
            "[\n  {\"a\":",
            "[]",
            "[[1,2],[3,4]]",
            "{\"a\":1,}",
            "{\"a\":1},\n{\"a\":2}",
        ] {
            assert!(begins_json(json.as_bytes()), "{json}");
        }
        for text in [
            "",
            "a,b\n1,2\n",
            "{a},b\n",
            "{\"a\":1},b\n",
            "{\"a\":1}\tx\n",
            "[2024] x",
            "[a]\n",
            "{}|1\n",
            "{\"a\",1\n",
            "[{a}]\n",
        ] {
            assert!(!begins_json(text.as_bytes()), "{text}");
        }
    }
}
