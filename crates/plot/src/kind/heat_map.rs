//! Heat maps: a number for each pair of names, as a colour.

use crate::figure::{Chart, Figure, Key, Ramp};
use crate::mark::{Mark, Rectangle};
use crate::number::short;
use crate::scale::Interval;
use crate::summary::{CATEGORIES, names, shown};

/// What a heat map shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeatMap<'a> {
    /// The title.
    pub title: &'a str,
    /// What the numbers are.
    pub name: &'a str,
    /// What the rows are; may be empty.
    pub row_label: &'a str,
    /// What the columns are; may be empty.
    pub column_label: &'a str,
    /// The names of the rows.
    pub rows: &'a [&'a str],
    /// The names of the columns.
    pub columns: &'a [&'a str],
    /// The numbers, row by row. One that is not finite, or is not there, is missing.
    pub values: &'a [f64],
    /// How the numbers are coloured: of diverging colours, the neutral one stands for 0.
    pub cells: Ramp,
}

/// A tile for each number, with the number in it where there is room.
#[must_use]
pub fn heat_map(of: &HeatMap<'_>) -> Figure {
    let range = Interval::of(of.values.iter().copied());
    draw(of, range)
}

/// Correlations of columns with each other, from −1 to 1; `values` row by row.
#[must_use]
pub fn correlations(columns: &[&str], values: &[f64]) -> Figure {
    let of = HeatMap {
        title: "Correlations of columns",
        name: "correlation",
        rows: columns,
        columns,
        values,
        cells: Ramp::Diverging,
        row_label: "",
        column_label: "",
    };
    draw(&of, Interval::of([-1.0, 1.0]))
}

fn draw(of: &HeatMap<'_>, range: Interval) -> Figure {
    let largest = range.low().abs().max(range.high().abs());
    let tone = |value: f64| match of.cells {
        Ramp::Diverging => of.cells.tone((value / largest).midpoint(1.0)),
        ramp => ramp.tone(range.share(value)),
    };
    let mut tiles = Vec::new();
    let mut missing = 0;
    for (row, row_name) in of.rows.iter().enumerate().take(CATEGORIES) {
        for (column, column_name) in of.columns.iter().enumerate().take(CATEGORIES) {
            let value = of.values.get(row * of.columns.len() + column).copied().filter(|value| value.is_finite());
            let Some(value) = value else {
                missing += 1;
                continue;
            };
            let (x, y) = (column as f64, row as f64);
            tiles.push(Rectangle {
                x: [x - 0.5, x + 0.5],
                y: [y - 0.5, y + 0.5],
                tone: Some(tone(value)),
                text: short(value, 2),
                data: vec![("row", (*row_name).into()), ("column", (*column_name).into()), ("value", value.into())],
            });
        }
    }
    let (low, high) = match of.cells {
        Ramp::Diverging => (-largest, largest),
        Ramp::Sequential | Ramp::Value => (range.low(), range.high()),
    };
    let key = Key { label: of.name.to_owned(), low: short(low, 3), high: short(high, 3), ramp: of.cells };
    let chart = Chart {
        x: names(of.column_label, of.columns.iter().copied()),
        y: names(of.row_label, of.rows.iter().copied()),
        marks: vec![Mark::rectangles(tiles)],
    };
    let note = if missing == 0 { String::new() } else { format!("{missing} tiles without a value are empty.") };
    Figure::of(of.title, chart)
        .key(key)
        .note(note)
        .note(shown(of.rows.len().min(CATEGORIES), of.rows.len(), "rows"))
        .note(shown(of.columns.len().min(CATEGORIES), of.columns.len(), "columns"))
}
