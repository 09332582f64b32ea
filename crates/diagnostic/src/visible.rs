//! Text of files and scripts on a terminal: nothing in it moves the cursor, changes colours, or turns text around.

use std::borrow::Cow;

/// Is it a character that a terminal acts on, or one that reorders the text around it?
fn acts(character: char) -> bool {
    let reorders = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    reorders || (character.is_control() && !matches!(character, '\n' | '\t'))
}

/// The text with such characters written as escapes: `\u{1b}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let escaped = |character: char| match acts(character) {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    text.chars().map(escaped).collect()
}

/// The text with such characters replaced by others of the same number of bytes, so that spans stay where they are.
pub(crate) fn visible_in_place(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let shown = |(at, character): (usize, char)| match (acts(character), character.len_utf8()) {
        (false, _) => character,
        // The end of a line, as some systems write it.
        (true, 1) if text[at..].starts_with("\r\n") => character,
        (true, 1) => '?',
        (true, 2) => '¿',
        (true, _) => '\u{fffd}',
    };
    text.char_indices().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_written_out() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\u{9b}d"), "a\\u{1b}[31mb\\u{202e}c\\u{9b}d");
        assert!(matches!(visible("größer\n\tx"), Cow::Borrowed(_)));
    }

    #[test]
    fn in_place_every_other_byte_stays_where_it_is() {
        let text = "a\u{1b}b\u{9b}c\u{202e}d\re\r\nf";
        let shown = visible_in_place(text);
        assert_eq!(shown, "a?b¿c\u{fffd}d?e\r\nf");
        assert_eq!(shown.len(), text.len());
    }
}
