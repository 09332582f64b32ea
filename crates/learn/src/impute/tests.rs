//! Filled values against a plain search of all rows, and rows that must be refused.

use super::*;
use crate::threads::on_any_threads;
use crate::{Transform, Transformer};
use pipewright_world::random::Key;
use proptest::prelude::*;

const NONE: f64 = f64::NAN;

fn features(columns: &[Vec<f64>]) -> Features {
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(columns.first().map_or(0, Vec::len), names.into(), columns.concat())
}

/// Whole numbers, so that many rows are equally near, and some values missing.
fn gaps(rows: usize, columns: usize, seed: u64) -> Features {
    let value = |column: u64, row: usize| {
        let key = Key::new(seed).index(column);
        let missing = key.child("missing").uniform(row as u64) < 0.3 && row > 0;
        if missing { NONE } else { key.below(row as u64, 7) as f64 }
    };
    let column = |index| (0..rows).map(|row| value(index, row)).collect();
    features(&(0..columns as u64).map(column).collect::<Vec<_>>())
}

/// What the nearest of all rows say, one after the other.
fn searched(train: &Features, rows: &Features, row: usize, index: usize, neighbours: usize) -> f64 {
    let distance = |donor: usize| {
        let (mut sum, mut shared) = (0.0, 0.0);
        for other in 0..train.columns() {
            let difference = rows.column(other)[row] - train.column(other)[donor];
            if !difference.is_nan() {
                (sum, shared) = (sum + difference * difference, shared + 1.0);
            }
        }
        (sum / shared * train.columns() as f64).sqrt()
    };
    let mut donors: Vec<(f64, usize)> = (0..train.rows())
        .filter(|&donor| !train.column(index)[donor].is_nan())
        .map(|donor| (distance(donor), donor))
        .filter(|(distance, _)| !distance.is_nan())
        .collect();
    donors.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    donors.truncate(neighbours);
    match donors.len() {
        0 => means(train).unwrap()[index],
        count => donors.iter().map(|(_, donor)| train.column(index)[*donor]).sum::<f64>() / count as f64,
    }
}

/// Bit for bit, with missing values equal to each other.
fn bits(features: &Features) -> Vec<u64> {
    features.to_column_major().into_iter().map(f64::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn neighbours_are_the_nearest_and_of_equal_ones_the_first(
        rows in 1_usize..60, columns in 1_usize..6, neighbours in 1_usize..6, seed in 0_u64..1000
    ) {
        let (train, other) = (gaps(rows, columns, seed), gaps(20, columns, seed + 1000));
        let filling = Knn::new(neighbours).fit(&train, None, Key::new(0)).unwrap();
        let filled = filling.apply(&other).unwrap();
        for index in 0..columns {
            for row in 0..20 {
                let (before, after) = (other.column(index)[row], filled.column(index)[row]);
                let wanted = if before.is_nan() { searched(&train, &other, row, index, neighbours) } else { before };
                prop_assert_eq!(after, wanted, "row {} of column {}", row, index);
            }
        }
        let part: Vec<u32> = (7..13).collect();
        prop_assert_eq!(bits(&filling.apply(&other.take(&part)).unwrap()), bits(&filled.take(&part)));
    }

    #[test]
    fn iterated_rows_are_local_and_values_that_are_there_stay(
        rows in 4_usize..50, columns in 1_usize..6, seed in 0_u64..1000
    ) {
        let (train, other) = (gaps(rows, columns, seed), gaps(20, columns, seed + 1000));
        let filling = Iterative::default().fit(&train, None, Key::new(0)).unwrap();
        let filled = filling.apply(&other).unwrap();
        for (before, after) in other.to_column_major().iter().zip(&filled.to_column_major()) {
            prop_assert!(before.is_nan() && after.is_finite() || before == after);
        }
        let part: Vec<u32> = (7..13).collect();
        prop_assert_eq!(bits(&filling.apply(&other.take(&part)).unwrap()), bits(&filled.take(&part)));
    }
}

/// A value far from all others must not hide which of the others are near.
#[test]
fn neighbours_are_exact_beside_an_outlier() {
    let far = 1e12;
    let train = features(&[vec![0.0, 1e-6, 3e-6, far, 9.0], vec![1.0, 2.0, 3.0, 4.0, 5.0]]);
    let filling = Knn::new(1).fit(&train, None, Key::new(0)).unwrap();
    let rows = features(&[vec![1.9e-6, 2.1e-6, far - 1.0], vec![NONE; 3]]);
    assert_eq!(filling.apply(&rows).unwrap().column(1), [2.0, 3.0, 4.0]);
}

#[test]
fn distance_weighs_and_equal_rows_win() {
    let train = features(&[vec![0.0, 3.0, 50.0], vec![10.0, 40.0, 90.0]]);
    let config = Knn { neighbours: 2, weights: Weights::Distance };
    let filling = config.fit(&train, None, Key::new(0)).unwrap();
    let filled = filling.apply(&features(&[vec![1.0, 3.0], vec![NONE, NONE]])).unwrap();
    assert!((filled.column(1)[0] - 20.0).abs() < 1e-12);
    assert_eq!(filled.column(1)[1], 40.0);
}

#[test]
fn what_cannot_be_filled_is_refused() {
    fn refusal<T: Transformer>(config: &T, rows: &Features) -> pipewright_diagnostic::Code {
        config.fit(rows, None, Key::new(0)).err().unwrap().code
    }
    let empty = features(&[vec![1.0, 2.0], vec![NONE, NONE]]);
    let huge = features(&[vec![1e200, 2.0], vec![NONE, 1.0]]);
    assert_eq!(refusal(&Knn::new(2), &empty), code::ALL_MISSING);
    assert_eq!(refusal(&Iterative::default(), &empty), code::ALL_MISSING);
    assert_eq!(refusal(&Knn::new(2), &huge), code::VALUE_OUT_OF_RANGE);
    assert_eq!(refusal(&Iterative::default(), &huge), code::VALUE_OUT_OF_RANGE);
    assert_eq!(refusal(&Knn::new(0), &gaps(5, 2, 1)), code::BAD_VALUE);
}

#[test]
fn hostile_files_are_refused() {
    let knn = Knn::new(2).fit(&features(&[vec![1.0, 2.0], vec![NONE, 4.0]]), None, Key::new(0)).unwrap();
    let text = serde_json::to_string(&knn).unwrap();
    assert!(text.contains("[null,4.0]"), "{text}");
    assert_eq!(serde_json::from_str::<KnnFilling>(&text).unwrap(), knn);
    for text in [
        text.replace("[null,4.0]", "[4.0]"),
        text.replace("[null,4.0]", "[null,null]"),
        text.replace("[null,4.0]", "[null,1e300]"),
        text.replace("\"neighbours\":2", "\"neighbours\":0"),
    ] {
        assert_eq!(serde_json::from_str::<KnnFilling>(&text).unwrap().validate().unwrap_err().code, code::BAD_BUNDLE);
    }
    let iterative = Iterative::default().fit(&gaps(9, 3, 1), None, Key::new(0)).unwrap();
    let text = serde_json::to_string(&iterative).unwrap();
    assert_eq!(serde_json::from_str::<IterativeFilling>(&text).unwrap(), iterative);
    for text in [
        text.replacen("\"column\":1", "\"column\":3", 1),
        text.replacen("\"coefficients\":[", "\"coefficients\":[1.0,", 1),
    ] {
        let read: IterativeFilling = serde_json::from_str(&text).unwrap();
        assert_eq!(read.validate().unwrap_err().code, code::BAD_BUNDLE);
    }
}

#[test]
fn any_number_of_threads_fills_the_same() {
    let rows = gaps(400, 5, 3);
    on_any_threads(|| bits(&Knn::new(3).fit(&rows, None, Key::new(0)).unwrap().apply(&rows).unwrap()));
}
