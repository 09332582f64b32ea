//! Early stopping: when a member stops. Which rows are held out for it: [`Folds`].

use super::Gbdt;
use crate::data::Target;
use crate::held_out::Folds;
use pipewright_world::random::Key;
use std::collections::BTreeMap;

/// The folds that are held out for the members, one each, and the number of members; `None` without early stopping, or for too few rows or groups. `target` holds that of all
/// rows if these are not many, and `groups` the number of rows of each group.
pub(super) fn folds(
    gbdt: &Gbdt,
    rows: usize,
    target: &Target,
    groups: Option<&BTreeMap<u32, usize>>,
    key: Key,
) -> Option<(Folds, usize)> {
    gbdt.early_stop?;
    let members = gbdt.members_for(rows);
    // A single model is stopped by a tenth of the rows, each of several by its fold.
    let count = if members == 1 { 10 } else { members.max(5) };
    let folds = Folds::of(count, rows, target, groups, key)?;
    let members = members.min(folds.count);
    Some((folds, members))
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
