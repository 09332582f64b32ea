//! Properties of layouts: nothing is beyond the picture, and no label covers another one.

use proptest::prelude::*;

use super::axes::{horizontal, vertical};
use super::*;
use crate::figure::{Axis, Chart};
use crate::mark::{Point, Tone};
use crate::scale::Scale;

/// The corners of a text.
fn corners(text: &Text) -> [[f64; 2]; 4] {
    let width = Ruler::Sans(text.size).width(&text.text);
    let (left, right) = match text.anchor {
        Anchor::Start => (0.0, width),
        Anchor::Middle => (-width / 2.0, width / 2.0),
        Anchor::End => (-width, 0.0),
    };
    let half = text.size / 2.0;
    let (sine, cosine) = text.angle.to_radians().sin_cos();
    let turned = |x: f64, y: f64| [text.at[0] + x * cosine - y * sine, text.at[1] + x * sine + y * cosine];
    [turned(left, -half), turned(right, -half), turned(right, half), turned(left, half)]
}

/// Do two turned rectangles have a point in common? They do not if their shadows along a side of one of them are apart.
fn overlap(a: &Text, b: &Text) -> bool {
    let (a, b) = (corners(a), corners(b));
    let axes = [&a, &b].into_iter().flat_map(|box_of| {
        [(0, 1), (1, 2)].map(|(from, to)| [box_of[to][0] - box_of[from][0], box_of[to][1] - box_of[from][1]])
    });
    for axis in axes {
        let shadow = |corners: &[[f64; 2]; 4]| {
            let along = corners.map(|[x, y]| x * axis[0] + y * axis[1]);
            (
                along.iter().copied().fold(f64::INFINITY, f64::min),
                along.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            )
        };
        let (first, second) = (shadow(&a), shadow(&b));
        if first.1 <= second.0 + 1e-6 || second.1 <= first.0 + 1e-6 {
            return false;
        }
    }
    true
}

fn texts(items: &[Item]) -> Vec<&Text> {
    let text = |item: &'_ Item| matches!(item.geometry, Geometry::Text(_));
    items
        .iter()
        .filter(|item| text(item))
        .filter_map(|item| match &item.geometry {
            Geometry::Text(text) => Some(text),
            _ => None,
        })
        .collect()
}

/// All places of a shape.
fn places(geometry: &Geometry) -> Vec<[f64; 2]> {
    match geometry {
        Geometry::Rectangle(area) => vec![[area.x, area.y], [area.right(), area.bottom()]],
        Geometry::Circle { center, .. } => vec![*center],
        Geometry::Path { points, .. } => points.clone(),
        Geometry::Text(text) => corners(text).to_vec(),
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,4}", "[a-zA-Zžů ]{0,40}", "[名前都市 ]{1,15}", Just("…".to_owned()), "\\PC{0,60}"]
}

fn scale() -> impl Strategy<Value = Scale> {
    let number = prop_oneof![-1e6..1e6_f64, -1.0..1.0_f64, any::<f64>(), Just(0.0), Just(5.0)];
    prop_oneof![
        prop::collection::vec(number.clone(), 0..4).prop_map(Scale::linear),
        prop::collection::vec(number.clone(), 0..4).prop_map(Scale::log),
        prop::collection::vec(prop_oneof![number, 0.0..3e9_f64, 1.7e9..1.7001e9_f64], 0..4)
            .prop_map(|times| Scale::Time(crate::Interval::of(times))),
        prop::collection::vec(name(), 0..60).prop_map(Scale::Category),
    ]
}

fn size() -> impl Strategy<Value = Size> {
    (0..1400_u32, 0..1000_u32).prop_map(|(width, height)| Size { width, height })
}

proptest! {
    #[test]
    fn no_label_of_an_axis_covers_another(scale in scale(), width in 10.0..900.0_f64, height in 10.0..700.0_f64) {
        let area = Area { x: 10.0, y: 5.0, w: width, h: height };
        let fonts = Type::of(width, height);
        let axis = Axis::new("", scale);
        let left = (width * 0.2).min(60.0);
        let plot = area.inset(0.0, 20.0, left, 4.0);
        for labels in [vertical(&axis, plot, width * 0.4, fonts), horizontal(&axis, area, plot, height * 0.3, fonts)] {
            let texts: Vec<&Text> = labels.labels.iter().map(|label| &label.text).collect();
            for (index, one) in texts.iter().enumerate() {
                for other in &texts[index + 1..] {
                    prop_assert!(!overlap(one, other), "{one:?}\n{other:?}");
                }
            }
        }
    }

    #[test]
    fn everything_is_finite_and_inside_the_picture(
        x in scale(), y in scale(), size in size(), title in name(), subtitle in name(),
        notes in prop::collection::vec(name(), 0..3), label in name(),
        names in prop::collection::vec(name(), 0..9), panels in 1..12_usize, shared in any::<bool>(),
        points in prop::collection::vec((any::<f64>(), -1e3..1e3_f64), 0..20),
    ) {
        let at: Vec<[f64; 2]> = points.iter().map(|(x, y)| [*x, *y]).collect();
        let series = |(index, name): (usize, &String)| {
            let points = at.iter().map(|[x, y]| Point::new(*x, *y));
            Mark::points(points).tone(Tone::Series(index)).series(name.clone())
        };
        let mut marks: Vec<Mark> = names.iter().enumerate().map(series).collect();
        marks.push(Mark::line(at.iter().copied()));
        let chart = Chart { x: Axis::new(&*label, x), y: Axis::new(&*label, y), marks };
        let panels = (0..panels).map(|_| Panel::new(&*label, chart.clone())).collect();
        let figure = Figure { notes, shared, ..Figure::new(title, panels).subtitle(subtitle) };
        let scene = scene(&figure, size);
        for item in &scene.items {
            for [x, y] in places(&item.geometry) {
                // Half a line of text may stand out at an edge whose panel is too small for its text.
                let is_inside = (-0.51..=scene.width + 0.51).contains(&x) && (-0.51..=scene.height + 0.51).contains(&y);
                prop_assert!(is_inside, "{x}, {y} is not in {} × {}: {item:?}", scene.width, scene.height);
            }
        }
        let columns = (size.width as usize / 8).max(20);
        let text = crate::terminal(&figure, columns, false);
        for line in text.lines() {
            prop_assert!(Ruler::Cells.width(line) <= columns as f64, "{line} in {columns}");
        }
    }

    #[test]
    fn boxes_of_a_diagram_do_not_cover_each_other(
        edges in prop::collection::vec((0..14_usize, 0..14_usize), 0..25), count in 1..14_usize, size in size(),
    ) {
        let node = |index: usize| crate::figure::Node { lines: vec![format!("box {index}")], tone: Tone::Muted, data: Vec::new() };
        let edges = edges.into_iter().map(|(from, to)| crate::figure::Edge { from, to, label: String::new() });
        let diagram = crate::figure::Diagram { nodes: (0..count).map(node).collect(), edges: edges.collect() };
        let panel = Panel { title: String::new(), content: Content::Diagram(diagram) };
        let scene = scene(&Figure::new("", vec![panel]), size);
        let boxes: Vec<Area> = scene.items.iter().filter(|item| item.opacity == 0.0).filter_map(|item| match item.geometry {
            Geometry::Rectangle(area) => Some(area),
            _ => None,
        }).collect();
        prop_assert_eq!(boxes.len(), count);
        for (index, one) in boxes.iter().enumerate() {
            prop_assert!(boxes[index + 1..].iter().all(|other| !one.overlaps(*other)), "{boxes:?}");
        }
    }
}

#[test]
fn names_and_texts_of_panels_do_not_cover_each_other() {
    let names: Vec<String> = (0..12).map(|index| format!("a rather long name, the number {index}")).collect();
    let points = |tone| Mark::points([Point::new(0.0, 0.0)]).tone(tone);
    let marks = names.iter().enumerate().map(|(index, name)| points(Tone::Series(index)).series(name.clone()));
    let axis = || Axis::new("a label of an axis", Scale::Category(names.clone()));
    let chart = Chart { x: axis(), y: axis(), marks: marks.collect() };
    let figure = Figure::of("title", chart).note("A note.");
    for (width, height) in [(800, 600), (300, 200), (600, 200), (300, 600), (160, 120)] {
        let scene = scene(&figure, Size { width, height });
        let texts = texts(&scene.items);
        for (index, one) in texts.iter().enumerate() {
            for other in &texts[index + 1..] {
                assert!(!overlap(one, other), "{width} × {height}:\n{one:?}\n{other:?}");
            }
        }
    }
}
