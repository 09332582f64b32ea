//! A histogram: how many values are in each bin.

use crate::column::Column;
use crate::figure::{Axis, Chart, Figure};
use crate::mark::{Mark, Rectangle};
use crate::scale::{Interval, Scale};
use crate::summary::{bins, left_out, present};

/// What a histogram shows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Histogram<'a> {
    /// The values.
    pub column: Column<'a>,
    /// About how many bins, if the rule of Freedman and Diaconis should not decide.
    pub bins: Option<usize>,
    /// A range that is covered too, such as that of all groups: with as many bins, their ends are the same.
    pub range: Option<[f64; 2]>,
}

/// A histogram, with ends of bins at round numbers.
#[must_use]
pub fn histogram(of: &Histogram<'_>) -> Figure {
    let values = present(of.column.values);
    let figure = Figure::of(
        format!("Distribution of {}", of.column.name),
        chart(&values, of.bins, of.range, &of.column.label()),
    );
    figure.note(left_out(of.column.values.len() - values.len(), "row"))
}

/// The chart of finite values.
pub(super) fn chart(values: &[f64], wanted: Option<usize>, covered: Option<[f64; 2]>, label: &str) -> Chart {
    let bins = if values.is_empty() { Vec::new() } else { bins(values, wanted, covered) };
    let ends = bins.iter().flat_map(|bin| [bin.from, bin.to]);
    let counts = Interval::of(bins.iter().map(|bin| bin.count as f64).chain([0.0])).headroom(0.04);
    // The range of a constant is wider than its only bin.
    let range = ends.fold(Interval::of(values.iter().copied()), Interval::with);
    let x = Axis::new(label, Scale::Linear(range));
    let bars = bins.iter().map(|bin| Rectangle {
        x: [bin.from, bin.to],
        y: [0.0, bin.count as f64],
        tone: None,
        text: String::new(),
        data: vec![("from", bin.from.into()), ("to", bin.to.into()), ("count", bin.count.into())],
    });
    Chart { x, y: Axis::new("rows", Scale::Count(counts)), marks: vec![Mark::rectangles(bars)] }
}
