//! Folds in which every class has its share.

use super::{Folds, check_counts, folds_from, rows_by_class};
use crate::order::quantile;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;

/// Splits rows into `count` stratified folds: the number of rows of a class per fold differs by at most one. `codes` is
/// the class of each row.
///
/// The method is scikit-learn's: classes in order of first appearance are laid end to end, and every `count`-th row of
/// that order determines how many rows of a class a fold takes. Without shuffling, a class's rows go to the folds in
/// table order.
///
/// # Errors
/// `TOO_FEW_ROWS` if `count` is less than 2 or greater than the number of rows. A class with fewer rows than folds is a
/// warning in the notices.
///
/// ```
/// let folds = pipewright_learn::split::stratified(&[0, 0, 0, 0, 1, 1], 2, None).unwrap().folds;
/// assert_eq!(folds[0].test, [0, 1, 4]);
/// ```
pub fn stratified(codes: &[u32], count: usize, shuffle: Option<Key>) -> Result<Folds, Failure> {
    check_counts(codes.len(), count)?;
    let classes = rows_by_class(codes);
    let mut fold_of = vec![0; codes.len()];
    let mut laid = 0;
    for (index, rows) in classes.iter().enumerate() {
        // Position `laid + i` of the order by class belongs to fold `(laid + i) % count`.
        let mut folds: Vec<usize> = Vec::with_capacity(rows.len());
        for fold in 0..count {
            let first = (fold + count - laid % count) % count;
            let share = (rows.len() + count - 1).saturating_sub(first) / count;
            folds.extend(std::iter::repeat_n(fold, share));
        }
        if let Some(key) = shuffle {
            key.index(index as u64).shuffle(&mut folds);
        }
        for (&row, fold) in rows.iter().zip(folds) {
            fold_of[row as usize] = fold;
        }
        laid += rows.len();
    }
    let smallest = classes.iter().map(Vec::len).min().unwrap_or(0);
    let notices = (smallest < count).then(|| {
        let rows = if smallest == 1 { "1 row" } else { &format!("{smallest} rows") };
        Failure::warning(code::SMALL_CLASS, format!("the smallest class has {rows}, and there are {count} folds"))
            .help("some folds have no rows of it; use fewer folds")
    });
    Ok(Folds { folds: folds_from(&fold_of, count), notices: notices.into_iter().collect() })
}

/// Like [`stratified`], for numbers: those of each of `bins` bins are spread evenly over the folds.
///
/// # Errors
/// As [`stratified`].
///
/// # Panics
/// If there are no bins, or a value is NaN.
pub fn stratified_by_number(values: &[f64], bins: usize, count: usize, shuffle: Option<Key>) -> Result<Folds, Failure> {
    stratified(&quantile_bins(values, bins), count, shuffle)
}

/// The bin of each number, of `bins` bins between quantiles, which hold about equally many. Equal numbers are of one bin, so
/// that some bins can be empty.
///
/// # Panics
/// If there are no bins, or a value is NaN.
///
/// ```
/// assert_eq!(pipewright_learn::split::quantile_bins(&[5.0, 1.0, 2.0, 9.0], 2), [1, 0, 0, 1]);
/// ```
#[must_use]
pub fn quantile_bins(values: &[f64], bins: usize) -> Vec<u32> {
    assert!(bins > 0, "there are bins");
    assert!(!values.iter().any(|value| value.is_nan()), "values to sort are numbers");
    let mut sorted: Vec<(f64, f64)> = values.iter().map(|value| (*value, 1.0)).collect();
    let edges: Vec<f64> = (1..bins).map(|edge| quantile(&mut sorted, edge as f64 / bins as f64)).collect();
    values.iter().map(|value| edges.partition_point(|edge| edge < value) as u32).collect()
}
