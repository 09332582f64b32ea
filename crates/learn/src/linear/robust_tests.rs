//! Huber, quantile and Bayesian ridge regression: scikit-learn's numbers, and laws.

use super::tests::{assert_close, classes, features, fit, noise, numbers, refusal};
use super::*;
use crate::threads::on_any_threads;

#[path = "golden/robust.rs"]
mod golden;
use golden::*;

/// x0[i] = sin(i), x1[i] = cos(2i)·3 + 1, x2[i] = (i mod 5) - 2, y = 2 + 1.5·x0 - x1 + 0.3·x2 + sin(7i), and 15·cos(i)
/// more where i mod 9 is 4; 40 rows.
pub(super) fn waves(weigh: bool) -> Dataset {
    let rows = || (0..40).map(f64::from);
    let columns: Vec<Vec<f64>> = vec![
        rows().map(f64::sin).collect(),
        rows().map(|i| (2.0 * i).cos() * 3.0 + 1.0).collect(),
        rows().map(|i| i % 5.0 - 2.0).collect(),
    ];
    let target = |row: usize| {
        let line = 2.0 + 1.5 * columns[0][row] - columns[1][row] + 0.3 * columns[2][row];
        let outlier = if row % 9 == 4 { 15.0 * (row as f64).cos() } else { 0.0 };
        line + (7.0 * row as f64).sin() + outlier
    };
    let train = numbers(&columns, &(0..40).map(target).collect::<Vec<f64>>());
    if weigh { train.with_weights((0..40).map(|i| f64::from(i % 3) + 0.5).collect()).unwrap() } else { train }
}

#[track_caller]
fn assert_model(model: &LinearModel, wanted: &[f64; 4], tolerance: f64) {
    println!("{model:?} {wanted:?}");
    assert_close(model.coefficients(), &wanted[1..], tolerance);
    assert!((model.intercept() - wanted[0]).abs() <= tolerance * wanted[0].abs().max(1.0));
}

/// `HuberRegressor(epsilon, alpha, tol=1e-12)` of scikit-learn 1.9.1, its objective then minimised by Newton steps in
/// numpy; `QuantileRegressor(quantile, alpha=l1/Σω, solver="highs")`; `BayesianRidge(tol=1e-12)`.
#[test]
fn scikit_learn_finds_the_same() {
    for &(epsilon, l2, intercept, weigh, sigma, wanted) in HUBER_GOLDEN {
        let config = Huber { epsilon, l2, intercept, ..Huber::default() };
        let (model, notices) = fit(&config, &waves(weigh));
        assert!(notices.is_empty(), "{notices:?}");
        assert_model(&model, &wanted, 1e-9);
        let (_, found) = config.fit_with_scale(&waves(weigh), &Fit::new()).unwrap();
        assert!((found / sigma - 1.0).abs() < 1e-9);
    }
    for &(quantile, l1, intercept, weigh, wanted) in QUANTILE_GOLDEN {
        let (model, notices) = fit(&Quantile { quantile, l1, intercept }, &waves(weigh));
        assert!(notices.is_empty(), "{notices:?}");
        assert_model(&model, &wanted, 1e-11);
    }
    for &(intercept, weigh, noise, weight, wanted) in BAYES_GOLDEN {
        let config = BayesianRidge { intercept, tolerance: 1e-12, max_iterations: 100_000 };
        let (model, _) = fit(&config, &waves(weigh));
        println!("{model:?} {noise} {weight}");
        assert_close(model.coefficients(), &wanted[1..], 1e-8);
        assert!((model.intercept() - wanted[0]).abs() < 1e-8);
        assert!((model.weight_precision() / weight - 1.0).abs() < 1e-7);
        assert!((model.noise_precision() / noise - 1.0).abs() < 1e-7);
    }
}

/// Below the line lies a share of the rows that differs from the quantile by less than the rows that are met.
#[test]
fn a_quantile_splits_the_rows() {
    let columns: Vec<Vec<f64>> = (0..4).map(|stream| noise(3000, stream)).collect();
    let train = numbers(&columns, &noise(3000, 9));
    for quantile in [0.01, 0.3, 0.5, 0.95] {
        let (model, notices) = fit(&Quantile { quantile, ..Quantile::default() }, &train);
        assert!(notices.is_empty());
        let predicted = model.predict(&train.features).unwrap();
        let Target::Numbers(truth) = train.target() else { unreachable!("numbers") };
        let signs = || truth.iter().zip(predicted.values()).map(|(y, p)| y - p);
        assert!(signs().filter(|r| *r < -1e-12).count() as f64 <= quantile * 3000.0 + 1e-9);
        assert!(signs().filter(|r| *r > 1e-12).count() as f64 <= (1.0 - quantile) * 3000.0 + 1e-9);
    }
}

#[test]
fn rows_that_are_met_exactly_are_no_trouble() {
    let columns: Vec<Vec<f64>> = (0..2).map(|stream| noise(50, stream)).collect();
    let target: Vec<f64> = (0..50).map(|row| 3.0 + columns[0][row] - 2.0 * columns[1][row]).collect();
    let train = numbers(&columns, &target);
    assert_model_near(&fit(&Huber { l2: 0.0, ..Huber::default() }, &train).0, &[3.0, 1.0, -2.0]);
    assert_model_near(&fit(&Quantile::default(), &train).0, &[3.0, 1.0, -2.0]);
    assert_model_near(&fit(&Quantile::default(), &numbers(&columns, &[7.0; 50])).0, &[7.0, 0.0, 0.0]);
}

#[track_caller]
fn assert_model_near(model: &LinearModel, wanted: &[f64; 3]) {
    println!("{model:?}");
    let near = |(found, wanted): (&f64, &f64)| (found - wanted).abs() < 1e-6;
    assert!(model.coefficients().iter().zip(&wanted[1..]).all(near));
    assert!((model.intercept() - wanted[0]).abs() < 1e-6);
}

#[test]
fn a_weight_of_2_is_the_row_twice_and_rows_may_be_in_any_order() {
    let train = waves(false);
    let weighted = train.clone().with_weights((0..40).map(|row| f64::from(row % 3)).collect()).unwrap();
    let mut repeated: Vec<u32> = (0..40).flat_map(|row| std::iter::repeat_n(row, row as usize % 3)).collect();
    repeated.reverse();
    let repeated = train.take(&repeated);
    let close = |a: &[f64], b: &[f64]| assert_close(a, b, 1e-8);
    close(fit(&Huber::default(), &weighted).0.coefficients(), fit(&Huber::default(), &repeated).0.coefficients());
    let quantile = Quantile { quantile: 0.3, l1: 0.37, ..Quantile::default() };
    close(fit(&quantile, &weighted).0.coefficients(), fit(&quantile, &repeated).0.coefficients());
    let bayes = BayesianRidge::default();
    close(fit(&bayes, &weighted).0.coefficients(), fit(&bayes, &repeated).0.coefficients());
}

fn answers_or_reason<L: Learner>(learner: &L, train: &Dataset, wanted: &Features) {
    match learner.fit(train) {
        Ok(model) => assert!(model.predict(wanted).unwrap().values().iter().all(|value| value.is_finite())),
        Err(failure) => assert_eq!(failure.code, code::VALUE_OUT_OF_RANGE),
    }
}

#[test]
fn extreme_columns_have_an_answer_or_a_reason() {
    let unit = |column: usize| [1.0, 1e150, 1e-150, 0.0][column % 4];
    let columns: Vec<Vec<f64>> =
        (0..20).map(|column| noise(12, column as u64 / 2).iter().map(|x| x * unit(column)).collect()).collect();
    for scale in [1.0, 1e150, 1e-150] {
        let train = numbers(&columns, &noise(12, 40).iter().map(|y| y * scale).collect::<Vec<f64>>());
        let wanted = features(&columns);
        answers_or_reason(&Huber::default(), &train, &wanted);
        answers_or_reason(&Huber { intercept: false, ..Huber::default() }, &train, &wanted);
        answers_or_reason(&Quantile::default(), &train, &wanted);
        answers_or_reason(&Quantile { l1: 0.1, ..Quantile::default() }, &train, &wanted);
        answers_or_reason(&Quantile { intercept: false, ..Quantile::default() }, &train, &wanted);
        answers_or_reason(&BayesianRidge::default(), &train, &wanted);
    }
    let none = Dataset::new(Features::new(3, Vec::new().into(), Vec::new()), Target::Numbers(vec![1.0, 2.0, 6.0]));
    assert_eq!(fit(&Quantile::default(), &none).0.intercept(), 2.0);
    assert_eq!(fit(&BayesianRidge::default(), &none).0.intercept(), 3.0);
    assert!(fit(&Huber::default(), &none).0.intercept() < 3.0);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let good = waves(false);
    for quantile in [0.0, 1.0, -1.0, f64::NAN] {
        assert_eq!(refusal(&Quantile { quantile, ..Quantile::default() }, &good), code::BAD_VALUE);
    }
    for epsilon in [0.5, f64::NAN, f64::INFINITY] {
        assert_eq!(refusal(&Huber { epsilon, ..Huber::default() }, &good), code::BAD_VALUE);
    }
    let classes = classes(&[vec![1.0, 2.0]], &[0, 1], 2);
    assert_eq!(refusal(&Huber::default(), &classes), code::WRONG_TASK);
    assert_eq!(refusal(&Quantile::default(), &classes), code::WRONG_TASK);
    assert_eq!(refusal(&BayesianRidge::default(), &classes), code::WRONG_TASK);
}

#[test]
fn any_number_of_threads_gives_the_same_robust_models() {
    let columns: Vec<Vec<f64>> = (0..3).map(|stream| noise(5000, stream)).collect();
    let train = numbers(&columns, &noise(5000, 9));
    on_any_threads(|| (fit(&Huber::default(), &train).0, fit(&Quantile::default(), &train).0));
}
