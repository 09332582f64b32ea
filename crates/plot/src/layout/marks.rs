//! Marks of a chart, at their pixels.

use super::Type;
use super::axes::Frame;
use crate::figure::Chart;
use crate::mark::{Data, Label, Mark, Point, Rectangle, Segment, Shape, Side, Tone, Value, Weight};
use crate::number;
use crate::scene::{Anchor, Area, Geometry, Ink, Item, Text};
use crate::text::Ruler;

/// The opacity of bands.
pub(super) const BAND: f64 = 0.22;

/// Of marks with more parts than this, the parts say nothing when they are pointed at.
const POINTED_AT: usize = 1000;

/// The width of a line of this weight.
pub(super) fn stroke(weight: Weight) -> f64 {
    match weight {
        Weight::Thin => 0.8,
        Weight::Normal => 1.7,
        Weight::Bold => 3.0,
    }
}

/// The symbol of points of this tone: that of a series has a form of its own, for those who do not see the colours.
pub(super) fn symbol(tone: Tone, [x, y]: [f64; 2], radius: f64) -> Geometry {
    let path = |corners: &[[f64; 2]]| {
        let points = corners.iter().map(|[right, down]| [x + right * radius, y + down * radius]).collect();
        Geometry::Path { points, closed: true }
    };
    match tone {
        Tone::Series(index) => match index % 5 {
            0 => Geometry::Circle { center: [x, y], radius },
            1 => path(&[[0.0, -1.15], [1.1, 0.85], [-1.1, 0.85]]),
            2 => path(&[[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]),
            3 => path(&[[0.0, -1.3], [1.3, 0.0], [0.0, 1.3], [-1.3, 0.0]]),
            _ => path(&[[0.0, 1.15], [1.1, -0.85], [-1.1, -0.85]]),
        },
        _ => Geometry::Circle { center: [x, y], radius },
    }
}

/// Draws the marks.
pub(super) fn draw(items: &mut Vec<Item>, chart: &Chart, frame: &Frame<'_>, fonts: Type) {
    let mut written = Vec::new();
    for mark in &chart.marks {
        match &mark.shape {
            Shape::Points(points) => items.extend(self::points(mark, points, frame)),
            Shape::Line(places) => items.extend(line(mark, places, frame)),
            Shape::Band(places) => items.extend(band(mark, places, frame)),
            Shape::Rectangles(all) => {
                let size = text_size(all, frame, fonts);
                all.iter().for_each(|one| rectangle(items, mark, one, frame, size));
            }
            Shape::Segments(all) => all.iter().for_each(|one| segment(items, mark, one, frame)),
            Shape::Labels(all) => {
                items.extend(all.iter().filter_map(|one| label(mark, one, frame, fonts, &mut written)).flatten())
            }
        }
    }
}

/// What is written in attributes.
pub(super) fn attributes(data: &Data) -> Vec<(&'static str, String)> {
    let attribute = |(name, value): &(&'static str, Value)| match value {
        Value::Number(value) => (*name, number::plain(*value)),
        Value::Text(text) => (*name, text.clone()),
    };
    data.iter().map(attribute).collect()
}

/// What a part of a mark says: its tip and its attributes.
fn told(item: Item, mark: &Mark, data: &Data) -> Item {
    let text = |value: &Value, digits| match value {
        Value::Number(value) if value.is_finite() => number::short(*value, digits),
        Value::Number(_) => String::new(),
        Value::Text(text) => text.clone(),
    };
    let item = Item { data: attributes(data), ..item };
    if mark.len() > POINTED_AT {
        return item;
    }
    let lines = data.iter().map(|(name, value)| format!("{}: {}", name.replace('-', " "), text(value, 4)));
    let lines: Vec<String> = mark.series.clone().into_iter().chain(lines).collect();
    item.tip(lines.join("\n"))
}

fn points<'a>(mark: &'a Mark, points: &'a [Point], frame: &'a Frame<'_>) -> impl Iterator<Item = Item> + 'a {
    let small = frame.area.w.min(frame.area.h) < 150.0;
    let (radius, opacity) = match (points.len(), mark.weight) {
        (_, Weight::Bold) => (5.0, 1.0),
        (_, Weight::Thin) | (1001.., _) => (1.8, 0.6),
        (201.., _) => (2.6, 0.75),
        _ => (3.4, 0.9),
    };
    let radius = if small { radius * 0.7 } else { radius };
    points.iter().map(move |point| {
        let tone = point.tone.unwrap_or(mark.tone);
        let item = Item::fill(symbol(tone, frame.at(point.at), radius), Ink::Tone(tone)).opacity(opacity);
        told(item, mark, &point.data)
    })
}

fn line(mark: &Mark, places: &[[f64; 2]], frame: &Frame<'_>) -> Option<Item> {
    (places.len() > 1).then(|| {
        let item = Item::stroke(
            places.iter().map(|place| frame.at(*place)).collect(),
            Ink::Tone(mark.tone),
            stroke(mark.weight),
        );
        let item = if mark.dashed { item.dashed() } else { item };
        let opacity = if mark.weight == Weight::Thin { 0.6 } else { 1.0 };
        let column = |index: usize| plain_list(places.iter().map(|place| place[index]));
        Item { data: vec![("x", column(0)), ("y", column(1))], ..item }.opacity(opacity).tip(name(mark))
    })
}

fn band(mark: &Mark, places: &[[f64; 3]], frame: &Frame<'_>) -> Option<Item> {
    (places.len() > 1).then(|| {
        let upper = places.iter().map(|[x, _, high]| frame.at([*x, *high]));
        let lower = places.iter().rev().map(|[x, low, _]| frame.at([*x, *low]));
        let geometry = Geometry::Path { points: upper.chain(lower).collect(), closed: true };
        let opacity = if mark.weight == Weight::Bold { 0.6 } else { BAND };
        let column = |index: usize| plain_list(places.iter().map(|place| place[index]));
        let data = vec![("x", column(0)), ("low", column(1)), ("high", column(2))];
        Item { data, ..Item::fill(geometry, Ink::Tone(mark.tone)) }.opacity(opacity).tip(name(mark))
    })
}

fn name(mark: &Mark) -> String {
    mark.series.clone().unwrap_or_default()
}

fn plain_list(values: impl Iterator<Item = f64>) -> String {
    values.map(number::plain).collect::<Vec<String>>().join(" ")
}

/// The pixels of a rectangle.
fn area_of(one: &Rectangle, frame: &Frame<'_>) -> Area {
    Area::between(frame.at([one.x[0], one.y[0]]), frame.at([one.x[1], one.y[1]]))
}

/// The smallest size of text in rectangles.
const IN_RECTANGLE: f64 = 7.5;

/// The size at which the texts of all rectangles fit; none if there is no such size, since some texts would look like all.
fn text_size(all: &[Rectangle], frame: &Frame<'_>, fonts: Type) -> Option<f64> {
    let largest = all.iter().filter(|one| !one.text.is_empty()).fold(fonts.tick, |size, one| {
        let area = area_of(one, frame);
        size.min(area.h * 0.8).min((area.w - 3.0) / Ruler::Sans(1.0).width(&one.text))
    });
    (largest >= IN_RECTANGLE).then_some(largest)
}

fn rectangle(items: &mut Vec<Item>, mark: &Mark, one: &Rectangle, frame: &Frame<'_>, size: Option<f64>) {
    let tone = one.tone.unwrap_or(mark.tone);
    let area = area_of(one, frame);
    // Bars side by side are told apart by a gap, tiles are not.
    let is_tile = matches!(tone, Tone::Sequential(_) | Tone::Diverging(_) | Tone::Value(_));
    let gap = if is_tile || area.w < 4.0 { 0.0 } else { 0.5 };
    let item = Item::fill(Geometry::Rectangle(area.inset(0.0, 0.0, gap, gap)), Ink::Tone(tone));
    let item = if mark.weight == Weight::Thin { item.opacity(0.55) } else { item };
    items.push(told(item, mark, &one.data));
    if let Some(size) = size.filter(|_| !one.text.is_empty()) {
        let text = Text::new(&*one.text, area.middle(), size, Anchor::Middle);
        items.push(Item::text(text, Ink::On(tone), &one.text));
    }
}

fn segment(items: &mut Vec<Item>, mark: &Mark, one: &Segment, frame: &Frame<'_>) {
    let (from, to) = (frame.at(one.from), frame.at(one.to));
    let ink = Ink::Tone(mark.tone);
    let item = Item::stroke(vec![from, to], ink, stroke(mark.weight));
    items.push(told(if mark.dashed { item.dashed() } else { item }, mark, &one.data));
    if one.arrow {
        items.extend(arrow_head(from, to, 6.0).map(|head| Item::fill(head, ink)));
    }
}

/// The head of an arrow, unless it has no direction.
pub(super) fn arrow_head(from: [f64; 2], to: [f64; 2], size: f64) -> Option<Geometry> {
    let (x, y) = (to[0] - from[0], to[1] - from[1]);
    let length = x.hypot(y);
    (length > 0.5).then(|| {
        let (x, y) = (x / length * size, y / length * size);
        let points = vec![to, [to[0] - x - y * 0.5, to[1] - y + x * 0.5], [to[0] - x + y * 0.5, to[1] - y - x * 0.5]];
        Geometry::Path { points, closed: true }
    })
}

/// A label, unless it would cover one that is written already.
fn label(mark: &Mark, one: &Label, frame: &Frame<'_>, fonts: Type, written: &mut Vec<Area>) -> Option<[Item; 2]> {
    let size = fonts.tick * 0.95;
    let ruler = Ruler::Sans(size);
    let text = ruler.fit(&one.text, frame.area.w * 0.5);
    let (width, height) = (ruler.width(&text), size * 1.1);
    let [x, y] = frame.at(one.at);
    let away = 6.0;
    let (left, top) = match one.side {
        Side::Left => (x - away - width, y - height / 2.0),
        Side::Right => (x + away, y - height / 2.0),
        Side::Above => (x - width / 2.0, y - away - height),
        Side::Below => (x - width / 2.0, y + away),
    };
    let area = frame.area;
    let left = left.clamp(area.x, (area.right() - width).max(area.x));
    let top = top.clamp(area.y, (area.bottom() - height).max(area.y));
    let place = Area { x: left, y: top, w: width, h: height };
    if text.is_empty() || written.iter().any(|other| other.overlaps(place)) {
        return None;
    }
    written.push(place);
    let at = [left, top + height / 2.0];
    // What is below shines through, but not as strongly as the text.
    let below = Item::fill(Geometry::Rectangle(place), Ink::Paper).opacity(0.75);
    Some([below, Item::text(Text::new(text, at, size, Anchor::Start), Ink::Tone(mark.tone), &one.text)])
}
