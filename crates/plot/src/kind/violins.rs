//! Violins and strips: the shape of each group, and its points.

use super::boxes::Boxes;
use crate::figure::Figure;
use crate::mark::{Mark, Point, Segment, Tone, Weight};
use crate::scale::Interval;
use crate::summary::{POINTS, density, quantile, shown, spread};

/// A violin for each group: its density to both sides, with a line at the median. All are equally high at their highest.
#[must_use]
pub fn violins(of: &Boxes<'_>) -> Figure {
    let groups = of.drawn();
    let mut marks = Vec::new();
    let mut medians = Vec::new();
    let mut places = Vec::new();
    for (row, (name, values)) in groups.iter().enumerate() {
        let y = row as f64;
        let curve = density(values);
        let highest = curve.iter().map(|[_, height]| *height).fold(0.0, f64::max);
        places.extend(curve.iter().map(|[x, _]| *x));
        let half = |height: f64| height / highest * 0.42;
        let band = curve.iter().map(|[x, height]| [*x, y - half(*height), y + half(*height)]);
        marks.push(Mark::band(band).weight(Weight::Bold));
        if let Some(median) = quantile(values, 0.5) {
            let data = vec![("group", (*name).into()), ("count", values.len().into()), ("median", median.into())];
            medians.push(Segment { from: [median, y - 0.3], to: [median, y + 0.3], arrow: false, data });
        }
    }
    marks.push(Mark::segments(medians).tone(Tone::Ink));
    of.figure("Violins", Interval::of(places), marks)
}

/// The points of each group, spread at right angles to the axis so that fewer cover each other.
#[must_use]
pub fn strips(of: &Boxes<'_>) -> Figure {
    let groups = of.drawn();
    let each = (POINTS / groups.len().max(1)).max(1);
    let (mut drawn, mut all) = (0, 0);
    let mut points = Vec::new();
    for (row, (name, values)) in groups.iter().enumerate() {
        let kept = spread(values, each);
        (drawn, all) = (drawn + kept.len(), all + values.len());
        for (index, x) in kept.into_iter().enumerate() {
            // Multiples of the golden ratio fall evenly into a range, however many there are.
            let aside = (index as f64 * 0.618_033_988_749_895).fract() - 0.5;
            let data = vec![("group", (*name).into()), ("x", x.into())];
            points.push(Point { at: [x, row as f64 + aside * 0.6], tone: None, data });
        }
    }
    let x = Interval::of(points.iter().map(|point| point.at[0])).padded(0.03);
    of.figure("Values", x, vec![Mark::points(points)]).note(shown(drawn, all, "rows, evenly spread,"))
}
