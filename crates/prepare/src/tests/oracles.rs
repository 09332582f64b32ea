//! Comparison with scikit-learn: results frozen by `tests/oracles/freeze_numeric.py`.

use crate::{
    BinMethod, Binner, Estimator, Knots, PolynomialFeatures, Power, QuantileMapper, Scaler, Shape, Spline, State, fit,
};
use arrow_array::{ArrayRef, Float64Array};
use pipewright_table::{Column, ColumnType, Table};
use pipewright_world::random::Key;
use serde_json::Value;
use std::sync::Arc;

fn frozen() -> Value {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/numeric.json"));
    serde_json::from_str(text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn table(columns: &[(&str, Vec<f64>)]) -> Table {
    let arrays = columns.iter().map(|(_, numbers)| Arc::new(Float64Array::from(numbers.clone())) as ArrayRef).collect();
    Table::new(columns.iter().map(|(name, _)| Column::new(*name, ColumnType::Continuous)).collect(), arrays).unwrap()
}

fn made<E: Estimator>(estimator: &E, train: &Table, new: &Table) -> Table {
    fit(estimator, train).unwrap().apply(new).unwrap()
}

/// Carries a step out that is written as the language writes it.
fn carried_out(step: &str, train: &Table, new: &Table) -> Table {
    let words: Vec<&str> = step.split(' ').collect();
    let option = |name: &str| {
        words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).expect("the step has the option")
    };
    let size = |text: &str| text.parse::<usize>().unwrap();
    match &words[..2] {
        ["scale", "standard"] => made(&Scaler::standard(), train, new),
        ["scale", "minmax"] => made(&Scaler::minmax(), train, new),
        ["scale", "robust"] => made(&Scaler::robust(), train, new),
        ["scale", "maxabs"] => made(&Scaler::maxabs(), train, new),
        ["power", "yeojohnson"] => made(&Power::yeo_johnson(), train, new),
        ["power", "boxcox"] => made(&Power::box_cox(), train, new),
        ["quantile", shape] => {
            let shape = if *shape == "normal" { Shape::Normal } else { Shape::Uniform };
            made(&QuantileMapper::to(shape).with_landmarks(size(option("n_quantiles"))), train, new)
        }
        ["bin", bins] => {
            let method = if words[2] == "width" { BinMethod::Width } else { BinMethod::Quantile };
            made(&Binner { bins: size(bins), method, onehot: false, on: None }, train, new)
        }
        ["spline", knots] => {
            let placing = if option("knots") == "quantile" { Knots::Quantile } else { Knots::Uniform };
            let spline = Spline { knots: size(knots), degree: size(option("degree")), placing, ..Spline::default() };
            made(&spline, train, new)
        }
        _ => unreachable!("{step}"),
    }
}

#[test]
fn numeric_steps_agree_with_scikit_learn() {
    let frozen = frozen();
    let (mut tried, mut wrong) = (0, Vec::new());
    for case in frozen["cases"].as_array().unwrap() {
        let (step, name) = (case["step"].as_str().unwrap(), case["column"].as_str().unwrap());
        let train = numbers(&frozen["columns"][name]);
        let new = table(&[("x", numbers(&frozen["new"][name]))]);
        let made = carried_out(step, &table(&[("x", train.clone())]), &new);
        let expected = case["made"].as_array().unwrap();
        assert_eq!(made.columns().len(), expected.len(), "{step} of {name}");
        // Numbers far from 0 for their spread lose digits in both.
        let range =
            train.iter().fold(f64::MIN, |max, &x| max.max(x)) - train.iter().fold(f64::MAX, |min, &x| min.min(x));
        let condition = (train.iter().fold(0.0, |max: f64, x| max.max(x.abs())) / range).max(1.0);
        let tolerance = case.get("tolerance").unwrap_or(&frozen["tolerance"]).as_f64().unwrap() * condition;
        for (column, expected) in made.columns().iter().zip(expected) {
            let found = made.numbers(std::slice::from_ref(&column.name)).unwrap();
            for (row, (found, expected)) in found.iter().zip(numbers(expected)).enumerate() {
                let error = (found - expected).abs() / expected.abs().max(1.0);
                if error > tolerance {
                    wrong.push(format!("{step} of {name}, row {row}: {found} for {expected}"));
                }
            }
        }
        tried += 1;
    }
    assert!(tried >= 100, "{tried} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn exponents_are_the_roots_and_near_those_of_scikit_learn() {
    let frozen = frozen();
    for case in frozen["cases"].as_array().unwrap().iter().filter(|case| case.get("exponent").is_some()) {
        let power = if case["step"] == "power boxcox" { Power::box_cox() } else { Power::yeo_johnson() };
        let train = table(&[("x", numbers(&frozen["columns"][case["column"].as_str().unwrap()]))]);
        let found = fit(&power, &train).unwrap().show().numbers(&["exponent".into()]).unwrap()[0];
        let close = |expected: &Value, tolerance: f64| (found - expected.as_f64().unwrap()).abs() <= tolerance;
        assert!(close(&case["exponent"], 1e-11), "{found} for {case}");
        assert!(close(&case["sklearn"], 1e-5), "{found} for {case}");
    }
}

#[test]
fn products_are_those_of_scikit_learn_in_the_same_order() {
    let frozen = frozen();
    let names = ["normal", "skewed", "tied"];
    let columns = names.map(|name| (name, numbers(&frozen["columns"][name])[..8].to_vec()));
    let table = table(&columns);
    for case in frozen["products"].as_array().unwrap() {
        let degree = usize::try_from(case["degree"].as_u64().unwrap()).unwrap();
        let products = PolynomialFeatures { degree, powers: !case["interaction_only"].as_bool().unwrap(), on: None };
        let made = made(&products, &table, &table);
        let their_name = |name: &Value| name.as_str().unwrap().replace(' ', " × ");
        let expected: Vec<String> = case["names"].as_array().unwrap().iter().map(their_name).collect();
        let found: Vec<String> = made.columns()[3..].iter().map(|column| column.name.to_string()).collect();
        assert_eq!(found, expected);
        for (name, expected) in found.iter().zip(case["made"].as_array().unwrap()) {
            let found = made.numbers(&[name.as_str().into()]).unwrap();
            for (found, expected) in found.iter().zip(numbers(expected)) {
                assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{name}: {found} for {expected}");
            }
        }
    }
}

/// Forests differ by their random numbers; the file has the mean of twenty of scikit-learn's.
#[test]
fn isolation_scores_are_near_those_of_scikit_learn() {
    let frozen = frozen();
    let columns: Vec<Vec<f64>> = frozen["forest"]["rows"].as_array().unwrap().iter().map(numbers).collect();
    let expected = numbers(&frozen["forest"]["scores"]);
    let scores = super::super::forest::scores(&columns, Key::new(1)).unwrap();
    let errors: Vec<f64> = scores.iter().zip(&expected).map(|(found, expected)| (found - expected).abs()).collect();
    let worst = errors.iter().fold(0.0, |worst: f64, error| worst.max(*error));
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(worst < 0.06 && mean < 0.012, "{worst} at worst, {mean} in the mean");
}
