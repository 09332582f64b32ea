//! Random splits: several holdouts, and bootstrap samples.

use super::{Fold, holdout, holdout_grouped, holdout_stratified, rows_by_class};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;

/// Rows to draw from.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// This many rows, each by itself.
    Single(usize),
    /// Rows with these classes: each class has its share.
    Stratified(&'a [u32]),
    /// Rows with these groups: the rows of a group stay together.
    Grouped(&'a [u32]),
}

/// Several holdouts that do not depend on each other (Monte Carlo cross-validation; scikit-learn's `ShuffleSplit`). A row
/// may be tested several times or never.
///
/// # Errors
/// As [`holdout`], [`holdout_stratified`] and [`holdout_grouped`].
///
/// # Panics
/// If `share` is not between 0 and 1.
///
/// ```
/// use pipewright_learn::{Key, split::{Rows, random_holdouts}};
/// let folds = random_holdouts(Rows::Single(10), 0.2, 3, Key::new(1)).unwrap();
/// assert!(folds.len() == 3 && folds.iter().all(|fold| fold.test.len() == 2));
/// ```
pub fn random_holdouts(rows: Rows<'_>, share: f64, count: usize, key: Key) -> Result<Vec<Fold>, Failure> {
    let one = |round: u64| match rows {
        Rows::Single(rows) => holdout(rows, share, key.index(round)),
        Rows::Stratified(codes) => holdout_stratified(codes, share, key.index(round)),
        Rows::Grouped(groups) => holdout_grouped(groups, share, key.index(round)),
    };
    (0..count as u64).map(one).collect()
}

/// Bootstrap samples: as many rows as there are, drawn with replacement, and the rows that were not drawn as test rows,
/// about 36.8 %. Training rows are repeated as often as they were drawn. Of classes, as many rows are drawn as they have;
/// of groups, as many groups as there are.
///
/// [`Optimism`](crate::compare::Optimism) estimates the error on new rows from that on the test rows.
///
/// # Errors
/// `TOO_FEW_ROWS` if all rows are drawn every time, since there are too few rows, or no class has two.
///
/// ```
/// use pipewright_learn::{Key, split::{Rows, bootstrap}};
/// let folds = bootstrap(Rows::Single(10), 2, Key::new(1)).unwrap();
/// assert!(folds.iter().all(|fold| fold.train.len() == 10 && !fold.test.is_empty()));
/// ```
pub fn bootstrap(rows: Rows<'_>, count: usize, key: Key) -> Result<Vec<Fold>, Failure> {
    // Units are drawn from parts: rows from all rows or from classes, groups from all groups.
    let (parts, count_of_rows): (Vec<Vec<Vec<u32>>>, usize) = match rows {
        Rows::Single(rows) => (vec![(0..rows as u32).map(|row| vec![row]).collect()], rows),
        Rows::Stratified(codes) => {
            let single = |class: Vec<u32>| class.into_iter().map(|row| vec![row]).collect();
            (rows_by_class(codes).into_iter().map(single).collect(), codes.len())
        }
        Rows::Grouped(groups) => (vec![rows_by_class(groups)], groups.len()),
    };
    (0..count as u64).map(|round| sample(&parts, count_of_rows, key.index(round))).collect()
}

fn sample(parts: &[Vec<Vec<u32>>], rows: usize, key: Key) -> Result<Fold, Failure> {
    const ATTEMPTS: u64 = 100;
    for attempt in 0..ATTEMPTS {
        let key = key.index(attempt);
        let mut train: Vec<u32> = Vec::with_capacity(rows);
        let mut position = 0;
        for units in parts {
            for _ in 0..units.len() {
                train.extend(&units[key.below(position, units.len() as u64) as usize]);
                position += 1;
            }
        }
        train.sort_unstable();
        let mut is_drawn = vec![false; rows];
        train.iter().for_each(|&row| is_drawn[row as usize] = true);
        let test: Vec<u32> = (0..).zip(&is_drawn).filter(|(_, drawn)| !**drawn).map(|(row, _)| row).collect();
        if !test.is_empty() {
            return Ok(Fold { train, test });
        }
    }
    Err(Failure::new(code::TOO_FEW_ROWS, format!("a sample of {rows} rows leaves none for the test")))
}
