//! Marks: what is drawn in a chart, in the values of its axes, with the numbers that each stands for.

use crate::text::clean;

/// A number or a text that a mark stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number; one that is not finite is written as missing.
    Number(f64),
    /// A text.
    Text(String),
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(number as f64)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(clean(text))
    }
}

/// What a mark stands for: names and values. The names become attributes `data-…` of the SVG, and keys of the JSON.
pub type Data = Vec<(&'static str, Value)>;

/// The colour of a mark, by its meaning; the theme says which one it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tone {
    /// The n-th colour of the palette, from 0; there are seven, after which they repeat.
    Series(usize),
    /// From little (0) to much (1).
    Sequential(f64),
    /// From −1 over 0, which is neutral, to 1.
    Diverging(f64),
    /// From a low value (0) to a high one (1), where both are as visible.
    Value(f64),
    /// That of text.
    Ink,
    /// A grey in the background of others.
    Muted,
}

/// How heavy a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weight {
    /// Of many that are seen as one.
    Thin,
    /// As usual.
    #[default]
    Normal,
    /// The one that matters.
    Bold,
}

/// A point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its place.
    pub at: [f64; 2],
    /// Its colour, if it is not that of the mark.
    pub tone: Option<Tone>,
    /// What it stands for.
    pub data: Data,
}

impl Point {
    /// A point that stands for its place.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Point {
        Point { at: [x, y], tone: None, data: vec![("x", x.into()), ("y", y.into())] }
    }
}

/// A rectangle: a bar, a box or a tile.
#[derive(Debug, Clone, PartialEq)]
pub struct Rectangle {
    /// Its ends along the horizontal axis.
    pub x: [f64; 2],
    /// Its ends along the vertical axis.
    pub y: [f64; 2],
    /// Its colour, if it is not that of the mark.
    pub tone: Option<Tone>,
    /// What is written in it, where it fits.
    pub text: String,
    /// What it stands for.
    pub data: Data,
}

/// A straight line from one place to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Where it starts.
    pub from: [f64; 2],
    /// Where it ends.
    pub to: [f64; 2],
    /// Does it end in an arrow?
    pub arrow: bool,
    /// What it stands for.
    pub data: Data,
}

/// A text at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Its place.
    pub at: [f64; 2],
    /// The text; it is left out where it would cover another one.
    pub text: String,
    /// The side of the place on which it is written.
    pub side: Side,
}

/// A side of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Left of it.
    Left,
    /// Right of it.
    Right,
    /// Above it.
    Above,
    /// Below it.
    Below,
}

/// What a mark looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Points(Vec<Point>),
    Line(Vec<[f64; 2]>),
    /// Places along the horizontal axis with a lower and an upper value.
    Band(Vec<[f64; 3]>),
    Rectangles(Vec<Rectangle>),
    Segments(Vec<Segment>),
    Labels(Vec<Label>),
}

/// Something drawn in a chart. Whatever of it has no finite place is left out, and counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub(crate) shape: Shape,
    pub(crate) tone: Tone,
    pub(crate) weight: Weight,
    pub(crate) dashed: bool,
    pub(crate) series: Option<String>,
    /// How many parts have no finite place.
    pub(crate) left_out: usize,
}

fn finite<const N: usize>(place: &[f64; N]) -> bool {
    place.iter().all(|value| value.is_finite())
}

impl Mark {
    /// A mark of those parts that have finite places.
    fn new<T>(parts: impl IntoIterator<Item = T>, is_finite: fn(&T) -> bool, shape: fn(Vec<T>) -> Shape) -> Mark {
        let mut left_out = 0;
        let drawn = parts.into_iter().filter(|part| {
            let is_drawn = is_finite(part);
            left_out += usize::from(!is_drawn);
            is_drawn
        });
        let shape = shape(drawn.collect());
        Mark { shape, tone: Tone::Series(0), weight: Weight::Normal, dashed: false, series: None, left_out }
    }

    /// Points.
    #[must_use]
    pub fn points(points: impl IntoIterator<Item = Point>) -> Mark {
        Mark::new(points, |point| finite(&point.at), Shape::Points)
    }

    /// A line through places, from the first to the last.
    #[must_use]
    pub fn line(places: impl IntoIterator<Item = [f64; 2]>) -> Mark {
        Mark::new(places, finite, Shape::Line)
    }

    /// A band along the horizontal axis: places, each with its lower and its upper value.
    #[must_use]
    pub fn band(places: impl IntoIterator<Item = [f64; 3]>) -> Mark {
        Mark::new(places, finite, Shape::Band)
    }

    /// Rectangles.
    #[must_use]
    pub fn rectangles(rectangles: impl IntoIterator<Item = Rectangle>) -> Mark {
        Mark::new(rectangles, |one| finite(&one.x) && finite(&one.y), Shape::Rectangles)
    }

    /// Straight lines.
    #[must_use]
    pub fn segments(segments: impl IntoIterator<Item = Segment>) -> Mark {
        Mark::new(segments, |one| finite(&one.from) && finite(&one.to), Shape::Segments)
    }

    /// A straight line that others are compared with: thin, dashed and grey.
    #[must_use]
    pub fn reference(from: [f64; 2], to: [f64; 2]) -> Mark {
        let segment = Segment { from, to, arrow: false, data: Data::new() };
        Mark::segments([segment]).tone(Tone::Muted).dashed()
    }

    /// Texts.
    #[must_use]
    pub fn labels(labels: impl IntoIterator<Item = Label>) -> Mark {
        Mark::new(labels, |label| finite(&label.at), Shape::Labels).tone(Tone::Ink)
    }

    /// In this colour; without it, in the first of the palette.
    #[must_use]
    pub fn tone(self, tone: Tone) -> Mark {
        Mark { tone, ..self }
    }

    /// Of this weight.
    #[must_use]
    pub fn weight(self, weight: Weight) -> Mark {
        Mark { weight, ..self }
    }

    /// With a dashed line.
    #[must_use]
    pub fn dashed(self) -> Mark {
        Mark { dashed: true, ..self }
    }

    /// With this name in the legend.
    #[must_use]
    pub fn series(self, name: impl Into<String>) -> Mark {
        Mark { series: Some(name.into()), ..self }
    }

    /// How many parts it has, each with a place of its own.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.shape {
            Shape::Points(points) => points.len(),
            Shape::Line(places) => places.len(),
            Shape::Band(places) => places.len(),
            Shape::Rectangles(rectangles) => rectangles.len(),
            Shape::Segments(segments) => segments.len(),
            Shape::Labels(labels) => labels.len(),
        }
    }

    /// Is there nothing to draw?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
