//! How trees grow, wherever their rows are: which leaf is split next, and how.

use super::binned::LANES;
use super::cuts::Bins;
use super::histogram::{Histogram, Scale, Slots, Sum};
use super::model::Question;
use super::split::{Direction, Leaf, Limits, Rules, Split, Test};
use pipewright_world::random::Key;
use std::ops::Range;

/// What bounds the growth of trees on binned columns.
#[derive(Clone, Copy)]
pub(crate) struct Growth<'a> {
    pub(crate) bins: &'a [Bins],
    pub(crate) rules: &'a Rules,
    /// Maximum number of leaves.
    pub(crate) leaves: usize,
    /// Maximum depth of a leaf.
    pub(crate) depth: usize,
    /// Splits the leaf of least depth first instead of the one that gains most.
    pub(crate) by_depth: bool,
    /// Groups of columns that may be used together; empty for no constraint.
    pub(crate) groups: &'a [Vec<usize>],
    /// The share of columns that a split may use.
    pub(crate) split_columns: f64,
}

/// The end of a branch of a tree that grows.
#[derive(Debug, Clone)]
pub(super) struct Tip {
    /// The sums of its rows.
    pub(super) total: Sum,
    pub(super) depth: usize,
    pub(super) limits: Limits,
    /// The columns on the path to it, if columns are grouped.
    path: Vec<usize>,
    /// The key of its random numbers, which follows from the path.
    key: Key,
}

impl<'a> Growth<'a> {
    /// Growth to this many leaves without other bounds.
    pub(crate) fn new(bins: &'a [Bins], rules: &'a Rules, leaves: usize) -> Growth<'a> {
        Growth { bins, rules, leaves, depth: usize::MAX, by_depth: false, groups: &[], split_columns: 1.0 }
    }

    /// The whole tree before it grows.
    pub(super) fn root(&self, total: Sum, key: Key) -> Tip {
        Tip { total, depth: 0, limits: Limits::of(self.rules), path: Vec::new(), key }
    }

    /// Both sides of a split.
    pub(super) fn halves(&self, tip: &Tip, split: &Split, scale: Scale) -> [Tip; 2] {
        let limits = self.limits_of(tip, split, scale);
        let mut path = tip.path.clone();
        if !self.groups.is_empty() {
            path.push(split.column);
        }
        let totals = [split.left, split.right];
        [0, 1].map(|side| Tip {
            total: totals[side],
            depth: tip.depth + 1,
            limits: limits[side],
            path: path.clone(),
            key: tip.key.index(side as u64),
        })
    }

    pub(super) fn can_be_split(&self, tip: &Tip, scale: Scale) -> bool {
        tip.depth < self.depth && scale.rows(tip.total) >= 2 * self.rules.min_rows.max(1)
    }

    /// Is one of two leaves, each with its depth, the gain of its split and its place, split before the other?
    pub(super) fn goes_before(&self, one: (usize, f64, usize), other: (usize, f64, usize)) -> bool {
        let depth = |leaf: (usize, f64, usize)| if self.by_depth { leaf.0 } else { 0 };
        let by_gain = || one.1 > other.1 || (one.1 == other.1 && one.2 < other.2);
        depth(one) < depth(other) || (depth(one) == depth(other) && by_gain())
    }

    /// The best split of a leaf, if it may be split, on the columns of all blocks.
    pub(super) fn best(&self, histogram: &Histogram, tip: &Tip, may_use: &[bool], scale: Scale) -> Option<Split> {
        let blocks = histogram.0.chunks(LANES).enumerate();
        first_best(blocks.map(|(block, slots)| self.best_in(block, slots, tip, may_use, scale)))
    }

    /// The best split on the columns of a block.
    pub(super) fn best_in(
        &self,
        block: usize,
        slots: &[Slots],
        tip: &Tip,
        may_use: &[bool],
        scale: Scale,
    ) -> Option<Split> {
        if !self.can_be_split(tip, scale) {
            return None;
        }
        let leaf = Leaf { rules: self.rules, scale, total: tip.total, limits: tip.limits };
        let columns = columns_of(block, self.bins.len()).zip(slots).filter(|(column, _)| may_use[*column]);
        first_best(columns.map(|(column, slots)| leaf.best(column, &self.bins[column], slots)))
    }

    /// Marks the columns, of those in `used`, that a split of a leaf may use.
    pub(super) fn columns_for(&self, tip: &Tip, used: &[bool]) -> Vec<bool> {
        let mut may_use = used.to_vec();
        if !self.groups.is_empty() {
            let fits = |group: &&Vec<usize>| tip.path.iter().all(|column| group.contains(column));
            let mut allowed = vec![false; may_use.len()];
            self.groups.iter().filter(fits).flatten().for_each(|&column| allowed[column] = true);
            may_use.iter_mut().zip(allowed).for_each(|(may, allowed)| *may &= allowed);
        }
        if self.split_columns < 1.0 {
            sample_marked(&mut may_use, self.split_columns, tip.key.child("columns"));
        }
        may_use
    }

    /// The limits of both halves: a monotone split parts the values of its sides at their mean.
    fn limits_of(&self, tip: &Tip, split: &Split, scale: Scale) -> [Limits; 2] {
        let direction = self.rules.directions.get(split.column).copied().unwrap_or_default();
        if direction == Direction::Any {
            return [tip.limits; 2];
        }
        let value = |sum| self.rules.value(scale, sum, tip.limits);
        let middle = f64::midpoint(value(split.left), value(split.right));
        let (low, high) = (Limits { high: middle, ..tip.limits }, Limits { low: middle, ..tip.limits });
        if direction == Direction::Increasing { [low, high] } else { [high, low] }
    }

    /// What a node asks of a plain value.
    pub(super) fn question(&self, split: &Split) -> Question {
        let missing_left = split.missing_left;
        match (&self.bins[split.column], &split.test) {
            // Values in the last bin are split from missing ones only.
            (Bins::Numbers { cuts }, Test::UpTo(bin)) => {
                let threshold = cuts.get(usize::from(*bin)).copied().unwrap_or(f64::MAX);
                Question { threshold, levels: Vec::new(), missing_left }
            }
            (Bins::Levels { bin_of, .. }, Test::In(_)) => {
                let left = bin_of.iter().zip(0_u32..).filter(|(bin, _)| split.goes_left(**bin)).map(|(_, code)| code);
                // Codes are above this threshold: of an empty set, only missing values may go left.
                Question { threshold: -1.0, levels: left.collect(), missing_left }
            }
            _ => unreachable!("a test of the kind of its column"),
        }
    }
}

/// The columns of a block, out of this number of columns.
pub(super) fn columns_of(block: usize, columns: usize) -> Range<usize> {
    block * LANES..columns.min((block + 1) * LANES)
}

/// The split that gains most; the first of equals.
pub(super) fn first_best(splits: impl IntoIterator<Item = Option<Split>>) -> Option<Split> {
    let better = |best: Split, next: Split| if next.gain > best.gain { next } else { best };
    splits.into_iter().flatten().reduce(better)
}

/// Keeps a random share of the marks, at least one.
pub(crate) fn sample_marked(marks: &mut [bool], share: f64, key: Key) {
    let mut marked: Vec<usize> = (0..marks.len()).filter(|&column| marks[column]).collect();
    let keep = ((marked.len() as f64 * share).round() as usize).max(1);
    key.shuffle(&mut marked);
    marked.iter().skip(keep).for_each(|&column| marks[column] = false);
}
