//! Integrated gradients against closed forms, and of networks.

#![allow(clippy::unwrap_used)] // All of this file is tests.

mod common;

use common::{assert_near, numbers};
use pipewright_diagnostic::code;
use pipewright_explain::{Failure, integrated_gradients, linear};
use pipewright_learn::net::{Activation, Network, Training, natural_outputs};
use pipewright_learn::{Dataset, Features, Learner, Model, Target};

fn trained(activation: Activation, target: Target) -> (pipewright_learn::net::NetworkModel, Features) {
    let rows = numbers(200, 3, 1);
    let outputs = natural_outputs(&target);
    let training = Training { epochs: 15, ..Training::default() };
    let network = Network { hidden: vec![8, 6], outputs, activation, training, ..Network::default() };
    (network.fit(&Dataset::new(rows.clone(), target)).unwrap(), rows)
}

fn target() -> Target {
    let rows = numbers(200, 3, 1);
    Target::Numbers((0..200).map(|row| (2.0 * rows.column(0)[row]).sin() + rows.column(1)[row]).collect())
}

/// Slopes of networks are differences of their scores.
#[test]
fn slopes_are_finite_differences() {
    let classes =
        |count: u32| Target::Classes { codes: (0..200).map(|row| row % count).collect(), count: count as usize };
    for target in [target(), classes(2), classes(3)] {
        let (model, rows) = trained(Activation::Tanh, target);
        let (values, slopes) = model.slopes(&rows).unwrap();
        let outputs = values.len() / 200;
        let step = 1e-5;
        for column in 0..3 {
            let moved = |by: f64| {
                let value = |at: usize, row: usize| rows.column(at)[row] + if at == column { by } else { 0.0 };
                let moved = (0..3).flat_map(|at| (0..200).map(move |row| value(at, row))).collect();
                model.slopes(&Features::new(200, common::names(3), moved)).unwrap().0
            };
            let (up, down) = (moved(step), moved(-step));
            for place in 0..values.len() {
                let slope = (up[place] - down[place]) / (2.0 * step);
                let (row, output) = (place / outputs, place % outputs);
                assert!((slopes[(row * outputs + output) * 3 + column] - slope).abs() < 1e-7);
            }
        }
    }
}

#[test]
fn contributions_add_up_for_networks() {
    let background = numbers(5, 3, 2);
    for (activation, parts, tolerance) in [(Activation::Tanh, 2, 1e-9), (Activation::Relu, 64, 1e-3)] {
        let (model, rows) = trained(activation, target());
        let few = rows.take(&[0, 7, 9]);
        let found = integrated_gradients(|rows| model.slopes(rows), &few, &background, parts).unwrap();
        let (scores, _) = model.slopes(&few).unwrap();
        let predicted = model.predict(&few).unwrap();
        for (row, score) in scores.iter().enumerate() {
            assert!((found.total(row, 0) - score).abs() < tolerance);
            assert!((score - predicted.values()[row]).abs() < 1e-5);
        }
    }
}

/// Of a linear network, the values are those of its linear function.
#[test]
fn linear_networks_have_the_closed_form() {
    let (model, rows) = trained(Activation::None, target());
    let background = numbers(5, 3, 2);
    let (values, slopes) = model.slopes(&rows).unwrap();
    let weights = slopes[..3].to_vec();
    let intercept = values[0] - (0..3).map(|column| weights[column] * rows.column(column)[0]).sum::<f64>();
    let found = integrated_gradients(|rows| model.slopes(rows), &rows, &background, 1).unwrap();
    let mean = |column: usize| background.column(column).iter().sum::<f64>() / 5.0;
    for row in 0..200 {
        let part = |column: usize| weights[column] * (rows.column(column)[row] - mean(column));
        assert_near(found.of(row, 0), &[0, 1, 2].map(part), 1e-9);
        let base = intercept + (0..3).map(|column| weights[column] * mean(column)).sum::<f64>();
        assert!((found.base(row, 0) - base).abs() < 1e-9);
    }
    assert!(linear(&[], &rows, &background).is_err());
}

#[test]
fn what_has_no_gradient_is_refused() {
    let (rows, none, other) = (numbers(2, 2, 1), numbers(0, 2, 1), numbers(2, 3, 1));
    let slopes = |rows: &Features| Ok::<_, Failure>((vec![0.0; rows.rows()], vec![1.0; 2 * rows.rows()]));
    let refused = |rows: &Features, background: &Features, parts| {
        integrated_gradients(slopes, rows, background, parts).unwrap_err().code
    };
    assert_eq!(refused(&rows, &other, 1), code::WRONG_WIDTH);
    assert_eq!(refused(&rows, &none, 1), code::TOO_FEW_ROWS);
    assert_eq!(refused(&rows, &rows, 0), code::BAD_VALUE);
    let broken = |rows: &Features| Ok::<_, Failure>((vec![0.0; rows.rows()], vec![f64::NAN; 2 * rows.rows()]));
    assert_eq!(integrated_gradients(broken, &rows, &rows, 1).unwrap_err().code, code::NON_FINITE);
    let short = |rows: &Features| Ok::<_, Failure>((vec![0.0; rows.rows()], Vec::new()));
    assert_eq!(integrated_gradients(short, &rows, &rows, 1).unwrap_err().code, code::WRONG_WIDTH);
}
