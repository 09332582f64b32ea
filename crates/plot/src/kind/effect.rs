//! Effects of a feature on predictions: partial dependence, single rows (ICE), and accumulated local effects.

use crate::column::Column;
use crate::figure::{Axis, Chart, Figure};
use crate::mark::{Mark, Segment, Tone, Weight};
use crate::scale::{Interval, Scale};
use crate::summary::{line_places, present, shown, sorted, spread};

/// The effect of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Effect<'a> {
    /// The feature, with its values in the rows, which are shown at the edge.
    pub feature: Column<'a>,
    /// What the vertical axis is, such as the predicted target with its unit.
    pub effect: &'a str,
    /// The average effect: places (value of the feature, effect).
    pub average: &'a [[f64; 2]],
    /// A band around it: places along the horizontal axis with a lower and an upper value.
    pub band: &'a [[f64; 3]],
    /// The effects in single rows (individual conditional expectation), each a line.
    pub rows: &'a [&'a [[f64; 2]]],
}

/// The most lines of single rows, and the most values at the edge.
const ROWS: usize = 100;
const RUG: usize = 200;

/// The average effect as a line over those of single rows, with the values of the feature at the edge: where there are none,
/// the effect is a guess.
#[must_use]
pub fn effect(of: &Effect<'_>) -> Figure {
    let rows = spread(of.rows, ROWS);
    let mut marks: Vec<Mark> = rows
        .iter()
        .map(|row| Mark::line(line_places(row).0).tone(Tone::Muted).weight(Weight::Thin).series("single rows"))
        .collect();
    if !of.band.is_empty() {
        marks.push(Mark::band(line_places(of.band).0));
    }
    marks.push(Mark::line(line_places(of.average).0).weight(Weight::Bold).series("average"));
    let known = sorted(present(of.feature.values));
    let places = of.average.iter().chain(rows.iter().copied().flatten());
    let x = Interval::of(places.clone().map(|[x, _]| *x)).padded(0.02);
    let bands = of.band.iter().flat_map(|[_, low, high]| [*low, *high]);
    let y = Interval::of(places.map(|[_, y]| *y).chain(bands)).padded(0.06);
    let tick = y.low() + (y.high() - y.low()) * 0.025;
    let inside = spread(&known, RUG).into_iter().filter(|value| (x.low()..=x.high()).contains(value));
    let rug = inside.map(|value| Segment {
        from: [value, y.low()],
        to: [value, tick],
        arrow: false,
        data: vec![("value", value.into())],
    });
    marks.push(Mark::segments(rug).tone(Tone::Ink).weight(Weight::Thin));
    let chart =
        Chart { x: Axis::new(of.feature.label(), Scale::Linear(x)), y: Axis::new(of.effect, Scale::Linear(y)), marks };
    let rug = if known.is_empty() { "" } else { "Ticks at the bottom are values of the rows." };
    Figure::of(format!("Effect of {}", of.feature.name), chart).note(rug).note(shown(
        rows.len(),
        of.rows.len(),
        "single rows, evenly spread,",
    ))
}
