//! Growing one tree on binned rows outside of memory, which are read part by part.
//!
//! A tree in memory splits the leaf that gains most, one after another. Here, every pass over the rows adds up the
//! halves of all splits that are known to come next, going by the leaves added up so far; what they gain may show that
//! others come first, until a pass changes nothing. Sums are whole numbers, so the tree is the same bit for bit.

use super::binned::{Binned, LANES};
use super::grow::value_of;
use super::growth::{Growth, Tip};
use super::histogram::{Derivative, Histogram, Item, Scale, Sum, add, take_away};
use super::model::{Tree, TreeBuilder};
use super::split::Split;
use pipewright_diagnostic::{Bounds, Failure, go_on};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// Rows in parts of equal size, the last one excepted.
pub(crate) trait Parts: Sync {
    /// The number of parts.
    fn count(&self) -> usize;

    /// Reads a part: its rows in bins, and their derivatives.
    ///
    /// # Errors
    /// A [`Failure`] if it cannot be read.
    fn read(&self, part: usize) -> Result<(Binned, Vec<Derivative>), Failure>;

    /// Is a tree grown on this row of a part?
    fn is_learned(&self, part: usize, row: usize) -> bool;
}

/// A tree whose rows are not in memory.
pub(crate) struct GrownOutside {
    pub(crate) tree: Tree,
    /// The split of each node.
    splits: Vec<Split>,
}

impl GrownOutside {
    /// The value of the leaf in which a row ends.
    pub(crate) fn value(&self, binned: &Binned, row: u32) -> f64 {
        value_of(&self.tree, &self.splits, binned, row)
    }
}

/// Tasks at the same time, each of which has sums of its own.
const TOGETHER: usize = 8;

/// The node of a row that no tree is grown on.
const NOWHERE: u32 = u32::MAX;

/// A node of the tree, or of what it may become.
struct Node {
    tip: Tip,
    split: Option<Split>,
    /// The sums of its rows, until they are parted into those of its halves.
    histogram: Option<Histogram>,
    /// Its left half; the right one follows it.
    halves: Option<usize>,
}

/// Grows trees on rows outside of memory.
pub(crate) struct OutsideGrower<'a> {
    growth: Growth<'a>,
    parts: &'a dyn Parts,
    part_rows: usize,
    /// The node that each row has come to.
    places: &'a mut [u32],
}

impl<'a> OutsideGrower<'a> {
    /// Grows trees on parts of `part_rows` rows each; `places` has a number per row, for its own use.
    pub(crate) fn new(growth: Growth<'a>, parts: &'a dyn Parts, part_rows: usize, places: &'a mut [u32]) -> Self {
        OutsideGrower { growth, parts, part_rows, places }
    }

    /// Grows a tree as [`Grower::grow`](super::Grower::grow) does, with these units of derivatives.
    ///
    /// # Errors
    /// That of a part that cannot be read; if the run was stopped.
    pub(crate) fn grow(mut self, scale: Scale, used: &[bool], rate: f64, key: Key) -> Result<GrownOutside, Failure> {
        let mut nodes = vec![self.root(scale, used, key)?];
        loop {
            let order = self.order(&nodes);
            let fresh: Vec<usize> = order.iter().copied().filter(|&node| nodes[node].halves.is_none()).collect();
            if fresh.is_empty() {
                return Ok(self.built(&nodes, &order, scale, rate));
            }
            self.part_leaves(&mut nodes, &fresh, scale, used)?;
        }
    }

    fn root(&mut self, scale: Scale, used: &[bool], key: Key) -> Result<Node, Failure> {
        let parts = self.parts;
        let start = |part: usize, row: usize, place: &mut u32, _: &Binned| {
            let learned = parts.is_learned(part, row);
            *place = if learned { 0 } else { NOWHERE };
            learned.then_some(0)
        };
        let histogram = self.pass(1, scale, &start)?.pop().expect("the sums of all rows");
        // Every row is in one bin of the first column.
        let total = histogram.0[0].iter().fold(Sum::default(), |sum, slot| sum.plus(*slot));
        let tip = self.growth.root(total, key);
        let split = self.growth.best(&histogram, &tip, &self.growth.columns_for(&tip, used), scale);
        Ok(Node { tip, split, histogram: Some(histogram), halves: None })
    }

    /// The nodes that are split, one after another, going by what is known.
    fn order(&self, nodes: &[Node]) -> Vec<usize> {
        // Each with its place in the tree that is built.
        let mut open: Vec<(usize, usize)> = vec![(0, 0)];
        let (mut order, mut places) = (Vec::new(), 1);
        while open.len() < self.growth.leaves.max(1) {
            let rank = |&(node, place): &(usize, usize)| {
                let split = nodes.get(node)?.split.as_ref()?;
                Some((nodes[node].tip.depth, split.gain, place))
            };
            let ranked = open.iter().enumerate().filter_map(|(index, leaf)| Some((index, rank(leaf)?)));
            let first = ranked.reduce(|best, next| if self.growth.goes_before(next.1, best.1) { next } else { best });
            let Some((index, _)) = first else { break };
            let (node, _) = open.swap_remove(index);
            order.push(node);
            // Halves that are not added up yet are leaves for the time being.
            let [left, right] = nodes[node].halves.map_or([usize::MAX; 2], |left| [left, left + 1]);
            open.extend([(left, places), (right, places + 1)]);
            places += 2;
        }
        order
    }

    /// Parts the rows of these nodes, and adds up their halves: the smaller one by its rows, the other as the rest.
    fn part_leaves(
        &mut self,
        nodes: &mut Vec<Node>,
        fresh: &[usize],
        scale: Scale,
        used: &[bool],
    ) -> Result<(), Failure> {
        /// Where the rows of a node go.
        struct Route {
            column: usize,
            left: [bool; 256],
            halves: usize,
            /// The side that is added up, and its place among the sums.
            small: Option<(u32, usize)>,
        }
        let growth = self.growth;
        let mut routes: Vec<Option<Route>> = nodes.iter().map(|_| None).collect();
        let mut sums = 0;
        for &node in fresh {
            let split = nodes[node].split.clone().expect("a node that is split");
            let tips = growth.halves(&nodes[node].tip, &split, scale);
            let small = tips.iter().any(|tip| growth.can_be_split(tip, scale)).then(|| {
                sums += 1;
                (u32::from(scale.rows(split.right) < scale.rows(split.left)), sums - 1)
            });
            let halves = nodes.len();
            routes[node] = Some(Route { column: split.column, left: split.bins_left(), halves, small });
            nodes[node].halves = Some(halves);
            nodes.extend(tips.map(|tip| Node { tip, split: None, histogram: None, halves: None }));
        }
        let part = |_: usize, row: usize, place: &mut u32, binned: &Binned| {
            let route = routes.get(*place as usize)?.as_ref()?;
            let bin = binned.column(route.column)(row as u32);
            let side = u32::from(!route.left[usize::from(bin)]);
            *place = route.halves as u32 + side;
            route.small.filter(|(small, _)| *small == side).map(|(_, sum)| sum)
        };
        let mut summed = self.pass(sums, scale, &part)?.into_iter();
        for &node in fresh {
            let mut all = nodes[node].histogram.take().expect("the sums of a node that is split");
            let Some(Route { small: Some((small, _)), halves, .. }) = routes[node].take() else { continue };
            let part = summed.next().expect("sums of every route");
            for (block, (all, part)) in all.0.chunks_mut(LANES).zip(part.0.chunks(LANES)).enumerate() {
                take_away(growth.bins, block, all, part);
            }
            for (side, histogram) in [(small, part), (1 - small, all)] {
                let half = &mut nodes[halves + side as usize];
                half.split = growth.best(&histogram, &half.tip, &growth.columns_for(&half.tip, used), scale);
                half.histogram = half.split.is_some().then_some(histogram);
            }
        }
        Ok(())
    }

    /// Goes over all rows: `step` moves a row to another place and says to which of `sums` it is added.
    fn pass<Step>(&mut self, sums: usize, scale: Scale, step: &Step) -> Result<Vec<Histogram>, Failure>
    where
        Step: Fn(usize, usize, &mut u32, &Binned) -> Option<usize> + Sync,
    {
        let (parts, bins, bounds) = (self.parts, self.growth.bins, Bounds::current());
        let none = || vec![Histogram::new(bins.len()); sums];
        let one = |mut histograms: Vec<Histogram>, (part, places): (usize, &mut [u32])| {
            bounds.around(go_on)?;
            let (binned, derivatives) = parts.read(part)?;
            let mut items: Vec<Vec<Item>> = vec![Vec::new(); sums];
            for (row, place) in places.iter_mut().enumerate() {
                if let Some(sum) = step(part, row, place, &binned) {
                    items[sum].push(scale.item(row as u32, derivatives[row]));
                }
            }
            for (histogram, items) in histograms.iter_mut().zip(&items) {
                add(&binned, 0, items, scale, &mut histogram.0);
            }
            Ok(histograms)
        };
        let both = |mut left: Vec<Histogram>, right: Vec<Histogram>| {
            left.iter_mut().zip(&right).for_each(|(left, right)| left.plus(right));
            Ok(left)
        };
        let share = parts.count().div_ceil(rayon::current_num_threads().min(TOGETHER)).max(1);
        let parts = self.places.par_chunks_mut(self.part_rows).enumerate().with_min_len(share);
        parts.try_fold(none, one).try_reduce(none, both)
    }

    /// The tree of these splits, in this order.
    fn built(&self, nodes: &[Node], order: &[usize], scale: Scale, rate: f64) -> GrownOutside {
        let mut tree = TreeBuilder::default();
        let mut place_of = vec![usize::MAX; nodes.len()];
        place_of[0] = tree.root();
        let mut splits = Vec::new();
        for &node in order {
            let split = nodes[node].split.clone().expect("a node that is split");
            let (place, cover) = (place_of[node], scale.rows(nodes[node].tip.total) as f64);
            let halves = nodes[node].halves.expect("halves of a node that is split");
            let places = tree.split(place, split.column, split.gain, cover, self.growth.question(&split));
            place_of[halves..halves + 2].copy_from_slice(&places);
            splits.push((place, split));
        }
        let is_leaf = |&(node, &place): &(usize, &usize)| place != usize::MAX && !order.contains(&node);
        for (node, &place) in place_of.iter().enumerate().filter(is_leaf) {
            let tip = &nodes[node].tip;
            let value = rate * self.growth.rules.value(scale, tip.total, tip.limits);
            tree.leaf(place, value, scale.rows(tip.total) as f64);
        }
        let (tree, numbers) = tree.build();
        splits.sort_by_key(|(place, _)| numbers[*place]);
        GrownOutside { tree, splits: splits.into_iter().map(|(_, split)| split).collect() }
    }
}
