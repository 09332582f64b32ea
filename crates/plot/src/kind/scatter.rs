//! Points of two columns against each other.

use crate::column::{Categories, Column};
use crate::figure::{Axis, Chart, Figure};
use crate::mark::{Mark, Point, Tone};
use crate::scale::{Interval, Scale};
use crate::summary::{POINTS, cloud, left_out, pairs, shown, spread};
use crate::theme::SERIES;

/// What a scatter plot shows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scatter<'a> {
    /// The horizontal column.
    pub x: Column<'a>,
    /// The vertical column.
    pub y: Column<'a>,
    /// A category for each row, shown as colour and symbol.
    pub by: Option<Categories<'a>>,
}

/// A point for each row; of many rows without categories, a tile for those at about the same place.
#[must_use]
pub fn scatter(of: &Scatter<'_>) -> Figure {
    let places = pairs(of.x.values, of.y.values);
    let missing = of.x.values.len().max(of.y.values.len()) - places.len();
    let x = Interval::of(places.iter().map(|[x, _]| *x)).padded(0.03);
    let y = Interval::of(places.iter().map(|[_, y]| *y)).padded(0.03);
    let title = format!("{} against {}", of.y.name, of.x.name);
    let axes = |marks| Chart {
        x: Axis::new(of.x.label(), Scale::Linear(x)),
        y: Axis::new(of.y.label(), Scale::Linear(y)),
        marks,
    };
    let note = left_out(missing, "row");
    let Some(by) = of.by else {
        let cloud = cloud(&places, x, y);
        let figure = Figure::of(title, axes(vec![cloud.mark])).note(note).note(cloud.note);
        return Figure { key: cloud.key, ..figure };
    };
    let rows: Vec<([f64; 2], &str)> =
        of.x.values.iter().zip(of.y.values).map(|(x, y)| [*x, *y]).zip(by.values.iter().copied()).collect();
    let finite: Vec<_> = rows.into_iter().filter(|(place, _)| place.iter().all(|value| value.is_finite())).collect();
    let drawn = spread(&finite, POINTS);
    let (marks, groups) = grouped(&drawn, &by);
    Figure::of(format!("{title}, by {}", by.name), axes(marks))
        .note(note)
        .note(shown(drawn.len(), finite.len(), "rows, evenly spread,"))
        .note(groups)
}

/// A mark for each of the first categories, one for all others; and what to say about these.
pub(super) fn grouped(rows: &[([f64; 2], &str)], by: &Categories<'_>) -> (Vec<Mark>, String) {
    let names = by.names_by_count();
    // Of one more than there are colours, the rest is one group.
    let own = if names.len() > SERIES { SERIES - 1 } else { names.len() };
    let points = |is_in: &dyn Fn(&str) -> bool| -> Vec<Point> {
        let point = |([x, y], name): &([f64; 2], &str)| {
            let mut point = Point::new(*x, *y);
            point.data.push(("category", (*name).into()));
            point
        };
        rows.iter().filter(|(_, name)| is_in(name)).map(point).collect()
    };
    let others = Mark::points(points(&|name| !names[..own].contains(&name))).tone(Tone::Muted);
    let mut marks = Vec::new();
    let mut note = String::new();
    if !others.is_empty() {
        marks.push(others.series("others"));
        note = format!("{} categories are shown as others.", names.len() - own);
    }
    for (index, name) in names[..own].iter().enumerate() {
        marks.push(Mark::points(points(&|other| other == *name)).tone(Tone::Series(index)).series(*name));
    }
    (marks, note)
}
