//! The best split of a node on one column.

use super::encoded::{Encoded, Kind, Ranks, with_ranks};
use super::goal::{Goal, Item, Measure};
use super::levels;
use super::median::Medians;
use pipewright_world::random::Key;

/// What a split asks of a rank.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// Ranks up to this one go left; the threshold of values.
    UpTo(u32, f64),
    /// Levels of this ascending list go left.
    In(Vec<u32>),
}

/// A split of a node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split {
    pub(super) column: usize,
    pub(super) gain: f64,
    pub(super) test: Test,
    pub(super) missing_left: bool,
    pub(super) left: Vec<i64>,
}

/// Rows of a node, added up by rank, ascending; missing values last.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) ranks: Vec<u32>,
    /// A sum per rank.
    pub(super) sums: Vec<i64>,
    /// Rows by rank, and where each rank starts; only for absolute error.
    sorted: Vec<Item>,
    starts: Vec<usize>,
}

/// Memory that is used for one column after another.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    groups: Groups,
    /// A sum per rank; all 0 between uses.
    slots: Vec<i64>,
    /// A bit per rank that occurs; all 0 between uses.
    marks: Vec<u64>,
    order: Vec<u64>,
    medians: Medians,
    /// The rank of each row of a node.
    ranks: Vec<u32>,
    left: Vec<i64>,
}

/// Where splits of a node are looked for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) goal: &'a Goal<'a>,
    pub(super) items: &'a [Item],
    pub(super) total: &'a [i64],
    pub(super) min_rows: usize,
}

/// The best split so far: its gain, how many groups go left, and whether missing values do.
type Best = Option<(f64, usize, bool)>;

impl Place<'_> {
    /// Finds the best split on a column; the first of equally good ones.
    pub(super) fn best(&self, index: usize, column: &Encoded, scratch: &mut Scratch) -> Option<Split> {
        scratch.group(self, column);
        match column.kind {
            Kind::Numbers { .. } => self.best_cut(index, column, scratch),
            Kind::Levels => self.best_subset(index, column, scratch),
        }
    }

    fn best_cut(&self, index: usize, column: &Encoded, scratch: &mut Scratch) -> Option<Split> {
        let groups = &scratch.groups;
        let has_missing = groups.ranks.last() == Some(&(column.count as u32));
        let count = groups.ranks.len() - usize::from(has_missing);
        let order: Vec<usize> = (0..groups.ranks.len()).collect();
        let mut best = self.scan(groups, &order, &mut scratch.medians);
        if has_missing && count >= 2 {
            // The same with missing values on the left: they come first.
            let order: Vec<usize> = [count].into_iter().chain(0..count).collect();
            if let Some((gain, left, _)) = self.scan_from(groups, &order, 2, &mut scratch.medians)
                && best.is_none_or(|(most, ..)| gain > most)
            {
                best = Some((gain, left - 1, true));
            }
        }
        let (gain, cut, missing_left) = best?;
        let mut left = groups.sum(0..cut, self.total.len());
        if missing_left {
            add(&mut left, groups.at(count, self.total.len()));
        }
        let low = groups.ranks[cut - 1];
        let high = (cut < count).then(|| groups.ranks[cut]);
        let missing_left = if has_missing { missing_left } else { self.is_larger(&left) };
        let test = Test::UpTo(low, column.threshold(low, high));
        Some(Split { column: index, gain, test, missing_left, left })
    }

    /// Is the left half the larger one?
    fn is_larger(&self, left: &[i64]) -> bool {
        let weight = self.goal.weight(left);
        2.0 * weight >= self.goal.weight(self.total)
    }

    fn scan(&self, groups: &Groups, order: &[usize], medians: &mut Medians) -> Best {
        self.scan_from(groups, order, 1, medians)
    }

    /// Compares the splits that put the first groups of an order to the left, at least `first` of them and not all.
    fn scan_from(&self, groups: &Groups, order: &[usize], first: usize, medians: &mut Medians) -> Best {
        let gains = match self.goal.measure {
            Measure::Absolute => Some(medians.gains(self.goal, groups, order)),
            _ => None,
        };
        let width = self.total.len();
        let mut left = vec![0; width];
        let mut best: Best = None;
        for (place, &group) in order.iter().enumerate().take(order.len().saturating_sub(1)) {
            add(&mut left, groups.at(group, width));
            if place + 1 < first || !self.may_be_halves(&left) {
                continue;
            }
            let gain = gains.map_or_else(|| self.goal.gain(&left, self.total), |gains| gains[place]);
            if best.is_none_or(|(most, ..)| gain > most) {
                best = Some((gain, place + 1, false));
            }
        }
        best
    }

    fn may_be_halves(&self, left: &[i64]) -> bool {
        let (rows, all) = (left[left.len() - 1], self.total[left.len() - 1]);
        rows >= self.min_rows as i64 && all - rows >= self.min_rows as i64
    }

    fn best_subset(&self, index: usize, column: &Encoded, scratch: &mut Scratch) -> Option<Split> {
        let order = levels::order(self.goal, &scratch.groups, self.total);
        let (gain, count, _) = self.scan(&scratch.groups, &order, &mut scratch.medians)?;
        Some(self.subset(index, column, &scratch.groups, gain, &order[..count]))
    }

    /// The split that parts these groups from the others. The half with less weight is the left one, so that levels
    /// that the node does not have go where most rows go.
    fn subset(&self, index: usize, column: &Encoded, groups: &Groups, gain: f64, chosen: &[usize]) -> Split {
        let width = self.total.len();
        let mut is_left = vec![false; groups.ranks.len()];
        chosen.iter().for_each(|&group| is_left[group] = true);
        let sum = |is_left: &[bool]| {
            let mut sum = vec![0; width];
            (0..is_left.len()).filter(|&group| is_left[group]).for_each(|group| add(&mut sum, groups.at(group, width)));
            sum
        };
        let mut left = sum(&is_left);
        if self.is_larger(&left) {
            is_left.iter_mut().for_each(|is_left| *is_left = !*is_left);
            left = sum(&is_left);
        }
        let missing = column.count as u32;
        let ranks = groups.ranks.iter().zip(&is_left).filter(|(_, is_left)| **is_left).map(|(rank, _)| *rank);
        let missing_left = ranks.clone().any(|rank| rank == missing);
        let test = Test::In(ranks.filter(|&rank| rank != missing).collect());
        Split { column: index, gain, test, missing_left, left }
    }

    /// A split at a random place; `None` if all rows have the same value, or if it gains no more than the best so far.
    pub(super) fn random(
        &self,
        index: usize,
        column: &Encoded,
        scratch: &mut Scratch,
        key: Key,
        best: Option<f64>,
    ) -> Option<Split> {
        match column.kind {
            Kind::Numbers { .. } => self.random_cut(index, column, scratch, key, best),
            Kind::Levels => self.random_subset(index, column, scratch, key),
        }
    }

    fn random_cut(
        &self,
        index: usize,
        column: &Encoded,
        scratch: &mut Scratch,
        key: Key,
        best: Option<f64>,
    ) -> Option<Split> {
        let Kind::Numbers { floor, ceiling } = &column.kind else { return None };
        let missing = column.count as u32;
        let Scratch { ranks: of_items, left, .. } = scratch;
        let (low, high, has_missing) =
            with_ranks!(&column.ranks, ranks => gather(ranks, self.items, missing, of_items));
        if low > high || (low == high && !has_missing) {
            return None;
        }
        let (cut, threshold) = if low == high {
            (low, f64::MAX)
        } else {
            let (from, to, share) = (floor[low as usize], ceiling[high as usize], key.uniform(0));
            let drawn = (from * (1.0 - share) + to * share).clamp(from, to);
            let above = floor[low as usize..high as usize].partition_point(|floor| *floor <= drawn) as u32;
            let cut = (low + above).saturating_sub(1).clamp(low, high - 1);
            // Of ranks that are bins, only their common edge parts the values.
            let edge = ceiling[cut as usize + 1];
            (cut, if drawn < edge { drawn } else { column.threshold(cut, Some(cut + 1)) })
        };
        let missing_left = has_missing && low != high && key.uniform(1) < 0.5;
        sum_up_to(self.goal, of_items, self.items, cut, missing_left.then_some(missing), left);
        if !self.may_be_halves(left) {
            return None;
        }
        let gain = self.goal.gain(left, self.total);
        if best.is_some_and(|best| gain <= best) {
            return None;
        }
        let missing_left = if has_missing { missing_left } else { self.is_larger(left) };
        Some(Split { column: index, gain, test: Test::UpTo(cut, threshold), missing_left, left: left.clone() })
    }

    fn random_subset(&self, index: usize, column: &Encoded, scratch: &mut Scratch, key: Key) -> Option<Split> {
        scratch.group(self, column);
        let groups = &scratch.groups;
        let count = groups.ranks.len();
        if count < 2 {
            return None;
        }
        let mut chosen: Vec<usize> =
            (0..count).filter(|&group| key.uniform(u64::from(groups.ranks[group])) < 0.5).collect();
        if chosen.is_empty() || chosen.len() == count {
            chosen = vec![key.child("one").below(0, count as u64) as usize];
        }
        let split = self.subset(index, column, groups, 0.0, &chosen);
        if !self.may_be_halves(&split.left) {
            return None;
        }
        Some(Split { gain: self.goal.gain(&split.left, self.total), ..split })
    }
}

impl Groups {
    pub(super) fn at(&self, group: usize, width: usize) -> &[i64] {
        &self.sums[group * width..(group + 1) * width]
    }

    fn sum(&self, groups: std::ops::Range<usize>, width: usize) -> Vec<i64> {
        let mut sum = vec![0; width];
        groups.for_each(|group| add(&mut sum, self.at(group, width)));
        sum
    }

    /// The rows of a group.
    pub(super) fn rows(&self, group: usize) -> &[Item] {
        let end = self.starts.get(group + 1).copied().unwrap_or(self.sorted.len());
        &self.sorted[self.starts[group]..end]
    }

    fn clear(&mut self) {
        self.ranks.clear();
        self.sums.clear();
        self.sorted.clear();
        self.starts.clear();
    }
}

impl Scratch {
    /// Adds up the rows of a node by rank: with a slot per rank, or by sorting where ranks outnumber rows by far.
    fn group(&mut self, place: &Place, column: &Encoded) {
        self.groups.clear();
        let keeps_rows = place.goal.measure == Measure::Absolute;
        if keeps_rows || column.count > 8 * place.items.len() + 256 {
            return with_ranks!(&column.ranks, ranks => self.sort(place, ranks, keeps_rows));
        }
        let width = place.total.len();
        let slots = (column.count + 1) * width;
        if self.slots.len() < slots {
            self.slots.resize(slots, 0);
            self.marks.resize(slots.div_ceil(64), 0);
        }
        with_ranks!(&column.ranks, ranks => self.fill(place, ranks));
        self.drain(column.count, width);
    }

    fn fill<R: Copy + Into<u32>>(&mut self, place: &Place, ranks: &[R]) {
        let width = place.total.len();
        let of_classes = place.goal.is_of_classes();
        for item in place.items {
            let rank: u32 = ranks[item.row as usize].into();
            self.marks[rank as usize / 64] |= 1 << (rank % 64);
            let slot = &mut self.slots[rank as usize * width..(rank as usize + 1) * width];
            if of_classes {
                slot[item.class as usize] += item.weight;
            } else {
                slot[0] += item.first;
                slot[1] += item.weight;
            }
            slot[width - 1] += 1;
        }
    }

    /// Moves what is in slots to the groups.
    fn drain(&mut self, count: usize, width: usize) {
        for (word, marks) in self.marks[..=count / 64].iter_mut().enumerate() {
            while *marks != 0 {
                let rank = word * 64 + marks.trailing_zeros() as usize;
                *marks &= *marks - 1;
                let slot = &mut self.slots[rank * width..(rank + 1) * width];
                self.groups.ranks.push(rank as u32);
                self.groups.sums.extend_from_slice(slot);
                slot.fill(0);
            }
        }
    }

    fn sort<R: Copy + Into<u32>>(&mut self, place: &Place, ranks: &[R], keeps_rows: bool) {
        let key = |(index, item): (usize, &Item)| u64::from(ranks[item.row as usize].into()) << 32 | index as u64;
        self.order.clear();
        self.order.extend(place.items.iter().enumerate().map(key));
        self.order.sort_unstable();
        let width = place.total.len();
        for (position, &key) in self.order.iter().enumerate() {
            let (rank, item) = ((key >> 32) as u32, &place.items[(key & 0xFFFF_FFFF) as usize]);
            if self.groups.ranks.last() != Some(&rank) {
                self.groups.ranks.push(rank);
                self.groups.sums.extend(std::iter::repeat_n(0, width));
                self.groups.starts.push(position);
            }
            let end = self.groups.sums.len();
            place.goal.add(&mut self.groups.sums[end - width..], item);
            if keeps_rows {
                self.groups.sorted.push(*item);
            }
        }
    }
}

pub(super) fn add(sum: &mut [i64], other: &[i64]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
}

/// Notes the rank of each row. Returns the lowest and the highest, and whether there are missing values.
fn gather<R: Copy + Into<u32>>(ranks: &[R], items: &[Item], missing: u32, into: &mut Vec<u32>) -> (u32, u32, bool) {
    let (mut low, mut high) = (u32::MAX, 0);
    into.clear();
    into.extend(items.iter().map(|item| {
        let rank = ranks[item.row as usize].into();
        (low, high) = (low.min(rank), high.max(rank));
        rank
    }));
    // Missing values have the highest rank.
    if high < missing {
        return (low, high, false);
    }
    let known = || into.iter().copied().filter(|&rank| rank != missing);
    (known().min().unwrap_or(u32::MAX), known().max().unwrap_or(0), true)
}

/// Sums the rows with ranks up to a cut, and with one rank besides. Without a branch on the rank: which side a row is
/// on cannot be predicted.
fn sum_up_to(goal: &Goal, ranks: &[u32], items: &[Item], cut: u32, also: Option<u32>, sum: &mut Vec<i64>) {
    let also = also.unwrap_or(cut);
    let rows = || items.iter().zip(ranks).map(|(item, &rank)| (item, -i64::from((rank <= cut) | (rank == also))));
    sum.clear();
    sum.resize(goal.width(), 0);
    if goal.is_of_classes() {
        let count = sum.len() - 1;
        for (item, mask) in rows() {
            sum[item.class as usize] += item.weight & mask;
            sum[count] -= mask;
        }
    } else {
        let (mut first, mut weight, mut count) = (0, 0, 0);
        for (item, mask) in rows() {
            first += item.first & mask;
            weight += item.weight & mask;
            count -= mask;
        }
        sum.copy_from_slice(&[first, weight, count]);
    }
}

impl Split {
    /// Moves the rows that go left to the front, both halves in their old order, and returns how many they are.
    pub(super) fn part(&self, column: &Encoded, items: &mut [Item], rights: &mut Vec<Item>) -> usize {
        let missing = column.count as u32;
        match &self.test {
            Test::UpTo(cut, _) => {
                let (cut, missing_left) = (*cut, self.missing_left);
                let goes_left = |rank: u32| if rank == missing { missing_left } else { rank <= cut };
                with_ranks!(&column.ranks, ranks => part(ranks, items, rights, goes_left))
            }
            Test::In(levels) => {
                let mut is_left = vec![false; column.count + 1];
                levels.iter().for_each(|&level| is_left[level as usize] = true);
                is_left[column.count] = self.missing_left;
                with_ranks!(&column.ranks, ranks => part(ranks, items, rights, |rank| is_left[rank as usize]))
            }
        }
    }
}

/// Without a branch on where a row goes: which way it is cannot be predicted.
fn part<R: Copy + Into<u32>>(
    ranks: &[R],
    items: &mut [Item],
    rights: &mut Vec<Item>,
    goes_left: impl Fn(u32) -> bool,
) -> usize {
    if let (Some(first), true) = (items.first(), rights.len() < items.len()) {
        rights.resize(items.len(), *first);
    }
    let (mut left, mut right) = (0, 0);
    for index in 0..items.len() {
        let item = items[index];
        let goes_left = usize::from(goes_left(ranks[item.row as usize].into()));
        items[left] = item;
        rights[right] = item;
        left += goes_left;
        right += 1 - goes_left;
    }
    items[left..].copy_from_slice(&rights[..right]);
    left
}
