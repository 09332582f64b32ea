//! Where everything of a figure is: title above, notes below, legend and panels between.

mod axes;
mod diagram;
mod marks;
mod shares;

pub(crate) use diagram::{Layers, drawn};
pub(crate) use shares::percent;

use crate::figure::{Chart, Content, Figure, Key, Panel, legend};
use crate::mark::{Mark, Shape};
use crate::number::count;
use crate::scene::{Anchor, Area, Geometry, Ink, Item, Scene, Text};
use crate::svg::Size;
use crate::text::Ruler;
use axes::{Edges, Margins};

/// Sizes of text.
#[derive(Debug, Clone, Copy)]
struct Type {
    title: f64,
    label: f64,
    tick: f64,
    small: f64,
}

/// What a line of text takes of the height, in sizes of its font.
const LEADING: f64 = 1.25;

impl Type {
    fn of(width: f64, height: f64) -> Type {
        match (width / 800.0).min(height / 600.0) {
            share if share < 0.6 => Type { title: 13.0, label: 10.5, tick: 9.5, small: 9.0 },
            _ => Type { title: 17.0, label: 12.5, tick: 11.5, small: 11.0 },
        }
    }
}

/// The figure as a scene of this size.
pub(crate) fn scene(figure: &Figure, size: Size) -> Scene {
    let (width, height) = (f64::from(size.width.max(120)), f64::from(size.height.max(90)));
    let fonts = Type::of(width, height);
    let margin = if width < 480.0 { 6.0 } else { 12.0 };
    let mut area = Area { x: 0.0, y: 0.0, w: width, h: height }.inset(margin, margin, margin, margin);
    let mut items = Vec::new();
    area = titles(&mut items, figure, area, fonts);
    let (shown, grid) = arrangement(figure, area);
    let mut notes = figure.notes.clone();
    if shown < figure.panels.len() {
        notes.push(format!("{} of {} panels are shown.", shown, figure.panels.len()));
    }
    area = notes_below(&mut items, &notes, area, fonts);
    let panels = &figure.panels[..shown];
    area = legend_above(&mut items, panels, figure.key.as_ref(), area, fonts);
    if panels.iter().all(Panel::is_empty) {
        items.push(centred("no values to draw", area, fonts.label));
    } else {
        let grid = Grid::of(panels, area, grid, figure.shared, fonts);
        for (index, panel) in panels.iter().enumerate() {
            grid.draw(&mut items, panel, index, fonts);
        }
    }
    let words = [&figure.subtitle].into_iter().chain(&notes).filter(|text| !text.is_empty());
    let description = words.map(String::as_str).collect::<Vec<&str>>().join("\n");
    Scene { width, height, title: figure.title.clone(), description, items }
}

fn centred(text: &str, area: Area, size: f64) -> Item {
    let fitted = Ruler::Sans(size).fit(text, area.w);
    Item::text(Text::new(fitted, area.middle(), size, Anchor::Middle), Ink::Quiet, text)
}

/// Draws title and subtitle; returns the area below.
fn titles(items: &mut Vec<Item>, figure: &Figure, area: Area, fonts: Type) -> Area {
    let most = if area.h < 300.0 { 1 } else { 2 };
    let subtitle_lines = if area.h < 240.0 { 0 } else { most };
    let mut used = 0.0;
    // Bold letters are wider than the ruler knows.
    let title = Ruler::Sans(fonts.title * 1.07).wrap(&figure.title, area.w, most);
    let subtitle = Ruler::Sans(fonts.label).wrap(&figure.subtitle, area.w, subtitle_lines);
    let title = title.into_iter().map(|line| (line, fonts.title, true));
    for (line, size, bold) in title.chain(subtitle.into_iter().map(|line| (line, fonts.label, false))) {
        let at = [area.x, area.y + used + size * LEADING / 2.0];
        let whole = if bold { &figure.title } else { &figure.subtitle };
        let whole = if line.ends_with('…') { whole.as_str() } else { line.as_str() };
        let ink = if bold { Ink::Text } else { Ink::Quiet };
        items.push(Item::text(Text { bold, ..Text::new(&*line, at, size, Anchor::Start) }, ink, whole));
        used += size * LEADING;
    }
    area.inset(if used > 0.0 { used + fonts.tick * 0.4 } else { 0.0 }, 0.0, 0.0, 0.0)
}

/// Draws the notes at the bottom; returns the area above.
fn notes_below(items: &mut Vec<Item>, notes: &[String], area: Area, fonts: Type) -> Area {
    let ruler = Ruler::Sans(fonts.small);
    let all = notes.join(" ");
    let lines = ruler.wrap(&all, area.w, if area.h < 300.0 { 1 } else { 3 });
    let height = lines.len() as f64 * fonts.small * LEADING;
    for (index, line) in lines.iter().enumerate() {
        let y = area.bottom() - height + (index as f64 + 0.5) * fonts.small * LEADING;
        let whole = if line.ends_with('…') { all.as_str() } else { line.as_str() };
        items.push(Item::text(Text::new(line, [area.x, y], fonts.small, Anchor::Start), Ink::Quiet, whole));
    }
    area.inset(0.0, if lines.is_empty() { 0.0 } else { height + fonts.small * 0.5 }, 0.0, 0.0)
}

/// A part of the legend: how wide it is, and how it is drawn at a place.
struct Entry<'a> {
    width: f64,
    name: String,
    sample: Sample<'a>,
}

enum Sample<'a> {
    Mark(&'a Mark),
    Key(&'a Key),
}

/// Draws the legend at the top; returns the area below.
fn legend_above(items: &mut Vec<Item>, panels: &[Panel], key: Option<&Key>, area: Area, fonts: Type) -> Area {
    let ruler = Ruler::Sans(fonts.tick);
    let room = area.w * 0.6;
    let key_entry = key.into_iter().map(|key| {
        let ends = [&key.low, &key.high].map(|text| ruler.width(text).min(area.w * KEY_END));
        let rest = ends.iter().sum::<f64>() + KEY_STEPS as f64 * fonts.tick * 0.8 + 18.0;
        let label = ruler.fit(&key.label, area.w - rest);
        Entry { width: rest + ruler.width(&label), name: label, sample: Sample::Key(key) }
    });
    let series = legend(panels).into_iter().map(|(name, mark)| {
        let width = fonts.tick * 2.0 + ruler.width(name).min(room);
        Entry { width, name: name.to_owned(), sample: Sample::Mark(mark) }
    });
    let entries: Vec<Entry<'_>> = key_entry.chain(series).collect();
    if entries.is_empty() {
        return area;
    }
    let rows_most = if area.h < 240.0 { 2.0 } else { 3.0 };
    let (line, gap) = (fonts.tick * 1.45, fonts.tick * 1.2);
    let rest = ruler.width("and 99,999 more");
    let (mut x, mut row) = (0.0, 0.0);
    for (index, entry) in entries.iter().enumerate() {
        let is_last = index + 1 == entries.len();
        let in_last_row = row + 1.0 >= rows_most;
        // The last row has to have room for how many there are more.
        let needed = entry.width + if in_last_row && !is_last { gap + rest } else { 0.0 };
        if x > 0.0 && x + needed > area.w {
            if in_last_row {
                let names: Vec<&str> = entries[index..].iter().map(|entry| entry.name.as_str()).collect();
                let text = ruler.fit(&format!("and {} more", count(names.len())), area.w - x);
                let at = [area.x + x, area.y + (row + 0.5) * line];
                items.push(Item::text(Text::new(text, at, fonts.tick, Anchor::Start), Ink::Quiet, &names.join("\n")));
                break;
            }
            (x, row) = (0.0, row + 1.0);
        }
        entry.draw(items, [area.x + x, area.y + (row + 0.5) * line], fonts, area.w);
        x += entry.width + gap;
    }
    area.inset((row + 1.0) * line + fonts.tick * 0.4, 0.0, 0.0, 0.0)
}

/// How many colours of a scale the legend shows.
const KEY_STEPS: usize = 11;
/// The share of the width that the text at each end of the scale may take.
const KEY_END: f64 = 0.18;

impl Entry<'_> {
    fn draw(&self, items: &mut Vec<Item>, [x, y]: [f64; 2], fonts: Type, all: f64) {
        let ruler = Ruler::Sans(fonts.tick);
        let size = fonts.tick;
        let write = |items: &mut Vec<Item>, text: &str, x: f64, room: f64, ink: Ink, whole: &str| {
            let fitted = ruler.fit(text, room);
            let end = x + ruler.width(&fitted);
            items.push(Item::text(Text::new(fitted, [x, y], size, Anchor::Start), ink, whole));
            end
        };
        match self.sample {
            Sample::Mark(mark) => {
                swatch(items, mark, Area { x, y: y - size * 0.45, w: size * 1.5, h: size * 0.9 });
                write(items, &self.name, x + size * 2.0, self.width - size * 2.0, Ink::Text, &self.name);
            }
            Sample::Key(key) => {
                let at = write(items, &self.name, x, all, Ink::Text, &key.label);
                let at = at + if self.name.is_empty() { 0.0 } else { 8.0 };
                let mut at = write(items, &key.low, at, all * KEY_END, Ink::Quiet, &key.low) + 4.0;
                for index in 0..KEY_STEPS {
                    let tone = key.ramp.tone(index as f64 / (KEY_STEPS - 1) as f64);
                    let tile = Area { x: at, y: y - size * 0.45, w: size * 0.8, h: size * 0.9 };
                    items.push(Item::fill(Geometry::Rectangle(tile), Ink::Tone(tone)));
                    at += size * 0.8;
                }
                write(items, &key.high, at + 4.0, all * KEY_END, Ink::Quiet, &key.high);
            }
        }
    }
}

/// What a mark looks like, small.
fn swatch(items: &mut Vec<Item>, mark: &Mark, area: Area) {
    let ink = Ink::Tone(mark.tone);
    let [x, y] = area.middle();
    let line = |width: f64| Item::stroke(vec![[area.x, y], [area.right(), y]], ink, width);
    items.push(match &mark.shape {
        Shape::Points(_) => Item::fill(marks::symbol(mark.tone, [x, y], area.h * 0.4), ink),
        Shape::Line(_) | Shape::Segments(_) if mark.dashed => line(marks::stroke(mark.weight)).dashed(),
        Shape::Line(_) | Shape::Segments(_) | Shape::Labels(_) => line(marks::stroke(mark.weight).max(1.0)),
        Shape::Band(_) => Item::fill(Geometry::Rectangle(area), ink).opacity(marks::BAND),
        Shape::Rectangles(_) => {
            let square = Area { x: x - area.h / 2.0, w: area.h, ..area };
            Item::fill(Geometry::Rectangle(square), ink)
        }
    });
}

/// The fewest pixels of a panel, and those of the gap between two.
const SMALLEST: [f64; 2] = [84.0, 64.0];
const GAP: f64 = 8.0;

/// How many panels are shown, in how many columns and rows.
fn arrangement(figure: &Figure, area: Area) -> (usize, [usize; 2]) {
    let panels = figure.panels.len();
    if let Some(columns) = figure.columns {
        let columns = columns.clamp(1, panels.max(1));
        return (panels, [columns, panels.div_ceil(columns).max(1)]);
    }
    let fits = |length: f64, smallest: f64| ((length / smallest) as usize).max(1);
    let shown = panels.min(fits(area.w, SMALLEST[0]) * fits(area.h * 0.85, SMALLEST[1]));
    // The columns that give the largest panels of a good shape.
    let worth = |columns: &usize| {
        let rows = shown.div_ceil(*columns).max(1);
        (area.w / *columns as f64 / 1.35).min(area.h / rows as f64)
    };
    let columns = (1..=shown.max(1)).max_by(|a, b| worth(a).total_cmp(&worth(b)).then(b.cmp(a))).unwrap_or(1);
    (shown, [columns, shown.div_ceil(columns).max(1)])
}

/// The places of panels.
struct Grid {
    area: Area,
    columns: usize,
    rows: usize,
    panels: usize,
    gap: f64,
    /// What is written around panels that share their axes, at the edge of the grid.
    shared: Option<Margins>,
}

impl Grid {
    fn of(panels: &[Panel], area: Area, [columns, rows]: [usize; 2], is_shared: bool, fonts: Type) -> Grid {
        let gap = if columns * rows > 1 { GAP.min(fonts.tick) } else { 0.0 };
        let grid = Grid { area, columns, rows, panels: panels.len(), gap, shared: None };
        let charts = panels.iter().enumerate().filter_map(|(index, panel)| match &panel.content {
            Content::Chart(chart) => Some((grid.edges(index), axes::margins(chart, grid.cell(index), fonts))),
            Content::Shares(_) | Content::Diagram(_) => None,
        });
        let bare = Margins { left: axes::BARE, bottom: axes::BARE };
        let widest = charts.fold(bare, |most, (edges, margins)| Margins {
            left: if edges.left { most.left.max(margins.left) } else { most.left },
            bottom: if edges.bottom { most.bottom.max(margins.bottom) } else { most.bottom },
        });
        Grid { shared: is_shared.then_some(widest), ..grid }
    }

    /// Is a panel at the left edge, and is no other one below it?
    fn edges(&self, index: usize) -> Edges {
        Edges { left: index.is_multiple_of(self.columns), bottom: index + self.columns >= self.panels }
    }

    fn cell(&self, index: usize) -> Area {
        let more = |of: fn(Margins) -> f64| self.shared.map_or(0.0, |margins| of(margins) - axes::BARE);
        let (left, bottom) = (more(|margins| margins.left), more(|margins| margins.bottom));
        let edges = self.edges(index);
        let w = (self.area.w - left - self.gap * (self.columns - 1) as f64) / self.columns as f64;
        let h = (self.area.h - bottom - self.gap * (self.rows - 1) as f64) / self.rows as f64;
        let (column, row) = ((index % self.columns) as f64, (index / self.columns) as f64);
        let (x, y) = (self.area.x + left + column * (w + self.gap), self.area.y + row * (h + self.gap));
        let left = if edges.left { left } else { 0.0 };
        let bottom = if edges.bottom { bottom } else { 0.0 };
        Area { x: x - left, y, w: (w + left).max(0.0), h: (h + bottom).max(0.0) }
    }

    /// The margins of a chart, and which of its axes are written.
    fn axes(&self, chart: &Chart, index: usize, area: Area, fonts: Type) -> (Margins, Edges) {
        let edges = self.edges(index);
        match self.shared {
            None => (axes::margins(chart, area, fonts), Edges { left: true, bottom: true }),
            Some(margins) => {
                let left = if edges.left { margins.left } else { axes::BARE };
                let bottom = if edges.bottom { margins.bottom } else { axes::BARE };
                (Margins { left, bottom }, edges)
            }
        }
    }

    fn draw(&self, items: &mut Vec<Item>, panel: &Panel, index: usize, fonts: Type) {
        let mut area = self.cell(index);
        if !panel.title.is_empty() {
            let fitted = Ruler::Sans(fonts.label * 1.07).fit(&panel.title, area.w);
            let at = [area.x, area.y + fonts.label * LEADING / 2.0];
            let text = Text { bold: true, ..Text::new(fitted, at, fonts.label, Anchor::Start) };
            items.push(Item::text(text, Ink::Text, &panel.title));
            area = area.inset(fonts.label * LEADING, 0.0, 0.0, 0.0);
        }
        if panel.is_empty() {
            items.push(centred("no values", area, fonts.small));
            return;
        }
        match &panel.content {
            Content::Chart(chart) => {
                let frame = axes::draw(items, chart, area, self.axes(chart, index, area, fonts), fonts);
                marks::draw(items, chart, &frame, fonts);
            }
            Content::Shares(shares) => shares::draw(items, shares, area, fonts),
            Content::Diagram(diagram) => diagram::draw(items, diagram, area, fonts),
        }
    }
}

#[cfg(test)]
mod tests;
