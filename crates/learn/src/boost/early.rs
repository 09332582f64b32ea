//! Early stopping: which rows are held out for which member, and when a member stops.

use super::Gbdt;
use crate::data::Target;
use crate::split;
use pipewright_world::random::Key;
use std::collections::BTreeMap;

/// With at most this many rows, folds have equal sizes and the same class proportions. With more rows, random folds
/// are nearly as even.
pub(super) const MANY_ROWS: usize = 50_000;

/// The fold of each row. A member is stopped by the rows of one fold and learns from all others.
pub(super) struct Folds {
    rule: Rule,
    /// The number of models, which is at most the number of folds.
    pub(super) members: usize,
}

enum Rule {
    /// Row by row.
    Listed(Vec<u8>),
    /// All rows of a group are in one fold.
    ByGroup(BTreeMap<u32, u8>),
    /// Each row by itself, in one of this number of folds.
    ByChance(Key, usize),
}

impl Folds {
    /// The folds of the members; `None` without early stopping, or for too few rows or groups. `target` holds that of
    /// all rows if these are not many, and `groups` the number of rows of each group.
    pub(super) fn of(
        gbdt: &Gbdt,
        rows: usize,
        target: &Target,
        groups: Option<&BTreeMap<u32, usize>>,
        key: Key,
    ) -> Option<Folds> {
        let wanted = gbdt.members_for(rows);
        // A single model is stopped by a tenth of the rows, each of several by its fold.
        let units = groups.map_or(rows / 2, BTreeMap::len);
        let count = if wanted == 1 { 10 } else { wanted.max(5) }.min(units).min(usize::from(u8::MAX));
        if gbdt.early_stop.is_none() || count < 2 {
            return None;
        }
        let rule = match (groups, target) {
            (Some(groups), _) => Rule::ByGroup(by_group(groups, count, key)),
            (None, _) if rows > MANY_ROWS => Rule::ByChance(key, count),
            (None, Target::Classes { codes, .. }) => listed(rows, split::stratified(codes, count, Some(key)))?,
            (None, Target::Numbers(_)) => listed(rows, split::kfold(rows, count, Some(key)))?,
        };
        Some(Folds { rule, members: wanted.min(count) })
    }

    /// The fold of a row, which belongs to this group if rows are grouped.
    pub(super) fn fold(&self, row: usize, group: Option<u32>) -> u8 {
        match &self.rule {
            Rule::Listed(folds) => folds[row],
            Rule::ByGroup(folds) => group.and_then(|group| folds.get(&group)).copied().unwrap_or(0),
            Rule::ByChance(key, count) => key.below(row as u64, *count as u64) as u8,
        }
    }
}

fn listed(rows: usize, folds: Result<split::Folds, pipewright_diagnostic::Failure>) -> Option<Rule> {
    let mut fold_of = vec![0; rows];
    for (fold, rows) in (0..).zip(folds.ok()?.folds) {
        rows.test.iter().for_each(|&row| fold_of[row as usize] = fold);
    }
    Some(Rule::Listed(fold_of))
}

/// Groups go, largest first, to the fold with the fewest rows; groups of equal size in random order.
fn by_group(groups: &BTreeMap<u32, usize>, count: usize, key: Key) -> BTreeMap<u32, u8> {
    let mut order: Vec<(u32, usize)> = groups.iter().map(|(&group, &rows)| (group, rows)).collect();
    order.sort_by_key(|&(group, rows)| (std::cmp::Reverse(rows), key.bits(u64::from(group)), group));
    let mut sizes = vec![0; count];
    let mut place = |(group, rows): (u32, usize)| {
        let lightest = (0..count).min_by_key(|&fold| (sizes[fold], fold)).expect("there are folds");
        sizes[lightest] += rows;
        (group, lightest as u8)
    };
    order.into_iter().map(&mut place).collect()
}

/// The number of rows of each group.
pub(super) fn count_groups(groups: &[u32], into: &mut BTreeMap<u32, usize>) {
    groups.iter().for_each(|&group| *into.entry(group).or_default() += 1);
}

/// The loss of held-out rows as trees are added.
pub(super) struct Stopping {
    /// `None` for no early stopping.
    patience: Option<usize>,
    /// The least loss, and the number of trees with which it was reached.
    best: (f64, usize),
    since: usize,
}

impl Stopping {
    /// Before the first tree; the loss is `None` if no row is held out.
    pub(super) fn new(patience: Option<usize>, loss: Option<f64>) -> Stopping {
        Stopping { patience, best: (loss.unwrap_or(f64::INFINITY), 0), since: 0 }
    }

    /// Does training stop, given the loss of this number of trees?
    pub(super) fn stops(&mut self, loss: Option<f64>, trees: usize) -> bool {
        let (Some(patience), Some(loss)) = (self.patience, loss) else { return false };
        if loss < self.best.0 {
            (self.best, self.since) = ((loss, trees), 0);
        } else {
            self.since += 1;
        }
        self.since >= patience
    }

    /// The number of trees to keep, out of this many.
    pub(super) fn kept(&self, trees: usize) -> usize {
        if self.best.0.is_finite() && self.patience.is_some() { self.best.1 } else { trees }
    }
}
