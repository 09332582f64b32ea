//! Growing one tree on binned rows in memory.

use super::binned::{Binned, LANES};
use super::growth::{Growth, Tip, first_best};
use super::histogram::{CELLS_PER_TASK, Derivative, Histogram, Item, Scale, Slots, Sum, add_up, take_away};
use super::model::{Tree, TreeBuilder};
use super::split::Split;
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::ops::Range;

/// Grows trees; keeps its memory from one tree to the next.
pub(crate) struct Grower<'a> {
    binned: &'a Binned,
    growth: Growth<'a>,
    free: Vec<Histogram>,
    /// Two places for the rows of a tree: the rows of a leaf are at its range in one, and the same range of the other
    /// is free.
    items: [Vec<Item>; 2],
}

/// A tree, and the rows in each of its leaves.
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    /// The split of each node.
    splits: Vec<Split>,
    rows: Vec<u32>,
    leaves: Vec<Range<usize>>,
}

impl Grown {
    /// The rows of each leaf, in the order of the leaves.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = &[u32]> {
        self.leaves.iter().map(|range| &self.rows[range.clone()])
    }

    /// The value of the leaf in which another row ends.
    pub(crate) fn value(&self, binned: &Binned, row: u32) -> f64 {
        value_of(&self.tree, &self.splits, binned, row)
    }
}

/// The value of the leaf in which a row ends, by the split of each node.
pub(super) fn value_of(tree: &Tree, splits: &[Split], binned: &Binned, row: u32) -> f64 {
    tree.walk(|node| {
        let split = &splits[node];
        split.goes_left(binned.column(split.column)(row))
    })
}

/// A leaf of a tree that grows.
struct Open {
    range: Range<usize>,
    /// Which of two places has its rows.
    side: usize,
    tip: Tip,
    /// The sums of its rows; `None` once it is not split any more.
    histogram: Option<Histogram>,
    split: Option<Split>,
    /// Its place in the tree that is built.
    place: usize,
}

impl<'a> Grower<'a> {
    /// Grows trees on these rows, which are in the bins of the growth.
    pub(crate) fn new(binned: &'a Binned, growth: Growth<'a>) -> Grower<'a> {
        Grower { binned, growth, free: Vec::new(), items: [Vec::new(), Vec::new()] }
    }

    /// Grows a tree on the rows at these positions, by the derivatives of all rows. Leaves get `rate` times the value
    /// that minimises their loss. Only the columns marked in `used` are split on.
    pub(crate) fn grow(
        &mut self,
        rows: &[u32],
        derivatives: &[Derivative],
        used: &[bool],
        rate: f64,
        key: Key,
    ) -> Grown {
        let growth = self.growth;
        let scale = Scale::of(derivatives);
        self.items.iter_mut().for_each(|items| items.resize(rows.len(), Item::default()));
        let items = self.items[0].par_iter_mut().zip(rows);
        items.for_each(|(item, &row)| *item = scale.item(row, derivatives[row as usize]));
        let parts = self.items[0].par_chunks(ROWS_PER_TASK).map(|items| scale.sum_of(items));
        let total = parts.reduce(Sum::default, Sum::plus);
        let mut tree = TreeBuilder::default();
        let root = Open {
            range: 0..rows.len(),
            side: 0,
            tip: growth.root(total, key),
            histogram: Some(self.histogram()),
            split: None,
            place: tree.root(),
        };
        let mut growing = Growing { grower: self, scale, used };
        let mut open = vec![growing.opened(root)];
        let mut splits: Vec<(usize, Split)> = Vec::new();
        while open.len() < growth.leaves.max(1) {
            let Some(next) = growing.next(&open) else { break };
            let leaf = open.swap_remove(next);
            let split = leaf.split.clone().expect("a leaf that can be split");
            let cover = scale.rows(leaf.tip.total) as f64;
            let places = tree.split(leaf.place, split.column, split.gain, cover, growth.question(&split));
            let full = open.len() + 2 >= growth.leaves;
            splits.push((leaf.place, split.clone()));
            open.extend(growing.halves(leaf, &split, places, full));
        }
        let mut leaves = Vec::new();
        for leaf in open {
            let value = rate * growth.rules.value(scale, leaf.tip.total, leaf.tip.limits);
            tree.leaf(leaf.place, value, scale.rows(leaf.tip.total) as f64);
            leaves.push((leaf.place, leaf.range, leaf.side));
            self.free.extend(leaf.histogram);
        }
        let rows = self.rows(&mut leaves);
        let (tree, order) = tree.build();
        let mut ranges = vec![0..0; leaves.len()];
        leaves.into_iter().for_each(|(place, range, _)| ranges[order[place]] = range);
        splits.sort_by_key(|(place, _)| order[*place]);
        let splits = splits.into_iter().map(|(_, split)| split).collect();
        Grown { tree, splits, rows, leaves: ranges }
    }

    /// The rows at the ranges of the leaves, which are all rows.
    fn rows(&self, leaves: &mut [(usize, Range<usize>, usize)]) -> Vec<u32> {
        leaves.sort_unstable_by_key(|(_, range, _)| range.start);
        let mut rows = vec![0; self.items[0].len()];
        let (mut rest, mut parts) = (&mut rows[..], Vec::new());
        for (_, range, side) in leaves.iter() {
            let (part, others) = rest.split_at_mut(range.len());
            parts.push((part, &self.items[*side][range.clone()]));
            rest = others;
        }
        let copy =
            |(rows, items): (&mut [u32], &[Item])| rows.iter_mut().zip(items).for_each(|(row, item)| *row = item.row);
        parts.into_par_iter().for_each(copy);
        rows
    }

    fn histogram(&mut self) -> Histogram {
        self.free.pop().unwrap_or_else(|| Histogram::new(self.binned.bins().len()))
    }
}

/// A tree while it grows.
struct Growing<'g, 'a> {
    grower: &'g mut Grower<'a>,
    scale: Scale,
    used: &'g [bool],
}

impl Growing<'_, '_> {
    /// The leaf that is split next; the first of equals.
    fn next(&self, open: &[Open]) -> Option<usize> {
        let rank = |leaf: &Open| leaf.split.as_ref().map(|split| (leaf.tip.depth, split.gain, leaf.place));
        let ranked = open.iter().enumerate().filter_map(|(index, leaf)| Some((index, rank(leaf)?)));
        let first =
            ranked.reduce(|best, next| if self.grower.growth.goes_before(next.1, best.1) { next } else { best });
        first.map(|(index, _)| index)
    }

    /// Adds up a leaf and finds its best split.
    fn opened(&mut self, mut leaf: Open) -> Open {
        let growth = self.grower.growth;
        if !growth.can_be_split(&leaf.tip, self.scale) {
            self.grower.free.extend(leaf.histogram.take());
            return leaf;
        }
        let mut histogram = leaf.histogram.take().expect("memory for its sums");
        let items = &self.grower.items[leaf.side][leaf.range.clone()];
        let may_use = growth.columns_for(&leaf.tip, self.used);
        add_up(self.grower.binned, items, self.scale, &mut histogram);
        let in_block =
            |(block, slots): (usize, &[Slots])| growth.best_in(block, slots, &leaf.tip, &may_use, self.scale);
        let best: Vec<Option<Split>> = histogram.0.par_chunks(LANES).enumerate().map(in_block).collect();
        leaf.split = first_best(best);
        leaf.histogram = Some(histogram);
        leaf
    }

    /// Splits a leaf into two. The smaller half is added up, the other is the rest.
    fn halves(&mut self, mut leaf: Open, split: &Split, places: [usize; 2], full: bool) -> [Open; 2] {
        let (growth, scale) = (self.grower.growth, self.scale);
        let (left_rows, of) = self.part(&leaf, split);
        let middle = leaf.range.start + left_rows;
        let [left, right] = growth.halves(&leaf.tip, split, scale);
        let half =
            |range, tip, side: usize| Open { range, side: of, tip, histogram: None, split: None, place: places[side] };
        let mut halves = [half(leaf.range.start..middle, left, 0), half(middle..leaf.range.end, right, 1)];
        let all = leaf.histogram.take().expect("the sums of a leaf that can be split");
        if full || !halves.iter().any(|half| growth.can_be_split(&half.tip, scale)) {
            self.grower.free.push(all);
            return halves;
        }
        let small = usize::from(halves[1].range.len() < halves[0].range.len());
        let (mut all, mut part) = (all, self.grower.histogram());
        let allowed = [0, 1].map(|side| growth.columns_for(&halves[side].tip, self.used));
        let items = &self.grower.items[of][halves[small].range.clone()];
        add_up(self.grower.binned, items, scale, &mut part);
        let in_block = |(block, (all, part)): (usize, (&mut [Slots], &[Slots]))| {
            take_away(self.grower.binned.bins(), block, all, part);
            let best =
                |slots: &[Slots], side: usize| growth.best_in(block, slots, &halves[side].tip, &allowed[side], scale);
            (best(part, small), best(all, 1 - small))
        };
        let (of_small, of_large): (Vec<_>, Vec<_>) = match self.is_small(items) {
            true => all.0.chunks_mut(LANES).zip(part.0.chunks(LANES)).enumerate().map(in_block).unzip(),
            false => {
                let blocks = all.0.par_chunks_mut(LANES).zip(part.0.par_chunks(LANES)).enumerate();
                blocks.map(in_block).unzip()
            }
        };
        for (side, histogram, best) in [(small, part, of_small), (1 - small, all, of_large)] {
            halves[side].split = first_best(best);
            match halves[side].split {
                Some(_) => halves[side].histogram = Some(histogram),
                None => self.grower.free.push(histogram),
            }
        }
        halves
    }

    /// Is the work on these rows less than that of handing it out to threads?
    fn is_small(&self, items: &[Item]) -> bool {
        items.len() * self.grower.binned.bins().len() < CELLS_PER_TASK
    }

    /// Moves the rows that go left to the front, both halves in their old order. Returns how many they are, and which
    /// place has the rows then.
    fn part(&mut self, leaf: &Open, split: &Split) -> (usize, usize) {
        let bin_of = self.grower.binned.column(split.column);
        let left = split.bins_left();
        let goes_left = |item: &Item| left[usize::from(bin_of(item.row))];
        let [first, second] = &mut self.grower.items;
        let (from, to) = if leaf.side == 0 { (first, second) } else { (second, first) };
        let (from, to) = (&mut from[leaf.range.clone()], &mut to[leaf.range.clone()]);
        match from.len() < 2 * ROWS_PER_TASK {
            true => (part_here(from, to, &goes_left), leaf.side),
            false => (part_there(from, to, &goes_left), 1 - leaf.side),
        }
    }
}

/// Rows per task of what is fast for each row.
const ROWS_PER_TASK: usize = 1 << 15;

/// Stable partition from one place to another: items for which `goes_left` holds come first. Returns their number.
fn part_there(from: &mut [Item], to: &mut [Item], goes_left: &(impl Fn(&Item) -> bool + Sync)) -> usize {
    let chunks = from.par_chunks_mut(ROWS_PER_TASK).zip(to.par_chunks_mut(ROWS_PER_TASK));
    let counts: Vec<usize> = chunks.map(|(chunk, spare)| part_here(chunk, spare, goes_left)).collect();
    let total = counts.iter().sum();
    let (mut lefts, mut rights) = to.split_at_mut(total);
    let mut moves = Vec::new();
    for (chunk, &count) in from.chunks(ROWS_PER_TASK).zip(&counts) {
        let (left, right) = chunk.split_at(count);
        let (to_left, rest) = lefts.split_at_mut(left.len());
        let (to_right, others) = rights.split_at_mut(right.len());
        (lefts, rights) = (rest, others);
        moves.push((left, to_left, right, to_right));
    }
    moves.into_par_iter().for_each(|(left, to_left, right, to_right)| {
        to_left.copy_from_slice(left);
        to_right.copy_from_slice(right);
    });
    total
}

/// Stable partition in place, with memory for as many items. Without a branch on where an item goes: which way it is
/// cannot be predicted.
fn part_here(items: &mut [Item], rights: &mut [Item], goes_left: &impl Fn(&Item) -> bool) -> usize {
    let (mut left, mut right) = (0, 0);
    for index in 0..items.len() {
        let item = items[index];
        let goes_left = usize::from(goes_left(&item));
        items[left] = item;
        rights[right] = item;
        left += goes_left;
        right += 1 - goes_left;
    }
    items[left..].copy_from_slice(&rights[..right]);
    left
}
