//! Models learn from sparse columns what they learn from the same numbers in dense ones.

#![allow(clippy::unwrap_used)]

use pipewright_learn::data::{Column, Sparse};
use pipewright_learn::linear::{Logistic, Ridge};
use pipewright_learn::net::{Network, Training};
use pipewright_learn::{Dataset, Features, Key, Learner, Model, Target};
use std::sync::Arc;

/// A column per level, 1 where the row has it, and a dense column beside them.
fn one_hot(rows: usize, levels: usize) -> (Features, Vec<u32>) {
    let key = Key::new(5);
    let codes: Vec<u32> = (0..rows).map(|row| key.below(row as u64, levels as u64) as u32).collect();
    let mut positions = vec![Vec::new(); levels];
    codes.iter().zip(0..).for_each(|(&code, row)| positions[code as usize].push(row));
    let sparse = |positions: Vec<u32>| {
        let ones = vec![1.0; positions.len()];
        Column::Sparse(Sparse::new(rows, positions.into(), ones.into()))
    };
    let mut columns: Vec<Column> = positions.into_iter().map(sparse).collect();
    let slope: Vec<f64> = (0..rows).map(|row| key.index(1).uniform(row as u64) - 0.3).collect();
    columns.push(Column::Dense(slope.into()));
    let names: Arc<[String]> = (0..=levels).map(|level| format!("x{level}")).collect();
    (Features::from_columns(rows, names, columns), codes)
}

fn dense(features: &Features) -> Features {
    Features::new(features.rows(), features.names().clone(), features.to_column_major())
}

fn numbers(features: &Features, codes: &[u32]) -> Target {
    let slope = features.column(features.columns() - 1);
    let noise = |row: usize| Key::new(6).uniform(row as u64) - 0.5;
    Target::Numbers((0..codes.len()).map(|row| f64::from(codes[row] % 7) + 3.0 * slope[row] + noise(row)).collect())
}

fn classes(codes: &[u32], count: u32) -> Target {
    let noise = |row: usize| Key::new(7).below(row as u64, 5) as u32 / 4;
    let code = |(row, code): (usize, &u32)| (code % count + noise(row)) % count;
    Target::Classes { codes: codes.iter().enumerate().map(code).collect(), count: count as usize }
}

#[track_caller]
fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance * wanted.abs().max(1.0), "{found} {wanted}");
    }
}

#[track_caller]
fn same_predictions<L: Learner>(learner: &L, features: &Features, target: &Target, tolerance: f64) {
    let weights: Vec<f64> = (0..features.rows()).map(|row| 0.5 + (row % 3) as f64).collect();
    let dense = dense(features);
    let predict = |features: &Features, weighted: bool| {
        let rows = Dataset::new(features.clone(), target.clone());
        let rows = if weighted { rows.with_weights(weights.clone()).unwrap() } else { rows };
        learner.fit(&rows).unwrap().predict(features).unwrap()
    };
    for weighted in [false, true] {
        let (found, wanted) = (predict(features, weighted), predict(&dense, weighted));
        assert_close(found.values(), wanted.values(), tolerance);
    }
}

/// Sparse columns that are few are decomposed as dense ones are: the bits are the same.
#[test]
fn few_sparse_columns_give_the_same_bits() {
    let (features, codes) = one_hot(200, 12);
    same_predictions(&Ridge::default(), &features, &numbers(&features, &codes), 0.0);
    same_predictions(&Logistic::default(), &features, &classes(&codes, 3), 0.0);
}

/// 3000 × 2600 numbers are above what is decomposed where most of them are 0.
#[test]
fn least_squares_on_many_sparse_columns_equal_their_normal_equations() {
    let (rows, levels) = (3000, 2600);
    let (features, codes) = one_hot(rows, levels);
    let target = numbers(&features, &codes);
    let Target::Numbers(truth) = &target else { unreachable!("numbers") };
    let model = Ridge::default().fit(&Dataset::new(features.clone(), target.clone())).unwrap();
    let predicted = model.predict(&features).unwrap();
    let left: Vec<f64> = truth.iter().zip(predicted.values()).map(|(y, p)| y - p).collect();
    assert!(left.iter().sum::<f64>().abs() < 1e-9);
    for (index, weight) in model.coefficients().iter().enumerate() {
        let slope: f64 = features.column(index).iter().zip(&left).map(|(x, left)| x * left).sum();
        assert!((slope - weight).abs() < 1e-10, "{index}: {slope} {weight}");
    }
}

#[test]
fn logistic_regression_on_many_sparse_columns_equals_that_on_dense_ones() {
    let (features, codes) = one_hot(2500, 2100);
    same_predictions(&Logistic::default(), &features, &classes(&codes, 2), 1e-7);
}

/// A network gathers batches of sparse rows; each has the numbers of the dense row, so that every bit is the same.
#[test]
fn networks_learn_the_same_from_sparse_rows() {
    let (features, codes) = one_hot(300, 40);
    let network =
        Network { hidden: vec![8], training: Training { epochs: 3, ..Training::default() }, ..Network::default() };
    same_predictions(&network, &features, &numbers(&features, &codes), 0.0);
    same_predictions(&network, &features, &classes(&codes, 2), 0.0);
}

#[test]
fn rows_and_columns_of_sparse_features_are_taken() {
    let (features, _) = one_hot(50, 5);
    let rows = [7, 7, 0, 49];
    assert_eq!(dense(&features.take(&rows)), dense(&features).take(&rows));
    assert_eq!(dense(&features.select(&[4, 5, 0])), dense(&features).select(&[4, 5, 0]));
}
