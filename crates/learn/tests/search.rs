//! Suggestions of the tree-structured Parzen estimator, beside random points and Optuna.
#![allow(clippy::unwrap_used)]

#[path = "search/functions.rs"]
mod functions;
#[path = "search/races.rs"]
mod races;

use functions::{Function, functions};
use pipewright_learn::Key;
use pipewright_learn::search::{Dimension, Point, Range, Space, Tpe, random};
use races::{Way, quartiles};

/// Optuna 5.0.0, `TPESampler(seed)`, seeds 0 to 30, 60 trials: the quartiles of the lowest value, by
/// `python xtask/peers/tpe.py FUNCTION`.
const OPTUNA: [(&str, [f64; 3]); 6] = [
    ("sphere", [0.288, 0.470, 0.616]),
    ("rosenbrock", [0.177, 0.335, 0.642]),
    ("branin", [0.426, 0.521, 0.652]),
    ("ackley", [3.099, 3.693, 4.546]),
    ("hartmann", [-3.131, -3.079, -2.976]),
    ("mixed", [0.052, 0.107, 0.181]),
];

/// The median over 31 seeds is better than that of random search, and not worse than the upper quartile of Optuna's.
#[test]
fn suggestions_are_as_good_as_those_of_optuna() {
    for (function, (name, [_, _, upper])) in functions().iter().zip(OPTUNA) {
        assert_eq!(function.name, name);
        let [tpe, random] = [Way::Suggest, Way::Random].map(|way| quartiles(function, way)[1]);
        assert!(tpe < random && tpe <= upper, "{name}: {tpe} {random} {upper}");
    }
}

/// The median of the picks of a pool is better than that of as many random points.
#[test]
fn picks_of_a_pool_are_better_than_random_ones() {
    for function in functions() {
        let [picked, random] = [Way::Pick, Way::Random].map(|way| quartiles(&function, way)[1]);
        assert!(picked < random, "{}: {picked} {random}", function.name);
    }
}

#[test]
fn a_pool_is_picked_until_it_is_empty() {
    let Function { space, .. } = mixed();
    let pool: Vec<Point> = (0..2).map(|trial| random(&space, Key::new(1), trial)).collect();
    assert_eq!(Tpe::new(&space).pick(&pool, &[(0, 1.0)]), Some(1));
    assert_eq!(Tpe::new(&space).pick(&pool, &[(0, 1.0), (1, f64::NAN)]), None);
}

#[test]
fn suggestions_are_functions_of_history_key_and_trial() {
    let Function { space, of, .. } = mixed();
    let history: Vec<(Point, f64)> =
        (0..20).map(|trial| random(&space, Key::new(3), trial)).map(|point| (point.clone(), of(&point))).collect();
    let suggest = |trial| Tpe::new(&space).suggest(&history, Key::new(1), trial);
    let batch: Vec<Point> = (20..28).map(suggest).collect();
    let backwards: Vec<Point> = (20..28).rev().map(suggest).collect();
    assert!(batch.iter().eq(backwards.iter().rev()));
    assert!(batch.windows(2).any(|pair| pair[0] != pair[1]));
    // Before ten trials have finished, suggestions are random points.
    assert_eq!(Tpe::new(&space).suggest(&history[..9], Key::new(1), 4), random(&space, Key::new(1), 4));
}

fn mixed() -> Function {
    functions().into_iter().find(|function| function.name == "mixed").unwrap()
}

#[test]
fn failed_trials_and_single_values_do_no_harm() {
    let space = Space::new(vec![
        Dimension::new("one", Range::Uniform { low: 2.0, high: 2.0 }),
        Dimension::new("only", Range::Choice(1)),
        Dimension::new("int", Range::Int { low: 3, high: 3, log: false }),
        Dimension::new("free", Range::LogUniform { low: 1e-3, high: 1.0 }),
    ])
    .unwrap();
    let mut history: Vec<(Point, f64)> = Vec::new();
    for trial in 0..40 {
        let point = Tpe::new(&space).suggest(&history, Key::new(1), trial);
        assert_eq!((point.number(0), point.choice(1), point.number(2)), (Some(2.0), Some(0), Some(3.0)));
        let free = point.number(3).unwrap();
        assert!((1e-3..=1.0).contains(&free));
        history.push((point, if free < 0.1 { f64::NAN } else { -free }));
    }
    assert!(history[20..].iter().filter(|(_, score)| score.is_nan()).count() < 8);
}
