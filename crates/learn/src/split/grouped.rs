//! Folds that keep the rows of a group together.

use super::{Fold, Folds, check_counts, fold_where, folds_from, room_for_folds, rows_by_class};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use std::cmp::Reverse;

/// Splits rows into `count` folds that keep the rows of a group together: `groups` is the group of each row.
///
/// Groups go, largest first, to the fold with the fewest rows, as in scikit-learn's `GroupKFold`; groups of equal size
/// with the highest number first, or shuffled.
///
/// # Errors
/// `TOO_FEW_ROWS` if `count` is less than 2 or greater than the number of groups.
///
/// ```
/// let folds = pipewright_learn::split::grouped(&[0, 0, 1, 2, 2, 2], 2, None).unwrap().folds;
/// assert_eq!(folds[0].test, [3, 4, 5]);
/// ```
pub fn grouped(groups: &[u32], count: usize, shuffle: Option<Key>) -> Result<Folds, Failure> {
    check_counts(groups.len(), count)?;
    let mut rows = rows_by_class(groups);
    check_groups(rows.len(), count)?;
    match shuffle {
        Some(key) => key.shuffle(&mut rows),
        None => rows.sort_by_key(|group| Reverse(groups[group[0] as usize])),
    }
    rows.sort_by_key(|group| Reverse(group.len()));
    let mut fold_of = vec![0; groups.len()];
    let mut sizes = vec![0; count];
    for group in &rows {
        let lightest = (0..count).min_by_key(|&fold| (sizes[fold], fold)).expect("there are folds");
        sizes[lightest] += group.len();
        group.iter().for_each(|&row| fold_of[row as usize] = lightest);
    }
    Ok(Folds { folds: folds_from(&fold_of, count), notices: Vec::new() })
}

/// Splits rows into `count` folds that keep groups together and in which every class has about its share. `codes` is the
/// class of each row, `groups` its group.
///
/// The method is that of scikit-learn's `StratifiedGroupKFold`: groups go, those with the most uneven classes first, to the
/// fold where they leave the shares of the classes most even over the folds, or to the smaller one of equals. Shuffling
/// decides between equally uneven groups; else the lowest number is first.
///
/// # Errors
/// `TOO_FEW_ROWS` if `count` is less than 2 or greater than the number of groups.
///
/// # Panics
/// If the lists differ in length.
///
/// ```
/// let (codes, groups) = ([0, 0, 1, 1, 0, 1], [0, 0, 1, 1, 2, 2]);
/// let folds = pipewright_learn::split::stratified_grouped(&codes, &groups, 2, None).unwrap().folds;
/// assert_eq!(folds[0].test, [0, 1, 4, 5]);
/// ```
pub fn stratified_grouped(codes: &[u32], groups: &[u32], count: usize, shuffle: Option<Key>) -> Result<Folds, Failure> {
    assert_eq!(codes.len(), groups.len(), "a group per row");
    check_counts(groups.len(), count)?;
    let mut rows = rows_by_class(groups);
    check_groups(rows.len(), count)?;
    match shuffle {
        Some(key) => key.shuffle(&mut rows),
        None => rows.sort_by_key(|group| groups[group[0] as usize]),
    }
    let classes = codes.iter().max().map_or(0, |&code| code as usize + 1);
    let mut totals = vec![0.0; classes];
    codes.iter().for_each(|&code| totals[code as usize] += 1.0);
    let occurring: Vec<usize> = (0..classes).filter(|&class| totals[class] > 0.0).collect();
    let counted = |group: Vec<u32>| {
        let count = |class: &usize| group.iter().filter(|&&row| codes[row as usize] as usize == *class).count() as f64;
        let counts: Vec<f64> = occurring.iter().map(count).collect();
        (group, counts)
    };
    let mut counted: Vec<(Vec<u32>, Vec<f64>)> = rows.into_iter().map(counted).collect();
    counted.sort_by(|(_, one), (_, two)| deviation(two.iter().copied()).total_cmp(&deviation(one.iter().copied())));
    let totals: Vec<f64> = occurring.iter().map(|&class| totals[class]).collect();
    let mut held = vec![vec![0.0; occurring.len()]; count];
    let mut fold_of = vec![0; groups.len()];
    for (group, counts) in &counted {
        let best = best_fold(&mut held, &totals, counts);
        held[best].iter_mut().zip(counts).for_each(|(held, more)| *held += more);
        group.iter().for_each(|&row| fold_of[row as usize] = best);
    }
    Ok(Folds { folds: folds_from(&fold_of, count), notices: Vec::new() })
}

/// The fold where these rows leave the classes most even. The order of operations is NumPy's, so that ties are the same.
fn best_fold(held: &mut [Vec<f64>], totals: &[f64], counts: &[f64]) -> usize {
    let (mut best, mut least, mut fewest) = (0, f64::INFINITY, f64::INFINITY);
    for fold in 0..held.len() {
        let rows: f64 = held[fold].iter().sum();
        held[fold].iter_mut().zip(counts).for_each(|(held, more)| *held += more);
        let share_of = |class: usize| held.iter().map(move |held| held[class] / totals[class]);
        let uneven = (0..totals.len()).map(|class| deviation(share_of(class))).sum::<f64>() / totals.len() as f64;
        held[fold].iter_mut().zip(counts).for_each(|(held, more)| *held -= more);
        // NumPy's `isclose`.
        let is_close = (uneven - least).abs() <= 1e-8 + 1e-5 * least;
        if uneven < least || (is_close && rows < fewest) {
            (best, least, fewest) = (fold, uneven, rows);
        }
    }
    best
}

/// The standard deviation of values, not of a sample.
fn deviation(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let count = values.len() as f64;
    let mean = values.clone().sum::<f64>() / count;
    (values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt()
}

/// Tests every choice of `out` groups on a model of all other groups, in the order of their numbers: scikit-learn's
/// `LeaveOneGroupOut` for 1, else `LeavePGroupsOut`.
///
/// # Errors
/// `TOO_FEW_ROWS` if `out` is 0 or no group is left for training; as [`room_for`](pipewright_diagnostic::room_for) if the lists take more memory than there
/// is.
///
/// ```
/// let folds = pipewright_learn::split::leave_groups_out(&[1, 0, 0, 2], 1).unwrap().folds;
/// assert_eq!(folds[1].test, [0]);
/// ```
pub fn leave_groups_out(groups: &[u32], out: usize) -> Result<Folds, Failure> {
    let mut numbers = groups.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    if out == 0 || out >= numbers.len() {
        let message = format!("{out} of {} groups cannot be left out: both sides need a group", numbers.len());
        return Err(Failure::new(code::TOO_FEW_ROWS, message));
    }
    let choices = (0..out)
        .fold(1_u128, |choices, place| choices.saturating_mul((numbers.len() - place) as u128) / (place as u128 + 1));
    room_for_folds(groups.len(), choices)?;
    let mut folds: Vec<Fold> = Vec::new();
    let mut chosen: Vec<usize> = (0..out).collect();
    loop {
        folds.push(fold_where(|row| chosen.iter().any(|&place| numbers[place] == groups[row]), groups.len()));
        // The next choice: the last place that can move does, and those after it follow.
        let Some(place) = (0..out).rev().find(|&place| chosen[place] < numbers.len() - out + place) else { break };
        chosen[place] += 1;
        for next in place + 1..out {
            chosen[next] = chosen[next - 1] + 1;
        }
    }
    Ok(Folds { folds, notices: Vec::new() })
}

fn check_groups(groups: usize, count: usize) -> Result<(), Failure> {
    if groups < count {
        let there = if groups == 1 { "1 group".to_owned() } else { format!("{groups} groups") };
        return Err(Failure::new(code::TOO_FEW_ROWS, format!("{count} folds of {there}: each fold needs a group")));
    }
    Ok(())
}
