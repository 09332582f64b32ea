//! Effects of columns against scikit-learn, closed forms and each other.

#![allow(clippy::unwrap_used)] // All of this file is tests.

mod common;

use common::{assert_near, features, function, list, mixed, numbers, on_any_threads, oracle};
use pipewright_diagnostic::code;
use pipewright_explain::{Explainer, Players};
use pipewright_learn::boost::Gbdt;
use pipewright_learn::{Features, Learner, Model};

#[test]
fn dependence_is_that_of_scikit_learn() {
    let oracle = oracle(include_str!("oracles/dependence.json"));
    let rows = features(&oracle["rows"]);
    let explainer = Explainer::new(function(|x| x[0] * x[1] + x[2].powi(2)), &rows);
    let found = explainer.dependence("x1", 100, 25).unwrap();
    let grid: Vec<f64> = found.grid.iter().map(|point| point.value).collect();
    assert_eq!(grid, list(&oracle["grid"]));
    assert_near(found.average.values(), &list(&oracle["average"]), 1e-12);
    let curves: Vec<f64> = found.curves.iter().flat_map(|curve| curve.values().to_vec()).collect();
    assert_near(&curves, &list(&oracle["individual"]), 1e-12);
    assert_eq!(found.rows, (0..25).collect::<Vec<u32>>());
    let two = explainer.dependence_of_two(["x0", "x1"], 100).unwrap();
    let grids: Vec<f64> = two.grids.iter().flatten().map(|point| point.value).collect();
    assert_eq!(grids, list(&oracle["grid_of_two"]));
    assert_near(two.average.values(), &list(&oracle["average_of_two"]), 1e-12);
}

/// Of a sum of functions of single columns, both kinds of effects are the function of the column, but for a constant.
#[test]
fn effects_of_additive_functions_are_their_terms() {
    let rows = numbers(3000, 3, 1);
    let explainer = Explainer::new(function(|x| (3.0 * x[0]).sin() + x[1] * x[2]), &rows);
    let dependence = explainer.dependence("x0", 41, 0).unwrap();
    let accumulated = explainer.accumulated("x0", 40).unwrap();
    let grid: Vec<f64> = dependence.grid.iter().map(|point| point.value).collect();
    assert_eq!(grid, accumulated.edges);
    let apart = dependence.average.values()[0] - accumulated.effects.values()[0];
    for (place, x) in grid.iter().enumerate() {
        let term = (3.0 * x).sin() - (3.0 * grid[0]).sin();
        assert!((dependence.average.values()[place] - dependence.average.values()[0] - term).abs() < 1e-10);
        assert!((dependence.average.values()[place] - accumulated.effects.values()[place] - apart).abs() < 1e-10);
    }
    assert_eq!(accumulated.counts.iter().sum::<usize>(), 3000);
    // The mean over rows, by the trapezium of each bin.
    let pairs = accumulated.effects.values().windows(2).zip(&accumulated.counts);
    let mean: f64 = pairs.map(|(ends, &count)| count as f64 * f64::midpoint(ends[0], ends[1])).sum();
    assert!(mean.abs() < 1e-9);
}

/// Two copies of a column x in [0, 1]: the local effect of one in x·x is ∫ x dx, and partial dependence, which moves one
/// copy without the other, is a straight line.
#[test]
fn copies_are_told_apart_by_local_effects() {
    let values: Vec<f64> = (0..=400).map(|row| f64::from(row) / 400.0).collect();
    let rows = Features::new(401, common::names(2), [values.clone(), values].concat());
    let product = Explainer::new(function(|x| x[0] * x[1]), &rows);
    let local = product.accumulated("x0", 400).unwrap();
    let start = local.effects.values()[0];
    for (x, effect) in local.edges.iter().zip(local.effects.values()) {
        assert!((effect - start - x * x / 2.0).abs() < 0.003, "{x} {effect}");
    }
    let line = product.dependence("x0", 401, 0).unwrap();
    line.grid.iter().zip(line.average.values()).for_each(|(point, y)| assert!((y - point.value / 2.0).abs() < 1e-12));
    // The copy that is not used has no effect at all.
    let unused = Explainer::new(function(|x| x[0].exp()), &rows).accumulated("x1", 20).unwrap();
    assert!(unused.effects.values().iter().all(|effect| *effect == 0.0));
}

/// By hand: f = x0·x1 with three bins of one row or two.
#[test]
fn local_effects_by_hand() {
    let rows = Features::from_rows(["a", "b"], &[[0.0, 1.0], [1.0, 2.0], [2.0, 3.0], [4.0, 5.0]]);
    let found = Explainer::new(function(|x| x[0] * x[1]), &rows).accumulated("a", 3).unwrap();
    assert_eq!((found.edges, found.counts), (vec![0.0, 1.0, 2.0, 4.0], vec![2, 1, 1]));
    // Changes: (1·1 + 1·2)/2 = 1.5, 1·3 = 3, 2·5 = 10; the mean is (2·0.75 + 3 + 9.5) / 4 = 3.5.
    assert_near(found.effects.values(), &[-3.5, -2.0, 1.0, 11.0], 1e-12);
}

#[test]
fn interactions_have_the_share_that_they_explain() {
    let rows = numbers(400, 3, 2);
    let strength = |of: fn(&[f64]) -> f64, pair| {
        let found = Explainer::new(function(of), &rows).interaction_strength(pair, 60).unwrap();
        (found.share[0], found.size[0])
    };
    let (share, size) = strength(|x| x[0] + x[1].exp() + x[2], ["x0", "x1"]);
    assert!(share.unwrap() < 1e-20 && size < 1e-12);
    // Centred columns whose product is all there is: the main effects of a sample are nearly 0.
    let (share, size) = strength(|x| x[0] * x[1], ["x0", "x1"]);
    assert!(share.unwrap() > 0.9 && (size - 1.0 / 3.0).abs() < 0.1, "{share:?} {size}");
    let (share, _) = strength(|x| x[0] * x[1] + x[2], ["x0", "x2"]);
    assert!(share.unwrap() < 0.02);
    let (share, size) = strength(|x| x[2], ["x0", "x1"]);
    assert!(share.is_none() && size < 1e-12);
}

/// H² against its definition, on all rows.
#[test]
fn the_statistic_is_that_of_its_definition() {
    let rows = numbers(25, 3, 3);
    let of = |x: &[f64]| (x[0] * x[1]).exp() + x[0] * x[2] - x[1];
    let found = Explainer::new(function(of), &rows).interaction_strength(["x0", "x1"], 25).unwrap();
    let x = |row: usize| [0, 1, 2].map(|column| rows.column(column)[row]);
    let depends = |row: usize, exchanged: &[usize]| {
        let hybrid = |other: usize| {
            let mut values = x(other);
            exchanged.iter().for_each(|&column| values[column] = x(row)[column]);
            of(&values)
        };
        (0..25).map(hybrid).sum::<f64>() / 25.0
    };
    let centred = |exchanged: &[usize]| {
        let values: Vec<f64> = (0..25).map(|row| depends(row, exchanged)).collect();
        let mean = values.iter().sum::<f64>() / 25.0;
        values.into_iter().map(move |value| value - mean).collect::<Vec<f64>>()
    };
    let (first, second, both) = (centred(&[0]), centred(&[1]), centred(&[0, 1]));
    let above: f64 = (0..25).map(|row| (both[row] - first[row] - second[row]).powi(2)).sum();
    let expected = above / both.iter().map(|value| value * value).sum::<f64>();
    assert!((found.share[0].unwrap() - expected).abs() < 1e-12);
}

#[test]
fn categories_and_missing_values_have_effects() {
    let train = mixed(2500, 1);
    let model = Gbdt::with_trees(20).fit(&train).unwrap();
    let explainer = Explainer::new(|rows: &Features| model.predict(rows), &train.features);
    let levels = on_any_threads(|| explainer.dependence("x4", 20, 3).unwrap());
    assert_eq!(levels.grid.len(), 6);
    assert_eq!(levels.grid[2].level.as_deref(), Some("level 2"));
    // Rows are more than a block; the mean is that of all of them.
    let first = levels.grid[5].row as usize;
    let pipewright_learn::data::Column::Categories(column) = train.features.stored(4) else { panic!("categories") };
    let same = vec![column.codes()[first]; 2500];
    let same = pipewright_learn::data::Categories::new(same.into(), column.levels().into());
    let mut columns: Vec<_> = (0..5).map(|column| train.features.stored(column).clone()).collect();
    columns[4] = pipewright_learn::data::Column::Categories(same);
    let changed = Features::from_columns(2500, train.features.names().clone(), columns);
    let mean = model.predict(&changed).unwrap().values().iter().sum::<f64>() / 2500.0;
    assert!((levels.average.values()[5] - mean).abs() < 1e-12);
    let local = explainer.accumulated("x0", 10).unwrap();
    assert!(local.counts.iter().sum::<usize>() < 2500 && local.edges.len() == 11);
    assert_eq!(explainer.accumulated("x4", 10).unwrap_err().code, code::BAD_VALUE);
    assert_eq!(explainer.accumulated("x9", 10).unwrap_err().code, code::UNKNOWN_COLUMN);
    assert_eq!(explainer.dependence("x0", 1, 0).unwrap_err().code, code::BAD_VALUE);
    assert_eq!(explainer.interaction_strength(["x0", "x0"], 9).unwrap_err().code, code::BAD_VALUE);
    assert_eq!(explainer.interaction_strength(["x0", "x1"], 1).unwrap_err().code, code::TOO_FEW_ROWS);
    let group = Players::each(&train.features).group("g", &["x0", "x1"]).unwrap();
    assert_eq!(explainer.players(group).dependence("g", 9, 0).unwrap_err().code, code::BAD_VALUE);
}

#[test]
fn a_constant_column_has_no_effect() {
    let rows = Features::from_rows(["a", "b"], &[[1.0, 2.0], [1.0, 3.0]]);
    let found = Explainer::new(function(|x| x[0] * x[1]), &rows).accumulated("a", 5).unwrap();
    assert_eq!((found.edges, found.effects.values()), (vec![1.0], &[0.0][..]));
}
