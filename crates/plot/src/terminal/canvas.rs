//! The cells of a terminal: text, blocks, shades and braille dots, of which each cell shows the most telling one.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

use super::Look;
use crate::mark::Tone;
use crate::theme::{Palette, SERIES};

/// What marks of series look like where there are no colours.
pub(super) const SYMBOLS: [char; SERIES] = ['●', '+', '×', '○', '*', '#', '='];

/// The symbol of points and lines of this tone.
pub(super) fn symbol(tone: Tone, look: Look) -> char {
    match tone {
        Tone::Series(index) if !look.colour => SYMBOLS[index % SYMBOLS.len()],
        _ => SYMBOLS[0],
    }
}

/// A block that is as dense as the tone is strong.
pub(super) fn shade(tone: Tone) -> char {
    let strength = match tone {
        Tone::Sequential(share) | Tone::Value(share) => share,
        Tone::Diverging(share) => share.abs(),
        Tone::Muted => 0.4,
        Tone::Series(_) | Tone::Ink => 1.0,
    };
    ['·', '░', '▒', '▓', '█'][(strength.clamp(0.0, 1.0) * 4.0).round() as usize]
}

/// What a cell shows; a later kind covers an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Glyph {
    Empty,
    Shade(char),
    Block(char),
    Dots(u8),
    Sign(char),
    /// The second half of a wide character.
    Tail,
}

impl Glyph {
    fn rank(self) -> u8 {
        match self {
            Glyph::Empty => 0,
            Glyph::Shade(_) => 1,
            Glyph::Block(_) => 2,
            Glyph::Dots(_) => 3,
            Glyph::Sign(_) | Glyph::Tail => 4,
        }
    }
}

/// A rectangle of cells.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    width: usize,
    cells: Vec<(Glyph, Option<Tone>)>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, cells: vec![(Glyph::Empty, None); width * height] }
    }

    pub(super) fn of_lines(lines: &[String], width: usize) -> Canvas {
        let mut canvas = Canvas::new(width, lines.len());
        for (row, line) in lines.iter().enumerate() {
            canvas.write(0, row, line, None);
        }
        canvas
    }

    pub(super) fn height(&self) -> usize {
        self.cells.len() / self.width
    }

    pub(super) fn above(mut self, below: Canvas) -> Canvas {
        self.cells.extend(below.cells);
        self
    }

    /// Puts another canvas here, from this column on.
    pub(super) fn paste(&mut self, other: &Canvas, column: usize) {
        for (row, line) in other.cells.chunks(other.width).enumerate() {
            for (x, cell) in line.iter().enumerate().filter(|(x, _)| column + x < self.width) {
                self.cells[row * self.width + column + x] = *cell;
            }
        }
    }

    fn put(&mut self, x: usize, y: usize, glyph: Glyph, tone: Option<Tone>) {
        if x < self.width && y < self.height() {
            let cell = &mut self.cells[y * self.width + x];
            if glyph.rank() >= cell.0.rank() {
                *cell = (glyph, tone);
            }
        }
    }

    /// Writes a text; what is beyond the edge is lost. Returns the column after it.
    pub(super) fn write(&mut self, x: usize, y: usize, text: &str, tone: Option<Tone>) -> usize {
        let mut at = x;
        for character in text.chars() {
            let wide = character.width().unwrap_or(0);
            // A cell has one character: marks on top of letters are not shown.
            if wide == 0 || at + wide > self.width {
                continue;
            }
            self.put(at, y, Glyph::Sign(character), tone);
            if wide == 2 {
                self.put(at + 1, y, Glyph::Tail, tone);
            }
            at += wide;
        }
        at
    }

    pub(super) fn sign(&mut self, x: usize, y: usize, sign: char, tone: Tone) {
        self.put(x, y, Glyph::Sign(sign), Some(tone));
    }

    pub(super) fn block(&mut self, x: usize, y: usize, block: char, tone: Tone) {
        self.put(x, y, Glyph::Block(block), Some(tone));
    }

    pub(super) fn shade(&mut self, x: usize, y: usize, block: char, tone: Tone) {
        self.put(x, y, Glyph::Shade(block), Some(tone));
    }

    /// A bar to the right, of this many columns, to an eighth. Returns the column after it.
    pub(super) fn bar(&mut self, x: usize, y: usize, columns: f64, tone: Tone) -> usize {
        let eighths = (columns * 8.0).round() as usize;
        for full in 0..eighths / 8 {
            self.block(x + full, y, '█', tone);
        }
        if !eighths.is_multiple_of(8) {
            self.block(x + eighths / 8, y, ['▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8 - 1], tone);
        }
        x + eighths.div_ceil(8)
    }

    /// A braille dot; there are two to a column and four to a row.
    pub(super) fn dot(&mut self, x: usize, y: usize, tone: Tone) {
        let bit = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]][y % 4][x % 2];
        let (column, row) = (x / 2, y / 4);
        if column < self.width && row < self.height() {
            let before = match self.cells[row * self.width + column].0 {
                Glyph::Dots(bits) => bits,
                _ => 0,
            };
            self.put(column, row, Glyph::Dots(before | bit), Some(tone));
        }
    }

    /// The lines, without blanks at their ends.
    pub(super) fn text(&self, colour: bool) -> String {
        let mut out = String::new();
        for line in self.cells.chunks(self.width) {
            let mut shown = String::new();
            let mut current: Option<Tone> = None;
            let length = line.iter().rposition(|(glyph, _)| *glyph != Glyph::Empty).map_or(0, |last| last + 1);
            for (glyph, tone) in &line[..length] {
                let tone = if colour { *tone } else { None };
                if tone != current {
                    match tone {
                        Some(tone) => _ = write!(shown, "\u{1b}[38;5;{}m", ansi(Palette::TERMINAL.tone(tone))),
                        None => shown.push_str("\u{1b}[0m"),
                    }
                    current = tone;
                }
                match glyph {
                    Glyph::Empty => shown.push(' '),
                    Glyph::Shade(block) | Glyph::Block(block) | Glyph::Sign(block) => shown.push(*block),
                    Glyph::Dots(bits) => shown.extend(char::from_u32(0x2800 + u32::from(*bits))),
                    Glyph::Tail => {}
                }
            }
            if current.is_some() {
                shown.push_str("\u{1b}[0m");
            }
            out.push_str(shown.trim_end());
            out.push('\n');
        }
        out
    }
}

/// The nearest of the 216 colours of the cube that terminals with 256 colours have.
fn ansi(colour: [u8; 3]) -> u8 {
    let level = |channel: u8| match channel {
        0..48 => 0,
        48..115 => 1,
        _ => (channel - 35) / 40,
    };
    16 + 36 * level(colour[0]) + 6 * level(colour[1]) + level(colour[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_kinds_cover_earlier_ones_and_dots_are_joined() {
        let mut canvas = Canvas::new(4, 1);
        canvas.block(0, 0, '█', Tone::Ink);
        canvas.shade(0, 0, '░', Tone::Ink);
        canvas.dot(2, 0, Tone::Ink);
        canvas.dot(3, 3, Tone::Ink);
        canvas.write(2, 0, "名前", None);
        assert_eq!(canvas.text(false), "█⢁名\n");
        assert_eq!(canvas.text(true), "\u{1b}[38;5;189m█⢁\u{1b}[0m名\n");
    }

    #[test]
    fn bars_end_at_an_eighth() {
        let mut canvas = Canvas::new(10, 1);
        assert_eq!(canvas.bar(1, 0, 2.5, Tone::Series(0)), 4);
        assert_eq!(canvas.text(false), " ██▌\n");
    }
}
