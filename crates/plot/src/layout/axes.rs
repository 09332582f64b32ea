//! Axes: how much room their labels need, which of them are written, and the area that is left for marks.

use super::{LEADING, Type};
use crate::figure::{Axis, Chart};
use crate::scale::Scale;
use crate::scene::{Anchor, Area, Ink, Item, Text};
use crate::text::Ruler;

/// The area of the marks, and its axes.
pub(super) struct Frame<'a> {
    pub(super) area: Area,
    x: &'a Scale,
    y: &'a Scale,
}

impl Frame<'_> {
    /// The pixel of a place.
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [across(self.x, self.area, x), down(self.y, self.area, y)]
    }
}

fn across(scale: &Scale, area: Area, value: f64) -> f64 {
    area.x + area.w * scale.place(value)
}

/// Numbers grow upwards; of categories, the first is at the top.
fn down(scale: &Scale, area: Area, value: f64) -> f64 {
    let place = scale.place(value);
    area.y + area.h * if scale.names().is_some() { place } else { 1.0 - place }
}

/// The labels of an axis.
#[derive(Debug, Default)]
pub(super) struct Labels {
    pub(super) labels: Vec<Label>,
    /// What they take: the width of those of a vertical axis, the height of those of a horizontal one.
    pub(super) room: f64,
}

/// A label: the value that it is at, and the text as it is written.
#[derive(Debug)]
pub(super) struct Label {
    value: f64,
    whole: String,
    pub(super) text: Text,
}

/// The smallest text that is still read.
const READABLE: f64 = 8.0;
/// What a line of labels takes of the height, in sizes of its font.
const LINE: f64 = 1.4;
/// The space between ticks and their labels.
const SPACE: f64 = 5.0;

/// What the axes of a chart take at the left and at the bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Margins {
    pub(super) left: f64,
    pub(super) bottom: f64,
}

/// Which axes of a chart have names and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edges {
    pub(super) left: bool,
    pub(super) bottom: bool,
}

/// The margins where nothing is written.
pub(super) const BARE: f64 = 4.0;

/// The names of the axes that are written in a panel of this size: of the horizontal and of the vertical one.
fn names(chart: &Chart, area: Area) -> [&str; 2] {
    let x = if area.h >= 80.0 && area.w >= 80.0 { &*chart.x.label } else { "" };
    let y = if area.w >= 150.0 && area.h >= 80.0 { &*chart.y.label } else { "" };
    [x, y]
}

/// The margins that the names and the labels of a chart need.
pub(super) fn margins(chart: &Chart, area: Area, fonts: Type) -> Margins {
    let line = fonts.label * LEADING;
    let [x, y] = names(chart, area).map(|name| if name.is_empty() { 0.0 } else { line });
    let y = if y > 0.0 { y + 4.0 } else { 0.0 };
    // Heights of labels depend on widths and the other way round: guess the one, and place the other.
    let guess = if chart.x.ticks { fonts.tick * LINE } else { 0.0 };
    let inner = area.inset(fonts.tick * 0.6, x + guess, y, BARE);
    let most = inner.w * if chart.y.scale.names().is_some() { 0.38 } else { 0.5 };
    let left = y + vertical(&chart.y, inner, most, fonts).room;
    let plot = area.inset(fonts.tick * 0.6, x + guess, left, BARE);
    let most = (area.h * 0.3).max(fonts.tick * LINE);
    Margins { left, bottom: x + horizontal(&chart.x, area.inset(0.0, 0.0, y, 0.0), plot, most, fonts).room }
}

/// Draws the axes with these margins; returns what is left for marks.
pub(super) fn draw<'a>(
    items: &mut Vec<Item>,
    chart: &'a Chart,
    area: Area,
    (margins, edges): (Margins, Edges),
    fonts: Type,
) -> Frame<'a> {
    let plot = area.inset(fonts.tick * 0.6, margins.bottom, margins.left, BARE);
    let line = fonts.label * LEADING;
    let [name_x, name_y] = names(chart, area);
    let name_room = if name_y.is_empty() || !edges.left { 0.0 } else { line + 4.0 };
    let labels_area = area.inset(0.0, 0.0, name_room, 0.0);
    let side = vertical(&chart.y, plot, margins.left - name_room - SPACE, fonts);
    let below = margins.bottom - if name_x.is_empty() || !edges.bottom { 0.0 } else { line };
    // Where labels are not written, their ticks have lines nevertheless.
    let below = if edges.bottom { below } else { f64::INFINITY };
    let bottom = horizontal(&chart.x, labels_area, plot, below, fonts);
    grid(items, chart, plot, &side, &bottom);
    let side = side.labels.into_iter().filter(|_| edges.left);
    for label in side.chain(bottom.labels.into_iter().filter(|_| edges.bottom)) {
        items.push(Item::text(label.text, Ink::Quiet, &label.whole));
    }
    let ruler = Ruler::Sans(fonts.label);
    let middle = |name: &str, start: f64, end: f64, wanted: f64| {
        let fitted = ruler.fit(name, end - start);
        let half = ruler.width(&fitted) / 2.0;
        (fitted, wanted.clamp(start + half, (end - half).max(start + half)))
    };
    if !name_y.is_empty() && edges.left {
        let (fitted, y) = middle(name_y, area.y, area.bottom(), plot.middle()[1]);
        let text = Text { angle: -90.0, ..Text::new(fitted, [area.x + line / 2.0, y], fonts.label, Anchor::Middle) };
        items.push(Item::text(text, Ink::Text, name_y));
    }
    if !name_x.is_empty() && edges.bottom {
        let (fitted, x) = middle(name_x, area.x, area.right(), plot.middle()[0]);
        let at = [x, area.bottom() - line / 2.0];
        items.push(Item::text(Text::new(fitted, at, fonts.label, Anchor::Middle), Ink::Text, name_x));
    }
    Frame { area: plot, x: &chart.x.scale, y: &chart.y.scale }
}

/// Lines at the ticks of numbers, and the lines of the axes.
fn grid(items: &mut Vec<Item>, chart: &Chart, plot: Area, side: &Labels, bottom: &Labels) {
    let (left, right, top, base) = (plot.x, plot.right(), plot.y, plot.bottom());
    if chart.y.scale.names().is_none() {
        for label in &side.labels {
            let y = down(&chart.y.scale, plot, label.value);
            items.push(Item::stroke(vec![[left, y], [right, y]], Ink::Grid, 1.0));
        }
    }
    for label in &bottom.labels {
        let x = across(&chart.x.scale, plot, label.value);
        match chart.x.scale.names() {
            None => items.push(Item::stroke(vec![[x, top], [x, base]], Ink::Grid, 1.0)),
            Some(_) => items.push(Item::stroke(vec![[x, base], [x, base + 3.0]], Ink::Axis, 1.0)),
        }
    }
    if chart.x.ticks {
        items.push(Item::stroke(vec![[left, base], [right, base]], Ink::Axis, 1.0));
    }
    if chart.y.ticks && chart.y.scale.names().is_some() {
        items.push(Item::stroke(vec![[left, top], [left, base]], Ink::Axis, 1.0));
    }
}

/// The labels of the vertical axis along the height of `area`, left of its left end, each at most as wide as `room`.
pub(super) fn vertical(axis: &Axis, area: Area, room: f64, fonts: Type) -> Labels {
    if !axis.ticks {
        return Labels::default();
    }
    let count = axis.scale.names().map(<[String]>::len);
    let slot = area.h / count.unwrap_or(1).max(1) as f64;
    let size = match count {
        Some(_) => fonts.tick.min((slot / LEADING).max(READABLE)),
        None => fonts.tick,
    };
    let most = ((area.h / (size * 2.6)) as usize).clamp(2, 8);
    let ruler = Ruler::Sans(size);
    let ticks = axis.scale.ticks(most);
    let texts: Vec<String> = ticks.iter().map(|tick| ruler.fit(&tick.text, room)).collect();
    // Of names, also those that are not written: which ones are depends on the height, the width must not.
    let all = axis.scale.names().unwrap_or_default();
    let widths = texts.iter().chain(all).map(|text| ruler.width(text).min(room));
    let width = widths.fold(0.0, f64::max);
    let mut labels: Vec<Label> = Vec::new();
    for (tick, text) in ticks.into_iter().zip(texts) {
        let at = [area.x - SPACE, down(&axis.scale, area, tick.at)];
        // Of names in narrow rows, and of ticks of a short axis, those that are too near to the one before are not written.
        if labels.last().is_some_and(|last| (last.text.at[1] - at[1]).abs() < size * 1.05) {
            continue;
        }
        labels.push(Label { value: tick.at, whole: tick.text, text: Text::new(text, at, size, Anchor::End) });
    }
    Labels { labels, room: width + SPACE }
}

/// The labels of the horizontal axis below `plot`, which may be as far to the left and right as `area` is, and as high as
/// `room`.
pub(super) fn horizontal(axis: &Axis, area: Area, plot: Area, room: f64, fonts: Type) -> Labels {
    if !axis.ticks || room < fonts.tick * LINE - 1e-6 {
        return Labels::default();
    }
    match axis.scale.names() {
        Some(names) => categories(axis, names, (area, plot), room, fonts),
        None => numbers(axis, area, plot, fonts),
    }
}

fn numbers(axis: &Axis, area: Area, plot: Area, fonts: Type) -> Labels {
    let size = fonts.tick;
    let ruler = Ruler::Sans(size);
    let room = size * LINE;
    let y = plot.bottom() + size * 0.8;
    for most in (1..=((plot.w / (size * 2.6)) as usize).clamp(1, 10)).rev() {
        let mut end = f64::NEG_INFINITY;
        let mut labels = Vec::new();
        let ticks = axis.scale.ticks(most);
        let wanted = ticks.len();
        for tick in ticks {
            let half = ruler.width(&tick.text) / 2.0;
            let (low, high) = (area.x + half, area.right() - half);
            if low > high {
                break;
            }
            let x = across(&axis.scale, plot, tick.at).clamp(low, high);
            if x - half < end + size * 0.7 {
                break;
            }
            end = x + half;
            let text = Text::new(tick.text.clone(), [x, y], size, Anchor::Middle);
            labels.push(Label { value: tick.at, whole: tick.text, text });
        }
        if labels.len() == wanted {
            return Labels { labels, room };
        }
    }
    Labels::default()
}

/// The sine and the cosine of the angle of slanted labels.
const SLANT: f64 = std::f64::consts::FRAC_1_SQRT_2;

fn categories(axis: &Axis, names: &[String], (area, plot): (Area, Area), most: f64, fonts: Type) -> Labels {
    let slot = plot.w / names.len().max(1) as f64;
    let ruler = Ruler::Sans(fonts.tick);
    let widest = names.iter().map(|name| ruler.width(name)).fold(0.0, f64::max);
    let every = |stride: f64| stride.ceil().max(1.0) as usize;
    // Names that fit, or short ones of which every other says enough, are written as one reads.
    if widest + 4.0 <= slot || widest <= fonts.tick * 2.2 {
        let room = fonts.tick * LINE;
        let y = plot.bottom() + fonts.tick * 0.8;
        let stride = every((widest + 4.0) / slot.max(1e-6));
        let label = |(index, name): (usize, &String)| {
            let half = ruler.width(name) / 2.0;
            let x =
                across(&axis.scale, plot, index as f64).clamp(area.x + half, (area.right() - half).max(area.x + half));
            Label {
                value: index as f64,
                whole: name.clone(),
                text: Text::new(name, [x, y], fonts.tick, Anchor::Middle),
            }
        };
        return Labels { labels: names.iter().enumerate().step_by(stride).map(label).collect(), room };
    }
    let size = fonts.tick.min((slot * SLANT / 1.1).max(READABLE));
    let ruler = Ruler::Sans(size);
    let stride = every(size * 1.1 / (slot * SLANT).max(1e-6));
    let longest = (most - size * 1.1) / SLANT;
    if longest < size * 1.5 {
        return Labels::default();
    }
    let written: Vec<(usize, String)> = names
        .iter()
        .enumerate()
        .step_by(stride)
        .map(|(index, name)| {
            let x = across(&axis.scale, plot, index as f64);
            (index, ruler.fit(name, longest.min((x - area.x) / SLANT - size)))
        })
        .collect();
    let room = written.iter().map(|(_, text)| ruler.width(text)).fold(0.0, f64::max) * SLANT + size * 1.1;
    let y = plot.bottom() + size * 0.8;
    let label = |(index, text): (usize, String)| {
        let at = [across(&axis.scale, plot, index as f64) + size * 0.2, y];
        let text = Text { angle: -45.0, ..Text::new(text, at, size, Anchor::End) };
        Label { value: index as f64, whole: names[index].clone(), text }
    };
    Labels { labels: written.into_iter().map(label).collect(), room }
}
