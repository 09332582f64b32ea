//! A weight of 2 counts as the row twice, and a weight of 0 excludes the row: for every model.

#![allow(clippy::unwrap_used)]

use pipewright_learn::bayes::{Bayes, Likelihood};
use pipewright_learn::discriminant::{Lda, Qda, Shrinkage};
use pipewright_learn::dummy::Dummy;
use pipewright_learn::knn::Neighbors;
use pipewright_learn::linear::{ElasticNet, Linear, Logistic, Ridge};
use pipewright_learn::net::{Network, OptimizerConfig, Training};
use pipewright_learn::{Dataset, Features, Fit, Key, Labels, Learner, Model, OnDisk, Scales, Target};
use std::sync::Arc;

const ROWS: usize = 60;

fn noise(stream: u64, row: usize) -> f64 {
    Key::new(11).index(stream).uniform(row as u64) * 2.0 - 1.0
}

fn features() -> Features {
    let rows: Vec<[f64; 3]> = (0..ROWS).map(|row| [noise(0, row), 5.0 + noise(1, row), noise(2, row) / 4.0]).collect();
    Features::from_rows(["a", "b", "c"], &rows)
}

fn numbers() -> Target {
    let features = features();
    let target = |row| 2.0 * features.column(0)[row] - features.column(1)[row] + noise(3, row);
    Target::Numbers((0..ROWS).map(target).collect())
}

fn classes(count: u32) -> Target {
    let features = features();
    let code = |row| ((features.column(0)[row] + noise(4, row) + 2.0) / 4.0 * f64::from(count)) as u32;
    Target::Classes { codes: (0..ROWS).map(|row| code(row).min(count - 1)).collect(), count: count as usize }
}

/// How often each row is there: 0, 1, 2 or 3 times.
fn times(row: usize) -> usize {
    (row * 7 + 3) % 4
}

/// The rows with weights, and the same rows as often as their weights say.
fn weighted_and_repeated(target: Target) -> (Dataset, Dataset) {
    let rows = Dataset::new(features(), target);
    let repeated: Vec<u32> = (0..ROWS).flat_map(|row| std::iter::repeat_n(row as u32, times(row))).collect();
    let repeated = rows.take(&repeated);
    (rows.with_weights((0..ROWS).map(|row| times(row) as f64).collect()).unwrap(), repeated)
}

#[track_caller]
fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance * wanted.abs().max(1.0), "{found} {wanted}");
    }
}

#[track_caller]
fn weights_are_repetitions<L: Learner>(learner: &L, target: Target, tolerance: f64) {
    let (weighted, repeated) = weighted_and_repeated(target);
    let predict = |train: &Dataset| learner.fit(train).unwrap().predict(&features()).unwrap();
    assert_close(predict(&weighted).values(), predict(&repeated).values(), tolerance);
    let unweighted = Dataset::new(weighted.features.clone(), weighted.target().clone());
    let far = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-6;
    assert!(predict(&weighted).values().iter().zip(predict(&unweighted).values()).any(far), "weights change the model");
}

#[test]
fn the_baseline_heeds_weights() {
    weights_are_repetitions(&Dummy, numbers(), 1e-14);
    weights_are_repetitions(&Dummy, classes(3), 1e-14);
}

#[test]
fn least_squares_heed_weights() {
    weights_are_repetitions(&Linear::default(), numbers(), 1e-13);
    weights_are_repetitions(&Ridge { l2: 2.0, ..Ridge::default() }, numbers(), 1e-13);
}

#[test]
fn sparse_least_squares_heed_weights() {
    weights_are_repetitions(&ElasticNet::lasso(2.0), numbers(), 1e-9);
    weights_are_repetitions(&ElasticNet { l2: 3.0, ..ElasticNet::lasso(2.0) }, numbers(), 1e-9);
    weights_are_repetitions(&ElasticNet { intercept: false, ..ElasticNet::lasso(2.0) }, numbers(), 1e-9);
}

#[test]
fn logistic_regression_heeds_weights() {
    weights_are_repetitions(&Logistic::default(), classes(2), 1e-9);
    weights_are_repetitions(&Logistic::default(), classes(3), 1e-9);
    weights_are_repetitions(&Logistic { l2: 0.01, ..Logistic::default() }, classes(2), 1e-9);
}

#[test]
fn neighbours_heed_weights() {
    weights_are_repetitions(&Neighbors::new(4), numbers(), 1e-13);
    weights_are_repetitions(&Neighbors::new(4), classes(3), 1e-13);
}

#[test]
fn naive_bayes_heeds_weights() {
    weights_are_repetitions(&Bayes::default(), classes(3), 1e-12);
    weights_are_repetitions(&Bayes::new(Likelihood::Bernoulli), classes(3), 1e-12);
}

#[test]
fn discriminants_heed_weights() {
    weights_are_repetitions(&Lda::default(), classes(3), 1e-12);
    weights_are_repetitions(&Lda { shrinkage: Shrinkage::Auto, ..Lda::default() }, classes(3), 1e-12);
    weights_are_repetitions(&Qda::default(), classes(2), 1e-12);
}

/// Columns that repeat each other, and more columns than rows.
#[test]
fn least_squares_without_a_single_answer_heed_weights() {
    let (weighted, repeated) = weighted_and_repeated(numbers());
    let doubled = |features: &Features| features.select(&[0, 1, 2, 0]);
    // The first rows count 3, 2, 1 and 0 times.
    let parts = [(weighted.take(&[0, 1, 2, 3]), repeated.take(&[0, 1, 2, 3, 4, 5])), (weighted, repeated)];
    for (weighted, repeated) in parts {
        for l2 in [0.0, 0.5] {
            let predict = |rows: &Dataset| {
                let train = Dataset::new(doubled(&rows.features), rows.labels.clone());
                Ridge { l2, ..Ridge::default() }.fit(&train).unwrap().predict(&doubled(&features())).unwrap()
            };
            assert_close(predict(&weighted).values(), predict(&repeated).values(), 1e-9);
        }
    }
}

/// A network on full batches: a step sees all rows, so that only the rounding of single precision differs.
#[test]
fn networks_heed_weights() {
    for (target, outputs) in [(numbers(), 1), (classes(2), 1), (classes(3), 3)] {
        let network = Network {
            hidden: vec![6],
            outputs,
            training: Training {
                epochs: 20,
                batch: 1000,
                optimizer: OptimizerConfig::default().with_lr(0.02),
                ..Training::default()
            },
            ..Network::default()
        };
        weights_are_repetitions(&network, target, 1e-3);
    }
}

#[test]
fn networks_heed_weights_of_rows_outside_memory() {
    let (weighted, _) = weighted_and_repeated(numbers());
    let counting: Vec<u32> = (0..ROWS as u32).filter(|row| times(*row as usize) > 0).collect();
    let rows = weighted.take(&counting);
    let content = Arc::new(OnDisk::row_major(&rows.features));
    let on_disk = OnDisk::new(rows.features.names().clone(), content, rows.labels.clone(), Scales::of(&rows.features));
    let network = Network {
        hidden: vec![6],
        training: Training { epochs: 3, batch: 8, ..Training::default() },
        ..Network::default()
    };
    let inside = network.fit(&weighted).unwrap();
    assert_eq!(network.fit_on_disk(&on_disk, &Fit::new()).unwrap(), inside);
}

#[test]
fn weights_of_one_are_no_weights() {
    let rows = Dataset::new(features(), numbers());
    let weighted = rows.clone().with_weights(vec![1.0; ROWS]).unwrap();
    assert_eq!(weighted, rows);
    let network =
        Network { hidden: vec![4], training: Training { epochs: 2, ..Training::default() }, ..Network::default() };
    assert_eq!(network.fit(&weighted).unwrap(), network.fit(&rows).unwrap());
}

#[test]
fn bad_weights_are_refused_with_their_row() {
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let failure = Labels::weighted(Target::Numbers(vec![1.0; 3]), vec![1.0, 2.0, bad]).unwrap_err();
        assert_eq!((failure.code.as_str(), failure.place.row), ("E0512", Some(3)));
    }
    let nothing = Dataset::new(features(), numbers()).with_weights(vec![0.0; ROWS]).unwrap();
    assert_eq!(Linear::default().fit(&nothing).unwrap_err().code.as_str(), "E0512");
}
