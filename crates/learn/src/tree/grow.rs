//! Growing one tree on binned rows in memory.

use super::binned::{Binned, LANES};
use super::growth::{Growth, Tip, first_best};
use super::histogram::{Derivative, Histogram, Item, Scale, Slots, add_up, take_away};
use super::model::{Tree, TreeBuilder};
use super::split::Split;
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::ops::Range;

/// Grows trees; keeps the memory of histograms from one tree to the next.
pub(crate) struct Grower<'a> {
    binned: &'a Binned,
    growth: Growth<'a>,
    free: Vec<Histogram>,
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
        Grower { binned, growth, free: Vec::new() }
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
        let mut items: Vec<Item> = rows.par_iter().map(|&row| scale.item(row, derivatives[row as usize])).collect();
        let mut tree = TreeBuilder::default();
        let root = Open {
            range: 0..items.len(),
            tip: growth.root(scale.sum_of(&items), key),
            histogram: Some(self.histogram()),
            split: None,
            place: tree.root(),
        };
        let mut growing = Growing { grower: self, scale, used, items: &mut items };
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
            leaves.push((leaf.place, leaf.range));
            self.free.extend(leaf.histogram);
        }
        let (tree, order) = tree.build();
        let mut ranges = vec![0..0; leaves.len()];
        leaves.into_iter().for_each(|(place, range)| ranges[order[place]] = range);
        splits.sort_by_key(|(place, _)| order[*place]);
        let splits = splits.into_iter().map(|(_, split)| split).collect();
        Grown { tree, splits, rows: items.iter().map(|item| item.row).collect(), leaves: ranges }
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
    items: &'g mut [Item],
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
        let items = &self.items[leaf.range.clone()];
        let may_use = growth.columns_for(&leaf.tip, self.used);
        let in_block = |(block, slots): (usize, &mut [Slots])| {
            add_up(self.grower.binned, block, items, self.scale, slots);
            growth.best_in(block, slots, &leaf.tip, &may_use, self.scale)
        };
        let best: Vec<Option<Split>> = histogram.0.par_chunks_mut(LANES).enumerate().map(in_block).collect();
        leaf.split = first_best(best);
        leaf.histogram = Some(histogram);
        leaf
    }

    /// Splits a leaf into two. The smaller half is added up, the other is the rest.
    fn halves(&mut self, mut leaf: Open, split: &Split, places: [usize; 2], full: bool) -> [Open; 2] {
        let (growth, scale) = (self.grower.growth, self.scale);
        let middle = leaf.range.start + self.part(leaf.range.clone(), split);
        let [left, right] = growth.halves(&leaf.tip, split, scale);
        let half = |range, tip, side: usize| Open { range, tip, histogram: None, split: None, place: places[side] };
        let mut halves = [half(leaf.range.start..middle, left, 0), half(middle..leaf.range.end, right, 1)];
        let all = leaf.histogram.take().expect("the sums of a leaf that can be split");
        if full || !halves.iter().any(|half| growth.can_be_split(&half.tip, scale)) {
            self.grower.free.push(all);
            return halves;
        }
        let small = usize::from(halves[1].range.len() < halves[0].range.len());
        let (mut all, mut part) = (all, self.grower.histogram());
        let allowed = [0, 1].map(|side| growth.columns_for(&halves[side].tip, self.used));
        let items = &self.items[halves[small].range.clone()];
        let in_block = |(block, (all, part)): (usize, (&mut [Slots], &mut [Slots]))| {
            add_up(self.grower.binned, block, items, scale, part);
            take_away(self.grower.binned.bins(), block, all, part);
            let best =
                |slots: &[Slots], side: usize| growth.best_in(block, slots, &halves[side].tip, &allowed[side], scale);
            (best(part, small), best(all, 1 - small))
        };
        let (of_small, of_large): (Vec<_>, Vec<_>) = match self.is_small(items) {
            true => all.0.chunks_mut(LANES).zip(part.0.chunks_mut(LANES)).enumerate().map(in_block).unzip(),
            false => {
                let blocks = all.0.par_chunks_mut(LANES).zip(part.0.par_chunks_mut(LANES)).enumerate();
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
        const CELLS: usize = 1 << 14;
        items.len() * self.grower.binned.bins().len() < CELLS
    }

    /// Moves the rows that go left to the front, both halves in their old order, and returns how many they are.
    fn part(&mut self, range: Range<usize>, split: &Split) -> usize {
        let bin_of = self.grower.binned.column(split.column);
        let left = split.bins_left();
        part(&mut self.items[range], &|item: &Item| left[usize::from(bin_of(item.row))])
    }
}

/// Stable partition: items for which `goes_left` holds come first. Returns their number.
fn part(items: &mut [Item], goes_left: &(impl Fn(&Item) -> bool + Sync)) -> usize {
    const ROWS_PER_TASK: usize = 1 << 15;
    if items.len() < 2 * ROWS_PER_TASK {
        return part_here(items, goes_left);
    }
    let counts: Vec<usize> = items.par_chunks_mut(ROWS_PER_TASK).map(|chunk| part_here(chunk, goes_left)).collect();
    let total = counts.iter().sum();
    let mut sorted = vec![Item::default(); items.len()];
    let (mut lefts, mut rights) = sorted.split_at_mut(total);
    let mut moves = Vec::new();
    for (chunk, &count) in items.chunks(ROWS_PER_TASK).zip(&counts) {
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
    items
        .par_chunks_mut(ROWS_PER_TASK)
        .zip(sorted.par_chunks(ROWS_PER_TASK))
        .for_each(|(to, from)| to.copy_from_slice(from));
    total
}

/// Without a branch on where an item goes: which way it is cannot be predicted.
fn part_here(items: &mut [Item], goes_left: &impl Fn(&Item) -> bool) -> usize {
    let mut rights = vec![Item::default(); items.len()];
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
