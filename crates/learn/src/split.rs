//! Train/test splits: k folds, stratified or not, grouped or in time order, and a single holdout.
//!
//! Without shuffling, the lists equal those of scikit-learn's `KFold` and `StratifiedKFold`. Shuffling draws from a
//! [`Key`]. All counting is in whole numbers, so the same rows result on every machine.

use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use std::collections::BTreeSet;

/// A train/test split: both lists are ascending, disjoint, and together hold every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// The training rows.
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

/// Splits rows into `count` folds that keep the rows of a group together: `groups` is the group of each row.
///
/// Groups go, largest first, to the fold with the fewest rows, as in scikit-learn's `GroupKFold`; groups of equal size
/// in the order of first appearance, or shuffled.
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
    if rows.len() < count {
        let there = if rows.len() == 1 { "1 group".to_owned() } else { format!("{} groups", rows.len()) };
        return Err(Failure::new(code::TOO_FEW_ROWS, format!("{count} folds of {there}: each fold needs a group")));
    }
    if let Some(key) = shuffle {
        key.shuffle(&mut rows);
    }
    rows.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut fold_of = vec![0; groups.len()];
    let mut sizes = vec![0; count];
    for group in &rows {
        let lightest = (0..count).min_by_key(|&fold| (sizes[fold], fold)).expect("there are folds");
        sizes[lightest] += group.len();
        group.iter().for_each(|&row| fold_of[row as usize] = lightest);
    }
    Ok(Folds { folds: folds_from(&fold_of, count), notices: Vec::new() })
}

/// Holds out whole groups until they have about `share` of the rows; at least one group on each side. See [`grouped`].
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

/// Time-series split in `count` rounds that train on earlier rows and test on later ones: the rows in the order of
/// `times` are cut into `count + 1` blocks of equal size (the first takes the remainder), and every block but the first
/// is tested on a model of all rows before it. Training rows less than `gap` before the first test row are left out.
///
/// With rows in order and a gap of 0 these are the folds of scikit-learn's `TimeSeriesSplit`. Rows of equal times are
/// never on both sides: a round tests from the first row of its first time on. A row is left out of training if it is
/// less than `gap` before the first test row, or exactly that much, or if one of its group is tested.
///
/// # Errors
/// `TOO_FEW_ROWS` for fewer than two rounds, too few rows or times, or a gap or groups that leave no training rows.
///
/// ```
/// let folds = pipewright_learn::split::forward(&[1.0, 2.0, 3.0, 4.0], None, 3, 0.0).unwrap();
/// assert_eq!((folds[0].train.as_slice(), folds[0].test.as_slice()), ([0].as_slice(), [1].as_slice()));
/// ```
pub fn forward(times: &[f64], groups: Option<&[u32]>, count: usize, gap: f64) -> Result<Vec<Fold>, Failure> {
    check_forward(times.len(), count)?;
    let size = times.len() / (count + 1);
    let mut order: Vec<u32> = order_of(times.len(), None);
    order.sort_by(|&one, &two| times[one as usize].total_cmp(&times[two as usize]));
    let time = |place: usize| times[order[place] as usize];
    let different = 1 + (1..order.len()).filter(|&place| time(place) != time(place - 1)).count();
    if different <= count {
        let needed = count + 1;
        let message = format!("{count} rounds need {needed} different times, and there are {different}");
        let failure = Failure::new(code::TOO_FEW_ROWS, message);
        return Err(match different {
            ..3 => failure,
            _ => failure.help(format!("use {} rounds or fewer", different - 1)),
        });
    }
    let first = times.len() - count * size;
    // Where each round starts: at the first row of its time.
    let start = |round: usize| match first + round * size {
        end if end == times.len() => end,
        place => order[..place].partition_point(|&row| times[row as usize] < time(place)),
    };
    let round = |round: usize| {
        let (start, end) = (start(round), start(round + 1));
        if start == end {
            let message = format!("round {} has no time of its own: too many rows have the same time", round + 1);
            return Err(Failure::new(code::TOO_FEW_ROWS, message).help("use fewer rounds"));
        }
        let mut test = order[start..end].to_vec();
        let tested: BTreeSet<u32> =
            groups.into_iter().flat_map(|groups| test.iter().map(|&row| groups[row as usize])).collect();
        let from = time(start);
        let is_before = |row: &u32| gap == 0.0 || times[*row as usize] < from - gap;
        let is_apart = |row: &u32| groups.is_none_or(|groups| !tested.contains(&groups[*row as usize]));
        let mut train: Vec<u32> =
            order[..start].iter().copied().filter(|row| is_before(row) && is_apart(row)).collect();
        if train.is_empty() {
            let message = format!("no training rows are left in round {}", round + 1);
            let help = if groups.is_some() {
                "every group is tested: leave out the role group"
            } else {
                "use a smaller gap or fewer rounds"
            };
            return Err(Failure::new(code::TOO_FEW_ROWS, message).help(help));
        }
        train.sort_unstable();
        test.sort_unstable();
        Ok(Fold { train, test })
    };
    (0..count).map(round).collect()
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

/// Are this many rows enough for `count` rounds of [`forward`]?
///
/// # Errors
/// `TOO_FEW_ROWS` if not.
pub fn check_forward(rows: usize, count: usize) -> Result<(), Failure> {
    check_counts(rows, count)?;
    // A block of rows for each round, and one before the first.
    if rows <= count {
        let message = format!("{count} rounds of {rows} rows: each needs a test row, and rows before it");
        return Err(Failure::new(code::TOO_FEW_ROWS, message));
    }
    Ok(())
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

fn held_rows(rows: usize, share: f64) -> Result<usize, Failure> {
    assert!(share > 0.0 && share < 1.0, "a share lies between 0 and 1");
    if rows < 2 {
        return Err(Failure::new(code::TOO_FEW_ROWS, format!("{rows} rows cannot be split into two parts")));
    }
    Ok(((rows as f64 * share).round() as usize).clamp(1, rows - 1))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(codes: &[u32], rows: &[u32], class: u32) -> usize {
        rows.iter().filter(|&&row| codes[row as usize] == class).count()
    }

    fn assert_partition(folds: &[Fold], rows: usize) {
        let mut tested: Vec<u32> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, (0..rows as u32).collect::<Vec<_>>());
        for fold in folds {
            assert!(fold.test.is_sorted() && fold.train.is_sorted());
            let mut both = [fold.train.clone(), fold.test.clone()].concat();
            both.sort_unstable();
            assert_eq!(both, (0..rows as u32).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn folds_partition_the_rows(rows in 2_usize..120, k in 2_usize..12, seed in proptest::option::of(0_u64..9)) {
            prop_assume!(rows >= k);
            let folds = kfold(rows, k, seed.map(Key::new)).unwrap().folds;
            assert_partition(&folds, rows);
            let sizes: Vec<usize> = folds.iter().map(|fold| fold.test.len()).collect();
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        }

        #[test]
        fn classes_are_spread_evenly(
            codes in proptest::collection::vec(0_u32..4, 2..120), k in 2_usize..12, seed in proptest::option::of(0_u64..9)
        ) {
            prop_assume!(codes.len() >= k);
            let folds = stratified(&codes, k, seed.map(Key::new)).unwrap().folds;
            assert_partition(&folds, codes.len());
            for class in 0..4 {
                let counts: Vec<usize> = folds.iter().map(|fold| count(&codes, &fold.test, class)).collect();
                prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
            }
        }

        #[test]
        fn a_stratified_holdout_keeps_proportions(
            codes in proptest::collection::vec(0_u32..3, 2..200), percent in 1_u32..100, seed in 0_u64..9
        ) {
            let share = f64::from(percent) / 100.0;
            let fold = holdout_stratified(&codes, share, Key::new(seed)).unwrap();
            assert_partition(&[fold.clone(), Fold { train: fold.test.clone(), test: fold.train.clone() }], codes.len());
            prop_assert_eq!(fold.test.len(), holdout(codes.len(), share, Key::new(seed)).unwrap().test.len());
            for class in 0..3 {
                let all = codes.iter().filter(|&&code| code == class).count() as f64;
                let quota = all * fold.test.len() as f64 / codes.len() as f64;
                prop_assert!((count(&codes, &fold.test, class) as f64 - quota).abs() < 1.0);
            }
        }
    }

    #[test]
    fn shuffling_depends_on_the_key_alone() {
        let codes: Vec<u32> = (0..60).map(|row| row % 3).collect();
        let folds = |seed| stratified(&codes, 5, Some(Key::new(seed))).unwrap();
        assert_eq!(folds(1), folds(1));
        assert_ne!(folds(1), folds(2));
        assert_ne!(kfold(60, 5, Some(Key::new(1))), kfold(60, 5, None));
    }

    proptest! {
        #[test]
        fn groups_stay_together(
            groups in proptest::collection::vec(0_u32..9, 4..80), k in 2_usize..4, seed in proptest::option::of(0_u64..9)
        ) {
            let Ok(folds) = grouped(&groups, k, seed.map(Key::new)) else { return Ok(()) };
            assert_partition(&folds.folds, groups.len());
            let holdout = holdout_grouped(&groups, 0.3, Key::new(seed.unwrap_or(0))).unwrap();
            for fold in folds.folds.iter().chain([&holdout]) {
                prop_assert!(!fold.train.is_empty() && !fold.test.is_empty());
                let held: Vec<u32> = fold.test.iter().map(|&row| groups[row as usize]).collect();
                prop_assert!(fold.train.iter().all(|&row| !held.contains(&groups[row as usize])));
            }
        }

        #[test]
        fn what_is_judged_comes_after_what_was_learned(
            times in proptest::collection::vec(0_i32..50, 6..80), k in 2_usize..5, gap in 0_i32..4
        ) {
            let times: Vec<f64> = times.into_iter().map(f64::from).collect();
            let Ok(folds) = forward(&times, None, k, f64::from(gap)) else { return Ok(()) };
            for fold in &folds {
                let last = fold.train.iter().map(|&row| times[row as usize]).fold(f64::MIN, f64::max);
                let first = fold.test.iter().map(|&row| times[row as usize]).fold(f64::MAX, f64::min);
                prop_assert!(last + f64::from(gap) < first, "{last} {first}");
            }
        }
    }

    #[test]
    fn folds_in_time_are_those_of_scikit_learn() {
        // TimeSeriesSplit(n_splits=3).split(range(10)): train 0..4, 0..6, 0..8; test 4..6, 6..8, 8..10.
        let times: Vec<f64> = (0..10).map(f64::from).collect();
        let folds = forward(&times, None, 3, 0.0).unwrap();
        let ends: Vec<(usize, Vec<u32>)> = folds.into_iter().map(|fold| (fold.train.len(), fold.test)).collect();
        assert_eq!(ends, [(4, vec![4, 5]), (6, vec![6, 7]), (8, vec![8, 9])]);
    }

    #[test]
    fn too_few_rows_are_refused() {
        for (rows, k) in [(10, 0), (10, 1), (3, 4), (0, 2)] {
            assert_eq!(kfold(rows, k, None).unwrap_err().code, code::TOO_FEW_ROWS, "{rows} {k}");
            assert_eq!(stratified(&vec![0; rows], k, None).unwrap_err().code, code::TOO_FEW_ROWS, "{rows} {k}");
        }
        assert_eq!(holdout(1, 0.5, Key::new(0)).unwrap_err().code, code::TOO_FEW_ROWS);
    }

    #[test]
    fn a_small_class_is_a_warning() {
        let folds = stratified(&[0, 0, 0, 0, 1], 3, None).unwrap();
        assert_eq!(folds.notices.len(), 1);
        assert_eq!(folds.notices[0].code, code::SMALL_CLASS);
        assert_eq!(folds.notices[0].message, "the smallest class has 1 row, and there are 3 folds");
    }

    #[test]
    fn both_sides_of_a_holdout_have_rows() {
        for share in [0.001, 0.999] {
            let fold = holdout(3, share, Key::new(0)).unwrap();
            assert!(!fold.test.is_empty() && !fold.train.is_empty());
        }
        assert_eq!(holdout(10, 0.2, Key::new(0)).unwrap().test.len(), 2);
    }
}
