//! A scatter matrix: every column against every other.

use super::histogram;
use crate::column::Column;
use crate::figure::{Axis, Chart, Content, Figure, Panel};
use crate::scale::{Interval, Scale};
use crate::summary::{cloud, pairs, present, shown};

/// The most columns of a scatter matrix: more would not be seen.
const COLUMNS: usize = 6;

/// Every column against every other, with its distribution where it meets itself; the first six columns.
#[must_use]
pub fn scatter_matrix(columns: &[Column<'_>]) -> Figure {
    let drawn = &columns[..columns.len().min(COLUMNS)];
    let last = drawn.len().saturating_sub(1);
    let mut key = None;
    let mut panels = Vec::new();
    for (row, y) in drawn.iter().enumerate() {
        for (column, x) in drawn.iter().enumerate() {
            let mut chart = if row == column {
                histogram::chart(&present(x.values), Some(12), None, "")
            } else {
                let places = pairs(x.values, y.values);
                let range = |index: usize| Interval::of(places.iter().map(|place| place[index])).padded(0.04);
                let cloud = cloud(&places, range(0), range(1));
                key = key.or(cloud.key);
                let axis = |index: usize| Axis::new("", Scale::Linear(range(index)));
                Chart { x: axis(0), y: axis(1), marks: vec![cloud.mark] }
            };
            // Names and ticks are at the edge, as for a table.
            chart.x.ticks = row == last;
            chart.y.ticks = column == 0 && row != column;
            chart.x.label = if row == last { x.label() } else { String::new() };
            chart.y.label = if column == 0 { y.label() } else { String::new() };
            panels.push(Panel { title: String::new(), content: Content::Chart(chart) });
        }
    }
    let missing: Vec<String> = drawn
        .iter()
        .map(|column| (column, column.values.len() - present(column.values).len()))
        .filter(|(_, missing)| *missing > 0)
        .map(|(column, missing)| format!("{missing} of {}", column.name))
        .collect();
    let note = if missing.is_empty() { String::new() } else { format!("Missing values: {}.", missing.join(", ")) };
    let figure = Figure::new(format!("{} columns against each other", drawn.len()), panels);
    let columns_shown = shown(drawn.len(), columns.len(), "columns");
    Figure { columns: Some(drawn.len().max(1)), key, ..figure.note(note).note(columns_shown) }
}
