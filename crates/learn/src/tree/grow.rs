//! Growing one tree on binned rows.

use super::binned::{Binned, LANES};
use super::cuts::Bins;
use super::histogram::{Derivative, Histogram, Item, Scale, Slots, Sum, add_up, take_away};
use super::model::{Tree, TreeBuilder};
use super::split::{Direction, Leaf, Limits, Rules, Split, Test};
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::ops::Range;

/// Grows trees; keeps the memory of histograms from one tree to the next.
pub(crate) struct Grower<'a> {
    pub(crate) binned: &'a Binned,
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
        self.tree.walk(|node| {
            let split = &self.splits[node];
            split.goes_left(binned.column(split.column)(row))
        })
    }
}

/// A leaf of a tree that grows.
struct Open {
    range: Range<usize>,
    total: Sum,
    depth: usize,
    limits: Limits,
    /// The columns on the path to it, if columns are grouped.
    path: Vec<usize>,
    /// The sums of its rows; `None` once it is not split any more.
    histogram: Option<Histogram>,
    split: Option<Split>,
    /// Its place in the tree that is built.
    place: usize,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(binned: &'a Binned, rules: &'a Rules) -> Grower<'a> {
        let (leaves, depth) = (31, usize::MAX);
        Grower { binned, rules, leaves, depth, by_depth: false, groups: &[], split_columns: 1.0, free: Vec::new() }
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
        let scale = Scale::of(derivatives);
        let mut items: Vec<Item> = rows.par_iter().map(|&row| scale.item(row, derivatives[row as usize])).collect();
        let mut tree = TreeBuilder::default();
        let total = scale.sum_of(&items);
        let root = Open {
            range: 0..items.len(),
            total,
            depth: 0,
            limits: Limits::of(self.rules),
            path: Vec::new(),
            histogram: Some(self.histogram()),
            split: None,
            place: tree.root(),
        };
        let mut growing = Growing { grower: self, scale, used, key, items: &mut items };
        let mut open = vec![growing.opened(root)];
        let mut splits: Vec<(usize, Split)> = Vec::new();
        while open.len() < growing.grower.leaves.max(1) {
            let Some(next) = growing.next(&open) else { break };
            let leaf = open.swap_remove(next);
            let split = leaf.split.clone().expect("a leaf that can be split");
            let cover = scale.rows(leaf.total) as f64;
            let places =
                tree.split(leaf.place, split.column, split.gain, cover, test_of(growing.grower.binned, &split));
            let full = open.len() + 2 >= growing.grower.leaves;
            splits.push((leaf.place, split.clone()));
            open.extend(growing.halves(leaf, &split, places, full));
        }
        let mut leaves = Vec::new();
        for leaf in open {
            let value = rate * self.rules.value(scale, leaf.total, leaf.limits);
            tree.leaf(leaf.place, value, scale.rows(leaf.total) as f64);
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

/// What a node asks of a plain value.
fn test_of(binned: &Binned, split: &Split) -> super::model::Question {
    use super::model::Question;
    let missing_left = split.missing_left;
    match (&binned.bins()[split.column], &split.test) {
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

/// A tree while it grows.
struct Growing<'g, 'a> {
    grower: &'g mut Grower<'a>,
    scale: Scale,
    used: &'g [bool],
    key: Key,
    items: &'g mut [Item],
}

impl Growing<'_, '_> {
    /// The leaf that is split next; the first of equals.
    fn next(&self, open: &[Open]) -> Option<usize> {
        let rank = |leaf: &Open| {
            let depth = if self.grower.by_depth { leaf.depth } else { 0 };
            leaf.split.as_ref().map(|split| (depth, split.gain))
        };
        let mut best: Option<(usize, (usize, f64), usize)> = None;
        for (index, leaf) in open.iter().enumerate() {
            let Some((depth, gain)) = rank(leaf) else { continue };
            let is_better = best.is_none_or(|(_, (least, most), place)| {
                depth < least || (depth == least && (gain > most || (gain == most && leaf.place < place)))
            });
            if is_better {
                best = Some((index, (depth, gain), leaf.place));
            }
        }
        best.map(|(index, ..)| index)
    }

    /// Adds up a leaf and finds its best split.
    fn opened(&mut self, mut leaf: Open) -> Open {
        if !self.can_be_split(&leaf) {
            self.grower.free.extend(leaf.histogram.take());
            return leaf;
        }
        let mut histogram = leaf.histogram.take().expect("memory for its sums");
        let items = &self.items[leaf.range.clone()];
        let may_use = self.columns_for(&leaf);
        let in_block = |(block, slots): (usize, &mut [Slots])| {
            add_up(self.grower.binned, block, items, self.scale, slots);
            self.best_in(block, slots, &leaf, &may_use)
        };
        let best: Vec<Option<Split>> = histogram.0.par_chunks_mut(LANES).enumerate().map(in_block).collect();
        leaf.split = first_best(best);
        leaf.histogram = Some(histogram);
        leaf
    }

    /// Splits a leaf into two. The smaller half is added up, the other is the rest.
    fn halves(&mut self, mut leaf: Open, split: &Split, places: [usize; 2], full: bool) -> [Open; 2] {
        let middle = leaf.range.start + self.part(leaf.range.clone(), split);
        let limits = self.limits_of(&leaf, split);
        let mut path = std::mem::take(&mut leaf.path);
        if !self.grower.groups.is_empty() {
            path.push(split.column);
        }
        let half = |range: Range<usize>, total: Sum, side: usize| Open {
            range,
            total,
            depth: leaf.depth + 1,
            limits: limits[side],
            path: path.clone(),
            histogram: None,
            split: None,
            place: places[side],
        };
        let mut halves = [half(leaf.range.start..middle, split.left, 0), half(middle..leaf.range.end, split.right, 1)];
        let all = leaf.histogram.take().expect("the sums of a leaf that can be split");
        if full || !halves.iter().any(|half| self.can_be_split(half)) {
            self.grower.free.push(all);
            return halves;
        }
        let small = usize::from(halves[1].range.len() < halves[0].range.len());
        let (mut all, mut part) = (all, self.grower.histogram());
        let allowed = [self.columns_for(&halves[0]), self.columns_for(&halves[1])];
        let items = &self.items[halves[small].range.clone()];
        let in_block = |(block, (all, part)): (usize, (&mut [Slots], &mut [Slots]))| {
            add_up(self.grower.binned, block, items, self.scale, part);
            take_away(self.grower.binned, block, all, part);
            let best = |slots: &[Slots], side: usize| match self.can_be_split(&halves[side]) {
                true => self.best_in(block, slots, &halves[side], &allowed[side]),
                false => None,
            };
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

    fn can_be_split(&self, leaf: &Open) -> bool {
        let rows = leaf.range.len() as u64;
        leaf.depth < self.grower.depth && rows >= 2 * self.grower.rules.min_rows.max(1)
    }

    /// The best split on the columns of a block.
    fn best_in(&self, block: usize, slots: &[Slots], open: &Open, may_use: &[bool]) -> Option<Split> {
        let leaf = Leaf { rules: self.grower.rules, scale: self.scale, total: open.total, limits: open.limits };
        let bins = self.grower.binned.bins();
        let columns = self.grower.binned.columns_of(block).zip(slots).filter(|(column, _)| may_use[*column]);
        first_best(columns.map(|(column, slots)| leaf.best(column, &bins[column], slots)))
    }

    /// Marks the columns that a split of a leaf may use.
    fn columns_for(&self, leaf: &Open) -> Vec<bool> {
        let mut may_use = self.used.to_vec();
        if !self.grower.groups.is_empty() {
            let fits = |group: &&Vec<usize>| leaf.path.iter().all(|column| group.contains(column));
            let mut allowed = vec![false; may_use.len()];
            self.grower.groups.iter().filter(fits).flatten().for_each(|&column| allowed[column] = true);
            may_use.iter_mut().zip(allowed).for_each(|(may, allowed)| *may &= allowed);
        }
        if self.grower.split_columns < 1.0 {
            sample_marked(&mut may_use, self.grower.split_columns, self.key.index(leaf.place as u64));
        }
        may_use
    }

    /// The limits of both halves: a monotone split parts the values of its sides at their mean.
    fn limits_of(&self, leaf: &Open, split: &Split) -> [Limits; 2] {
        let rules = self.grower.rules;
        let direction = rules.directions.get(split.column).copied().unwrap_or_default();
        if direction == Direction::Any {
            return [leaf.limits; 2];
        }
        let value = |sum| rules.value(self.scale, sum, leaf.limits);
        let middle = f64::midpoint(value(split.left), value(split.right));
        let (low, high) = (Limits { high: middle, ..leaf.limits }, Limits { low: middle, ..leaf.limits });
        if direction == Direction::Increasing { [low, high] } else { [high, low] }
    }

    /// Moves the rows that go left to the front, both halves in their old order, and returns how many they are.
    fn part(&mut self, range: Range<usize>, split: &Split) -> usize {
        let bin_of = self.grower.binned.column(split.column);
        let mut left = [false; 256];
        (0..=u8::MAX).for_each(|bin| left[usize::from(bin)] = split.goes_left(bin));
        part(&mut self.items[range], &|item: &Item| left[usize::from(bin_of(item.row))])
    }
}

/// The split that gains most; the first of equals.
fn first_best(splits: impl IntoIterator<Item = Option<Split>>) -> Option<Split> {
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
