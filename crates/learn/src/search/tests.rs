//! Tests of spaces, grids, random points, halving, suggestions, importance and ensembles.

use super::parzen::Parzen;
use super::*;
use crate::data::{Labels, Outputs, Target};
use crate::{Key, metric};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn choice(count: usize) -> Range {
    Range::Choice(count)
}

fn int(low: i64, high: i64) -> Range {
    Range::Int { low, high, log: false }
}

/// A model of two kinds, one of which has a further choice.
fn conditional() -> Space {
    Space::new(vec![
        Dimension::new("model", choice(2)),
        Dimension::new("depth", int(1, 3)).when(0, 0),
        Dimension::new("kernel", choice(2)).when(0, 1),
        Dimension::new("degree", int(2, 3)).when(2, 1),
        Dimension::new("scale", choice(2)),
    ])
    .unwrap()
}

fn text(point: &Point) -> String {
    let text = |value: &Option<Value>| match value {
        Some(Value::Choice(choice)) => format!("c{choice}"),
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Number(number)) => format!("{number:.3}"),
        None => "-".to_owned(),
    };
    point.0.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_grid_goes_through_active_values_in_order() {
    let space = conditional();
    let points: Vec<String> = grid(&space).unwrap().map(|point| text(&point)).collect();
    let expected = [
        "c0 1 - - c0",
        "c0 1 - - c1",
        "c0 2 - - c0",
        "c0 2 - - c1",
        "c0 3 - - c0",
        "c0 3 - - c1",
        "c1 - c0 - c0",
        "c1 - c0 - c1",
        "c1 - c1 2 c0",
        "c1 - c1 2 c1",
        "c1 - c1 3 c0",
        "c1 - c1 3 c1",
    ];
    assert_eq!(points, expected);
    assert_eq!(grid(&space).unwrap().points(), 12);
}

#[test]
fn a_grid_is_counted_without_overflow() {
    let wide = |count: usize| {
        let dimensions = (0..count).map(|i| Dimension::new(format!("d{i}"), int(1, 1 << 50))).collect();
        Space::new(dimensions).unwrap()
    };
    assert_eq!(grid(&wide(2)).unwrap().points(), 1 << 100);
    assert_eq!(grid(&wide(9)).unwrap().points(), u128::MAX);
    assert_eq!(text(&grid(&wide(2)).unwrap().nth(2).unwrap()), "1 3");
}

#[test]
fn continuous_ranges_have_no_grid() {
    let space = Space::new(vec![Dimension::new("rate", Range::LogUniform { low: 1e-3, high: 1.0 })]).unwrap();
    assert_eq!(grid(&space).unwrap_err().message, "a grid needs values of `rate`, not a range of numbers");
}

#[test]
fn senseless_spaces_are_refused() {
    let uniform = |low, high| Range::Uniform { low, high };
    let log = |low, high| Range::LogUniform { low, high };
    for range in [
        choice(0),
        int(2, 1),
        int(i64::MIN, 0),
        Range::Int { low: 0, high: 3, log: true },
        uniform(1.0, 0.0),
        uniform(0.0, f64::INFINITY),
        uniform(f64::NAN, 1.0),
        uniform(f64::MIN, f64::MAX),
        log(0.0, 1.0),
    ] {
        assert!(Space::new(vec![Dimension::new("d", range)]).is_err(), "{range:?}");
    }
    let condition = |dimension, choice_of| {
        let dimensions =
            vec![Dimension::new("a", choice(2)), Dimension::new("b", int(1, 2)).when(dimension, choice_of)];
        Space::new(dimensions).map_err(|failure| failure.message)
    };
    assert!(condition(0, 1).is_ok());
    assert_eq!(condition(0, 2).unwrap_err(), "cannot search `b`: its condition is on choice 2 of 2, counted from 0");
    assert_eq!(condition(1, 0).unwrap_err(), "cannot search `b`: its condition is not on an earlier choice");
    let twice = Space::new(vec![Dimension::new("a", choice(2)), Dimension::new("a", choice(2))]);
    assert_eq!(twice.unwrap_err().message, "cannot search `a`: it occurs twice");
    assert!(Space::new(Vec::new()).is_err());
}

#[test]
fn random_points_have_the_distributions_of_their_ranges() {
    let space = Space::new(vec![
        Dimension::new("choice", choice(3)),
        Dimension::new("uniform", Range::Uniform { low: -1.0, high: 3.0 }),
        Dimension::new("log", Range::LogUniform { low: 1e-4, high: 1.0 }),
        Dimension::new("int", int(1, 4)),
        Dimension::new("log int", Range::Int { low: 1, high: 3, log: true }),
    ])
    .unwrap();
    let points: Vec<Point> = (0..20_000).map(|trial| random(&space, Key::new(7), trial)).collect();
    let mean = |of: &dyn Fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let share = |dimension: usize, value: f64| mean(&|point| f64::from(point.number(dimension) == Some(value)));
    for class in 0..3 {
        assert!((mean(&|point| f64::from(point.choice(0) == Some(class))) - 1.0 / 3.0).abs() < 0.015);
    }
    assert!((mean(&|point| point.number(1).unwrap()) - 1.0).abs() < 0.04);
    assert!((mean(&|point| point.number(2).unwrap().log10()) + 2.0).abs() < 0.04);
    for number in 1..=4 {
        assert!((share(3, f64::from(number)) - 0.25).abs() < 0.015);
    }
    // ln(1.5 / 0.5) of ln(3.5 / 0.5).
    assert!((share(4, 1.0) - 3.0_f64.ln() / 7.0_f64.ln()).abs() < 0.015);
}

proptest! {
    #[test]
    fn a_random_point_is_in_its_range(
        low in -1e6_f64..1e6, width in 0.0_f64..1e6, from in 1_i64..1000, more in 0_i64..1000, seed in 0_u64..50
    ) {
        let space = Space::new(vec![
            Dimension::new("uniform", Range::Uniform { low, high: low + width }),
            Dimension::new("log", Range::LogUniform { low: 1.0 + width, high: 3.0 + width }),
            Dimension::new("int", int(from, from + more)),
            Dimension::new("log int", Range::Int { low: from, high: from + more, log: true }),
        ]).unwrap();
        let point = random(&space, Key::new(seed), 3);
        let within = |dimension, low: f64, high: f64| (low..=high).contains(&point.number(dimension).unwrap());
        prop_assert!(within(0, low, low + width) && within(1, 1.0 + width, 3.0 + width));
        prop_assert!(within(2, from as f64, (from + more) as f64) && within(3, from as f64, (from + more) as f64));
    }

    /// The points of a grid are different, as many as counted, and ascending.
    #[test]
    fn a_grid_has_as_many_points_as_counted(counts in proptest::collection::vec((1_usize..4, 0_usize..4, 0_usize..3), 1..6)) {
        let dimensions: Vec<Dimension> = counts.iter().enumerate().map(|(position, &(count, on, which))| {
            let dimension = Dimension::new(format!("d{position}"), choice(count));
            if on < position && which < counts[on].0 { dimension.when(on, which) } else { dimension }
        }).collect();
        let space = Space::new(dimensions).unwrap();
        let points: Vec<Vec<Option<usize>>> =
            grid(&space).unwrap().map(|point| (0..counts.len()).map(|d| point.choice(d)).collect()).collect();
        prop_assert_eq!(points.len() as u128, grid(&space).unwrap().points());
        prop_assert!(points.is_sorted());
        prop_assert_eq!(points.iter().collect::<BTreeSet<_>>().len(), points.len());
    }
}

#[test]
fn trials_do_not_depend_on_each_other() {
    let space = conditional();
    let all: Vec<Point> = (0..9).map(|trial| random(&space, Key::new(1), trial)).collect();
    assert_eq!(random(&space, Key::new(1), 7), all[7]);
    assert!(all.iter().any(|point| *point != all[0]));
}

/// Table 1 of Li et al. (2018): R = 81, η = 3.
#[test]
fn hyperband_has_the_brackets_of_the_paper() {
    let brackets: Vec<Vec<(usize, u64)>> = hyperband(1, 81, 3)
        .unwrap()
        .into_iter()
        .map(|bracket| bracket.rungs.into_iter().map(|rung| (rung.candidates, rung.resource)).collect())
        .collect();
    assert_eq!(
        brackets,
        [
            vec![(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
            vec![(34, 3), (11, 9), (3, 27), (1, 81)],
            vec![(15, 9), (5, 27), (1, 81)],
            vec![(8, 27), (2, 81)],
            vec![(5, 81)],
        ]
    );
}

proptest! {
    #[test]
    fn a_race_ends_with_a_candidate_and_all_resources(
        candidates in 1_usize..500, lowest in 1_u64..50, more in 0_u64..5000, eta in 2_u64..6
    ) {
        let highest = lowest + more;
        let races = hyperband(lowest, highest, eta).unwrap().into_iter();
        for race in races.chain([successive_halving(candidates, lowest, highest, eta).unwrap()]) {
            prop_assert!(race.rungs[0].resource >= lowest);
            prop_assert!(race.rungs.last().is_some_and(|rung| rung.candidates >= 1 && rung.resource == highest));
            prop_assert!(race.rungs.windows(2).all(|pair| pair[0].candidates > pair[1].candidates));
        }
    }
}

#[test]
fn senseless_races_are_refused() {
    assert!(successive_halving(0, 1, 9, 3).is_err());
    assert!(hyperband(1, 9, 1).is_err() && hyperband(0, 9, 3).is_err() && hyperband(10, 9, 3).is_err());
    assert!(hyperband(1, u64::MAX, 2).is_ok());
}

#[test]
fn the_lowest_scores_go_on() {
    assert_eq!(promote(&[3.0, 1.0, -0.0, 0.0, f64::NAN, f64::NEG_INFINITY], 4), [5, 2, 3, 1]);
    assert_eq!(promote(&[f64::NAN, f64::INFINITY, 1.0], 9), [2, 0, 1]);
}

/// `_ParzenEstimator.log_pdf` of Optuna 5.0.0 with its default weights.
#[test]
fn densities_are_those_of_optuna() {
    let densities = |range: Range, observed: &[Value], at: &[Value]| -> Vec<f64> {
        let space = Space::new(vec![Dimension::new("x", range)]).unwrap();
        let points: Vec<Point> = observed.iter().map(|value| Point(vec![Some(*value)])).collect();
        let parzen = Parzen::of(&space, &points.iter().collect::<Vec<_>>());
        at.iter().map(|value| parzen.ln_density(&Point(vec![Some(*value)]))).collect()
    };
    let check = |range: Range, observed: &[f64], at: &[f64], wanted: &[f64]| {
        let value = |number: &f64| match range {
            Range::Choice(_) => Value::Choice(*number as usize),
            Range::Int { .. } => Value::Int(*number as i64),
            _ => Value::Number(*number),
        };
        let values = |numbers: &[f64]| numbers.iter().map(value).collect::<Vec<Value>>();
        let found = densities(range, &values(observed), &values(at));
        let close = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(close && found.len() == wanted.len(), "{range:?} {found:?} {wanted:?}");
    };
    let uniform = Range::Uniform { low: -5.0, high: 5.0 };
    let wanted = [-3.056443954669317, -2.1060207906609327, -1.8951378933802947, -2.0646893590106488];
    check(uniform, &[1.5, -3.0, 0.25, 4.0, 1.5], &[-4.9, 0.0, 1.5, 3.0], &wanted);
    check(uniform, &[2.0], &[-4.9, 0.0, 1.5], &[-2.516271906993341, -2.244087162850733, -2.229843270962859]);
    check(uniform, &[], &[0.0, 1.5], &[-2.261607292503096, -2.2728572925030965]);
    let wanted = [-2.683087118336663, -2.1026967169600996, -2.3106838151491065];
    check(Range::LogUniform { low: 1e-4, high: 1.0 }, &[1e-3, 0.5, 0.02], &[1e-4, 1e-2, 0.9], &wanted);
    let wanted = [-1.9162270905742207, -1.7915680620809833, -2.178245962143957, -2.456232431791899];
    check(int(2, 9), &[3.0, 3.0, 8.0], &[2.0, 3.0, 6.0, 9.0], &wanted);
    let wanted = [-2.1636322434873216, -3.1776609587857783, -5.1067812609107115, -6.374754263911051];
    let log = Range::Int { low: 1, high: 100, log: true };
    check(log, &[3.0, 40.0, 40.0, 7.0], &[1.0, 5.0, 40.0, 100.0], &wanted);
    let wanted = [-1.2321436812926323, -1.7917594692280545, -0.6131044728864088];
    check(choice(3), &[0.0, 2.0, 2.0, 2.0], &[0.0, 1.0, 2.0], &wanted);
    // More than 25 observations: the older ones weigh less.
    let many: Vec<f64> = (0..32_u32).map(|i| f64::from(i * 37 % 50) / 5.0 - 5.0).collect();
    let wanted = [-2.6250586121188966, -2.2432659537693915, -2.4517401879616267, -2.4486696365295];
    check(uniform, &many, &[-4.9, 0.0, 1.5, 3.0], &wanted);
    let many: Vec<f64> = (0..32_u32).map(|i| f64::from(i % 7 % 3)).collect();
    check(choice(3), &many, &[0.0, 1.0, 2.0], &[-0.8520683336973023, -1.2667863734483533, -1.2319175477975288]);
}

#[test]
fn the_dimension_that_matters_is_important() {
    let space = Space::new(vec![
        Dimension::new("kind", choice(2)),
        Dimension::new("rate", Range::Uniform { low: 0.0, high: 1.0 }),
        Dimension::new("idle", int(1, 100)),
        Dimension::new("depth", int(1, 9)).when(0, 1),
    ])
    .unwrap();
    let of = |point: &Point| 10.0 * point.number(1).unwrap() + point.number(3).unwrap_or(0.0) / 10.0;
    let history: Vec<(Point, f64)> =
        (0..200).map(|trial| random(&space, Key::new(2), trial)).map(|point| (point.clone(), of(&point))).collect();
    let shares = importance(&space, &history);
    assert!(shares[1] > 0.9 && shares[0] < 0.1 && shares[2] < 0.1 && shares[3] < 0.1, "{shares:?}");
    // Ranks do not change under a monotone transformation.
    let logs: Vec<(Point, f64)> = history.iter().map(|(point, score)| (point.clone(), score.exp())).collect();
    assert_eq!(importance(&space, &logs), shares);
    let same: Vec<(Point, f64)> = history.iter().map(|(point, _)| (point.clone(), 1.0)).collect();
    assert_eq!((importance(&space, &same), importance(&space, &[])), (vec![0.0; 4], vec![0.0; 4]));
}

/// Two groups of two ranks, {0, 1} and {2, 3}: SS(within) = 1, SS(total) = 5, ε² = 1 - 3/2 · 1/5.
#[test]
fn importance_of_a_hand_example() {
    let space = Space::new(vec![Dimension::new("kind", choice(2))]).unwrap();
    let trial = |choice, score| (Point(vec![Some(Value::Choice(choice))]), score);
    let shares = importance(&space, &[trial(0, 0.5), trial(1, f64::NAN), trial(0, 0.1), trial(1, 7.0)]);
    assert!((shares[0] - 0.7).abs() < 1e-12, "{shares:?}");
}

#[test]
fn an_ensemble_is_chosen_greedily() {
    let truth: Labels = Target::Numbers(vec![1.0, 2.0, 3.0]).into();
    let outputs = |by: f64, at: f64| Outputs::Numbers(vec![1.0 + by, 2.0 + by, 3.0 + by + at]);
    let (good, low, high) = (outputs(0.1, 0.0), outputs(-1.0, 0.0), outputs(0.5, 5.0));
    // Alone the first is the best; with ten of it, one of the second takes the error away.
    let weights = greedy_ensemble(&[&good, &low, &high], &truth, &metric::RMSE, 30).unwrap();
    assert!((weights[0] - 10.0 / 11.0).abs() < 1e-12 && (weights[1] - 1.0 / 11.0).abs() < 1e-12, "{weights:?}");
    assert_eq!(greedy_ensemble(&[&low, &good, &good], &truth, &metric::RMSE, 1).unwrap(), [0.0, 1.0, 0.0]);
    // A perfect model needs no other, and rounds that change nothing do not count.
    assert_eq!(greedy_ensemble(&[&low, &outputs(0.0, 0.0)], &truth, &metric::R2, 5).unwrap(), [0.0, 1.0]);
}

#[test]
fn an_ensemble_of_probabilities() {
    let truth = Labels::from(Target::Classes { codes: vec![0, 1, 1, 0], count: 2 });
    let outputs = |second: [f64; 4]| Outputs::Probabilities {
        values: second.iter().flat_map(|p| [1.0 - p, *p]).collect(),
        classes: 2,
    };
    let (one, other) = (outputs([0.6, 0.9, 0.7, 0.1]), outputs([0.1, 0.6, 0.4, 0.3]));
    assert_eq!(greedy_ensemble(&[&one, &other], &truth, &metric::ACCURACY, 4).unwrap(), [0.5, 0.5]);
    let broken = outputs([f64::NAN; 4]);
    assert_eq!(greedy_ensemble(&[&broken, &other], &truth, &metric::ACCURACY, 3).unwrap(), [0.0, 1.0]);
    assert!(greedy_ensemble(&[&broken], &truth, &metric::ACCURACY, 3).is_err());
}
