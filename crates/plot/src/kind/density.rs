//! Densities: smooth histograms, which can be laid over each other.

use crate::column::{Group, labelled};
use crate::figure::{Axis, Chart, Figure};
use crate::mark::{Mark, Tone};
use crate::scale::{Interval, Scale};
use crate::summary::{density, left_out, present, shown};
use crate::theme::SERIES;

/// What densities show.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Densities<'a> {
    /// The name of what is measured.
    pub name: &'a str,
    /// Its unit; may be empty.
    pub unit: &'a str,
    /// The groups; one without a name is that of all rows.
    pub groups: &'a [Group<'a>],
}

/// The density of each group, by a Gaussian kernel of Scott's bandwidth (as `scipy.stats.gaussian_kde`).
#[must_use]
pub fn densities(of: &Densities<'_>) -> Figure {
    let mut marks = Vec::new();
    let mut missing = 0;
    for (index, group) in of.groups.iter().take(SERIES).enumerate() {
        let values = present(group.values);
        missing += group.values.len() - values.len();
        let curve = density(&values);
        let tone = Tone::Series(index);
        marks.push(Mark::band(curve.iter().map(|[x, y]| [*x, 0.0, *y])).tone(tone));
        let line = Mark::line(curve).tone(tone);
        marks.push(if group.name.is_empty() { line } else { line.series(group.name) });
    }
    let places = |marks: &[Mark]| -> Vec<[f64; 2]> {
        let line = |mark: &Mark| match &mark.shape {
            crate::mark::Shape::Line(places) => places.clone(),
            _ => Vec::new(),
        };
        marks.iter().flat_map(line).collect()
    };
    let places = places(&marks);
    let x = Scale::linear(places.iter().map(|[x, _]| *x));
    let y = Interval::of(places.iter().map(|[_, y]| *y).chain([0.0])).headroom(0.04);
    let chart = Chart { x: Axis::new(labelled(of.name, of.unit), x), y: Axis::new("density", Scale::Linear(y)), marks };
    let figure = Figure::of(format!("Density of {}", of.name), chart).note(left_out(missing, "row"));
    figure.note(shown(of.groups.len().min(SERIES), of.groups.len(), "groups"))
}
