//! A map of what is missing: in which columns, and where in the order of the rows.

use crate::figure::{Axis, Chart, Figure, Key, Ramp};
use crate::mark::{Mark, Rectangle};
use crate::number::{count, short};
use crate::scale::{Interval, Scale};
use crate::summary::{CATEGORIES, names, shown};

/// The most tiles of a column.
const TILES: usize = 100;

/// A row of tiles for each column: how many of the values are missing in each stretch of rows. Of many columns, those with the
/// most missing values.
#[must_use]
pub fn missing_values(columns: &[(&str, &[bool])]) -> Figure {
    let missing_of = |column: &[bool]| column.iter().filter(|is_missing| **is_missing).count();
    let mut drawn: Vec<&(&str, &[bool])> = columns.iter().collect();
    if drawn.len() > CATEGORIES {
        drawn.sort_by_key(|(_, column)| std::cmp::Reverse(missing_of(column)));
        drawn.truncate(CATEGORIES);
    }
    let rows = drawn.iter().map(|(_, column)| column.len()).max().unwrap_or(0);
    let stretch = rows.div_ceil(TILES).max(1);
    let tiles = drawn.iter().enumerate().flat_map(|(index, (name, column))| {
        column.chunks(stretch).enumerate().map(move |(tile, part)| {
            let share = missing_of(part) as f64 / part.len() as f64;
            let from = tile * stretch;
            Rectangle {
                x: [from as f64, (from + part.len()) as f64],
                y: [index as f64 - 0.45, index as f64 + 0.45],
                tone: Some(Ramp::Sequential.tone(share)),
                text: String::new(),
                data: vec![
                    ("column", (*name).into()),
                    ("from-row", from.into()),
                    ("rows", part.len().into()),
                    ("missing", missing_of(part).into()),
                ],
            }
        })
    });
    let named: Vec<String> = drawn
        .iter()
        .map(|(name, column)| match missing_of(column) as f64 / column.len().max(1) as f64 * 100.0 {
            0.0 => (*name).to_owned(),
            share => format!("{name} ({} %)", short(share, 2)),
        })
        .collect();
    let chart = Chart {
        x: Axis::new("row", Scale::Linear(Interval::of([0.0, rows as f64]))),
        y: names("", named.iter().map(String::as_str)),
        marks: vec![Mark::rectangles(tiles)],
    };
    let key =
        Key { label: "missing".to_owned(), low: "0 %".to_owned(), high: "100 %".to_owned(), ramp: Ramp::Sequential };
    let note = if stretch == 1 { String::new() } else { format!("Each tile stands for {} rows.", count(stretch)) };
    Figure::of("Missing values", chart).key(key).note(note).note(shown(
        drawn.len(),
        columns.len(),
        "columns, those with the most missing values,",
    ))
}
