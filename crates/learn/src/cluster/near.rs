//! Rows near to a row: a k-d tree whose leaves are compared several rows at once.

use super::lanes::{LANES, Lanes};

/// Rows in a leaf, at most.
const LEAF_ROWS: usize = 32;

/// A tree of rows. Every node halves its rows at the median of the widest column and keeps the box around them.
#[derive(Debug)]
pub(super) struct Near {
    width: usize,
    nodes: Vec<Node>,
    /// For each node the lowest, then the highest number of each column.
    boxes: Vec<f64>,
}

#[derive(Debug)]
enum Node {
    Leaf {
        rows: Vec<u32>,
        lanes: Lanes,
    },
    /// The places of the halves.
    Halves(usize, usize),
}

impl Near {
    /// Arranges rows of `width` numbers, one after the other.
    pub(super) fn new(width: usize, values: &[f64]) -> Near {
        let mut near = Near { width, nodes: Vec::new(), boxes: Vec::new() };
        let mut order: Vec<u32> = (0..(values.len() / width) as u32).collect();
        near.build(values, &mut order);
        near
    }

    fn build(&mut self, values: &[f64], order: &mut [u32]) -> usize {
        let (width, place) = (self.width, self.nodes.len());
        let row = |row: u32| &values[row as usize * width..][..width];
        let (mut lowest, mut highest) = (vec![f64::INFINITY; width], vec![f64::NEG_INFINITY; width]);
        for &at in &*order {
            for ((lowest, highest), value) in lowest.iter_mut().zip(&mut highest).zip(row(at)) {
                (*lowest, *highest) = (lowest.min(*value), highest.max(*value));
            }
        }
        let span = |column: usize| highest[column] - lowest[column];
        let widest = (0..width).rev().max_by(|&a, &b| span(a).total_cmp(&span(b))).unwrap_or(0);
        self.boxes.extend(lowest.iter().chain(&highest));
        if order.len() <= LEAF_ROWS {
            order.sort_unstable();
            let rows: Vec<&[f64]> = order.iter().map(|&at| row(at)).collect();
            self.nodes.push(Node::Leaf { rows: order.to_vec(), lanes: Lanes::new(width, rows.into_iter()) });
            return place;
        }
        self.nodes.push(Node::Halves(0, 0));
        let middle = order.len() / 2;
        let number = |at: &u32| row(*at)[widest];
        order.select_nth_unstable_by(middle, |a, b| number(a).total_cmp(&number(b)).then(a.cmp(b)));
        let (left, right) = order.split_at_mut(middle);
        let left = self.build(values, left);
        self.nodes[place] = Node::Halves(left, self.build(values, right));
        place
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Passes every row whose squared distance is at most `limit`, with that distance.
    pub(super) fn within(&self, point: &[f64], limit: f64, mut take: impl FnMut(u32, f64)) {
        let mut waiting = vec![0];
        while let Some(place) = waiting.pop() {
            if self.square_to(place, point) > limit {
                continue;
            }
            match &self.nodes[place] {
                Node::Halves(left, right) => waiting.extend([*right, *left]),
                Node::Leaf { rows, lanes } => for_each(rows, lanes, point, |row, square| {
                    if square <= limit {
                        take(row, square);
                    }
                }),
            }
        }
    }

    /// The nearest row whose squared distance is at most `limit`, and that distance; of equally near ones the first.
    pub(super) fn nearest(&self, point: &[f64], limit: f64) -> Option<(f64, u32)> {
        let mut best = None;
        let mut waiting = vec![(0.0, 0)];
        while let Some((square, place)) = waiting.pop() {
            if square > best.map_or(limit, |best: (f64, u32)| best.0) {
                continue;
            }
            match &self.nodes[place] {
                Node::Halves(left, right) => {
                    let [left, right] = [*left, *right].map(|place| (self.square_to(place, point), place));
                    // The nearer half is looked at first.
                    waiting.extend(if right.0 < left.0 { [left, right] } else { [right, left] });
                }
                Node::Leaf { rows, lanes } => for_each(rows, lanes, point, |row, square| {
                    if square <= limit && best.is_none_or(|best| (square, row) < best) {
                        best = Some((square, row));
                    }
                }),
            }
        }
        best
    }

    /// The squared distance to the box of a node. It is summed as that of a row is, and rounding is monotone: it is never
    /// above the computed distance of a row inside.
    fn square_to(&self, place: usize, point: &[f64]) -> f64 {
        let at = place * 2 * self.width;
        let (lowest, highest) = self.boxes[at..at + 2 * self.width].split_at(self.width);
        let mut sum = 0.0;
        for ((own, lowest), highest) in point.iter().zip(lowest).zip(highest) {
            let gap = (lowest - own).max(own - highest).max(0.0);
            sum += gap * gap;
        }
        sum
    }
}

fn for_each(rows: &[u32], lanes: &Lanes, point: &[f64], mut take: impl FnMut(u32, f64)) {
    for (rows, squares) in rows.chunks(LANES).zip(lanes.squares(point)) {
        rows.iter().zip(squares).for_each(|(&row, square)| take(row, square));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::lanes::square;
    use pipewright_world::random::Key;

    #[test]
    fn the_tree_finds_what_a_scan_finds() {
        let (rows, width) = (700, 3);
        let values: Vec<f64> = (0..rows * width).map(|place| Key::new(5).below(place as u64, 12) as f64).collect();
        let near = Near::new(width, &values);
        for point in values.chunks(width).step_by(37) {
            let scan = values.chunks(width).map(|row| square(point, row)).zip(0_u32..);
            let mut found = Vec::new();
            near.within(point, 9.0, |row, square| found.push((square, row)));
            found.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let mut wanted: Vec<(f64, u32)> = scan.filter(|(square, _)| *square <= 9.0).collect();
            wanted.sort_by(|a, b| a.partial_cmp(b).unwrap());
            assert_eq!(found, wanted);
            let moved: Vec<f64> = point.iter().map(|value| value + 0.25).collect();
            let best = values.chunks(width).map(|row| square(&moved, row)).zip(0_u32..);
            let best = best.min_by(|a, b| a.partial_cmp(b).unwrap());
            assert_eq!(near.nearest(&moved, f64::INFINITY), best);
            assert_eq!(near.nearest(&moved, 0.01), None);
        }
    }
}
