//! Train/test splits: k folds, stratified or not, grouped or in time order, holdouts and bootstrap samples.
//!
//! Without shuffling, the lists equal those of scikit-learn's `KFold`, `StratifiedKFold`, `GroupKFold`,
//! `StratifiedGroupKFold`, `TimeSeriesSplit`, `LeaveOneOut` and `LeavePGroupsOut`. Shuffling draws from a [`Key`].

mod grouped;
mod holdout;
mod random;
mod stratified;
mod time;

pub use grouped::{grouped, leave_groups_out, stratified_grouped};
pub use holdout::{holdout, holdout_grouped, holdout_stratified};
pub use random::{Rows, bootstrap, random_holdouts};
pub use stratified::{quantile_bins, stratified, stratified_by_number};
pub use time::{Forward, Length, check_forward, forward};

use pipewright_diagnostic::{Failure, code, room_for};
use pipewright_world::random::Key;

/// A train/test split: both lists are ascending and have no row in common. Together they hold every row, unless rows are
/// left out between earlier and later ones ([`Forward`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The training rows. Those of a [`bootstrap`] sample are repeated as often as they were drawn.
    pub train: Vec<u32>,
    /// The test rows.
    pub test: Vec<u32>,
}

/// Folds of a cross-validation, with warnings.
#[derive(Debug, Clone, PartialEq)]
pub struct Folds {
    /// The folds, in order.
    pub folds: Vec<Fold>,
    /// Warnings, such as a class that has fewer rows than there are folds.
    pub notices: Vec<Failure>,
}

/// Splits `rows` rows into `count` folds: contiguous blocks, or blocks of a random order. The first `rows % count`
/// folds have one more row than the others. Every row is tested once.
///
/// # Errors
/// `TOO_FEW_ROWS` if `count` is less than 2 or greater than `rows`.
///
/// ```
/// let folds = pipewright_learn::split::kfold(5, 2, None).unwrap().folds;
/// assert_eq!(folds[0].test, [0, 1, 2]);
/// assert_eq!(folds[0].train, [3, 4]);
/// ```
pub fn kfold(rows: usize, count: usize, shuffle: Option<Key>) -> Result<Folds, Failure> {
    check_counts(rows, count)?;
    let order = order_of(rows, shuffle);
    let mut fold_of = vec![0; rows];
    let mut start = 0;
    for fold in 0..count {
        let size = rows / count + usize::from(fold < rows % count);
        for &row in &order[start..start + size] {
            fold_of[row as usize] = fold;
        }
        start += size;
    }
    Ok(Folds { folds: folds_from(&fold_of, count), notices: Vec::new() })
}

/// Tests each row once on a model of all others: [`kfold`] with as many folds as rows.
///
/// # Errors
/// `TOO_FEW_ROWS` for fewer than two rows; as [`room_for`] if the lists take more memory than there is.
pub fn leave_one_out(rows: usize) -> Result<Folds, Failure> {
    room_for_folds(rows, rows as u128)?;
    kfold(rows, rows, None)
}

/// Splits rows by a column of folds: `folds` is the fold of each row, from 0.
///
/// # Errors
/// `TOO_FEW_ROWS` if there are fewer than two folds, or not `count`.
pub fn given(folds: &[u32], count: usize) -> Result<Folds, Failure> {
    check_counts(folds.len(), count)?;
    let there = folds.iter().max().map_or(0, |&fold| fold as usize + 1);
    if there != count {
        let message = format!("the column of folds has {there} distinct values, but {count} folds are requested");
        return Err(Failure::new(code::TOO_FEW_ROWS, message).help(format!("write `eval kfold {there}`")));
    }
    let fold_of: Vec<usize> = folds.iter().map(|&fold| fold as usize).collect();
    Ok(Folds { folds: folds_from(&fold_of, count), notices: Vec::new() })
}

/// Are this many rows enough for `count` folds?
///
/// # Errors
/// `TOO_FEW_ROWS` if not.
pub fn check_counts(rows: usize, count: usize) -> Result<(), Failure> {
    if count < 2 {
        return Err(Failure::new(code::TOO_FEW_ROWS, format!("{count} folds are too few: at least 2 are needed")));
    }
    if rows < count {
        let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        return Err(Failure::new(code::TOO_FEW_ROWS, format!("{count} folds of {rows}: each fold needs a row")));
    }
    Ok(())
}

fn order_of(rows: usize, shuffle: Option<Key>) -> Vec<u32> {
    let count = u32::try_from(rows).expect("tables have fewer than 2^32 rows");
    shuffle.map_or_else(|| (0..count).collect(), |key| key.permutation(rows))
}

/// Returns the rows of every class that occurs; classes in order of first appearance.
fn rows_by_class(codes: &[u32]) -> Vec<Vec<u32>> {
    let highest = codes.iter().max().map_or(0, |&code| code as usize + 1);
    let mut place = vec![usize::MAX; highest];
    let mut classes: Vec<Vec<u32>> = Vec::new();
    for (row, &code) in (0_u32..).zip(codes) {
        let place = &mut place[code as usize];
        if *place == usize::MAX {
            *place = classes.len();
            classes.push(Vec::new());
        }
        classes[*place].push(row);
    }
    classes
}

fn folds_from(fold_of: &[usize], count: usize) -> Vec<Fold> {
    (0..count).map(|fold| fold_where(|row| fold_of[row] == fold, fold_of.len())).collect()
}

fn fold_where(is_test: impl Fn(usize) -> bool, rows: usize) -> Fold {
    let rows = u32::try_from(rows).expect("tables have fewer than 2^32 rows");
    let (test, train) = (0..rows).partition(|&row| is_test(row as usize));
    Fold { train, test }
}

/// Is there memory for the lists of this many folds?
fn room_for_folds(rows: usize, folds: u128) -> Result<(), Failure> {
    let bytes = (size_of::<u32>() as u128 * rows as u128).saturating_mul(folds);
    room_for(bytes, || format!("{folds} folds of {rows} rows"))
}

#[cfg(test)]
mod tests;
