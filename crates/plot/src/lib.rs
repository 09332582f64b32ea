#![doc = include_str!("../README.md")]
//!
//! # Why its own pictures
//!
//! kuva 0.6 and plotters 0.3 were tried with boxes of 5 and 50 long names at 800 × 600 and at 300 × 200. Both write labels
//! over each other and beyond the edge, neither cuts or thins them, and plotters measures text with a font of the system,
//! or hardly at all without. Neither writes the numbers of a mark as attributes, or colours that follow the reader's
//! light or dark; kuva adds 2.4 megabytes to a program and 45 seconds of CPU to its build. What is hard about these pictures is
//! where the words go, which a library decides for itself; the shapes are rectangles, circles and lines. So this crate has
//! its own types and writes SVG itself, with `serde_json` and the widths of characters on a terminal as its only
//! dependencies.

mod column;
mod figure;
mod json;
mod kind;
mod layout;
mod mark;
mod number;
#[cfg(feature = "png")]
mod png;
mod scale;
mod scene;
mod summary;
mod svg;
mod terminal;
mod text;
mod theme;
mod time;

pub use column::{Categories, Column, Group};
pub use figure::{Axis, Chart, Content, Diagram, Edge, Figure, Key, Node, Panel, Ramp, Share};
pub use json::json;
pub use kind::*;
pub use mark::{Data, Label, Mark, Point, Rectangle, Segment, Side, Tone, Value, Weight};
#[cfg(feature = "png")]
pub use png::{PngError, png};
pub use scale::{Interval, Scale};
pub use svg::{Size, svg};
pub use terminal::terminal;
pub use theme::Theme;
