//! A scene as SVG: one file that needs nothing else, with the numbers in it.

use std::fmt::Write as _;

use crate::figure::Figure;
use crate::layout;
use crate::scene::{Anchor, Geometry, Ink, Item, Paint, Scene, Text};
use crate::text::clean;
use crate::theme::{Theme, class, style};

/// The size of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// From left to right; less than 120 is taken as 120.
    pub width: u32,
    /// From top to bottom; less than 90 is taken as 90.
    pub height: u32,
}

impl Default for Size {
    fn default() -> Size {
        Size { width: 800, height: 600 }
    }
}

/// The figure as SVG.
///
/// Colours are rules of a style sheet under a class of the theme, so that several pictures may be in one page. What a mark
/// stands for is in its attributes `data-…`, and in a `<title>`, which browsers show when the mark is pointed at; that is
/// left out of marks with more than 1,000 parts. The same figure makes the same bytes.
#[must_use]
pub fn svg(figure: &Figure, theme: Theme, size: Size) -> String {
    write(&layout::scene(figure, size), theme)
}

fn write(scene: &Scene, theme: Theme) -> String {
    let (width, height) = (scene.width, scene.height);
    let mut inks: Vec<Ink> = scene.items.iter().map(|item| item.ink).collect();
    inks.push(Ink::Paper);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{}\" role=\"img\" aria-label=\"{}\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n",
        theme.class(),
        escaped(&scene.title),
    );
    _ = writeln!(out, "<title>{}</title>", escaped(&scene.title));
    if !scene.description.is_empty() {
        _ = writeln!(out, "<desc>{}</desc>", escaped(&scene.description));
    }
    _ = writeln!(out, "<style>{}</style>", style(theme, &inks));
    _ = writeln!(out, "<rect class=\"paper f\" width=\"{width}\" height=\"{height}\"/>");
    for item in &scene.items {
        element(&mut out, item);
    }
    out.push_str("</svg>\n");
    out
}

fn element(out: &mut String, item: &Item) {
    let name = match &item.geometry {
        Geometry::Rectangle(_) => "rect",
        Geometry::Circle { .. } => "circle",
        Geometry::Path { .. } => "path",
        Geometry::Text(_) => "text",
    };
    let paint = match item.paint {
        Paint::Fill => 'f',
        Paint::Stroke { .. } => 'o',
    };
    _ = write!(out, "<{name} class=\"{} {paint}\"", class(item.ink));
    place(out, &item.geometry);
    if let Paint::Stroke { width, dashed } = item.paint {
        attribute(out, "stroke-width", width);
        out.push_str(if dashed { " stroke-dasharray=\"5 4\"" } else { "" });
    }
    if item.opacity < 1.0 {
        attribute(out, "opacity", item.opacity);
    }
    for (name, value) in &item.data {
        _ = write!(out, " data-{name}=\"{}\"", escaped(value));
    }
    let inner = match &item.geometry {
        Geometry::Text(text) => escaped(&text.text),
        _ => String::new(),
    };
    let tip = match item.tip.is_empty() {
        true => String::new(),
        false => format!("<title>{}</title>", escaped(&item.tip)),
    };
    match inner.is_empty() && tip.is_empty() {
        true => out.push_str("/>\n"),
        false => _ = writeln!(out, ">{inner}{tip}</{name}>"),
    }
}

fn place(out: &mut String, geometry: &Geometry) {
    match geometry {
        Geometry::Rectangle(area) => {
            for (name, value) in [("x", area.x), ("y", area.y), ("width", area.w), ("height", area.h)] {
                attribute(out, name, value);
            }
        }
        Geometry::Circle { center: [x, y], radius } => {
            for (name, value) in [("cx", *x), ("cy", *y), ("r", *radius)] {
                attribute(out, name, value);
            }
        }
        Geometry::Path { points, closed } => {
            out.push_str(" d=\"");
            for (index, [x, y]) in points.iter().enumerate() {
                _ = write!(out, "{}{} {}", if index == 0 { 'M' } else { 'L' }, pixels(*x), pixels(*y));
            }
            out.push_str(if *closed { "Z\"" } else { "\"" });
        }
        Geometry::Text(text) => text_place(out, text),
    }
}

fn text_place(out: &mut String, text: &Text) {
    let [x, y] = text.at;
    // The place is the middle of the height of a line; SVG wants the base line.
    let down = 0.35 * text.size;
    match text.angle == 0.0 {
        true => {
            attribute(out, "x", x);
            attribute(out, "y", y + down);
        }
        false => {
            attribute(out, "y", down);
            let (x, y, angle) = (pixels(x), pixels(y), pixels(text.angle));
            _ = write!(out, " transform=\"translate({x} {y}) rotate({angle})\"");
        }
    }
    attribute(out, "font-size", text.size);
    out.push_str(match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    });
    out.push_str(if text.bold { " font-weight=\"600\"" } else { "" });
}

fn attribute(out: &mut String, name: &str, value: f64) {
    _ = write!(out, " {name}=\"{}\"", pixels(value));
}

/// A length to a hundredth of a pixel: no more can be seen, and the last bits of a platform's functions do not show.
fn pixels(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split('\n') {
        if !out.is_empty() {
            out.push('\n');
        }
        for character in clean(line).chars() {
            match character {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                other => out.push(other),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        assert_eq!([1.0, 0.125, -0.001, 10.0 / 3.0].map(pixels), ["1", "0.12", "0", "3.33"]);
    }

    #[test]
    fn no_text_ends_its_element() {
        assert_eq!(escaped("a<b & \"c\"\u{1b}\nd"), "a&lt;b &amp; &quot;c&quot;\u{fffd}\nd");
    }
}
