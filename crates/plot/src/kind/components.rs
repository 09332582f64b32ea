//! Principal components: where the rows are, what the columns contribute, and how much is explained.

use super::scatter::grouped;
use crate::column::Categories;
use crate::figure::{Axis, Chart, Figure, Panel};
use crate::mark::{Label, Mark, Rectangle, Segment, Side, Tone};
use crate::number::short;
use crate::scale::{Interval, Scale};
use crate::summary::{POINTS, cloud, left_out, shown, spread};

/// What a figure of principal components shows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Components<'a> {
    /// The first two scores of each row.
    pub scores: &'a [[f64; 2]],
    /// A category for each row, shown as colour and symbol.
    pub by: Option<Categories<'a>>,
    /// The columns, each with its loadings on the first two components.
    pub loadings: &'a [(&'a str, [f64; 2])],
    /// The share of the variance that each component explains, from the first.
    pub explained: &'a [f64],
}

/// The most arrows.
const ARROWS: usize = 12;

/// The rows by their first two scores, with an arrow for each column (the twelve longest), scaled to fit between the points;
/// and beside them the share of variance that each component explains.
#[must_use]
pub fn components(of: &Components<'_>) -> Figure {
    let finite = |place: &[f64; 2]| place.iter().all(|value| value.is_finite());
    let places: Vec<[f64; 2]> = of.scores.iter().copied().filter(finite).collect();
    let largest = places.iter().flatten().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let reach = if largest > 0.0 { largest } else { 1.0 };
    let range = Interval::of([-reach, reach]).padded(0.05);
    let mut notes = vec![left_out(of.scores.len() - places.len(), "row")];
    let mut key = None;
    let mut marks = match of.by {
        Some(by) => {
            let rows: Vec<_> =
                of.scores.iter().copied().zip(by.values.iter().copied()).filter(|(place, _)| finite(place)).collect();
            let drawn = spread(&rows, POINTS);
            let (marks, note) = grouped(&drawn, &by);
            notes.extend([note, shown(drawn.len(), rows.len(), "rows, evenly spread,")]);
            marks
        }
        None => {
            let cloud = cloud(&places, range, range);
            notes.push(cloud.note);
            key = cloud.key;
            vec![cloud.mark.tone(Tone::Muted)]
        }
    };
    let (arrows, note) = arrows(of.loadings, reach);
    marks.extend(arrows);
    notes.push(note);
    let axis = |index: usize| {
        let share = of.explained.get(index).filter(|share| share.is_finite());
        let share = share.map(|share| format!(" ({} %)", short(share * 100.0, 3))).unwrap_or_default();
        Axis::new(format!("component {}{share}", index + 1), Scale::Linear(range))
    };
    let mut panels = vec![Panel::new("", Chart { x: axis(0), y: axis(1), marks })];
    if of.explained.len() > 2 {
        panels.push(Panel::new("", explained(of.explained)));
    }
    let figure = notes.into_iter().fold(Figure::new("Principal components", panels), Figure::note);
    Figure { key, ..figure }
}

fn arrows(loadings: &[(&str, [f64; 2])], reach: f64) -> (Vec<Mark>, String) {
    let length = |place: &[f64; 2]| place[0].hypot(place[1]);
    let mut drawn: Vec<&(&str, [f64; 2])> = loadings.iter().filter(|(_, place)| length(place).is_finite()).collect();
    drawn.sort_by(|a, b| length(&b.1).total_cmp(&length(&a.1)));
    drawn.truncate(ARROWS);
    let longest = drawn.first().map_or(0.0, |(_, place)| length(place));
    let scale = if longest > 0.0 { 0.8 * reach / longest } else { 0.0 };
    let end = |place: &[f64; 2]| [place[0] * scale, place[1] * scale];
    let segments = drawn.iter().map(|(name, place)| Segment {
        from: [0.0, 0.0],
        to: end(place),
        arrow: true,
        data: vec![("column", (*name).into()), ("loading-1", place[0].into()), ("loading-2", place[1].into())],
    });
    let labels = drawn.iter().map(|(name, place)| Label {
        at: end(place),
        text: (*name).to_owned(),
        side: if place[0] < 0.0 { Side::Left } else { Side::Right },
    });
    let marks = vec![Mark::segments(segments).tone(Tone::Ink), Mark::labels(labels)];
    let note = if marks[0].is_empty() { "" } else { "Arrows are loadings, all scaled by the same factor." };
    let note = format!("{note} {}", shown(drawn.len(), loadings.len(), "columns, the longest arrows,"));
    (marks, note.trim().to_owned())
}

fn explained(shares: &[f64]) -> Chart {
    let shares = &shares[..shares.len().min(50)];
    let bar = |(index, share): (usize, &f64)| Rectangle {
        x: [index as f64 + 0.6, index as f64 + 1.4],
        y: [0.0, *share],
        tone: None,
        text: String::new(),
        data: vec![("component", (index + 1).into()), ("explained", (*share).into())],
    };
    let sums = shares.iter().enumerate().scan(0.0, |sum, (index, share)| {
        *sum += share;
        Some([index as f64 + 1.0, *sum])
    });
    Chart {
        x: Axis::new("component", Scale::Linear(Interval::of([0.5, shares.len() as f64 + 0.5]))),
        y: Axis::new("share of variance", Scale::Linear(Interval::of([0.0, 1.0]).headroom(0.02))),
        marks: vec![
            Mark::rectangles(shares.iter().enumerate().map(bar)).series("each"),
            Mark::line(sums).tone(Tone::Series(1)).series("together"),
        ],
    }
}
