//! A figure as JSON: its words, its axes, and each number that is plotted.

use serde_json::{Map, Number, Value as Json, json as object};

use crate::figure::{Axis, Chart, Content, Diagram, Figure, Panel, Share};
use crate::mark::{Data, Mark, Shape, Value};
use crate::scale::Scale;

/// The figure as JSON: `title`, `subtitle`, `notes`, what `colours` mean, and `panels`, each with its axes and its marks, each mark with the
/// numbers that it shows under `data`. A number that is not finite is `null`.
#[must_use]
pub fn json(figure: &Figure) -> Json {
    object!({
        "title": figure.title,
        "subtitle": figure.subtitle,
        "notes": figure.notes,
        "colours": figure.key.as_ref().map(|key| object!({ "label": key.label, "low": key.low, "high": key.high })),
        "panels": figure.panels.iter().map(panel).collect::<Vec<Json>>(),
    })
}

fn panel(panel: &Panel) -> Json {
    let title = &panel.title;
    match &panel.content {
        Content::Chart(chart) => self::chart(title, chart),
        Content::Shares(shares) => object!({
            "title": title, "kind": "shares", "data": shares.iter().map(share).collect::<Vec<Json>>(),
        }),
        Content::Diagram(diagram) => self::diagram(title, diagram),
    }
}

fn share(share: &Share) -> Json {
    object!({ "name": share.name, "size": number(share.size) })
}

fn chart(title: &str, chart: &Chart) -> Json {
    object!({
        "title": title,
        "kind": "chart",
        "x": axis(&chart.x),
        "y": axis(&chart.y),
        "marks": chart.marks.iter().filter_map(mark).collect::<Vec<Json>>(),
    })
}

fn axis(axis: &Axis) -> Json {
    let range = axis.scale.interval();
    let kind = match axis.scale {
        Scale::Linear(_) | Scale::Count(_) => "linear",
        Scale::Log(_) => "log",
        Scale::Time(_) => "time",
        Scale::Category(_) => "category",
    };
    match axis.scale.names() {
        Some(names) => object!({ "label": axis.label, "scale": kind, "names": names }),
        None => object!({ "label": axis.label, "scale": kind, "from": range.low(), "to": range.high() }),
    }
}

/// A mark, unless it says nothing in numbers, as a line for comparison does.
fn mark(mark: &Mark) -> Option<Json> {
    let column =
        |index: usize, places: &[&[f64]]| -> Json { places.iter().map(|place| number(place[index])).collect() };
    let (kind, data) = match &mark.shape {
        Shape::Points(points) => ("points", points.iter().map(|point| self::data(&point.data)).collect()),
        Shape::Rectangles(all) => ("rectangles", all.iter().map(|one| self::data(&one.data)).collect()),
        Shape::Segments(all) => {
            let told: Vec<Json> =
                all.iter().filter(|one| !one.data.is_empty()).map(|one| self::data(&one.data)).collect();
            if told.is_empty() {
                return None;
            }
            ("segments", Json::Array(told))
        }
        Shape::Labels(_) => return None,
        Shape::Line(places) => {
            let places: Vec<&[f64]> = places.iter().map(<[f64; 2]>::as_slice).collect();
            ("line", object!({ "x": column(0, &places), "y": column(1, &places) }))
        }
        Shape::Band(places) => {
            let places: Vec<&[f64]> = places.iter().map(<[f64; 3]>::as_slice).collect();
            ("band", object!({ "x": column(0, &places), "low": column(1, &places), "high": column(2, &places) }))
        }
    };
    Some(object!({ "kind": kind, "series": mark.series, "data": data }))
}

fn data(data: &Data) -> Json {
    let entry = |(name, value): &(&'static str, Value)| {
        let value = match value {
            Value::Number(value) => number(*value),
            Value::Text(text) => Json::String(text.clone()),
        };
        ((*name).to_owned(), value)
    };
    Json::Object(data.iter().map(entry).collect::<Map<String, Json>>())
}

fn number(value: f64) -> Json {
    // Counts and places of categories are whole.
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Json::Number(Number::from(value as i64));
    }
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}

fn diagram(title: &str, diagram: &Diagram) -> Json {
    let node = |node: &crate::figure::Node| object!({ "lines": node.lines, "data": data(&node.data) });
    let edge = |edge: &crate::figure::Edge| object!({ "from": edge.from, "to": edge.to, "label": edge.label });
    object!({
        "title": title,
        "kind": "diagram",
        "nodes": diagram.nodes.iter().map(node).collect::<Vec<Json>>(),
        "edges": diagram.edges.iter().map(edge).collect::<Vec<Json>>(),
    })
}
