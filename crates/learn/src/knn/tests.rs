//! Neighbours against scikit-learn, against a plain search, and at the limits of numbers.

use super::*;
use crate::data::{Categories, Column};
use crate::threads::on_any_threads;
use pipewright_world::random::Key;

fn names(count: usize) -> Arc<[String]> {
    (0..count).map(|index| format!("x{index}")).collect()
}

fn features(columns: &[Vec<f64>]) -> Features {
    Features::new(columns.first().map_or(0, Vec::len), names(columns.len()), columns.concat())
}

/// The same numbers as `grid` in the script that made the constants below.
fn grid(rows: usize, columns: usize, shift: usize) -> Vec<Vec<f64>> {
    let number =
        |row: usize, column: usize| (row * row * 37 * (column + 1) + row * 101 + column * column * 211 + 17) % 9973;
    let column = |column| (shift..shift + rows).map(|row| number(row, column) as f64 / 997.3).collect();
    (0..columns).map(column).collect()
}

fn noise(rows: usize, columns: usize, stream: u64) -> Vec<Vec<f64>> {
    let column = |column: usize| {
        let key = Key::new(stream).index(column as u64);
        (0..rows).map(|row| key.uniform(row as u64) * 2.0 - 1.0).collect()
    };
    (0..columns).map(column).collect()
}

fn numbers(columns: &[Vec<f64>], target: Vec<f64>) -> Dataset {
    Dataset::new(features(columns), Target::Numbers(target))
}

fn predict(learner: Neighbors, train: &Dataset, queries: &Features) -> Vec<f64> {
    learner.fit(train).unwrap().predict(queries).unwrap().values().to_vec()
}

#[track_caller]
fn assert_close(found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{found} {wanted}");
    }
}

const SEVEN: Neighbors = Neighbors { k: 7, weights: Weights::Uniform };
const BY_DISTANCE: Neighbors = Neighbors { k: 7, weights: Weights::Distance };

const DISTANCE: [f64; 15] = [
    1.0,
    0.0,
    0.0,
    0.9220794959203764,
    0.0779205040796236,
    0.0,
    0.0,
    0.5722940314432438,
    0.4277059685567563,
    0.0,
    1.0,
    0.0,
    0.08588941798992906,
    0.7169568728147132,
    0.1971537091953577,
];
const REGRESSION: [f64; 5] =
    [-1.174014869107642, 10.032451816585343, -3.3767072451239986, 4.787465047319285, 13.416621436566906];
const MISSING: [f64; 5] =
    [-1.1511058204660072, 8.65874293567407, -3.271200735550069, 6.693996148578508, 13.861948546909609];

/// `KNeighborsClassifier(7, weights)` and `KNeighborsRegressor(7, weights)` of scikit-learn 1.9.1, fitted to
/// `grid(60, 4)` and asked for `grid(5, 4, 1000)`; with `metric="nan_euclidean"` where values are missing.
#[test]
fn scikit_learn_agrees() {
    let (mut columns, mut queries) = (grid(60, 4, 0), grid(5, 4, 1000));
    let class = |row: usize| u32::from(columns[0][row] + columns[1][row] > 10.0) + u32::from(columns[2][row] > 6.0);
    let classes = Target::Classes { codes: (0..60).map(class).collect(), count: 3 };
    let train = Dataset::new(features(&columns), classes);
    let uniform = predict(SEVEN, &train, &features(&queries));
    let votes: Vec<f64> = uniform.iter().map(|share| (share * 7.0).round()).collect();
    assert_eq!(votes, [7.0, 0.0, 0.0, 5.0, 2.0, 0.0, 0.0, 5.0, 2.0, 0.0, 7.0, 0.0, 1.0, 4.0, 2.0]);
    assert_close(&uniform, &votes.iter().map(|votes| votes / 7.0).collect::<Vec<f64>>());
    assert_close(&predict(BY_DISTANCE, &train, &features(&queries)), &DISTANCE);
    let target: Vec<f64> = (0..60).map(|row| columns[0][row] * 2.0 - columns[3][row]).collect();
    let train = numbers(&columns, target.clone());
    assert_close(&predict(BY_DISTANCE, &train, &features(&queries)), &REGRESSION);
    (0..60).step_by(3).for_each(|row| columns[row % 4][row] = f64::NAN);
    (queries[2][1], queries[0][3]) = (f64::NAN, f64::NAN);
    let train = numbers(&columns, target);
    assert_close(&predict(BY_DISTANCE, &train, &features(&queries)), &MISSING);
}

/// All ways of searching find what comparing with all rows in order finds, with ties by the order of the rows.
#[test]
fn every_way_finds_the_same_neighbours() {
    for (rows, width, levels) in
        [(700, 3, 0.0), (700, 8, 0.0), (700, 12, 0.0), (3000, 2, 6.0), (1500, 9, 2.0), (50, 3, 3.0)]
    {
        let rounded = |number: f64| if levels > 0.0 { (number * levels).round() } else { number };
        let columns: Vec<Vec<f64>> =
            noise(rows, width, 1).into_iter().map(|column| column.into_iter().map(rounded).collect()).collect();
        let queries: Vec<Vec<f64>> =
            noise(90, width, 2).into_iter().map(|column| column.into_iter().map(rounded).collect()).collect();
        let target: Vec<f64> = (0..rows).map(|row| row as f64).collect();
        let found = predict(Neighbors::new(4), &numbers(&columns, target), &features(&queries));
        let wanted = (0..90).map(|query| {
            let square =
                |row: usize| columns.iter().zip(&queries).map(|(a, b)| (a[row] - b[query]).powi(2)).sum::<f64>();
            let mut order: Vec<usize> = (0..rows).collect();
            order.sort_by(|a, b| square(*a).total_cmp(&square(*b)));
            order[..4].iter().map(|row| *row as f64).sum::<f64>() / 4.0
        });
        assert_close(&found, &wanted.collect::<Vec<f64>>());
    }
}

/// Weights of 2 and 3 are rows that are there twice and three times, also on the verge of the neighbours.
#[test]
fn weights_are_repetitions() {
    for width in [3, 11] {
        let rows = numbers(&noise(300, width, 1), noise(300, 1, 3).concat());
        let times: Vec<f64> = (0..300).map(|row| f64::from(row % 4)).collect();
        let repeated = (0..300).flat_map(|row| std::iter::repeat_n(row, row as usize % 4)).collect::<Vec<u32>>();
        let (repeated, weighted) = (rows.take(&repeated), rows.with_weights(times).unwrap());
        for learner in [SEVEN, BY_DISTANCE] {
            let queries = features(&noise(40, width, 2));
            assert_close(&predict(learner, &weighted, &queries), &predict(learner, &repeated, &queries));
        }
    }
}

#[test]
fn threads_and_files_change_nothing() {
    for width in [2, 10] {
        let train = numbers(&noise(5000, width, 1), noise(5000, 1, 3).concat());
        let queries = features(&noise(200, width, 2));
        let outputs = on_any_threads(|| predict(BY_DISTANCE, &train, &queries));
        let model = BY_DISTANCE.fit(&train).unwrap();
        let loaded: NeighborsModel = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
        loaded.validate().unwrap();
        assert_eq!(loaded, model);
        assert_eq!(loaded.predict(&queries).unwrap().values(), outputs);
    }
}

fn categories(codes: Vec<u32>, levels: &[&str]) -> Column {
    let levels: Vec<String> = levels.iter().map(|level| (*level).to_owned()).collect();
    Column::Categories(Categories::new(codes.into(), levels.into()))
}

fn mixed(numbers: Vec<f64>, codes: Vec<u32>, levels: &[&str]) -> Features {
    let rows = numbers.len();
    Features::from_columns(rows, names(2), vec![Column::Dense(numbers.into()), categories(codes, levels)])
}

/// A category that differs is as far as a number 1 away; a missing value says nothing.
#[test]
fn categories_and_numbers_are_compared_together() {
    let missing = Categories::MISSING;
    let train = mixed(vec![0.0, 0.9, 0.0, f64::NAN], vec![0, 0, 1, missing], &["a", "b"]);
    let train = Dataset::new(train, Target::Numbers(vec![1.0, 2.0, 3.0, 4.0]));
    let one = Neighbors::new(1);
    let queries = mixed(vec![0.6, 0.4, f64::NAN, 0.1, f64::NAN], vec![1, 0, 0, 2, missing], &["a", "b", "new"]);
    // √(0.3² + 1) is nearer than 0.6 only if the category is the same. Nothing known: the mean.
    assert_eq!(predict(one, &train, &queries), [3.0, 1.0, 1.0, 1.0, 2.5]);
    // Levels are told by their names, not by their places.
    let swapped = mixed(vec![0.6], vec![0], &["b", "a"]);
    assert_eq!(predict(one, &train, &swapped), [3.0]);
    let changed = Features::from_rows(["x0", "x1"], &[[1.0, 2.0]]);
    let model = one.fit(&train).unwrap();
    assert_eq!(model.predict(&changed).unwrap_err().code, code::KIND_CHANGED);
    assert_eq!(model.predict(&features(&[vec![1.0]])).unwrap_err().code, code::WRONG_WIDTH);
}

/// Units do not matter as long as all columns share them.
#[test]
fn extreme_scales_change_nothing() {
    for width in [3, 10] {
        let (columns, queries) = (noise(400, width, 1), noise(30, width, 2));
        let target = noise(400, 1, 3).concat();
        let usual = predict(BY_DISTANCE, &numbers(&columns, target.clone()), &features(&queries));
        for exponent in [-1000, -498, 498, 1020] {
            let unit = 2.0_f64.powi(exponent / 2);
            let by = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
                columns.iter().map(|column| column.iter().map(|number| number * unit * unit).collect()).collect()
            };
            let found = predict(BY_DISTANCE, &numbers(&by(&columns), target.clone()), &features(&by(&queries)));
            if exponent > -1000 {
                assert_eq!(found, usual);
            }
            assert!(found.iter().all(|number| number.is_finite()));
        }
        let far = features(&vec![vec![1e300, f64::MAX, -1e-300]; width]);
        let found = predict(BY_DISTANCE, &numbers(&columns, target), &far);
        assert!(found.iter().all(|number| number.is_finite()));
    }
}

#[test]
fn odd_tables_are_answered() {
    let missing = vec![f64::NAN; 4];
    let train = numbers(&[missing.clone(), vec![1.0; 4]], vec![1.0, 2.0, 3.0, 6.0]);
    let queries = features(&[vec![1.0, 1.0], vec![1.0, f64::NAN]]);
    assert_eq!(predict(Neighbors::new(2), &train, &queries), [1.5, 3.0]);
    assert_eq!(predict(Neighbors::new(9), &train, &queries), [3.0, 3.0]);
    let no_columns = Dataset::new(Features::new(2, Vec::new().into(), Vec::new()), Target::Numbers(vec![1.0, 2.0]));
    assert_eq!(predict(SEVEN, &no_columns, &no_columns.features), [1.5, 1.5]);
    let one_class = Target::Classes { codes: vec![1; 4], count: 3 };
    let train = Dataset::new(features(&[missing]), one_class);
    assert_eq!(predict(SEVEN, &train, &features(&[vec![2.0]])), [0.0, 1.0, 0.0]);
    let largest = numbers(&[vec![0.0; 3]], vec![f64::MAX; 3]);
    assert_eq!(predict(SEVEN, &largest, &features(&[vec![2.0]])), [f64::MAX]);
    assert_eq!(predict(SEVEN, &largest, &Features::new(0, names(1), Vec::new())), [0.0; 0]);
}

#[test]
fn unfit_data_and_hostile_files_are_refused() {
    let train = numbers(&[vec![1.0, 2.0]], vec![1.0, 2.0]);
    assert_eq!(Neighbors::new(0).fit(&train).unwrap_err().code, code::BAD_VALUE);
    let none = numbers(&[Vec::new()], Vec::new());
    assert_eq!(SEVEN.fit(&none).unwrap_err().code, code::TOO_FEW_ROWS);
    let infinite = numbers(&[vec![1.0, f64::INFINITY]], vec![1.0, 2.0]);
    assert_eq!(SEVEN.fit(&infinite).unwrap_err().code, code::NON_FINITE);
    let good = serde_json::to_string(&SEVEN.fit(&train).unwrap()).unwrap();
    for (part, other) in [
        ("\"k\":7", "\"k\":0"),
        ("\"values\":[1.0,2.0]", "\"values\":[1.0]"),
        ("[1.0,2.0]}]", "[1.0]}]"),
        ("{\"numbers\":[1.0,2.0]}", "{\"categories\":{\"codes\":[0,7],\"levels\":[\"a\"]}}"),
        ("\"sample_weights\":null", "\"sample_weights\":[1.0,0.0]"),
    ] {
        let bad = good.replacen(part, other, 1);
        assert_ne!(bad, good, "{part}");
        assert!(serde_json::from_str::<NeighborsModel>(&bad).unwrap().validate().is_err(), "{bad}");
    }
}
