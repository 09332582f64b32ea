//! Tables as aligned text for display.

use crate::text::text_in;
use crate::{ColumnType, MomentForm, Table};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;

/// Maximum cell width in characters; longer text is truncated with `…`.
const CELL_CHARACTERS_MAX: usize = 32;

impl Table {
    /// Formats the first `rows_max` rows as aligned text: a header, numbers right-aligned, `·` for missing values.
    /// Columns that do not fit into `width_max` characters are left out, and the last line says what is not shown.
    #[must_use]
    pub fn show(&self, rows_max: usize, width_max: usize) -> String {
        self.head(rows_max).show_head(self.rows(), width_max)
    }

    /// Like [`Table::show`], for the head of a table of `rows_in_all` rows.
    #[must_use]
    pub fn show_head(&self, rows_in_all: usize, width_max: usize) -> String {
        let rows = self.rows();
        let mut lines = vec![String::new(); rows + 1];
        let mut shown = 0;
        for position in 0..self.columns().len() {
            let cells = self.cells(position, rows);
            let width = cells.iter().map(|cell| width_of(cell)).max().unwrap_or(0);
            let gap = if shown == 0 { 0 } else { 2 };
            if shown > 0 && width_of(&lines[0]) + gap + width > width_max {
                break;
            }
            let right = matches!(self.columns()[position].kind, ColumnType::Continuous | ColumnType::Count);
            for (line, cell) in lines.iter_mut().zip(&cells) {
                let padding = " ".repeat(width - width_of(cell));
                let (before, after) = if right { (&*padding, "") } else { ("", &*padding) };
                line.push_str(&" ".repeat(gap));
                line.push_str(before);
                line.push_str(cell);
                line.push_str(after);
            }
            shown += 1;
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        let more = [(rows_in_all.saturating_sub(rows), "row"), (self.columns().len() - shown, "column")];
        let more: Vec<String> = more
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, noun)| format!("{count} more {noun}{}", if count == 1 { "" } else { "s" }))
            .collect();
        if !more.is_empty() {
            text.push_str(&format!("… {}\n", more.join(", ")));
        }
        text
    }

    /// Formats the name and first values of a column.
    fn cells(&self, position: usize, rows: usize) -> Vec<String> {
        let (column, array) = (&self.columns()[position], &self.arrays()[position]);
        let form = MomentForm::of_array(&array.slice(0, rows));
        let mut cells = vec![bounded(&column.name)];
        cells.extend((0..rows).map(|row| match column.kind {
            _ if array.is_null(row) => "·".to_string(),
            ColumnType::Continuous => number_text(array.as_primitive::<Float64Type>().value(row)),
            _ => bounded(&text_in(array, row, form).unwrap_or_default()),
        }));
        cells
    }
}

/// Formats a number with at most seven significant digits.
fn number_text(number: f64) -> String {
    let magnitude = number.abs();
    if !number.is_finite() || number == 0.0 {
        return number.to_string();
    }
    if !(1e-4..1e15).contains(&magnitude) {
        let text = format!("{number:.6e}");
        let (mantissa, exponent) = text.split_once('e').expect("it was just written with one");
        return format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'));
    }
    let decimals = (6 - magnitude.log10().floor() as i32).max(0) as usize;
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

fn bounded(text: &str) -> String {
    shortened(text, CELL_CHARACTERS_MAX)
}

/// Truncates a text to one line of at most `width_max`, with `…` if it was cut.
#[must_use]
pub fn shortened(text: &str, width_max: usize) -> String {
    let clean = |character: char| if character.is_control() { '␣' } else { character };
    let clean: String = text.chars().map(clean).take(width_max + 1).collect();
    if width_of(&clean) <= width_max {
        return clean;
    }
    let mut short: String = clean.chars().take(width_max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Returns the display width of a text in characters.
#[must_use]
pub fn width_of(text: &str) -> usize {
    text.chars().count()
}
