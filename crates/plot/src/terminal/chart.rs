//! A chart in the cells of a terminal.

use super::Look;
use super::canvas::{Canvas, shade, symbol};
use crate::figure::{Axis, Chart};
use crate::mark::{Label, Mark, Point, Rectangle, Segment, Shape, Side, Tone};
use crate::scale::{Scale, Tick};
use crate::text::{Ruler, clean};

/// The most rows for categories.
const ROWS: usize = 60;

/// Points of more than this are drawn as dots.
const SIGNS: usize = 60;

/// The cells of the marks, and the axes.
struct Plot<'a> {
    chart: &'a Chart,
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    look: Look,
}

/// The chart in `width` columns, and as many rows as it needs.
pub(super) fn draw(chart: &Chart, width: usize, look: Look) -> Canvas {
    let height = match chart.y.scale.names() {
        Some(names) => names.len().clamp(1, ROWS),
        None => (width / 5).clamp(6, 18),
    };
    let ticks = side(&chart.y, height, width);
    let names = ticks.iter().map(|(_, text)| Ruler::Cells.width(text) as usize).max().unwrap_or(0);
    let left = if chart.y.ticks { names + 2 } else { 0 };
    let top = usize::from(!chart.y.label.is_empty());
    let below = if chart.x.ticks { 2 } else { 0 } + usize::from(!chart.x.label.is_empty());
    let mut canvas = Canvas::new(width, top + height + below);
    let plot = Plot { chart, left, top, width: width.saturating_sub(left).max(1), height, look };
    canvas.write(0, 0, &Ruler::Cells.fit(&clean(&chart.y.label), width as f64), None);
    for (row, text) in ticks {
        let blank = names - Ruler::Cells.width(&text) as usize;
        canvas.write(blank, top + row, &text, None);
    }
    if chart.y.ticks {
        (0..height).for_each(|row| _ = canvas.write(left - 1, top + row, "│", None));
    }
    for mark in &chart.marks {
        plot.mark(&mut canvas, mark);
    }
    plot.bottom(&mut canvas);
    if !chart.x.label.is_empty() {
        let label = Ruler::Cells.fit(&clean(&chart.x.label), width as f64);
        let wide = Ruler::Cells.width(&label) as usize;
        let middle = left + plot.width / 2;
        canvas.write(middle.saturating_sub(wide / 2).min(width - wide), top + height + below - 1, &label, None);
    }
    canvas
}

/// The rows that have a label at the vertical axis, each with its text.
fn side(axis: &Axis, height: usize, width: usize) -> Vec<(usize, String)> {
    if !axis.ticks {
        return Vec::new();
    }
    let mut labels: Vec<(usize, String)> = Vec::new();
    for Tick { at, text } in axis.scale.ticks((height / 3).clamp(2, 6)) {
        let place = axis.scale.place(at);
        let row = row_of(&axis.scale, place, height);
        let text = Ruler::Cells.fit(&clean(&text), width as f64 * 0.38);
        if labels.iter().all(|(other, _)| *other != row) {
            labels.push((row, text));
        }
    }
    labels
}

fn row_of(scale: &Scale, place: f64, height: usize) -> usize {
    let down = if scale.names().is_some() { place } else { 1.0 - place };
    ((down * height as f64) as usize).min(height - 1)
}

impl Plot<'_> {
    /// The part of the height above a value: 0 at the top.
    fn down(&self, y: f64) -> f64 {
        let place = self.chart.y.scale.place(y);
        if self.chart.y.scale.names().is_some() { place } else { 1.0 - place }
    }

    fn across(&self, x: f64) -> f64 {
        self.chart.x.scale.place(x)
    }

    /// The cell of a place.
    fn cell(&self, [x, y]: [f64; 2]) -> (usize, usize) {
        let column = ((self.across(x) * self.width as f64) as usize).min(self.width - 1);
        (self.left + column, self.top + row_of(&self.chart.y.scale, self.chart.y.scale.place(y), self.height))
    }

    /// The braille dot of a place.
    fn dot(&self, [x, y]: [f64; 2]) -> (usize, usize) {
        let (columns, rows) = (self.width * 2, self.height * 4);
        let column = ((self.across(x) * columns as f64) as usize).min(columns - 1);
        let row = ((self.down(y) * rows as f64) as usize).min(rows - 1);
        (self.left * 2 + column, self.top * 4 + row)
    }

    /// Are marks told apart by symbols?
    fn needs_symbols(&self) -> bool {
        self.look.has_series && !self.look.colour
    }

    fn mark(&self, canvas: &mut Canvas, mark: &Mark) {
        match &mark.shape {
            Shape::Points(points) => points.iter().for_each(|point| self.point(canvas, mark, point, points.len())),
            Shape::Line(places) => {
                places.windows(2).for_each(|pair| self.line(canvas, mark, pair[0], pair[1]));
            }
            Shape::Band(places) => places.windows(2).for_each(|pair| self.band(canvas, mark, pair[0], pair[1])),
            Shape::Rectangles(all) => {
                // Texts are written if all of them fit: some would look like all.
                let wide = |one: &Rectangle| (self.across(one.x[1]) - self.across(one.x[0])).abs() * self.width as f64;
                let has_text = all.iter().all(|one| Ruler::Cells.width(&one.text) < wide(one));
                all.iter().for_each(|one| self.rectangle(canvas, mark, one, has_text));
            }
            Shape::Segments(all) => all.iter().for_each(|one| self.segment(canvas, mark, one)),
            Shape::Labels(all) => all.iter().for_each(|one| self.label(canvas, one)),
        }
    }

    fn point(&self, canvas: &mut Canvas, mark: &Mark, point: &Point, count: usize) {
        let tone = point.tone.unwrap_or(mark.tone);
        if count <= SIGNS || self.needs_symbols() {
            let (x, y) = self.cell(point.at);
            canvas.sign(x, y, symbol(tone, self.look), tone);
        } else {
            let (x, y) = self.dot(point.at);
            canvas.dot(x, y, tone);
        }
    }

    fn line(&self, canvas: &mut Canvas, mark: &Mark, from: [f64; 2], to: [f64; 2]) {
        let (from, to) = (self.dot(from), self.dot(to));
        let (right, down) = (to.0 as f64 - from.0 as f64, to.1 as f64 - from.1 as f64);
        let steps = right.abs().max(down.abs()).max(1.0);
        let by_symbol = self.needs_symbols() && mark.series.is_some() && !mark.dashed;
        for step in 0..=steps as usize {
            let part = step as f64 / steps;
            let x = (from.0 as f64 + right * part).round() as usize;
            let y = (from.1 as f64 + down * part).round() as usize;
            match by_symbol {
                true => canvas.sign(x / 2, y / 4, symbol(mark.tone, self.look), mark.tone),
                false if mark.dashed && (x / 2 + y / 2) % 2 == 1 => {}
                false => canvas.dot(x, y, mark.tone),
            }
        }
    }

    fn band(&self, canvas: &mut Canvas, mark: &Mark, from: [f64; 3], to: [f64; 3]) {
        let (start, _) = self.cell([from[0], from[1]]);
        let (end, _) = self.cell([to[0], to[1]]);
        for x in start..=end {
            let part = if end > start { (x - start) as f64 / (end - start) as f64 } else { 0.0 };
            let at = |index: usize| from[index] + (to[index] - from[index]) * part;
            if self.chart.y.scale.names().is_some() {
                // Around a category, the band is as high as it is wide.
                let eighth = ((at(2) - at(1)).abs() * 9.0).round().clamp(0.0, 8.0) as usize;
                let (_, y) = self.cell([from[0], f64::midpoint(at(1), at(2))]);
                canvas.block(x, y, [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][eighth], mark.tone);
                continue;
            }
            let (_, low) = self.cell([from[0], at(1)]);
            let (_, high) = self.cell([from[0], at(2)]);
            (high.min(low)..=low.max(high)).for_each(|y| canvas.shade(x, y, '░', mark.tone));
        }
    }

    fn rectangle(&self, canvas: &mut Canvas, mark: &Mark, one: &Rectangle, has_text: bool) {
        let tone = one.tone.unwrap_or(mark.tone);
        let sorted = |a: f64, b: f64| (a.min(b), a.max(b));
        let (left, right) = sorted(self.across(one.x[0]), self.across(one.x[1]));
        let (top, bottom) = sorted(self.down(one.y[0]), self.down(one.y[1]));
        let columns = covered(left, right, self.width);
        let rows = covered(top, bottom, self.height);
        if matches!(tone, Tone::Sequential(_) | Tone::Diverging(_) | Tone::Value(_)) {
            for (x, y) in rows.clone().flat_map(|y| columns.clone().map(move |x| (x, y))) {
                canvas.shade(self.left + x, self.top + y, shade(tone), tone);
            }
        } else if self.chart.y.scale.names().is_some() {
            for y in rows.clone() {
                let start = (left * self.width as f64).round();
                let wide = (right * self.width as f64 - start).max(if right > left { 0.125 } else { 0.0 });
                canvas.bar(self.left + start as usize, self.top + y, wide, tone);
            }
        } else {
            columns.clone().for_each(|x| self.column(canvas, x, [top, bottom], tone));
        }
        let wide = Ruler::Cells.width(&one.text) as usize;
        if has_text && !one.text.is_empty() && wide < columns.len() {
            let x = self.left + columns.start + (columns.len() - wide) / 2;
            canvas.write(x, self.top + (rows.start + rows.end) / 2, &one.text, None);
        }
    }

    /// A bar that stands, to an eighth of a row.
    fn column(&self, canvas: &mut Canvas, x: usize, [top, bottom]: [f64; 2], tone: Tone) {
        let eighths = |down: f64| ((1.0 - down) * self.height as f64 * 8.0).round() as usize;
        let (low, high) = (eighths(bottom), eighths(top));
        for up in 0..self.height {
            let (start, end) = (up * 8, up * 8 + 8);
            let filled = high.min(end).saturating_sub(low.max(start));
            let block = match filled {
                0 => continue,
                filled if low <= start => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][filled - 1],
                filled if filled >= 4 => '█',
                _ => continue,
            };
            canvas.block(self.left + x, self.top + self.height - 1 - up, block, tone);
        }
    }

    fn segment(&self, canvas: &mut Canvas, mark: &Mark, one: &Segment) {
        let (from, to) = (self.cell(one.from), self.cell(one.to));
        let (columns, rows) = ((from.0.min(to.0), from.0.max(to.0)), (from.1.min(to.1), from.1.max(to.1)));
        if rows.0 == rows.1 && columns.0 < columns.1 {
            let sign = if mark.dashed { '┄' } else { '─' };
            (columns.0..=columns.1).for_each(|x| canvas.block(x, from.1, sign, mark.tone));
        } else if columns.0 == columns.1 {
            let sign = if mark.dashed { '┆' } else { '│' };
            (rows.0..=rows.1).for_each(|y| canvas.sign(from.0, y, sign, mark.tone));
        } else {
            self.line(canvas, mark, one.from, one.to);
        }
    }

    fn label(&self, canvas: &mut Canvas, one: &Label) {
        let text = Ruler::Cells.fit(&clean(&one.text), self.width as f64 * 0.5);
        let wide = Ruler::Cells.width(&text) as usize;
        let (x, y) = self.cell(one.at);
        let x = match one.side {
            Side::Left => x.saturating_sub(wide + 1),
            Side::Right => x + 2,
            Side::Above | Side::Below => x.saturating_sub(wide / 2),
        };
        let y = match one.side {
            Side::Above => y.saturating_sub(1),
            Side::Below => y + 1,
            Side::Left | Side::Right => y,
        };
        let x = x.clamp(self.left, (self.left + self.width).saturating_sub(wide).max(self.left));
        canvas.write(x, y.clamp(self.top, self.top + self.height - 1), &text, None);
    }

    /// The line and the labels of the horizontal axis.
    fn bottom(&self, canvas: &mut Canvas) {
        if !self.chart.x.ticks {
            return;
        }
        let row = self.top + self.height;
        let corner = if self.chart.y.ticks { self.left - 1 } else { 0 };
        (corner..self.left + self.width)
            .for_each(|x| _ = canvas.write(x, row, if x == corner { "└" } else { "─" }, None));
        for (x, text) in self.labels_below() {
            canvas.write(x, row + 1, &text, None);
        }
    }

    /// The labels of the horizontal axis: where each starts, and its text.
    fn labels_below(&self) -> Vec<(usize, String)> {
        let scale = &self.chart.x.scale;
        let edge = self.left + self.width;
        let place = |at: f64, text: String| {
            let wide = Ruler::Cells.width(&text) as usize;
            let column = self.left + (self.across(at) * self.width as f64) as usize;
            (column.saturating_sub(wide / 2).min(edge.saturating_sub(wide)), wide, text)
        };
        if let Some(names) = scale.names() {
            let slot = self.width as f64 / names.len().max(1) as f64;
            let stride = (6.0 / slot).ceil().max(1.0) as usize;
            let room = (slot * stride as f64 - 1.0).max(1.0).floor();
            let named = names.iter().enumerate().step_by(stride);
            let placed = named.map(|(index, name)| place(index as f64, Ruler::Cells.fit(&clean(name), room)));
            return placed.map(|(x, _, text)| (x, text)).collect();
        }
        for most in (1..=(self.width / 6).clamp(1, 10)).rev() {
            let placed: Vec<_> = scale.ticks(most).into_iter().map(|tick| place(tick.at, tick.text)).collect();
            if placed.windows(2).all(|pair| pair[0].0 + pair[0].1 < pair[1].0) {
                return placed.into_iter().map(|(x, _, text)| (x, text)).collect();
            }
        }
        Vec::new()
    }
}

/// The cells whose middle is between two parts of a length, at least the one that they are in.
fn covered(from: f64, to: f64, cells: usize) -> std::ops::Range<usize> {
    let start = (from * cells as f64).round() as usize;
    let end = (to * cells as f64).round() as usize;
    match start < end {
        true => start..end.min(cells),
        false => {
            let only = ((f64::midpoint(from, to) * cells as f64) as usize).min(cells.saturating_sub(1));
            only..only + 1
        }
    }
}
