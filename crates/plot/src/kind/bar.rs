//! Bars: a number for each name.

use crate::column::labelled;
use crate::figure::{Axis, Chart, Figure};
use crate::mark::{Mark, Rectangle, Segment, Tone};
use crate::scale::{Interval, Scale};
use crate::summary::{CATEGORIES, left_out, names, shown};

/// A bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its length; missing if it is not finite.
    pub value: f64,
    /// Between which numbers the value may be.
    pub interval: Option<[f64; 2]>,
}

/// What bars show.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bars<'a> {
    /// The title.
    pub title: &'a str,
    /// What is named; may be empty.
    pub by: &'a str,
    /// What the lengths are.
    pub name: &'a str,
    /// Their unit; may be empty.
    pub unit: &'a str,
    /// The bars.
    pub bars: &'a [Bar<'a>],
    /// Is the order that of the bars as given? Otherwise, the longest one is first.
    pub in_order: bool,
}

/// Bars to the right, so that names are read as they are written; of many, the longest 50.
#[must_use]
pub fn bars(of: &Bars<'_>) -> Figure {
    let mut bars: Vec<Bar<'_>> = of.bars.iter().copied().filter(|bar| bar.value.is_finite()).collect();
    let missing = of.bars.len() - bars.len();
    if !of.in_order {
        bars.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    }
    let note =
        shown(bars.len().min(CATEGORIES), bars.len(), if of.in_order { "bars" } else { "bars, the longest ones," });
    bars.truncate(CATEGORIES);
    let rectangle = |(row, bar): (usize, &Bar<'_>)| {
        let mut data = vec![("name", bar.name.into()), ("value", bar.value.into())];
        data.extend(bar.interval.into_iter().flat_map(|[low, high]| [("low", low.into()), ("high", high.into())]));
        let row = row as f64;
        Rectangle { x: [0.0, bar.value], y: [row - 0.38, row + 0.38], tone: None, text: String::new(), data }
    };
    let whisker = |(row, bar): (usize, &Bar<'_>)| {
        let [low, high] = bar.interval?;
        Some(Segment { from: [low, row as f64], to: [high, row as f64], arrow: false, data: Vec::new() })
    };
    let ends = bars.iter().flat_map(|bar| bar.interval.into_iter().flatten().chain([bar.value, 0.0]));
    let range = Interval::of(ends.chain([0.0]));
    let range = if range.low() < 0.0 { range.padded(0.04) } else { range.headroom(0.04) };
    let marks = vec![
        Mark::rectangles(bars.iter().enumerate().map(rectangle)),
        Mark::segments(bars.iter().enumerate().filter_map(whisker)).tone(Tone::Ink),
    ];
    let x = Axis::new(labelled(of.name, of.unit), Scale::Linear(range));
    let y = names(of.by, bars.iter().map(|bar| bar.name));
    Figure::of(of.title, Chart { x, y, marks }).note(note).note(left_out(missing, "bar"))
}
