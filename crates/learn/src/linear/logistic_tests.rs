//! Logistic regression with all its penalties: scikit-learn's numbers, conditions of the minimum, laws.

use super::tests::{assert_close, classes, features, fit, noise, refusal};
use super::*;
use crate::sums::dot;
use crate::threads::on_any_threads;

/// The inputs of the frozen numbers: x0[i] = sin(i), x1[i] = cos(2i)·3 + 1, x2[i] = (i mod 5) - 2,
/// x3 = x0 / 2 + cos(i); s = 1.5·x0 - x1 / 2 + 0.4·x3 + 1.5·sin(5i) is above -0.2, or above -1 and above 1; 60 rows.
pub(super) fn waves(count: u32) -> Dataset {
    let rows = || (0..60).map(f64::from);
    let columns: Vec<Vec<f64>> = vec![
        rows().map(f64::sin).collect(),
        rows().map(|i| (2.0 * i).cos() * 3.0 + 1.0).collect(),
        rows().map(|i| i % 5.0 - 2.0).collect(),
        rows().map(|i| i.sin() / 2.0 + i.cos()).collect(),
    ];
    let code = |row: usize| {
        let score = 1.5 * columns[0][row] - 0.5 * columns[1][row] + 0.4 * columns[3][row];
        let score = score + 1.5 * (5.0 * row as f64).sin();
        if count == 2 { u32::from(score > -0.2) } else { u32::from(score > -1.0) + u32::from(score > 1.0) }
    };
    classes(&columns, &(0..60).map(code).collect::<Vec<u32>>(), count as usize)
}

#[path = "golden/logistic.rs"]
mod golden;
use golden::*;

/// `LogisticRegression(C=1/(l1+l2), l1_ratio=l1/(l1+l2), solver="saga" or "newton-cholesky", tol=1e-13)` of scikit-learn
/// 1.9.1, intercepts of three classes less their mean; balanced weights are given as sample weights.
#[test]
fn scikit_learn_finds_the_same() {
    for &(count, l1, l2, intercept, balanced, weigh, wanted) in LOGISTIC_GOLDEN {
        let mut train = waves(count);
        if weigh {
            train = train.with_weights((0..60).map(|i| f64::from(i % 3) + 0.5).collect()).unwrap();
        }
        let config = Logistic { l1, l2, intercept, balanced, ..Logistic::default() };
        let (model, notices) = fit(&config, &train);
        assert!(notices.is_empty(), "{config:?}: {notices:?}");
        for (function, wanted) in wanted.iter().enumerate() {
            println!("{config:?} {:?} {:?}", model.coefficients()[function], wanted);
            assert_close(&model.coefficients()[function], &wanted[1..], 1e-7);
            assert!((model.intercepts()[function] - wanted[0]).abs() < 1e-7);
        }
    }
}

/// At the minimum the slope of each weight that is not 0 balances the penalty, and the others are no steeper; on few
/// columns and on so many that they are admitted in turn.
#[test]
fn the_conditions_of_the_minimum_hold() {
    for (count, columns) in [(2, 12), (3, 12), (2, 300), (3, 150)] {
        let columns: Vec<Vec<f64>> = (0..columns).map(|stream| noise(150, stream)).collect();
        let code = |(e, x): (&f64, &f64)| ((e + 2.0 * x + 3.0) / 6.0 * f64::from(count)) as u32;
        let codes: Vec<u32> = noise(150, 900).iter().zip(&columns[3]).map(code).collect();
        let train = classes(&columns, &codes, count as usize);
        for (l1, l2) in [(8.0, 0.0), (2.0, 0.0), (1.0, 0.5)] {
            let (model, notices) = fit(&Logistic { l1, l2, ..Logistic::default() }, &train);
            assert!(notices.is_empty(), "{count} {l1} {notices:?}");
            let predicted = model.predict(&train.features).unwrap();
            for (function, weights) in model.coefficients().iter().enumerate() {
                let class = if count == 2 { 1 } else { function };
                let is_class = |row: usize| f64::from(u8::from(codes[row] as usize == class));
                let errors: Vec<f64> =
                    (0..150).map(|row| predicted.values()[row * count as usize + class] - is_class(row)).collect();
                assert!(errors.iter().sum::<f64>().abs() < 1e-8);
                for (column, weight) in columns.iter().zip(weights) {
                    let slope = -dot(column, &errors) - l2 * weight;
                    if *weight == 0.0 {
                        assert!(slope.abs() <= l1 * (1.0 + 1e-8), "{slope}");
                    } else {
                        assert!((slope - weight.signum() * l1).abs() < 1e-7, "{slope} {weight}");
                    }
                }
            }
        }
    }
}

#[test]
fn penalties_are_checked() {
    let train = waves(2);
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refusal(&Logistic { l1: bad, ..Logistic::default() }, &train), code::BAD_VALUE);
        assert_eq!(refusal(&Logistic { l2: bad, ..Logistic::default() }, &train), code::BAD_VALUE);
    }
}

/// Without intercept, opposite rows have opposite log-odds.
#[test]
fn without_intercept_the_origin_is_undecided() {
    let origin = features(&vec![vec![0.0]; 4]);
    for l1 in [0.0, 0.5] {
        let (model, _) = fit(&Logistic { intercept: false, l1, ..Logistic::default() }, &waves(2));
        assert_eq!(model.intercepts(), [0.0]);
        assert_eq!(model.predict(&origin).unwrap().values(), [0.5, 0.5]);
    }
}

#[test]
fn extreme_columns_have_an_answer_or_a_reason() {
    let unit = |column: usize| [1.0, 1e150, 1e-150, 0.0][column % 4];
    let columns: Vec<Vec<f64>> =
        (0..20).map(|column| noise(12, column as u64 / 2).iter().map(|x| x * unit(column)).collect()).collect();
    let codes: Vec<u32> = (0..12).map(|row| row * 5 % 3).collect();
    for l1 in [0.0, 0.1, 1.0] {
        for intercept in [true, false] {
            let config = Logistic { l1, intercept, ..Logistic::default() };
            match config.fit(&classes(&columns, &codes, 3)) {
                Ok(model) => {
                    let predicted = model.predict(&features(&columns)).unwrap();
                    assert!(predicted.values().iter().all(|value| (0.0..=1.0).contains(value)));
                }
                Err(failure) => {
                    println!("{config:?}");
                    assert_eq!(failure.code, code::VALUE_OUT_OF_RANGE);
                }
            }
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_sparse_model() {
    let columns: Vec<Vec<f64>> = (0..60).map(|stream| noise(5000, stream)).collect();
    let codes: Vec<u32> = noise(5000, 99).iter().zip(&columns[1]).map(|(e, x)| ((e + x + 2.0) * 0.74) as u32).collect();
    let train = classes(&columns, &codes, 3);
    on_any_threads(|| fit(&Logistic { l1: 20.0, l2: 0.0, ..Logistic::default() }, &train).0);
}
