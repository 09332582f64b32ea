//! Lines of a report: aligned cells, rounded numbers, bars.

use pipewright_frame::{shortened, width_of};

/// Lines of cells: the cells of a column are aligned, except for cells at the end of a line, which may be of any
/// width.
#[derive(Debug, Default)]
pub struct Lines {
    lines: Vec<Vec<Cell>>,
}

/// A cell of a line.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Aligned to the left.
    Left(String),
    /// Aligned to the right.
    Right(String),
    /// At the end of a line, not aligned, cut at the width of the line.
    Free(String),
    /// At the end of a line, as many of these as fit.
    List(Vec<String>),
}

impl Cell {
    /// The width that it needs; none if it takes the space that is left.
    fn width(&self) -> Option<usize> {
        match self {
            Cell::Left(text) | Cell::Right(text) => Some(width_of(text)),
            Cell::Free(_) | Cell::List(_) => None,
        }
    }
}

/// Joins as many items as fit the width, at least one, with `…` for the rest.
fn fitting(things: &[String], width_max: usize) -> String {
    let mut text = shortened(things.first().map_or("", String::as_str), width_max);
    for (place, thing) in things.iter().enumerate().skip(1) {
        let sign = if place + 1 < things.len() { ", …" } else { "" };
        if width_of(&text) + 2 + width_of(thing) + width_of(sign) > width_max {
            return format!("{text}, …");
        }
        text = format!("{text}, {thing}");
    }
    text
}

impl Lines {
    /// Adds a line.
    pub fn push(&mut self, line: impl IntoIterator<Item = Cell>) {
        self.lines.push(line.into_iter().collect());
    }

    /// Prints all lines, no wider than `width_max`: free cells are cut there.
    #[must_use]
    pub fn print(&self, indent: usize, width_max: usize) -> String {
        let mut widths: Vec<usize> = Vec::new();
        for line in &self.lines {
            for (place, width) in line.iter().enumerate().filter_map(|(place, cell)| Some((place, cell.width()?))) {
                widths.resize(widths.len().max(place + 1), 0);
                widths[place] = widths[place].max(width);
            }
        }
        let left = |line: &str, gap: &str| width_max.saturating_sub(width_of(line) + gap.len()).max(8);
        let mut text = String::new();
        for cells in &self.lines {
            let mut line = " ".repeat(indent);
            for (place, cell) in cells.iter().enumerate() {
                let gap = if place == 0 { "" } else { "  " };
                let padding = |text: &str| " ".repeat(widths.get(place).copied().unwrap_or(0) - width_of(text));
                match cell {
                    Cell::Left(text) => line.push_str(&format!("{gap}{text}{}", padding(text))),
                    Cell::Right(text) => line.push_str(&format!("{gap}{}{text}", padding(text))),
                    Cell::Free(text) => {
                        let left = left(&line, gap);
                        line.push_str(&format!("{gap}{}", shortened(text, left)));
                    }
                    Cell::List(things) => {
                        let left = left(&line, gap);
                        line.push_str(&format!("{gap}{}", fitting(things, left)));
                    }
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A number with four significant digits, or all digits before the point.
pub(crate) fn brief(number: f64) -> String {
    let magnitude = number.abs();
    if number == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e7).contains(&magnitude) {
        let text = format!("{number:.2e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa =
            if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
        return format!("{mantissa}e{exponent}");
    }
    let decimals = (3 - magnitude.log10().floor() as i32).max(0) as usize;
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// One bar per number, scaled to the largest; 0 is the lowest.
pub(crate) fn bars(counts: &[u64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let height = |count: u64| if count == 0 { 0 } else { 1 + (u128::from(count) * 6 / u128::from(most)) as usize };
    counts.iter().map(|count| BARS[height(*count)]).collect()
}

/// A value of a column: in quotes if it would be invisible.
pub(crate) fn value(text: &str, width_max: usize) -> String {
    if text.trim().is_empty() { format!("{:?}", shortened(text, width_max)) } else { shortened(text, width_max) }
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_aligned_and_free_ones_are_cut() {
        let mut lines = Lines::default();
        lines.push([Cell::Left("größe".into()), Cell::Right("7".into()), Cell::Free("a text without end".into())]);
        lines.push([Cell::Left("n".into()), Cell::Right("123".into())]);
        lines.push([Cell::Left("m".into()), Cell::List(["ab", "cd", "efg", "h"].map(String::from).into())]);
        lines.push([
            Cell::Left("m".into()),
            Cell::Right("4".into()),
            Cell::List(["ab", "c d"].map(String::from).into()),
        ]);
        let printed = " größe    7  a text wit…\n n      123\n m      ab, cd, efg, h\n m        4  ab, c d\n";
        assert_eq!(lines.print(1, 24), printed);
        assert_eq!(fitting(&["ab", "cd", "efg", "h"].map(String::from), 11), "ab, cd, …");
    }

    #[test]
    fn numbers_are_short() {
        let short: Vec<String> =
            [29.699_118, 0.0, -1.5, 512.3292, 4201.75, 123_456.7, 1.23e9, 0.000_123, 1000.0].map(brief).into();
        assert_eq!(short, ["29.7", "0", "-1.5", "512.3", "4202", "123457", "1.23e9", "1.23e-4", "1000"]);
    }

    #[test]
    fn bars_show_what_is_there() {
        assert_eq!(bars(&[0, 1, 50, 100]), "▁▂▅█");
        assert_eq!(bars(&[]), "");
        assert_eq!(bars(&[0, 0]), "▁▁");
    }
}
