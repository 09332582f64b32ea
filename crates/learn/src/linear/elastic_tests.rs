//! The lasso and the elastic net: conditions of the minimum, scikit-learn's numbers, laws.

use super::tests::{assert_close, classes, features, fit, noise, numbers, refusal};
use super::*;
use crate::data::Sparse;
use crate::learner::NoProgress;
use crate::sums::dot;
use crate::threads::on_any_threads;
use proptest::prelude::*;

#[test]
fn at_the_largest_penalty_all_is_zero_and_just_below_it_is_not() {
    let columns: Vec<Vec<f64>> = (0..8).map(|stream| noise(30, stream)).collect();
    let train = numbers(&columns, &noise(30, 20));
    let lasso = ElasticNet::lasso(1.0);
    let largest = lasso.factor_max(&train).unwrap();
    let models = lasso.path(&train, &[largest * 1.0001, largest * 0.99], &NoProgress).unwrap();
    assert!(models[0].coefficients().iter().all(|weight| *weight == 0.0));
    assert_eq!(models[1].coefficients().iter().filter(|weight| **weight != 0.0).count(), 1);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let columns = [vec![1.0, 2.0]];
    let train = numbers(&columns, &[1.0, 2.0]);
    for l1 in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refusal(&ElasticNet::lasso(l1), &train), code::BAD_VALUE);
    }
    assert_eq!(refusal(&ElasticNet { l2: -1.0, ..ElasticNet::default() }, &train), code::BAD_VALUE);
    assert_eq!(refusal(&ElasticNet::default(), &classes(&columns, &[0, 1], 2)), code::WRONG_TASK);
    assert_eq!(refusal(&ElasticNet::default(), &numbers(&columns, &[1.0, f64::NAN])), code::NON_FINITE);
}

/// The inputs of the frozen numbers: x0[i] = sin(i), x1[i] = cos(2i)·3 + 1, x2[i] = (i mod 5) - 2,
/// x3 = x0 / 2 + cos(i), y[i] = 2·x0 - x1 + 0.3·x3 + sin(3i); 24 rows.
fn waves() -> (Vec<Vec<f64>>, Vec<f64>) {
    let rows = || (0..24).map(f64::from);
    let columns: Vec<Vec<f64>> = vec![
        rows().map(f64::sin).collect(),
        rows().map(|i| (2.0 * i).cos() * 3.0 + 1.0).collect(),
        rows().map(|i| i % 5.0 - 2.0).collect(),
        rows().map(|i| i.sin() / 2.0 + i.cos()).collect(),
    ];
    let y = (0..24).map(|i| 2.0 * columns[0][i] - columns[1][i] + 0.3 * columns[3][i] + (3.0 * i as f64).sin());
    let y = y.collect();
    (columns, y)
}

/// `Lasso(alpha=l1/24, tol=1e-14)`, `ElasticNet(alpha=(l1+l2)/24, l1_ratio=l1/(l1+l2), tol=1e-14)`, scikit-learn 1.9.1.
#[test]
fn scikit_learn_finds_the_same() {
    let (columns, y) = waves();
    let train = numbers(&columns, &y);
    let weighted = train.clone().with_weights((0..24).map(|i| f64::from(i % 3) + 0.5).collect()).unwrap();
    for (net, train, wanted) in ELASTIC_GOLDEN.iter().map(|(l1, l2, intercept, weigh, wanted)| {
        let net = ElasticNet { l1: *l1, l2: *l2, intercept: *intercept, ..ElasticNet::default() };
        (net, if *weigh { &weighted } else { &train }, wanted)
    }) {
        let (model, notices) = fit(&net, train);
        assert!(notices.is_empty());
        assert_close(model.coefficients(), &wanted[1..], 1e-9);
        assert!((model.intercept() - wanted[0]).abs() < 1e-9, "{} {}", model.intercept(), wanted[0]);
    }
}

#[path = "golden/elastic.rs"]
mod golden;
use golden::*;

#[test]
fn without_l1_it_is_ridge() {
    let train = numbers(&[noise(30, 1), noise(30, 2)], &noise(30, 3));
    let ridge = Ridge { l2: 2.5, ..Ridge::default() };
    let net = ElasticNet { l1: 0.0, l2: 2.5, ..ElasticNet::default() };
    assert_eq!(fit(&net, &train).0, fit(&ridge, &train).0);
}

/// With more columns than rows, with columns that are constant or repeat each other, in units from 1e-150 to 1e150.
#[test]
fn extreme_columns_have_an_answer() {
    let unit = |column: usize| [1.0, 1e150, 1e-150, 0.0][column % 4];
    let columns: Vec<Vec<f64>> =
        (0..20).map(|column| noise(12, column as u64 / 2).iter().map(|x| x * unit(column)).collect()).collect();
    for scale in [1.0, 1e150, 1e-150] {
        let target: Vec<f64> = noise(12, 40).iter().map(|y| y * scale).collect();
        for net in [ElasticNet::lasso(0.3 * scale), ElasticNet { l1: 1e-3, ..ElasticNet::default() }] {
            let (model, _) = fit(&net, &numbers(&columns, &target));
            let predicted = model.predict(&features(&columns)).unwrap();
            assert!(predicted.values().iter().all(|value| value.is_finite()));
        }
    }
}

/// Each way of computing, by products of pairs or by residuals, of dense or sparse columns, gives the same.
#[test]
fn sparse_columns_give_what_dense_ones_give() {
    let kept = |row: usize, column: usize| (row * 7 + column * 3).is_multiple_of(5);
    let columns: Vec<Vec<f64>> = (0..6)
        .map(|column| {
            let numbers = noise(80, column as u64).into_iter().enumerate();
            numbers.map(|(row, x)| if kept(row, column) { x + 1.0 } else { 0.0 }).collect()
        })
        .collect();
    let sparse = |column: &Vec<f64>| {
        let (rows, values): (Vec<u32>, Vec<f64>) =
            column.iter().zip(0..).filter(|(x, _)| **x != 0.0).map(|(x, row)| (row, *x)).unzip();
        Column::Sparse(Sparse::new(80, rows.into(), values.into()))
    };
    let dense = numbers(&columns, &noise(80, 30));
    let sparse = Dataset::new(
        Features::from_columns(80, dense.features.names().clone(), columns.iter().map(sparse).collect()),
        dense.labels.clone(),
    );
    let weigh =
        |train: &Dataset| train.clone().with_weights((0..80).map(|i| f64::from(i % 3) + 1.0).collect()).unwrap();
    for net in [ElasticNet::lasso(0.5), ElasticNet { intercept: false, ..ElasticNet::default() }] {
        for (dense, sparse) in [(dense.clone(), sparse.clone()), (weigh(&dense), weigh(&sparse))] {
            let (wanted, found) = (fit(&net, &dense).0, fit(&net, &sparse).0);
            assert_close(found.coefficients(), wanted.coefficients(), 1e-9);
            assert!((found.intercept() - wanted.intercept()).abs() < 1e-9);
        }
    }
}

#[test]
fn any_number_of_threads_descends_to_the_same_bits() {
    let columns: Vec<Vec<f64>> = (0..6).map(|stream| noise(20_000, stream)).collect();
    let train = numbers(&columns, &noise(20_000, 50));
    on_any_threads(|| fit(&ElasticNet::lasso(30.0), &train).0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// At the minimum the slope of each weight that is not 0 balances the penalty, and the others are no steeper.
    #[test]
    fn the_conditions_of_the_minimum_hold(
        rows in 3_usize..40, count in 1_usize..20, seed in 0_u64..1000, l1 in 0.001_f64..5.0, l2 in 0.0_f64..5.0
    ) {
        let columns: Vec<Vec<f64>> = (0..count).map(|index| noise(rows, seed * 100 + index as u64)).collect();
        let target = noise(rows, seed * 100 + 99);
        let net = ElasticNet { l1, l2, tolerance: 1e-13, rounds_max: 100_000, ..ElasticNet::default() };
        let (model, _) = fit(&net, &numbers(&columns, &target));
        let predicted = model.predict(&features(&columns)).unwrap();
        let rest: Vec<f64> = target.iter().zip(predicted.values()).map(|(y, p)| y - p).collect();
        prop_assert!(rest.iter().sum::<f64>().abs() < 1e-10);
        for (column, weight) in columns.iter().zip(model.coefficients()) {
            let slope = dot(column, &rest) - l2 * weight;
            if *weight == 0.0 {
                prop_assert!(slope.abs() <= l1 + 1e-6, "{} {}", slope, l1);
            } else {
                prop_assert!((slope - weight.signum() * l1).abs() < 1e-5, "{} {}", slope, weight);
            }
        }
    }
}
