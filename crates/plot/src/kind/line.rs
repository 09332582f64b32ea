//! Lines: numbers along a column, or in time.

use crate::column::Column;
use crate::figure::{Axis, Chart, Figure};
use crate::mark::{Mark, Point, Tone};
use crate::scale::{Interval, Scale};
use crate::summary::{left_out, mean, pairs, shown};
use crate::theme::SERIES;
use crate::time::full;

/// What lines show.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Lines<'a> {
    /// The horizontal column.
    pub x: Column<'a>,
    /// Are its values seconds since 1970-01-01T00:00:00?
    pub is_time: bool,
    /// The vertical columns, each with as many values.
    pub y: &'a [Column<'a>],
}

/// The most places of a line before they are averaged, and how many there are then.
const PLACES: usize = 800;
const STRETCHES: usize = 200;

/// A line for each column, in the order of the horizontal one. Of many rows, those of a stretch are averaged, with a band from
/// their lowest to their highest.
#[must_use]
pub fn lines(of: &Lines<'_>) -> Figure {
    let mut marks = Vec::new();
    let (mut missing, mut averaged) = (0, 0);
    let (mut at_x, mut at_y) = (Vec::new(), Vec::new());
    for (index, column) in of.y.iter().take(SERIES).enumerate() {
        let mut places = pairs(of.x.values, column.values);
        missing += of.x.values.len().max(column.values.len()) - places.len();
        places.sort_by(|a, b| a[0].total_cmp(&b[0]));
        at_x.extend(places.iter().map(|[x, _]| *x));
        at_y.extend(places.iter().map(|[_, y]| *y));
        let tone = Tone::Series(index);
        if places.len() > PLACES {
            let stretch = places.len().div_ceil(STRETCHES);
            averaged = averaged.max(stretch);
            let (band, line) = stretches(&places, stretch);
            marks.push(Mark::band(band).tone(tone));
            places = line;
        }
        // A line of one place would not be seen.
        let mark = match places.as_slice() {
            [[x, y]] => Mark::points([Point::new(*x, *y)]),
            _ => Mark::line(places),
        };
        marks.push(if of.y.len() > 1 { mark.tone(tone).series(column.name) } else { mark.tone(tone) });
    }
    let x = Interval::of(at_x);
    let subtitle = if of.is_time { format!("from {} to {}", full(x.low()), full(x.high())) } else { String::new() };
    let x = x.padded(0.01);
    let x = if of.is_time { Scale::Time(x) } else { Scale::Linear(x) };
    let label = if let [only] = of.y { only.label() } else { String::new() };
    let names: Vec<&str> = of.y.iter().take(3).map(|column| column.name).collect();
    let title = if of.y.len() > 3 { format!("{} columns", of.y.len()) } else { names.join(", ") };
    let chart = Chart {
        x: Axis::new(of.x.label(), x),
        y: Axis::new(label, Scale::Linear(Interval::of(at_y).padded(0.04))),
        marks,
    };
    let note = match averaged {
        0 => String::new(),
        rows => format!("Each place is the mean of {rows} rows; the band is from their lowest to their highest."),
    };
    Figure::of(format!("{title} over {}", of.x.name), chart)
        .subtitle(subtitle)
        .note(note)
        .note(left_out(missing, "value"))
        .note(shown(of.y.len().min(SERIES), of.y.len(), "columns"))
}

/// Stretches of so many rows: from the lowest to the highest, and the means.
fn stretches(places: &[[f64; 2]], rows: usize) -> (Vec<[f64; 3]>, Vec<[f64; 2]>) {
    let stretch = |part: &[[f64; 2]]| {
        let (x, y): (Vec<f64>, Vec<f64>) = part.iter().map(|[x, y]| (*x, *y)).unzip();
        let (low, high) =
            y.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(*y), high.max(*y)));
        Some(([mean(&x)?, low, high], [mean(&x)?, mean(&y)?]))
    };
    places.chunks(rows).filter_map(stretch).unzip()
}
