//! Splits against scikit-learn, and laws of every splitter.

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

/// The rows of a bootstrap sample and its test rows together are all rows, and the sample has as many as there are.
#[test]
fn bootstrap_samples_hold_what_they_promise() {
    let codes: Vec<u32> = (0..40).map(|row| u32::from(row % 4 == 0)).collect();
    let groups: Vec<u32> = (0..40).map(|row| row / 5).collect();
    for rows in [Rows::Single(40), Rows::Stratified(&codes), Rows::Grouped(&groups)] {
        let folds = bootstrap(rows, 20, Key::new(4)).unwrap();
        assert_eq!(folds, bootstrap(rows, 20, Key::new(4)).unwrap());
        for Fold { train, test } in &folds {
            let mut all: Vec<u32> = train.iter().chain(test).copied().collect();
            all.sort_unstable();
            all.dedup();
            assert!(all.len() == 40 && train.is_sorted() && test.is_sorted() && train.len() == 40);
            assert!(test.iter().all(|row| !train.contains(row)));
            match rows {
                Rows::Single(_) => {}
                Rows::Stratified(codes) => assert_eq!(count(codes, train, 1), 10),
                Rows::Grouped(groups) => {
                    let tested: Vec<u32> = test.iter().map(|&row| groups[row as usize]).collect();
                    assert!(train.iter().all(|&row| !tested.contains(&groups[row as usize])));
                }
            }
        }
        let tested: usize = folds.iter().map(|fold| fold.test.len()).sum();
        assert!((0.3..0.45).contains(&(tested as f64 / 800.0)), "{tested}");
    }
    assert_eq!(bootstrap(Rows::Stratified(&[0, 1, 2]), 1, Key::new(0)).unwrap_err().code, code::TOO_FEW_ROWS);
}

#[test]
fn holdouts_differ_from_round_to_round() {
    let codes: Vec<u32> = (0..30).map(|row| u32::from(row % 3 == 0)).collect();
    let folds = random_holdouts(Rows::Stratified(&codes), 0.3, 5, Key::new(2)).unwrap();
    assert!(folds.iter().all(|fold| count(&codes, &fold.test, 1) == 3 && fold.test.len() == 9));
    assert!(folds.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(random_holdouts(Rows::Grouped(&[1, 1, 1]), 0.3, 2, Key::new(2)).is_err());
}

#[test]
fn numbers_are_spread_over_the_folds() {
    let values: Vec<f64> = (0..50).map(|row| f64::from(row * 7 % 50)).collect();
    let bins = quantile_bins(&values, 5);
    assert!((0..5).all(|bin| bins.iter().filter(|other| **other == bin).count() == 10));
    let folds = stratified_by_number(&values, 5, 5, Some(Key::new(1))).unwrap().folds;
    assert!(folds.iter().all(|fold| (0..5).all(|bin| count(&bins, &fold.test, bin) == 2)));
    assert_eq!(quantile_bins(&[1.0, 1.0, 1.0], 4), [0, 0, 0]);
}

#[test]
fn lengths_of_time_leave_rows_out() {
    let times: Vec<f64> = (0..10).map(f64::from).collect();
    let sliding = Forward { gap: Length::Time(1.0), train: Some(Length::Time(2.0)), ..Forward::new(3) };
    let folds = sliding.split(&times, None).unwrap();
    // The first tests 4 and 5: 3 is exactly 1 before, and 0 to 2 are at most 2 before the last.
    assert_eq!((folds[0].train.as_slice(), folds[0].test.as_slice()), (&[0, 1, 2][..], &[4, 5][..]));
    assert_eq!(folds[2].train, [4, 5, 6]);
    for test in [0, 4] {
        let failure = Forward { test: Some(test), ..Forward::new(3) }.split(&times, None).unwrap_err();
        assert_eq!(failure.code, code::TOO_FEW_ROWS);
    }
    assert!(Forward { gap: Length::Rows(4), ..Forward::new(3) }.split(&times, None).is_err());
}

#[test]
fn groups_to_leave_out_are_fewer_than_all() {
    for out in [0, 3, 4] {
        assert_eq!(leave_groups_out(&[0, 1, 2], out).unwrap_err().code, code::TOO_FEW_ROWS);
    }
    assert!(stratified_grouped(&[0, 1, 0], &[0, 0, 1], 3, None).is_err() && leave_one_out(1).is_err());
}

proptest! {
    #[test]
    fn stratified_groups_stay_together(
        rows in proptest::collection::vec((0_u32..3, 0_u32..9), 6..80), k in 2_usize..4, seed in proptest::option::of(0_u64..9)
    ) {
        let (codes, groups): (Vec<u32>, Vec<u32>) = rows.into_iter().unzip();
        let Ok(folds) = stratified_grouped(&codes, &groups, k, seed.map(Key::new)) else { return Ok(()) };
        assert_partition(&folds.folds, groups.len());
        for fold in &folds.folds {
            let held: Vec<u32> = fold.test.iter().map(|&row| groups[row as usize]).collect();
            prop_assert!(fold.train.iter().all(|&row| !held.contains(&groups[row as usize])));
        }
    }
}
