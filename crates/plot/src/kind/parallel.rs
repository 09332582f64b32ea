//! Parallel coordinates: what settings lead to which score.

use std::collections::BTreeMap;

use crate::column::Categories;
use crate::figure::{Axis, Chart, Figure, Key, Ramp};
use crate::mark::{Label, Mark, Side, Tone, Weight};
use crate::number::short;
use crate::scale::{Interval, Scale};
use crate::summary::{left_out, shown, spread};

/// The values of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Settings<'a> {
    /// Numbers.
    Numbers(&'a [f64]),
    /// Numbers by their logarithm.
    Logarithms(&'a [f64]),
    /// Names.
    Names(&'a [&'a str]),
}

/// What parallel coordinates show.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ParallelCoordinates<'a> {
    /// The axes, from left to right, each with a value for each line.
    pub axes: &'a [(&'a str, Settings<'a>)],
    /// The name of the number by which lines are coloured.
    pub score: &'a str,
    /// That number for each line. It is the last axis too.
    pub scores: &'a [f64],
}

/// The most lines and axes.
const LINES: usize = 300;
const AXES: usize = 12;
/// The most names of an axis that are written.
const NAMES: usize = 8;

/// The places of an axis from 0 to 1, and what is written at which of them.
struct Placed {
    places: Vec<Option<f64>>,
    labels: Vec<(f64, String)>,
}

impl Placed {
    fn of(settings: Settings<'_>) -> Placed {
        match settings {
            Settings::Numbers(values) => Placed::numbers(&Scale::linear(values.iter().copied()), values),
            Settings::Logarithms(values) => Placed::numbers(&Scale::log(values.iter().copied()), values),
            Settings::Names(names) => {
                let known = Categories { name: "", values: names }.names();
                let last = (known.len().max(2) - 1) as f64;
                let places_of: BTreeMap<&str, f64> =
                    known.iter().enumerate().map(|(index, name)| (*name, index as f64 / last)).collect();
                let places = names.iter().map(|name| places_of.get(name).copied()).collect();
                let stride = known.len().div_ceil(NAMES).max(1);
                let labels = known.iter().enumerate().step_by(stride);
                Placed {
                    places,
                    labels: labels.map(|(index, name)| (index as f64 / last, (*name).to_owned())).collect(),
                }
            }
        }
    }

    fn numbers(scale: &Scale, values: &[f64]) -> Placed {
        let range = scale.interval();
        let place = |value: &f64| value.is_finite().then(|| scale.place(*value));
        let labels = vec![(0.0, short(range.low(), 3)), (1.0, short(range.high(), 3))];
        Placed { places: values.iter().map(place).collect(), labels }
    }
}

/// A line for each row of settings through all axes, each axis from its lowest to its highest value.
#[must_use]
pub fn parallel_coordinates(of: &ParallelCoordinates<'_>) -> Figure {
    let mut axes = of.axes[..of.axes.len().min(AXES)].to_vec();
    axes.push((of.score, Settings::Numbers(of.scores)));
    let placed: Vec<Placed> = axes.iter().map(|(_, settings)| Placed::of(*settings)).collect();
    let range = Interval::of(of.scores.iter().copied());
    let rows = placed.iter().map(|axis| axis.places.len()).max().unwrap_or(0);
    let place = |axis: &Placed, row: usize| axis.places.get(row).copied().flatten();
    let line = |row: usize| {
        let places = placed.iter().enumerate().filter_map(|(index, axis)| Some([index as f64, place(axis, row)?]));
        Mark::line(places).tone(Tone::Value(range.share(of.scores[row]))).weight(Weight::Thin)
    };
    let complete: Vec<usize> = (0..rows).filter(|row| placed.iter().all(|axis| place(axis, *row).is_some())).collect();
    let mut drawn = spread(&complete, LINES);
    // The highest scores are on top.
    drawn.sort_by(|a, b| of.scores[*a].total_cmp(&of.scores[*b]));
    let mut marks: Vec<Mark> =
        (0..axes.len()).map(|index| Mark::reference([index as f64, 0.0], [index as f64, 1.0])).collect();
    marks.extend(drawn.iter().map(|row| line(*row)));
    let labels = placed.iter().enumerate().flat_map(|(index, axis)| {
        axis.labels.iter().map(move |(y, text)| Label {
            at: [index as f64, *y],
            text: text.clone(),
            side: match *y {
                0.0 => Side::Below,
                1.0 => Side::Above,
                _ => Side::Right,
            },
        })
    });
    marks.push(Mark::labels(labels));
    let key =
        Key { label: of.score.to_owned(), low: short(range.low(), 3), high: short(range.high(), 3), ramp: Ramp::Value };
    let names = axes.iter().map(|(name, _)| (*name).to_owned()).collect();
    let y = Axis::bare("", Scale::Linear(Interval::of([-0.08, 1.08])));
    Figure::of(format!("Settings and {}", of.score), Chart { x: Axis::new("", Scale::Category(names)), y, marks })
        .key(key)
        .note(left_out(rows - complete.len(), "row"))
        .note(shown(drawn.len(), complete.len(), "rows, evenly spread,"))
        .note(shown(axes.len() - 1, of.axes.len(), "columns"))
}
