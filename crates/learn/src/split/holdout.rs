//! A single holdout.

use super::{Fold, fold_where, rows_by_class};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;

/// Holds out a random `share` of the rows: `share · rows`, rounded, but at least one row on each side.
///
/// # Errors
/// `TOO_FEW_ROWS` if there are fewer than two rows.
///
/// # Panics
/// If `share` is not between 0 and 1.
pub fn holdout(rows: usize, share: f64, key: Key) -> Result<Fold, Failure> {
    let held = held_rows(rows, share)?;
    let mut is_held = vec![false; rows];
    for &row in &key.permutation(rows)[..held] {
        is_held[row as usize] = true;
    }
    Ok(fold_where(|row| is_held[row], rows))
}

/// Like [`holdout`], stratified: each class gives its quota rounded down, and the remaining rows come from the largest
/// remainders, ties from the class that appears first.
///
/// # Errors
/// `TOO_FEW_ROWS` if there are fewer than two rows.
///
/// # Panics
/// If `share` is not between 0 and 1.
pub fn holdout_stratified(codes: &[u32], share: f64, key: Key) -> Result<Fold, Failure> {
    let rows = codes.len();
    let held = held_rows(rows, share)?;
    let mut classes = rows_by_class(codes);
    let quota = |class: &Vec<u32>| class.len() as u128 * held as u128;
    let mut takes: Vec<usize> = classes.iter().map(|class| (quota(class) / rows as u128) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..classes.len()).collect();
    by_remainder.sort_by_key(|&class| std::cmp::Reverse(quota(&classes[class]) % rows as u128));
    let missing = held - takes.iter().sum::<usize>();
    for &class in &by_remainder[..missing] {
        takes[class] += 1;
    }
    let mut is_held = vec![false; rows];
    for (index, (class, take)) in classes.iter_mut().zip(takes).enumerate() {
        key.index(index as u64).shuffle(class);
        for &row in &class[..take] {
            is_held[row as usize] = true;
        }
    }
    Ok(fold_where(|row| is_held[row], rows))
}

/// Holds out whole groups until they have about `share` of the rows; at least one group on each side. See [`grouped`](super::grouped).
///
/// # Errors
/// `TOO_FEW_ROWS` if there are fewer than two groups.
///
/// # Panics
/// If `share` is not between 0 and 1.
pub fn holdout_grouped(groups: &[u32], share: f64, key: Key) -> Result<Fold, Failure> {
    let wanted = held_rows(groups.len(), share)?;
    let mut rows = rows_by_class(groups);
    if rows.len() < 2 {
        return Err(Failure::new(code::TOO_FEW_ROWS, "one group cannot be split into two parts"));
    }
    key.shuffle(&mut rows);
    let mut is_held = vec![false; groups.len()];
    let mut held = 0;
    for group in &rows[..rows.len() - 1] {
        if held > 0 && held + group.len() / 2 > wanted {
            break;
        }
        held += group.len();
        group.iter().for_each(|&row| is_held[row as usize] = true);
    }
    Ok(fold_where(|row| is_held[row], groups.len()))
}

fn held_rows(rows: usize, share: f64) -> Result<usize, Failure> {
    assert!(share > 0.0 && share < 1.0, "a share lies between 0 and 1");
    if rows < 2 {
        return Err(Failure::new(code::TOO_FEW_ROWS, format!("{rows} rows cannot be split into two parts")));
    }
    Ok(((rows as f64 * share).round() as usize).clamp(1, rows - 1))
}
