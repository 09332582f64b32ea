//! Boxes and arrows in layers: every box is after those that lead to it.

use super::marks::{arrow_head, attributes};
use super::{LEADING, Type};
use crate::figure::{Diagram, Edge, Node};
use crate::scene::{Anchor, Area, Geometry, Ink, Item, Paint, Text};
use crate::text::Ruler;

/// Where the boxes of a diagram are, in layers and in places side by side.
#[derive(Debug, PartialEq)]
pub(crate) struct Layers {
    /// The layer of each box.
    pub(crate) layer: Vec<usize>,
    /// The place of each box along its layer.
    place: Vec<f64>,
    layers: usize,
    /// How many places there are side by side.
    places: usize,
    /// The box under which each box is placed.
    pub(crate) parent: Vec<Option<usize>>,
}

impl Layers {
    /// Places boxes under the last of those that lead to them; those without are side by side.
    pub(crate) fn of(diagram: &Diagram) -> Layers {
        let edges = drawn(diagram);
        let count = diagram.nodes.len();
        let mut layer = vec![0; count];
        let mut parent: Vec<Option<usize>> = vec![None; count];
        for edge in in_order(count, &edges) {
            // On equal layers, the first one that leads here stays.
            if parent[edge.to].is_none() || layer[edge.from] + 1 > layer[edge.to] {
                layer[edge.to] = layer[edge.from] + 1;
                parent[edge.to] = Some(edge.from);
            }
        }
        // What nothing leads to is just above what it leads to.
        for node in (0..count).filter(|node| parent[*node].is_none()) {
            let below = edges.iter().filter(|edge| edge.from == node).map(|edge| layer[edge.to]).min();
            layer[node] = below.map_or(0, |below| below - 1);
        }
        let mut children = vec![Vec::new(); count];
        for (node, parent) in parent.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(node);
            }
        }
        // Leaves side by side, in the order of a walk, and each other box in the middle of those below it.
        let mut place = vec![0.0; count];
        let mut next = 0;
        let mut walk: Vec<(usize, bool)> =
            (0..count).filter(|node| parent[*node].is_none()).map(|node| (node, false)).rev().collect();
        while let Some((node, is_done)) = walk.pop() {
            match (children[node].as_slice(), is_done) {
                ([], _) => {
                    place[node] = f64::from(next);
                    next += 1;
                }
                ([first, .., last], true) => place[node] = f64::midpoint(place[*first], place[*last]),
                ([only], true) => place[node] = place[*only],
                (below, false) => {
                    walk.push((node, true));
                    walk.extend(below.iter().rev().map(|child| (*child, false)));
                }
            }
        }
        let layers = layer.iter().max().map_or(0, |last| last + 1);
        let mut all = Layers { layer, place, layers, places: usize::try_from(next).unwrap_or(0).max(1), parent };
        for node in 0..count {
            let above: Vec<usize> = edges.iter().filter(|edge| edge.to == node).map(|edge| edge.from).collect();
            all.centre(node, &above, &children);
        }
        all
    }

    /// Moves a box that several lead to into their middle, with all below it, if nothing is there.
    fn centre(&mut self, node: usize, above: &[usize], children: &[Vec<usize>]) {
        let (Some(first), Some(last)) = (
            above.iter().map(|node| self.place[*node]).reduce(f64::min),
            above.iter().map(|node| self.place[*node]).reduce(f64::max),
        ) else {
            return;
        };
        let by = f64::midpoint(first, last) - self.place[node];
        if above.len() < 2 || by == 0.0 {
            return;
        }
        let mut moved = vec![node];
        let mut next = 0;
        while let Some(node) = moved.get(next).copied() {
            moved.extend(&children[node]);
            next += 1;
        }
        let is_free = |node: &usize| {
            let at = self.place[*node] + by;
            let others =
                (0..self.place.len()).filter(|other| self.layer[*other] == self.layer[*node] && !moved.contains(other));
            others.into_iter().all(|other| (self.place[other] - at).abs() >= 1.0)
        };
        if moved.iter().all(is_free) {
            moved.iter().for_each(|node| self.place[*node] += by);
        }
    }
}

/// The arrows between boxes that are there, without those that close a circle.
pub(crate) fn drawn(diagram: &Diagram) -> Vec<&Edge> {
    let count = diagram.nodes.len();
    let valid: Vec<&Edge> = diagram.edges.iter().filter(|edge| edge.from < count && edge.to < count).collect();
    in_order(count, &valid)
}

/// The arrows in an order in which every arrow to a box is before every one from it.
fn in_order<'a>(count: usize, edges: &[&'a Edge]) -> Vec<&'a Edge> {
    let mut waits = vec![0; count];
    let mut from = vec![Vec::new(); count];
    for edge in edges {
        waits[edge.to] += 1;
        from[edge.from].push(*edge);
    }
    let mut ready: std::collections::VecDeque<usize> = (0..count).filter(|node| waits[*node] == 0).collect();
    let mut ordered = Vec::new();
    while let Some(node) = ready.pop_front() {
        for edge in &from[node] {
            ordered.push(*edge);
            waits[edge.to] -= 1;
            if waits[edge.to] == 0 {
                ready.push_back(edge.to);
            }
        }
    }
    ordered
}

/// The boxes of a diagram on the page.
struct Page {
    area: Area,
    layers: usize,
    places: usize,
    /// Do layers follow each other to the right? Otherwise they do downwards.
    is_rightwards: bool,
    /// Into how many columns of layers a long way down is folded.
    strips: usize,
    size: f64,
    has_labels: bool,
}

impl Page {
    /// The direction in which more of the text is read.
    fn of(diagram: &Diagram, layers: &Layers, area: Area, fonts: Type) -> Page {
        let has_labels = diagram.edges.iter().any(|edge| !edge.label.is_empty());
        let page = |is_rightwards, strips| Page {
            area,
            layers: layers.layers,
            places: layers.places,
            is_rightwards,
            strips,
            size: fonts.tick,
            has_labels,
        };
        let ruler = Ruler::Sans(fonts.tick);
        let widest =
            diagram.nodes.iter().flat_map(|node| &node.lines).map(|line| ruler.width(line)).fold(1.0, f64::max);
        let tallest =
            diagram.nodes.iter().map(|node| node.lines.len()).max().unwrap_or(1) as f64 * fonts.tick * LEADING;
        let legible = |page: &Page| {
            let [w, h] = page.node();
            // A way that is folded is harder to follow.
            let folds = 0.8_f64.powf((page.strips - 1) as f64);
            ((w - 8.0) / widest).clamp(0.01, 1.0) * ((h - 4.0) / tallest).clamp(0.01, 1.0) * folds
        };
        let mut best = page(false, 1);
        for other in [page(true, 1), page(false, 2), page(false, 3), page(false, 4)] {
            if legible(&other) > legible(&best) {
                best = other;
            }
        }
        best
    }

    /// The strip that a layer is in.
    fn strip(&self, layer: usize) -> usize {
        if self.is_rightwards { 0 } else { layer / self.deep() }
    }

    /// How many layers are below each other in a strip.
    fn deep(&self) -> usize {
        self.layers.max(1).div_ceil(self.strips)
    }

    /// The cell of a box, with the space around it.
    fn cell(&self) -> [f64; 2] {
        let (layers, places) = (self.deep() as f64, self.places as f64);
        match self.is_rightwards {
            true => [self.area.w / layers, self.area.h / places],
            false => [self.area.w / self.strips as f64 / places, self.area.h / layers],
        }
    }

    /// The width and the height of a box.
    fn node(&self) -> [f64; 2] {
        let [w, h] = self.cell();
        let between = if self.has_labels { self.size * 2.0 } else { self.size * 1.4 };
        match self.is_rightwards {
            true => [(w - (between * 1.8).min(w * 0.35)).min(230.0), h - (h * 0.25).clamp(1.0, 14.0)],
            false => [(w - (w * 0.15).clamp(2.0, 16.0)).min(260.0), h - between.min(h * 0.5)],
        }
    }

    fn place(&self, layer: usize, place: f64, tall: f64) -> Area {
        let [w, h] = self.cell();
        let [node_w, node_h] = self.node();
        let node_h = node_h.min(tall);
        let (across, down) = match self.is_rightwards {
            true => (layer as f64, place),
            false => ((self.strip(layer) * self.places) as f64 + place, (layer % self.deep()) as f64),
        };
        let x = self.area.x + across * w + (w - node_w) / 2.0;
        let y = self.area.y + down * h + (h - node_h) / 2.0;
        Area { x, y, w: node_w, h: node_h }
    }
}

/// Draws the diagram.
pub(super) fn draw(items: &mut Vec<Item>, diagram: &Diagram, area: Area, fonts: Type) {
    let layers = Layers::of(diagram);
    let page = Page::of(diagram, &layers, area, fonts);
    let tallest = diagram.nodes.iter().map(|node| node.lines.len()).max().unwrap_or(1) as f64;
    let tall = tallest * fonts.tick * LEADING + 10.0;
    let places: Vec<Area> =
        (0..diagram.nodes.len()).map(|node| page.place(layers.layer[node], layers.place[node], tall)).collect();
    let edges = drawn(diagram);
    for edge in &edges {
        let folds = page.strip(layers.layer[edge.to]) - page.strip(layers.layer[edge.from]);
        arrow(items, edge, [places[edge.from], places[edge.to]], folds, &page);
    }
    for (node, place) in diagram.nodes.iter().zip(&places) {
        self::node(items, node, *place, fonts);
    }
}

/// Draws an arrow, which goes to a strip so many further.
fn arrow(items: &mut Vec<Item>, edge: &Edge, [from, to]: [Area; 2], folds: usize, page: &Page) {
    let (start, end) = match page.is_rightwards {
        true => ([from.right(), from.middle()[1]], [to.x, to.middle()[1]]),
        false => ([from.middle()[0], from.bottom()], [to.middle()[0], to.y]),
    };
    let mut path = vec![start, end];
    if folds > 0 {
        // Around the boxes: below the last ones, and up between the strips.
        let [node_w, node_h] = page.node();
        let [w, h] = page.cell();
        let (below, above) = (start[1] + (h - node_h) * 0.25, end[1] - (h - node_h) * 0.25);
        let between = to.x - (w - node_w) / 2.0;
        path = vec![start, [start[0], below], [between, below], [between, above], [end[0], above], end];
    }
    let last = path[path.len() - 2];
    items.extend(arrow_head(last, end, 6.0).map(|head| Item::fill(head, Ink::Axis)));
    items.push(Item::stroke(path, Ink::Axis, 1.2));
    let size = page.size * 0.9;
    let [cell_w, cell_h] = page.cell();
    let middle = [f64::midpoint(start[0], end[0]), f64::midpoint(start[1], end[1])];
    // Beside the arrow, away from its siblings: at its end on the side that it does not come from, or at its middle.
    let (at, anchor, room) = match (page.is_rightwards, end[0] < start[0], end[1] <= start[1]) {
        (true, _, true) => ([end[0] - 7.0, end[1] - size * 0.7], Anchor::End, end[0] - start[0] - 7.0),
        (true, _, false) => ([end[0] - 7.0, end[1] + size * 0.7], Anchor::End, end[0] - start[0] - 7.0),
        (false, true, _) => ([middle[0] - 5.0, middle[1] - size * 0.5], Anchor::End, cell_w * 0.4),
        (false, false, _) => ([middle[0] + 5.0, middle[1] - size * 0.5], Anchor::Start, cell_w * 0.4),
    };
    let fitted = Ruler::Sans(size).fit(&edge.label, room);
    if !fitted.is_empty() && cell_h > size * 2.2 {
        items.push(Item::text(Text::new(fitted, at, size, anchor), Ink::Quiet, &edge.label));
    }
}

fn node(items: &mut Vec<Item>, node: &Node, area: Area, fonts: Type) {
    let ink = Ink::Tone(node.tone);
    let frame = Geometry::Rectangle(area);
    let paper = Item::fill(frame.clone(), Ink::Paper);
    let edge = Item { paint: Paint::Stroke { width: 1.5, dashed: false }, ..Item::fill(frame, ink) };
    items.push(paper);
    items.push(Item { data: attributes(&node.data), ..edge });
    let pad = 4.0_f64.min(area.w * 0.1);
    // Smaller text where lines would be lost, as long as it is read.
    let wanted = node.lines.len().max(1) as f64 * LEADING;
    let widest = node.lines.iter().map(|line| Ruler::Sans(1.0).width(line)).fold(0.1, f64::max);
    let size = fonts.tick.min((area.h - 2.0) / wanted).min((area.w - 2.0 * pad) / widest).clamp(8.0, fonts.tick);
    let shown = node.lines.len().min(((area.h - 2.0) / (size * 1.1)) as usize);
    let line = (size * LEADING).min((area.h - 2.0) / shown.max(1) as f64);
    let top = area.middle()[1] - line * shown as f64 / 2.0;
    let whole = node.lines.join("\n");
    // Where there is room for fewer lines, the last one has the rest.
    let mut lines = node.lines.clone();
    if shown > 0 {
        let rest = lines.split_off(shown - 1).join(" · ");
        lines.push(rest);
    }
    for (index, text) in lines.iter().take(shown).enumerate() {
        let fitted = Ruler::Sans(size).fit(text, area.w - 2.0 * pad);
        let at = [area.middle()[0], top + (index as f64 + 0.5) * line];
        let bold = index == 0 && shown > 1;
        let ink = if index == 0 { Ink::Text } else { Ink::Quiet };
        let size = if bold { size * 0.95 } else { size };
        items.push(Item::text(Text { bold, ..Text::new(fitted, at, size, Anchor::Middle) }, ink, text));
    }
    // A frame over everything says the whole when it is pointed at.
    items.push(Item::fill(Geometry::Rectangle(area), Ink::Paper).opacity(0.0).tip(whole));
}
