//! A figure: what is shown, before anybody says how large, in which colours, or where.

use crate::mark::{Data, Mark, Tone};
use crate::number::count;
use crate::scale::Scale;

/// A picture of values: a title and panels, with what a reader must know about them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// What is shown.
    pub title: String,
    /// More about it; may be empty.
    pub subtitle: String,
    /// The panels, in reading order.
    pub panels: Vec<Panel>,
    /// How many panels are side by side, if that is not up to the renderer.
    pub columns: Option<usize>,
    /// Do the panels of a column share their horizontal axis, and those of a row their vertical one? Then, only those at the edge
    /// are written.
    pub shared: bool,
    /// What the colours of tones from low to high mean.
    pub key: Option<Key>,
    /// What was left out, and what stands for what.
    pub notes: Vec<String>,
}

/// The meaning of colours on a scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// What they show.
    pub label: String,
    /// What the colour at the lower end stands for.
    pub low: String,
    /// What the colour at the upper end stands for.
    pub high: String,
    /// The colours.
    pub ramp: Ramp,
}

/// A scale of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ramp {
    /// From little to much.
    Sequential,
    /// From below over a neutral middle to above.
    Diverging,
    /// From low to high, both as visible.
    Value,
}

impl Ramp {
    /// The colour at a share between 0 and 1 of the scale.
    #[must_use]
    pub fn tone(self, share: f64) -> Tone {
        match self {
            Ramp::Sequential => Tone::Sequential(share),
            Ramp::Diverging => Tone::Diverging(2.0 * share - 1.0),
            Ramp::Value => Tone::Value(share),
        }
    }
}

/// A part of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What tells it from the others; may be empty.
    pub title: String,
    /// What it has.
    pub content: Content,
}

/// What a panel has.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Marks between two axes.
    Chart(Chart),
    /// Parts of a whole.
    Shares(Vec<Share>),
    /// Boxes and arrows.
    Diagram(Diagram),
}

/// Marks between two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The marks; later ones cover earlier ones.
    pub marks: Vec<Mark>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What its values are, with their unit; may be empty.
    pub label: String,
    /// How they are laid along it.
    pub scale: Scale,
    /// Are ticks and lines drawn?
    pub ticks: bool,
}

impl Axis {
    /// An axis with ticks.
    #[must_use]
    pub fn new(label: impl Into<String>, scale: Scale) -> Axis {
        Axis { label: label.into(), scale, ticks: true }
    }

    /// An axis without ticks, where only the order of values counts.
    #[must_use]
    pub fn bare(label: impl Into<String>, scale: Scale) -> Axis {
        Axis { label: label.into(), scale, ticks: false }
    }
}

/// A part of a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// Its size, positive.
    pub size: f64,
    /// Its colour.
    pub tone: Tone,
}

/// Boxes and arrows, without a circle of arrows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagram {
    /// The boxes.
    pub nodes: Vec<Node>,
    /// The arrows, between boxes by their index. Arrows to boxes that are not there, or that close a circle, are not drawn.
    pub edges: Vec<Edge>,
}

/// A box of a diagram.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What is written in it, line by line; the first is the most important.
    pub lines: Vec<String>,
    /// The colour of its frame.
    pub tone: Tone,
    /// What it stands for.
    pub data: Data,
}

/// An arrow of a diagram.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The box that it leaves.
    pub from: usize,
    /// The box that it leads to.
    pub to: usize,
    /// What is written at it; may be empty.
    pub label: String,
}

impl Figure {
    /// A figure of one chart.
    #[must_use]
    pub fn of(title: impl Into<String>, chart: Chart) -> Figure {
        Figure::new(title, vec![Panel { title: String::new(), content: Content::Chart(chart) }])
    }

    /// A figure of panels. If marks have parts without a finite place, a note says how many.
    #[must_use]
    pub fn new(title: impl Into<String>, panels: Vec<Panel>) -> Figure {
        let left_out = match panels.iter().map(Panel::left_out).sum() {
            0 => String::new(),
            1 => "1 value that is not finite is left out.".to_owned(),
            values => format!("{} values that are not finite are left out.", count(values)),
        };
        Figure { title: title.into(), panels, ..Figure::default() }.note(left_out)
    }

    /// With a second, smaller line of title.
    #[must_use]
    pub fn subtitle(self, subtitle: impl Into<String>) -> Figure {
        Figure { subtitle: subtitle.into(), ..self }
    }

    /// With a note, if it says something.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Figure {
        let note = note.into();
        if !note.is_empty() {
            self.notes.push(note);
        }
        self
    }

    /// With the meaning of colours.
    #[must_use]
    pub fn key(self, key: Key) -> Figure {
        Figure { key: Some(key), ..self }
    }
}

impl Panel {
    /// A panel with a chart.
    #[must_use]
    pub fn new(title: impl Into<String>, chart: Chart) -> Panel {
        Panel { title: title.into(), content: Content::Chart(chart) }
    }

    /// Is there nothing to draw?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.content {
            Content::Chart(chart) => chart.marks.iter().all(Mark::is_empty),
            Content::Shares(shares) => shares.is_empty(),
            Content::Diagram(diagram) => diagram.nodes.is_empty(),
        }
    }

    fn left_out(&self) -> usize {
        match &self.content {
            Content::Chart(chart) => chart.marks.iter().map(|mark| mark.left_out).sum(),
            Content::Shares(_) | Content::Diagram(_) => 0,
        }
    }

    /// The names of its series, each with the first mark that has it, in order.
    pub(crate) fn series(&self) -> Vec<(&str, &Mark)> {
        let Content::Chart(chart) = &self.content else { return Vec::new() };
        let mut named: Vec<(&str, &Mark)> = Vec::new();
        for mark in &chart.marks {
            if let Some(name) = mark.series.as_deref()
                && !named.iter().any(|(known, _)| *known == name)
            {
                named.push((name, mark));
            }
        }
        named
    }
}

/// The names of the series of all panels, each once, with a mark that shows what it looks like.
pub(crate) fn legend(panels: &[Panel]) -> Vec<(&str, &Mark)> {
    let mut all: Vec<(&str, &Mark)> = Vec::new();
    for (name, mark) in panels.iter().flat_map(Panel::series) {
        if !all.iter().any(|(known, _)| *known == name) {
            all.push((name, mark));
        }
    }
    all
}
