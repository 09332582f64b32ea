//! Rows that are held out from training, to tell when to stop or what to keep.

use crate::data::Target;
use crate::split;
use pipewright_world::random::Key;
use std::collections::BTreeMap;

/// With at most this many rows, folds have equal sizes and the same class proportions. With more rows, random folds
/// are nearly as even.
pub(crate) const MANY_ROWS: usize = 50_000;

/// The fold of each row. A model is judged by the rows of one fold and learns from all others.
pub(crate) struct Folds {
    rule: Rule,
    /// The number of folds.
    pub(crate) count: usize,
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
    /// Up to `count` folds, fewer if there are few rows or groups; `None` if not even two are possible. `target` holds
    /// that of all rows if these are not many, and `groups` the number of rows of each group.
    pub(crate) fn of(
        count: usize,
        rows: usize,
        target: &Target,
        groups: Option<&BTreeMap<u32, usize>>,
        key: Key,
    ) -> Option<Folds> {
        let units = groups.map_or(rows / 2, BTreeMap::len);
        let count = count.min(units).min(usize::from(u8::MAX));
        if count < 2 {
            return None;
        }
        let rule = match (groups, target) {
            (Some(groups), _) => Rule::ByGroup(by_group(groups, count, key)),
            (None, _) if rows > MANY_ROWS => Rule::ByChance(key, count),
            (None, Target::Classes { codes, .. }) => listed(rows, split::stratified(codes, count, Some(key)))?,
            (None, Target::Numbers(_)) => listed(rows, split::kfold(rows, count, Some(key)))?,
        };
        Some(Folds { rule, count })
    }

    /// The folds of these rows, whose groups are `groups`.
    pub(crate) fn of_rows(count: usize, target: &Target, groups: Option<&[u32]>, key: Key) -> Option<Folds> {
        let sizes = groups.map(|groups| {
            let mut sizes = BTreeMap::new();
            count_groups(groups, &mut sizes);
            sizes
        });
        Folds::of(count, target.rows(), target, sizes.as_ref(), key)
    }

    /// The rows out of `0..rows` that are not in this fold, and those that are.
    pub(crate) fn split(&self, fold: usize, rows: usize, groups: Option<&[u32]>) -> [Vec<u32>; 2] {
        let of_row = |row: u32| self.fold(row as usize, groups.map(|groups| groups[row as usize]));
        let (held, others) = (0..rows as u32).partition(|&row| usize::from(of_row(row)) == fold);
        [others, held]
    }

    /// The fold of a row, which belongs to this group if rows are grouped.
    pub(crate) fn fold(&self, row: usize, group: Option<u32>) -> u8 {
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
pub(crate) fn count_groups(groups: &[u32], into: &mut BTreeMap<u32, usize>) {
    groups.iter().for_each(|&group| *into.entry(group).or_default() += 1);
}
