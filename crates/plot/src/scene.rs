//! A scene: shapes with a place in pixels, a colour by meaning, and what they say. What a figure becomes before it is
//! written as SVG.

use crate::mark::Tone;

/// A rectangle of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

impl Area {
    /// The area between two corners, in any order.
    pub(crate) fn between(a: [f64; 2], b: [f64; 2]) -> Area {
        Area { x: a[0].min(b[0]), y: a[1].min(b[1]), w: (a[0] - b[0]).abs(), h: (a[1] - b[1]).abs() }
    }

    pub(crate) fn right(self) -> f64 {
        self.x + self.w
    }

    pub(crate) fn bottom(self) -> f64 {
        self.y + self.h
    }

    pub(crate) fn middle(self) -> [f64; 2] {
        [self.x + self.w / 2.0, self.y + self.h / 2.0]
    }

    /// Without this much at the top, the bottom, the left and the right.
    pub(crate) fn inset(self, top: f64, bottom: f64, left: f64, right: f64) -> Area {
        let (w, h) = ((self.w - left - right).max(0.0), (self.h - top - bottom).max(0.0));
        Area { x: self.x + left.min(self.w), y: self.y + top.min(self.h), w, h }
    }

    pub(crate) fn overlaps(self, other: Area) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// A colour, by its meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ink {
    Text,
    Quiet,
    Grid,
    Axis,
    /// The background, for what must be told from marks below it.
    Paper,
    Tone(Tone),
    /// That of text on this tone.
    On(Tone),
}

/// How a shape is coloured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Paint {
    Fill,
    Stroke { width: f64, dashed: bool },
}

/// Where a text is, relative to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Geometry {
    Rectangle(Area),
    Circle { center: [f64; 2], radius: f64 },
    Path { points: Vec<[f64; 2]>, closed: bool },
    Text(Text),
}

/// A line of text. Its place is at the middle of its height.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) at: [f64; 2],
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    /// In degrees; 0 or negative, which turns it counterclockwise around its place.
    pub(crate) angle: f64,
    pub(crate) bold: bool,
}

/// Something to draw.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) geometry: Geometry,
    pub(crate) ink: Ink,
    pub(crate) paint: Paint,
    pub(crate) opacity: f64,
    /// What is shown when it is pointed at.
    pub(crate) tip: String,
    /// The attributes `data-…`.
    pub(crate) data: Vec<(&'static str, String)>,
}

impl Item {
    pub(crate) fn fill(geometry: Geometry, ink: Ink) -> Item {
        Item { geometry, ink, paint: Paint::Fill, opacity: 1.0, tip: String::new(), data: Vec::new() }
    }

    pub(crate) fn stroke(points: Vec<[f64; 2]>, ink: Ink, width: f64) -> Item {
        let geometry = Geometry::Path { points, closed: false };
        Item { paint: Paint::Stroke { width, dashed: false }, ..Item::fill(geometry, ink) }
    }

    pub(crate) fn dashed(self) -> Item {
        match self.paint {
            Paint::Stroke { width, .. } => Item { paint: Paint::Stroke { width, dashed: true }, ..self },
            Paint::Fill => self,
        }
    }

    pub(crate) fn opacity(self, opacity: f64) -> Item {
        Item { opacity, ..self }
    }

    pub(crate) fn tip(self, tip: impl Into<String>) -> Item {
        Item { tip: tip.into(), ..self }
    }

    /// A text; where it was cut, pointing at it shows the `whole`.
    pub(crate) fn text(text: Text, ink: Ink, whole: &str) -> Item {
        let tip = if text.text == whole { String::new() } else { whole.to_owned() };
        Item::fill(Geometry::Text(text), ink).tip(tip)
    }
}

impl Text {
    pub(crate) fn new(text: impl Into<String>, at: [f64; 2], size: f64, anchor: Anchor) -> Text {
        Text { text: text.into(), at, size, anchor, angle: 0.0, bold: false }
    }
}

/// All that is drawn, the first at the bottom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// The title for those who do not see the picture.
    pub(crate) title: String,
    /// The rest of the words.
    pub(crate) description: String,
    pub(crate) items: Vec<Item>,
}
