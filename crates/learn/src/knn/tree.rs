//! A k-d tree: finds the nearest rows without looking at all of them (Friedman, Bentley, Finkel, "An algorithm for
//! finding best matches in logarithmic expected time", 1977).

use super::nearest::Nearest;
use rayon::join;

/// Rows in a leaf, at most.
const LEAF_ROWS: usize = 16;

/// Rows in a node from which its halves are built in parallel.
const PARALLEL_ROWS: usize = 4096;

/// A balanced tree over complete rows. Every node halves its rows at the median of the widest column and keeps the box
/// around them.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    width: usize,
    depth: u32,
    /// The rows in the order of the leaves, and their numbers in that order, row by row.
    order: Vec<u32>,
    points: Vec<f64>,
    /// For each node the lowest, then the highest number of each column; a node, its left half, its right half.
    boxes: Vec<f64>,
}

/// A node: where its boxes and its rows are.
#[derive(Clone, Copy)]
struct Node {
    place: usize,
    start: usize,
    end: usize,
    depth: u32,
}

impl Node {
    fn halves(self) -> (Node, Node) {
        let (middle, depth) = (self.start + (self.end - self.start) / 2, self.depth - 1);
        let left = Node { place: self.place + 1, end: middle, depth, ..self };
        (left, Node { place: left.place + nodes(depth), start: middle, depth, ..self })
    }
}

/// The number of nodes of a tree of this depth.
fn nodes(depth: u32) -> usize {
    (2 << depth) - 1
}

impl Tree {
    /// Builds the tree of columns without missing values, of which there is at least one.
    pub(super) fn new(columns: &[&[f64]]) -> Tree {
        let (width, rows) = (columns.len(), columns[0].len());
        let depth = rows.div_ceil(LEAF_ROWS).next_power_of_two().trailing_zeros();
        let mut order: Vec<u32> = (0..rows as u32).collect();
        let mut boxes = vec![0.0; nodes(depth) * 2 * width];
        build(columns, &mut order, &mut boxes, depth);
        let points = order.iter().flat_map(|&row| columns.iter().map(move |column| column[row as usize])).collect();
        Tree { width, depth, order, points, boxes }
    }

    /// Offers every row that may be among the nearest to `point`.
    pub(super) fn search(&self, point: &[f64], nearest: &mut Nearest<'_>) {
        self.visit(Node { place: 0, start: 0, end: self.order.len(), depth: self.depth }, point, nearest);
    }

    fn visit(&self, node: Node, point: &[f64], nearest: &mut Nearest<'_>) {
        if node.depth == 0 {
            return self.scan(node, point, nearest);
        }
        let (left, right) = node.halves();
        let (to_left, to_right) = (self.square_to(left, point), self.square_to(right, point));
        let (near, far) = if to_right < to_left {
            ((to_right, right), (to_left, left))
        } else {
            ((to_left, left), (to_right, right))
        };
        for (square, node) in [near, far] {
            if square <= nearest.limit() {
                self.visit(node, point, nearest);
            }
        }
    }

    fn scan(&self, leaf: Node, point: &[f64], nearest: &mut Nearest<'_>) {
        let rows = &self.order[leaf.start..leaf.end];
        let points = self.points[leaf.start * self.width..].chunks_exact(self.width);
        for (&row, other) in rows.iter().zip(points) {
            let square = other.iter().zip(point).fold(0.0, |sum, (other, own)| sum + (own - other) * (own - other));
            nearest.offer(square, row);
        }
    }

    /// The squared distance to the box of a node. It is summed as that of a row is, and rounding is monotone: it is
    /// never above the computed distance of a row inside.
    fn square_to(&self, node: Node, point: &[f64]) -> f64 {
        let at = node.place * 2 * self.width;
        let (lowest, highest) = self.boxes[at..at + 2 * self.width].split_at(self.width);
        let mut sum = 0.0;
        for ((own, lowest), highest) in point.iter().zip(lowest).zip(highest) {
            let gap = (lowest - own).max(own - highest).max(0.0);
            sum += gap * gap;
        }
        sum
    }
}

/// Orders the rows of a node and writes its boxes.
fn build(columns: &[&[f64]], order: &mut [u32], boxes: &mut [f64], depth: u32) {
    let (own, rest) = boxes.split_at_mut(2 * columns.len());
    let (lowest, highest) = own.split_at_mut(columns.len());
    for ((column, lowest), highest) in columns.iter().zip(&mut *lowest).zip(&mut *highest) {
        (*lowest, *highest) = (f64::INFINITY, f64::NEG_INFINITY);
        for &row in &*order {
            *lowest = lowest.min(column[row as usize]);
            *highest = highest.max(column[row as usize]);
        }
    }
    if depth == 0 {
        return;
    }
    let width_of = |index: &usize| highest[*index] - lowest[*index];
    let widest = (0..columns.len()).rev().max_by(|a, b| width_of(a).total_cmp(&width_of(b))).unwrap_or(0);
    let number = |row: &u32| columns[widest][*row as usize];
    let middle = order.len() / 2;
    order.select_nth_unstable_by(middle, |a, b| number(a).total_cmp(&number(b)).then(a.cmp(b)));
    let parallel = order.len() >= PARALLEL_ROWS;
    let (left, right) = order.split_at_mut(middle);
    let (left_boxes, right_boxes) = rest.split_at_mut(nodes(depth - 1) * 2 * columns.len());
    let mut left = || build(columns, left, left_boxes, depth - 1);
    let mut right = || build(columns, right, right_boxes, depth - 1);
    if parallel {
        join(left, right);
    } else {
        left();
        right();
    }
}
