//! A figure as lines of text, for a terminal.

mod canvas;
mod chart;

use crate::figure::{Content, Diagram, Figure, Key, Panel, Share, legend};
use crate::layout::{Layers, drawn, percent};
use crate::mark::{Shape, Tone};
use crate::number::count;
use crate::text::{Ruler, clean};
use canvas::{Canvas, shade};

/// The fewest columns in which panels are drawn side by side.
const PANEL: usize = 25;

/// How a terminal shows colours, and how marks are told apart without them.
#[derive(Debug, Clone, Copy)]
struct Look {
    colour: bool,
    /// Are there several series, which need symbols where there are no colours?
    has_series: bool,
}

/// The figure as text of at most `width` columns (at least 20), which ends with a line break.
///
/// Lines and clouds of points are drawn in braille dots, bars in eighths of a block. Colours, as escape sequences of 256
/// colours, are used if `colour` says so; otherwise, series are told apart by symbols. The same figure makes the same text.
#[must_use]
pub fn terminal(figure: &Figure, width: usize, colour: bool) -> String {
    let width = width.max(20);
    let names = legend(&figure.panels);
    let look = Look { colour, has_series: names.len() > 1 };
    let mut parts = vec![heading(figure, width)];
    parts.extend(figure.key.as_ref().map(|key| key_line(key, width)));
    if !names.is_empty() {
        let entries: Vec<(String, Tone)> = names
            .iter()
            .map(|(name, mark)| {
                let symbol = match &mark.shape {
                    _ if mark.dashed => '┄',
                    Shape::Rectangles(_) => '█',
                    Shape::Band(_) => '░',
                    _ => canvas::symbol(mark.tone, look),
                };
                (format!("{symbol} {}", clean(name)), mark.tone)
            })
            .collect();
        parts.push(flow(&entries, width));
    }
    if figure.panels.iter().all(Panel::is_empty) {
        parts.push(Canvas::of_lines(&["no values to draw".to_owned()], width));
    } else {
        parts.extend(panels(figure, width, look));
    }
    let notes = Ruler::Cells.wrap(&figure.notes.join(" "), width as f64, 6);
    parts.push(Canvas::of_lines(&notes, width));
    parts.iter().map(|part| part.text(colour)).collect()
}

fn heading(figure: &Figure, width: usize) -> Canvas {
    let mut lines = Ruler::Cells.wrap(&clean(&figure.title), width as f64, 3);
    lines.extend(Ruler::Cells.wrap(&clean(&figure.subtitle), width as f64, 3));
    Canvas::of_lines(&lines, width)
}

fn key_line(key: &Key, width: usize) -> Canvas {
    let mut canvas = Canvas::new(width, 1);
    let label = if key.label.is_empty() { String::new() } else { format!("{}: ", clean(&key.label)) };
    let mut at =
        canvas.write(0, 0, &Ruler::Cells.fit(&format!("{label}{} ", clean(&key.low)), width as f64 * 0.6), None);
    for index in 0..5 {
        let tone = key.ramp.tone(f64::from(index) / 4.0);
        canvas.write(at, 0, &shade(tone).to_string(), Some(tone));
        at += 1;
    }
    canvas.write(at, 0, &format!(" {}", clean(&key.high)), None);
    canvas
}

/// Entries side by side, in as many lines as they need.
fn flow(entries: &[(String, Tone)], width: usize) -> Canvas {
    let mut places = Vec::new();
    let (mut x, mut row) = (0, 0);
    for (text, tone) in entries {
        let text = Ruler::Cells.fit(text, width as f64);
        let wide = Ruler::Cells.width(&text) as usize;
        if x > 0 && x + wide > width {
            (x, row) = (0, row + 1);
        }
        places.push((x, row, text, *tone));
        x += wide + 3;
    }
    let most = 4;
    let mut canvas = Canvas::new(width, (row + 1).min(most));
    let hidden = places.iter().filter(|(_, row, ..)| *row + 1 >= most).count();
    let fits = row < most;
    for (x, row, text, tone) in places {
        if fits || row + 1 < most {
            let symbol: String = text.chars().take(1).collect();
            canvas.write(x, row, &text, None);
            canvas.write(x, row, &symbol, Some(tone));
        }
    }
    if !fits {
        canvas.write(0, most - 1, &format!("and {} more", count(hidden)), None);
    }
    canvas
}

/// The panels, as many side by side as there is room for.
fn panels(figure: &Figure, width: usize, look: Look) -> Vec<Canvas> {
    let wanted = figure.columns.unwrap_or(figure.panels.len()).clamp(1, figure.panels.len().max(1));
    let columns = wanted.min((width / PANEL).max(1));
    let each = (width + 2) / columns - 2;
    let mut rows = Vec::new();
    for row in figure.panels.chunks(columns) {
        let drawn: Vec<Canvas> = row.iter().map(|panel| self::panel(panel, each, look)).collect();
        let height = drawn.iter().map(Canvas::height).max().unwrap_or(0);
        let mut canvas = Canvas::new(width, height);
        for (index, part) in drawn.iter().enumerate() {
            canvas.paste(part, index * (each + 2));
        }
        rows.push(canvas);
    }
    rows
}

fn panel(panel: &Panel, width: usize, look: Look) -> Canvas {
    let title = Ruler::Cells.wrap(&clean(&panel.title), width as f64, 1);
    let content = match &panel.content {
        _ if panel.is_empty() => Canvas::of_lines(&["no values".to_owned()], width),
        Content::Chart(chart) => chart::draw(chart, width, look),
        Content::Shares(shares) => self::shares(shares, width),
        Content::Diagram(diagram) => Canvas::of_lines(&outline(diagram, width), width),
    };
    Canvas::of_lines(&title, width).above(content)
}

/// Parts of a whole as bars.
fn shares(shares: &[Share], width: usize) -> Canvas {
    let total: f64 = shares.iter().map(|share| share.size).sum();
    let widest = shares.iter().map(|share| Ruler::Cells.width(&clean(&share.name)) as usize).max().unwrap_or(0);
    let names = widest.min(width * 2 / 5);
    let room = width.saturating_sub(names + 9);
    let mut canvas = Canvas::new(width, shares.len());
    for (row, share) in shares.iter().enumerate() {
        let part = share.size / total;
        canvas.write(0, row, &Ruler::Cells.fit(&clean(&share.name), names as f64), None);
        let end = canvas.bar(names + 1, row, part * room as f64, share.tone);
        canvas.write(end + 1, row, &percent(part), None);
    }
    canvas
}

/// A diagram as an indented list; a box that several arrows lead to says from where else.
fn outline(diagram: &Diagram, width: usize) -> Vec<String> {
    let layers = Layers::of(diagram);
    let edges = drawn(diagram);
    let count = diagram.nodes.len();
    let children =
        |node: usize| -> Vec<usize> { (0..count).filter(|child| layers.parent[*child] == Some(node)).collect() };
    // A chain of single boxes is not indented ever deeper.
    let mut lines = Vec::new();
    let roots = (0..count).filter(|node| layers.parent[*node].is_none()).rev();
    let mut walk: Vec<(usize, String, String)> = roots.map(|root| (root, String::new(), String::new())).collect();
    while let Some((node, first, rest)) = walk.pop() {
        let parent = layers.parent[node];
        let label =
            edges.iter().find(|edge| edge.to == node && Some(edge.from) == parent).map(|edge| edge.label.as_str());
        let label =
            label.filter(|label| !label.is_empty()).map(|label| format!("[{}] ", clean(label))).unwrap_or_default();
        let head = |node: usize| {
            diagram.nodes[node].lines.iter().take(2).map(|line| clean(line)).collect::<Vec<_>>().join(" ")
        };
        let others =
            edges.iter().filter(|edge| edge.to == node && Some(edge.from) != parent).map(|edge| head(edge.from));
        let others: Vec<String> = others.collect();
        let also = if others.is_empty() { String::new() } else { format!(" (also from {})", others.join(", ")) };
        let text = diagram.nodes[node].lines.iter().map(|line| clean(line)).collect::<Vec<String>>().join(" · ");
        lines.push(Ruler::Cells.fit(&format!("{first}{label}{text}{also}"), width as f64));
        let below = children(node);
        let only = below.len() == 1;
        for (index, child) in below.iter().enumerate().rev() {
            let (first, next) = match (only, index + 1 == below.len()) {
                (true, _) => ("↓ ", ""),
                (false, true) => ("└─ ", "   "),
                (false, false) => ("├─ ", "│  "),
            };
            walk.push((*child, format!("{rest}{first}"), format!("{rest}{next}")));
        }
    }
    lines
}
