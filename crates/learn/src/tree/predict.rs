//! Rows as trees read them, and the walk of rows down trees.

use super::model::{Input, Tree};
use crate::data::{Categories, Column, Features};
use rayon::prelude::*;
use std::collections::HashMap;

/// Rows that go down all trees together.
const ROWS: usize = 256;

/// The columns of features as numbers: values, or codes of the levels of the training rows. NaN stands for missing
/// values and for levels that the training rows did not have.
pub(crate) struct Table<'a> {
    rows: usize,
    columns: Vec<Values<'a>>,
}

enum Values<'a> {
    Numbers(&'a [f64]),
    Codes { codes: &'a [u32], known: Vec<f64> },
}

impl<'a> Table<'a> {
    pub(crate) fn new(features: &'a Features, inputs: &[Input]) -> Table<'a> {
        let column = |(index, input): (usize, &Input)| match (features.stored(index), input) {
            (Column::Categories(categories), Input::Levels(levels)) => {
                Values::Codes { codes: categories.codes(), known: known(categories, levels) }
            }
            _ => Values::Numbers(features.column(index)),
        };
        Table { rows: features.rows(), columns: inputs.iter().enumerate().map(column).collect() }
    }

    /// Adds the values of trees to the scores of each row; tree `i` to score `i % outputs`. `scores` are row-major.
    pub(crate) fn add(&self, trees: &[Tree], outputs: usize, scores: &mut [f64]) {
        let trees: Vec<Walk> = trees.iter().map(Walk::new).collect();
        let width = self.columns.len();
        scores.par_chunks_mut(ROWS * outputs).enumerate().for_each(|(chunk, scores)| {
            let start = chunk * ROWS;
            let rows = scores.len() / outputs;
            let block = self.block(start, rows);
            let all: Vec<usize> = (0..rows).collect();
            for (index, tree) in trees.iter().enumerate() {
                let output = index % outputs;
                tree.visit(&block, width, &all, |row, place| scores[row * outputs + output] += tree.value(place));
            }
        });
        debug_assert_eq!(scores.len(), self.rows * outputs, "scores of all rows");
    }

    /// Walks the rows down trees, and hands each leaf to `visit` with the numbers of its row: `width` of `into`, which
    /// is row-major. Only pairs of a tree and a row that `wants` names are walked.
    pub(crate) fn visit<N: Send>(
        &self,
        trees: &[Tree],
        width: usize,
        into: &mut [N],
        wants: &(impl Fn(usize, usize) -> bool + Sync),
        visit: &(impl Fn(&mut [N], usize, usize) + Sync),
    ) {
        let trees: Vec<Walk> = trees.iter().map(Walk::new).collect();
        let columns = self.columns.len();
        into.par_chunks_mut(ROWS * width).enumerate().for_each(|(chunk, into)| {
            let start = chunk * ROWS;
            let rows = into.len() / width;
            let block = self.block(start, rows);
            for (index, tree) in trees.iter().enumerate() {
                let wanted: Vec<usize> = (0..rows).filter(|row| wants(index, start + row)).collect();
                tree.visit(&block, columns, &wanted, |row, place| {
                    visit(&mut into[row * width..(row + 1) * width], index, (place - tree.inner) as usize);
                });
            }
        });
    }

    /// All rows, row-major.
    pub(super) fn all_rows(&self) -> Vec<f64> {
        self.block(0, self.rows)
    }

    /// Some rows, row-major.
    fn block(&self, start: usize, rows: usize) -> Vec<f64> {
        let width = self.columns.len();
        let mut block = vec![0.0; rows * width];
        for (index, column) in self.columns.iter().enumerate() {
            let into = block.iter_mut().skip(index).step_by(width.max(1));
            match column {
                Values::Numbers(values) => into.zip(&values[start..]).for_each(|(into, value)| *into = *value),
                Values::Codes { codes, known } => into.zip(&codes[start..]).for_each(|(into, &code)| {
                    *into = known.get(code as usize).copied().unwrap_or(f64::NAN);
                }),
            }
        }
        block
    }
}

/// The code that each level of these categories has among the levels of the training rows; NaN for none.
pub(crate) fn known(categories: &Categories, levels: &[String]) -> Vec<f64> {
    let codes: HashMap<&str, u32> = levels.iter().map(String::as_str).zip(0..).collect();
    let code = |level: &String| codes.get(level.as_str()).map_or(f64::NAN, |&code| f64::from(code));
    categories.levels().iter().map(code).collect()
}

/// A tree in the form in which rows go down fastest.
struct Walk<'a> {
    /// The inner nodes, and behind them the leaves.
    nodes: Vec<Node>,
    inner: u32,
    values: &'a [f64],
    /// Sets of levels, 64 codes per word; empty for a tree that compares numbers only.
    sets: Vec<u64>,
}

/// A node. A leaf is its own child, so that rows which are there stay while others go on.
struct Node {
    threshold: f64,
    column: u32,
    /// The right and the left child.
    children: [u32; 2],
    missing_left: bool,
    /// The words of its set of levels.
    set: Option<(u32, u32)>,
}

/// Rows that go down together: the steps of one row wait for memory, those of several rows overlap.
const TOGETHER: usize = 8;

impl<'a> Walk<'a> {
    fn new(tree: &'a Tree) -> Walk<'a> {
        let inner = tree.splits() as u32;
        let place = |child: i32| match u32::try_from(child) {
            Ok(node) => node,
            Err(_) => inner + (-1 - child) as u32,
        };
        let mut sets = Vec::new();
        let nodes = (0..tree.splits()).map(|node| Node {
            threshold: tree.thresholds[node],
            column: tree.columns[node],
            children: [place(tree.right[node]), place(tree.left[node])],
            missing_left: tree.missing_left[node],
            set: tree.levels.get(node).filter(|levels| !levels.is_empty()).map(|levels| add_set(&mut sets, levels)),
        });
        let leaf =
            |place: u32| Node { threshold: 0.0, column: 0, children: [place; 2], missing_left: false, set: None };
        let nodes: Vec<Node> = nodes.collect();
        let leaves = (0..tree.leaves() as u32).map(|index| leaf(inner + index));
        Walk { nodes: nodes.into_iter().chain(leaves).collect(), inner, values: &tree.values, sets }
    }

    /// Gives each of these rows of a block, and where it ends, to `visit`.
    fn visit(&self, block: &[f64], width: usize, rows: &[usize], mut visit: impl FnMut(usize, u32)) {
        let row_of = |row: usize| &block[row * width..(row + 1) * width];
        let (together, rest) =
            if self.sets.is_empty() && self.inner > 0 { rows.as_chunks::<TOGETHER>() } else { (&[][..], rows) };
        for rows in together {
            rows.iter().zip(self.leaves_of(rows.map(row_of))).for_each(|(&row, place)| visit(row, place));
        }
        rest.iter().for_each(|&row| visit(row, self.leaf_of(row_of(row))));
    }

    fn value(&self, place: u32) -> f64 {
        self.values[(place - self.inner) as usize]
    }

    /// Where rows end that compare numbers only.
    fn leaves_of(&self, rows: [&[f64]; TOGETHER]) -> [u32; TOGETHER] {
        let mut places = [0; TOGETHER];
        loop {
            let mut moved = 0;
            for (place, row) in places.iter_mut().zip(rows) {
                let node = &self.nodes[*place as usize];
                let next = node.children[usize::from(node.numbers_left(row))];
                moved |= next ^ *place;
                *place = next;
            }
            if moved == 0 {
                return places;
            }
        }
    }

    fn leaf_of(&self, row: &[f64]) -> u32 {
        let mut place = 0;
        while place < self.inner {
            let node = &self.nodes[place as usize];
            let left = match node.set {
                None => node.numbers_left(row),
                Some((start, words)) => {
                    self.is_in(start, words, row[node.column as usize]).unwrap_or(node.missing_left)
                }
            };
            place = node.children[usize::from(left)];
        }
        place
    }

    /// Is a code in a set? `None` for NaN.
    fn is_in(&self, start: u32, words: u32, code: f64) -> Option<bool> {
        if code.is_nan() {
            return None;
        }
        let code = code as u32;
        Some(code / 64 < words && self.sets[(start + code / 64) as usize] >> (code % 64) & 1 == 1)
    }
}

impl Node {
    /// Does a row go left, by its number?
    fn numbers_left(&self, row: &[f64]) -> bool {
        let value = row[self.column as usize];
        (value <= self.threshold) | (value.is_nan() & self.missing_left)
    }
}

/// Adds a set of codes, and returns its first word and its number of words.
fn add_set(sets: &mut Vec<u64>, codes: &[u32]) -> (u32, u32) {
    let start = sets.len();
    let words = codes.iter().max().map_or(0, |&last| last as usize / 64 + 1);
    sets.resize(start + words, 0);
    codes.iter().for_each(|&code| sets[start + code as usize / 64] |= 1 << (code % 64));
    (start as u32, words as u32)
}
