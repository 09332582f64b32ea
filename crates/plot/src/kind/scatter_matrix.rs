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
    let distribution = |column: &Column<'_>| histogram::chart(&present(column.values), Some(12), None, "");
    let distributions: Vec<Chart> = drawn.iter().map(distribution).collect();
    // All panels of a column have its range, in which the bins are too.
    let ranges: Vec<Interval> = distributions.iter().map(|chart| chart.x.scale.interval().padded(0.04)).collect();
    let mut key = None;
    let mut panels = Vec::new();
    for (row, y) in drawn.iter().enumerate() {
        for (column, x) in drawn.iter().enumerate() {
            let mut chart = if row == column {
                distributions[row].clone()
            } else {
                let cloud = cloud(&pairs(x.values, y.values), ranges[column], ranges[row]);
                key = key.or(cloud.key);
                let axis = |index: usize| Axis::new("", Scale::Linear(ranges[index]));
                Chart { x: axis(column), y: axis(row), marks: vec![cloud.mark] }
            };
            chart.x.scale = Scale::Linear(ranges[column]);
            // Where a column meets itself, the vertical axis counts rows, in a row of panels where all others have values.
            chart.y.ticks = row != column;
            chart.x.label = x.label();
            chart.y.label = y.label();
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
    Figure { columns: Some(drawn.len().max(1)), shared: true, key, ..figure.note(note).note(columns_shown) }
}
