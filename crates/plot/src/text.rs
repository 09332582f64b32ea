//! Text as a picture sees it: cleaned, measured, cut and wrapped, without a font at hand.

use unicode_width::UnicodeWidthChar;

/// Advance widths of the printable ASCII characters in Liberation Sans (those of Arial and Helvetica), in thousandths
/// of the font size.
const ASCII: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// Fonts that stand in for Arial are a little wider.
const SAFETY: f64 = 1.04;

/// How text is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ruler {
    /// In pixels, of a sans-serif font of this size.
    Sans(f64),
    /// In columns of a terminal.
    Cells,
}

impl Ruler {
    fn of(self, character: char) -> f64 {
        let columns = character.width().unwrap_or(0);
        let Ruler::Sans(size) = self else { return columns as f64 };
        let thousandths = match (character, columns) {
            (' '..='~', _) => f64::from(ASCII[character as usize - 32]),
            (_, 0) => 0.0,
            (_, 2) | ('…' | '—' | '→' | '←', _) => 1000.0,
            ('\u{c0}'..='\u{24f}', _) => 620.0,
            _ => 680.0,
        };
        thousandths / 1000.0 * size * SAFETY
    }

    /// The width of a text.
    pub(crate) fn width(self, text: &str) -> f64 {
        text.chars().map(|character| self.of(character)).sum()
    }

    /// The text, cut and ended by `…` where it is wider than `room`; nothing if not even that fits.
    pub(crate) fn fit(self, text: &str, room: f64) -> String {
        // A room that was measured for this text has its width but for the last bit.
        if self.width(text) <= room + 1e-6 {
            return text.to_owned();
        }
        let room = room - self.of('…');
        if room < 0.0 {
            return String::new();
        }
        let mut taken = 0.0;
        let kept = text.char_indices().find(|(_, character)| {
            taken += self.of(*character);
            taken > room
        });
        let end = kept.map_or(text.len(), |(at, _)| at);
        format!("{}…", text[..end].trim_end())
    }

    /// The text in lines of at most `room`, broken at blanks; of more lines than `most`, the last one is cut.
    pub(crate) fn wrap(self, text: &str, room: f64, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(line) + self.of(' ') + self.width(word) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        if lines.len() > most {
            let rest = lines.split_off(most.saturating_sub(1)).join(" ");
            lines.extend((most > 0).then_some(rest));
        }
        lines.iter().map(|line| self.fit(line, room)).filter(|line| !line.is_empty()).collect()
    }
}

/// The text on one line, without characters that a terminal or a reader of XML acts on, or that turn text around.
pub(crate) fn clean(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        other if other.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits_and_says_so() {
        let ruler = Ruler::Sans(12.0);
        let name = "a rather long name of a column, žluťoučký, 名前";
        for room in 0..300 {
            let fitted = ruler.fit(name, f64::from(room));
            assert!(ruler.width(&fitted) <= f64::from(room) + 1e-6, "{fitted} in {room}");
            assert!(fitted == name || fitted.is_empty() || fitted.ends_with('…'));
        }
        assert_eq!(Ruler::Cells.fit("abcdef", 4.0), "abc…");
        assert_eq!(Ruler::Cells.fit("名前名前", 5.0), "名前…");
    }

    #[test]
    fn lines_are_broken_at_blanks_and_the_last_is_cut() {
        assert_eq!(Ruler::Cells.wrap("one two three four", 9.0, 5), ["one two", "three", "four"]);
        assert_eq!(Ruler::Cells.wrap("one two three four", 9.0, 2), ["one two", "three fo…"]);
        assert!(Ruler::Cells.wrap("one", 9.0, 0).is_empty());
    }

    #[test]
    fn nothing_in_a_clean_text_acts() {
        assert_eq!(clean("a\u{1b}[31m\nb\u{202e}\u{0}"), "a\u{fffd}[31m b\u{fffd}\u{fffd}");
    }
}
