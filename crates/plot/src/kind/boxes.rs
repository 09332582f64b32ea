//! Boxes: median, quartiles, whiskers and what is beyond, side by side for groups.

use crate::column::{Group, labelled};
use crate::figure::{Axis, Chart, Figure};
use crate::mark::{Mark, Point, Rectangle, Segment, Tone, Weight};
use crate::scale::{Interval, Scale};
use crate::summary::{CATEGORIES, left_out, names, present, quantile, shown, sorted, spread};

/// What boxes show. The same is shown by [`violins`](crate::violins) and [`strips`](crate::strips).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Boxes<'a> {
    /// The name of what is measured.
    pub name: &'a str,
    /// Its unit; may be empty.
    pub unit: &'a str,
    /// What the rows are grouped by; may be empty.
    pub by: &'a str,
    /// The groups.
    pub groups: &'a [Group<'a>],
}

impl<'a> Boxes<'a> {
    /// The groups that are drawn, with their finite values in order.
    pub(super) fn drawn(&self) -> Vec<(&'a str, Vec<f64>)> {
        self.groups.iter().take(CATEGORIES).map(|group| (group.name, sorted(present(group.values)))).collect()
    }

    /// A figure of marks, with a row for each group.
    pub(super) fn figure(&self, title: &str, x: Interval, marks: Vec<Mark>) -> Figure {
        let label = labelled(self.name, self.unit);
        let title = match self.by.is_empty() {
            true => format!("{title} of {}", self.name),
            false => format!("{title} of {} by {}", self.name, self.by),
        };
        let drawn = &self.groups[..self.groups.len().min(CATEGORIES)];
        let missing = drawn.iter().map(|group| group.values.iter().filter(|value| !value.is_finite()).count()).sum();
        let y = names(self.by, drawn.iter().map(|group| group.name));
        Figure::of(title, Chart { x: Axis::new(label, Scale::Linear(x)), y, marks })
            .note(left_out(missing, "row"))
            .note(shown(drawn.len(), self.groups.len(), "groups"))
    }
}

/// The most points beyond the whiskers of a box that are drawn.
const BEYOND: usize = 100;

/// A box for each group: from the first to the third quartile, with a line at the median, whiskers to the last values within
/// 1.5 times the height of the box (Tukey), and points beyond.
#[must_use]
pub fn boxes(of: &Boxes<'_>) -> Figure {
    let groups = of.drawn();
    let (mut bodies, mut whiskers, mut medians, mut beyond) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut hidden = 0;
    for (row, (name, values)) in groups.iter().enumerate() {
        let y = row as f64;
        let quartiles = [0.25, 0.5, 0.75].map(|share| quantile(values, share));
        let [Some(low), Some(middle), Some(high)] = quartiles else { continue };
        let reach = 1.5 * (high - low);
        let is_inside = |value: &&f64| (low - reach..=high + reach).contains(*value);
        let ends = [values.iter().find(is_inside), values.iter().rfind(is_inside)];
        let [first, last] = [ends[0].copied().unwrap_or(low).min(low), ends[1].copied().unwrap_or(high).max(high)];
        let line = |from, to| Segment { from, to, arrow: false, data: Vec::new() };
        whiskers.extend([[first, low], [high, last]].map(|[from, to]| line([from, y], [to, y])));
        bodies.push(Rectangle {
            x: [low, high],
            y: [y - 0.32, y + 0.32],
            tone: None,
            text: String::new(),
            data: vec![
                ("group", (*name).into()),
                ("count", values.len().into()),
                ("low", first.into()),
                ("quartile-1", low.into()),
                ("median", middle.into()),
                ("quartile-3", high.into()),
                ("high", last.into()),
            ],
        });
        medians.push(line([middle, y - 0.32], [middle, y + 0.32]));
        let outside: Vec<f64> = values.iter().copied().filter(|value| *value < first || *value > last).collect();
        let drawn = spread(&outside, BEYOND);
        hidden += outside.len() - drawn.len();
        let data = |x: f64| vec![("group", (*name).into()), ("x", x.into())];
        beyond.extend(drawn.into_iter().map(|x| Point { at: [x, y], tone: None, data: data(x) }));
    }
    let x = Interval::of(groups.iter().flat_map(|(_, values)| values).copied()).padded(0.03);
    let marks = vec![
        Mark::segments(whiskers).tone(Tone::Muted),
        Mark::rectangles(bodies).weight(Weight::Thin),
        Mark::segments(medians).tone(Tone::Ink),
        Mark::points(beyond).weight(Weight::Thin),
    ];
    let note =
        if hidden == 0 { String::new() } else { format!("{hidden} of the points beyond whiskers are not drawn.") };
    of.figure("Boxes", x, marks).note(note)
}
