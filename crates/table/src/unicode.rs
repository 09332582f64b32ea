//! Texts that look alike, and differ in their code points.

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Normalises a text, so that texts that look alike are equal: characters with their marks are composed (NFC, Unicode
/// Standard Annex #15), blanks of any width, such as no-break spaces, are spaces, and invisible characters are
/// left out: zero-width spaces, word joiners, byte order marks, soft hyphens. Joiners, which change what a script or an
/// emoji looks like, are kept. Texts of ASCII are returned as they are.
///
/// ```
/// use pipewright_table::normalized;
/// assert_eq!(normalized("Cafe\u{301}\u{a0}No\u{ad}ir\u{200b}"), "Café Noir");
/// ```
#[must_use]
pub fn normalized(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || (is_nfc(text) && !text.contains(|c| is_blank(c) || is_unseen(c))) {
        return Cow::Borrowed(text);
    }
    let seen = text.chars().filter(|&c| !is_unseen(c)).map(|c| if is_blank(c) { ' ' } else { c });
    Cow::Owned(seen.nfc().collect())
}

/// Finds the text that looks like this one and differs in its code points, and says so in a line of help.
///
/// ```
/// use pipewright_table::look_alike;
/// let (near, help) = look_alike("cafe\u{301}", ["tea", "café"]).unwrap();
/// assert_eq!(near, "café");
/// assert_eq!(help, r#"did you mean "café"? It looks like "cafe\u{301}", and differs in its code points"#);
/// ```
#[must_use]
pub fn look_alike<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, String)> {
    let normal = normalized(text);
    let near = known.into_iter().find(|other| *other != text && normalized(other) == normal)?;
    Some((near, format!("did you mean {near:?}? It looks like {text:?}, and differs in its code points")))
}

/// Is it a blank other than the space, of one line?
fn is_blank(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `unicodedata.normalize("NFC", …)` of Python 3.11.
    #[test]
    fn characters_are_composed() {
        for (text, composed) in [
            ("e\u{301}", "é"),
            ("\u{212b}ngstro\u{308}m", "Ångström"),
            ("\u{1100}\u{1161}\u{11a8}", "각"),
            ("q\u{323}\u{307}", "q\u{323}\u{307}"),
            ("q\u{307}\u{323}", "q\u{323}\u{307}"),
            ("ﬁn", "ﬁn"),
        ] {
            assert_eq!(normalized(text), composed);
        }
    }

    #[test]
    fn what_is_normal_is_not_copied() {
        for text in ["", "plain", "Zürich", "नमस्ते", "👩\u{200d}🔬", "می\u{200c}خواهم"] {
            assert!(matches!(normalized(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(normalized("a\u{a0}b\u{2009}c\u{feff}"), "a b c");
    }
}
