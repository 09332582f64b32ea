//! Inner folds of the training rows: what `stack` and `blend` learn from are predictions of rows that a model has not seen.

use super::{Member, damaged, in_parallel, labels_of};
use crate::judge::rows::groups;
use pipewright_diagnostic::{Failure, NoProgress, Progress};
use pipewright_frame::Role;
use pipewright_learn::{Outputs, Target, split};
use pipewright_operator::{Data, Task};
use pipewright_world::random::Key;

/// Folds of training rows, in proportion to classes, or of whole groups.
pub(super) struct InnerFolds(Vec<split::Fold>);

impl InnerFolds {
    /// Splits training rows.
    ///
    /// # Errors
    /// A [`Failure`] if there are too few rows.
    pub(super) fn of(train: &Data, task: &Task, count: usize, key: Key) -> Result<InnerFolds, Failure> {
        let (rows, target) = labels_of(train, task)?;
        let folds = match (group_codes(train)?, &target) {
            (Some(groups), _) => split::grouped(&groups, count, Some(key)),
            (None, Target::Classes { codes, .. }) => split::stratified(codes, count, Some(key)),
            (None, Target::Numbers(_)) => split::kfold(rows, count, Some(key)),
        };
        Ok(InnerFolds(folds?.folds))
    }

    /// The predictions of a model for all training rows, each by one that was fitted without it.
    ///
    /// # Errors
    /// Those of the fits.
    pub(super) fn predictions(
        &self,
        member: &Member,
        train: &Data,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Outputs, Failure> {
        let of_fold = |index: usize| {
            let fold = &self.0[index];
            let fitted = member.fit(&train.pick(&fold.train.clone().into())?, key.index(index as u64), progress)?;
            fitted.predict(&train.pick(&fold.test.clone().into())?.table()?)
        };
        let parts = in_parallel(self.0.len(), of_fold)?;
        let order: Vec<u32> = self.0.iter().flat_map(|fold| fold.test.iter().copied()).collect();
        let all = Outputs::concat(parts).ok_or_else(|| damaged("members that predict different things"))?;
        let mut places = vec![0_u32; order.len()];
        order.iter().zip(0..).for_each(|(&row, place)| places[row as usize] = place);
        Ok(all.take(&places))
    }
}

/// The group of each row, if a column gives it.
fn group_codes(train: &Data) -> Result<Option<Vec<u32>>, Failure> {
    let columns = train.columns();
    let Some(column) = columns.iter().find(|column| column.role == Role::Group) else { return Ok(None) };
    groups(&train.select(std::slice::from_ref(&column.name))?, &NoProgress)
}
