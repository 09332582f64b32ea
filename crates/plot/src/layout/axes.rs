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
/// The space between ticks and their labels.
const SPACE: f64 = 5.0;

/// Draws the axes; returns what is left for marks.
pub(super) fn draw<'a>(items: &mut Vec<Item>, chart: &'a Chart, area: Area, fonts: Type) -> Frame<'a> {
    let line = fonts.label * LEADING;
    let named = |axis: &Axis, enough: bool| !axis.label.is_empty() && enough;
    let names_y = named(&chart.y, area.w >= 150.0 && area.h >= 80.0);
    let names_x = named(&chart.x, area.h >= 80.0 && area.w >= 80.0);
    let inner =
        area.inset(fonts.tick * 0.6, if names_x { line } else { 0.0 }, if names_y { line + 4.0 } else { 0.0 }, 4.0);
    // Heights of labels depend on widths and the other way round: guess the one, place the other, and place the first
    // again in what is left.
    let guess = inner.inset(0.0, if chart.x.ticks { fonts.tick * 1.4 } else { 0.0 }, 0.0, 0.0);
    let left = vertical(&chart.y, guess, fonts).room;
    let bottom = horizontal(&chart.x, inner, left, fonts);
    let plot = inner.inset(0.0, bottom.room, left, 0.0);
    let side = vertical(&chart.y, Area { y: plot.y, h: plot.h, ..inner }, fonts);
    grid(items, chart, plot, &side, &bottom);
    for label in side.labels.into_iter().chain(bottom.labels) {
        items.push(Item::text(label.text, Ink::Quiet, &label.whole));
    }
    let ruler = Ruler::Sans(fonts.label);
    if names_y {
        let fitted = ruler.fit(&chart.y.label, area.h);
        let half = ruler.width(&fitted) / 2.0;
        let y = plot.middle()[1].clamp(area.y + half, (area.bottom() - half).max(area.y + half));
        let text = Text { angle: -90.0, ..Text::new(fitted, [area.x + line / 2.0, y], fonts.label, Anchor::Middle) };
        items.push(Item::text(text, Ink::Text, &chart.y.label));
    }
    if names_x {
        let fitted = ruler.fit(&chart.x.label, area.w);
        let half = ruler.width(&fitted) / 2.0;
        let x = plot.middle()[0].clamp(area.x + half, (area.right() - half).max(area.x + half));
        let at = [x, area.bottom() - line / 2.0];
        items.push(Item::text(Text::new(fitted, at, fonts.label, Anchor::Middle), Ink::Text, &chart.x.label));
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

/// The labels of the vertical axis along the height of `area`, whose left end is that of the labels.
pub(super) fn vertical(axis: &Axis, area: Area, fonts: Type) -> Labels {
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
    let room = area.w * if count.is_some() { 0.38 } else { 0.5 };
    let ticks = axis.scale.ticks(most);
    let texts: Vec<String> = ticks.iter().map(|tick| ruler.fit(&tick.text, room)).collect();
    // Of names, also those that are not written: which ones are depends on the height, the width must not.
    let all = axis.scale.names().unwrap_or_default();
    let widths = texts.iter().chain(all).map(|text| ruler.width(text).min(room));
    let width = widths.fold(0.0, f64::max);
    let mut labels: Vec<Label> = Vec::new();
    for (tick, text) in ticks.into_iter().zip(texts) {
        let at = [area.x + width, down(&axis.scale, area, tick.at)];
        // Of names in narrow rows, and of ticks of a short axis, those that are too near to the one before are not written.
        if labels.last().is_some_and(|last| (last.text.at[1] - at[1]).abs() < size * 1.05) {
            continue;
        }
        labels.push(Label { value: tick.at, whole: tick.text, text: Text::new(text, at, size, Anchor::End) });
    }
    Labels { labels, room: width + SPACE }
}

/// The labels of the horizontal axis below `area`, where those of the vertical axis take `left`.
pub(super) fn horizontal(axis: &Axis, area: Area, left: f64, fonts: Type) -> Labels {
    if !axis.ticks {
        return Labels::default();
    }
    let plot = area.inset(0.0, 0.0, left, 0.0);
    match axis.scale.names() {
        Some(names) => categories(axis, names, area, plot, fonts),
        None => numbers(axis, area, plot, fonts),
    }
}

fn numbers(axis: &Axis, area: Area, plot: Area, fonts: Type) -> Labels {
    let size = fonts.tick;
    let ruler = Ruler::Sans(size);
    let room = size * 1.4;
    let y = area.bottom() - room + size * 0.8;
    for most in (1..=((plot.w / (size * 2.6)) as usize).clamp(1, 10)).rev() {
        let mut end = f64::NEG_INFINITY;
        let mut labels = Vec::new();
        let ticks = axis.scale.ticks(most);
        let wanted = ticks.len();
        for tick in ticks {
            let half = ruler.width(&tick.text) / 2.0;
            let (low, high) = (area.x + half, area.right() + 4.0 - half);
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

fn categories(axis: &Axis, names: &[String], area: Area, plot: Area, fonts: Type) -> Labels {
    let slot = plot.w / names.len().max(1) as f64;
    let ruler = Ruler::Sans(fonts.tick);
    let widest = names.iter().map(|name| ruler.width(name)).fold(0.0, f64::max);
    let every = |stride: f64| stride.ceil().max(1.0) as usize;
    // Names that fit, or short ones of which every other says enough, are written as one reads.
    if widest + 4.0 <= slot || widest <= fonts.tick * 2.2 {
        let room = fonts.tick * 1.4;
        let y = area.bottom() - room + fonts.tick * 0.8;
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
    let longest = (area.h * 0.3 - size * 0.5).max(size * 2.0) / SLANT;
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
    let y = area.bottom() - room + size * 0.8;
    let label = |(index, text): (usize, String)| {
        let at = [across(&axis.scale, plot, index as f64) + size * 0.2, y];
        let text = Text { angle: -45.0, ..Text::new(text, at, size, Anchor::End) };
        Label { value: index as f64, whole: names[index].clone(), text }
    };
    Labels { labels: written.into_iter().map(label).collect(), room }
}
