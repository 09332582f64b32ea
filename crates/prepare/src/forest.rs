//! Isolation forests: rows that few random cuts isolate are outliers.
//!
//! Liu, Ting and Zhou, "Isolation Forest", ICDM 2008: 100 trees on 256 rows each; the score of a row is
//! 2^(−E h / c(n)), with E h its mean depth over the trees and c(n) the mean depth in a tree of n rows.
//!
//! `pipewright_learn::forest` has one that is saved and scores new rows, with missing values and categories. They are two, since
//! this crate cleans tables without any model of `learn`: rows that are dropped are scored once, and nothing is saved.

use pipewright_diagnostic::{Bounds, Failure};
use pipewright_table::CHUNK_ROWS;
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::collections::BTreeSet;

const TREES: u64 = 100;
const SAMPLE: usize = 256;

/// Returns the anomaly score of every row, above 0 and up to 1: the higher, the more unusual. `columns` must be finite.
///
/// # Errors
/// As [`Bounds::go_on`].
pub(super) fn scores(columns: &[Vec<f64>], key: Key) -> Result<Vec<f64>, Failure> {
    let rows = columns.first().map_or(0, Vec::len);
    let usual = mean_depth(rows.min(SAMPLE));
    if usual == 0.0 {
        return Ok(vec![0.5; rows]);
    }
    let trees: Vec<Tree> = (0..TREES).into_par_iter().map(|tree| Tree::grow(columns, key.index(tree))).collect();
    let starts: Vec<usize> = (0..rows).step_by(CHUNK_ROWS).collect();
    let bounds = Bounds::current();
    let chunks: Vec<Vec<f64>> = starts
        .into_par_iter()
        .map(|start| {
            bounds.go_on()?;
            let rows = start..rows.min(start + CHUNK_ROWS);
            let mut depths = vec![0.0; rows.len()];
            // Tree by tree, so that a tree stays in the cache.
            for tree in &trees {
                depths.iter_mut().zip(rows.clone()).for_each(|(depth, row)| *depth += tree.depth(columns, row));
            }
            Ok(depths.into_iter().map(|depth: f64| (-depth / TREES as f64 / usual).exp2()).collect())
        })
        .collect::<Result<_, Failure>>()?;
    Ok(chunks.concat())
}

/// c(n): the mean depth of a search in a tree of `rows` rows.
fn mean_depth(rows: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let rows = rows as f64;
            2.0 * ((rows - 1.0).ln() + EULER) - 2.0 * (rows - 1.0) / rows
        }
    }
}

struct Tree(Vec<Node>);

enum Node {
    /// Rows up to `split` in `column` go to the next node, the others to `above`.
    Split { column: usize, split: f64, above: usize },
    /// Depth of the rows here, plus the expected depth of further cuts.
    Leaf(f64),
}

impl Tree {
    fn grow(columns: &[Vec<f64>], key: Key) -> Tree {
        let mut rows = sample(columns[0].len(), key.child("rows"));
        let deepest = (rows.len().max(2) as f64).log2().ceil() as u32;
        let mut growth = Growth { columns, key: key.child("cuts"), drawn: 0, deepest, nodes: Vec::new() };
        growth.node(&mut rows, 0);
        Tree(growth.nodes)
    }

    #[inline]
    fn depth(&self, columns: &[Vec<f64>], row: usize) -> f64 {
        let mut place = 0;
        loop {
            match self.0[place] {
                Node::Leaf(depth) => return depth,
                Node::Split { column, split, .. } if columns[column][row] <= split => place += 1,
                Node::Split { above, .. } => place = above,
            }
        }
    }
}

/// A growing tree.
struct Growth<'a> {
    columns: &'a [Vec<f64>],
    key: Key,
    /// Number of random numbers used.
    drawn: u64,
    deepest: u32,
    nodes: Vec<Node>,
}

impl Growth<'_> {
    fn node(&mut self, rows: &mut [u32], depth: u32) {
        let ranges = |values: &Vec<f64>| {
            let numbers = rows.iter().map(|&row| values[row as usize]);
            numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), number| (min.min(number), max.max(number)))
        };
        let open = if depth < self.deepest && rows.len() > 1 { self.columns.len() } else { 0 };
        let ranges = self.columns[..open].iter().map(ranges).enumerate();
        let ranges: Vec<_> = ranges.filter(|(_, (min, max))| min < max).collect();
        if ranges.is_empty() {
            return self.nodes.push(Node::Leaf(f64::from(depth) + mean_depth(rows.len())));
        }
        let (column, (min, max)) = ranges[self.key.below(self.drawn, ranges.len() as u64) as usize];
        let share = self.key.uniform(self.drawn + 1);
        self.drawn += 2;
        // A weighted mean, since the range may overflow.
        let cut = min * (1.0 - share) + max * share;
        let split = if cut < max { cut.max(min) } else { min };
        let values = &self.columns[column];
        rows.sort_by(|&left, &right| (values[left as usize] > split).cmp(&(values[right as usize] > split)));
        let (below, above) = rows.split_at_mut(rows.partition_point(|&row| values[row as usize] <= split));
        let place = self.nodes.len();
        self.nodes.push(Node::Split { column, split, above: 0 });
        self.node(below, depth + 1);
        let next = self.nodes.len();
        if let Node::Split { above, .. } = &mut self.nodes[place] {
            *above = next;
        }
        self.node(above, depth + 1);
    }
}

/// Rows drawn without replacement, in order.
fn sample(rows: usize, key: Key) -> Vec<u32> {
    if rows <= 4 * SAMPLE {
        let mut all = key.permutation(rows);
        all.truncate(SAMPLE);
        all.sort_unstable();
        return all;
    }
    let mut drawn = BTreeSet::new();
    let mut position = 0;
    while drawn.len() < SAMPLE {
        drawn.insert(key.below(position, rows as u64) as u32);
        position += 1;
    }
    drawn.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `sklearn.ensemble._iforest._average_path_length`.
    #[test]
    fn mean_depths() {
        let known = [(1, 0.0), (2, 1.0), (5, 2.327_020_052_042_847), (256, 10.244_770_920_119_917)];
        for (rows, expected) in known {
            assert!((mean_depth(rows) - expected).abs() < 1e-12, "{rows}: {}", mean_depth(rows));
        }
    }

    #[test]
    fn what_stands_apart_has_the_highest_score() {
        let key = Key::new(5);
        let mut columns: Vec<Vec<f64>> =
            (0..3).map(|column| (0..2000).map(|row| key.index(column).uniform(row)).collect()).collect();
        columns.iter_mut().for_each(|column| column[700] = 6.0);
        let scores = scores(&columns, Key::new(1)).unwrap();
        let highest = (0..2000).max_by(|&left, &right| scores[left].total_cmp(&scores[right]));
        assert_eq!(highest, Some(700));
        assert!(scores[700] > 0.65 && scores.iter().all(|score| (0.3..1.0).contains(score)), "{}", scores[700]);
    }

    #[test]
    fn constant_columns_and_few_rows_are_all_alike() {
        assert!(scores(&[vec![1.0; 40]], Key::new(1)).unwrap().iter().all(|score| (score - 0.5).abs() < 1e-12));
        assert_eq!(scores(&[vec![3.0]], Key::new(1)).unwrap(), [0.5]);
        assert!(scores(&[Vec::new()], Key::new(1)).unwrap().is_empty());
    }
}
