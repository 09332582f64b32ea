//! Permutation importance: formulas, intervals, groups and folds.

#![allow(clippy::unwrap_used)] // All of this file is tests.

mod common;

use common::{numbers, on_any_threads};
use pipewright_diagnostic::code;
use pipewright_explain::{Explainer, Importances, Permuting, Players};
use pipewright_learn::compare::corrected_interval;
use pipewright_learn::linear::{Linear, Logistic};
use pipewright_learn::split::{Fold, kfold};
use pipewright_learn::{Dataset, Features, Key, Labels, Learner, Model, Outputs, Target, metric};

/// y = 2·x0 - x1 + noise; x2 and x3 are irrelevant.
fn rows(count: usize, seed: u64) -> Dataset {
    let features = numbers(count, 4, seed);
    let noise = numbers(count, 1, seed + 1);
    let target = |row: usize| 2.0 * features.column(0)[row] - features.column(1)[row] + noise.column(0)[row];
    let target = (0..count).map(target).collect();
    Dataset::new(features, Target::Numbers(target))
}

fn importance(model: &impl Model, test: &Dataset, permuting: &Permuting) -> Importances {
    let explainer = Explainer::new(|rows: &Features| model.predict(rows), &test.features).key(Key::new(4));
    explainer.importance(&test.labels, &metric::MSE, permuting).unwrap()
}

/// Of a linear function, shuffling a column adds 2·w²·Var(x) to the mean squared error.
#[test]
fn importance_in_squared_error_is_twice_the_variance() {
    let (train, test) = (rows(4000, 1), rows(20_000, 2));
    let model = Linear::default().fit(&train).unwrap();
    let found = importance(&model, &test, &Permuting { repeats: 10, interval: None });
    for (player, weight) in [2.0, -1.0].into_iter().enumerate() {
        let expected = 2.0 * weight * weight / 3.0;
        assert!((found.players[player].mean - expected).abs() < 0.03 * expected, "{found:?}");
    }
    assert!((found.score - 1.0 / 3.0).abs() < 0.01);
    assert_eq!(found.names, ["x0", "x1", "x2", "x3"]);
    assert!(found.players.iter().all(|player| player.each.len() == 10 && player.interval.is_none()));
}

/// Over 40 data sets, about 95 % of the intervals of an irrelevant column hold 0, and few of a relevant one.
#[test]
fn intervals_of_irrelevant_columns_cover_zero() {
    let covers = |seed: u64| {
        let (train, test) = (rows(60, 10 + seed), rows(150, 1000 + seed));
        let found = importance(&Linear::default().fit(&train).unwrap(), &test, &Permuting::default());
        [0, 2, 3].map(|player| {
            let interval = found.players[player].interval.unwrap();
            (interval.low..=interval.high).contains(&0.0)
        })
    };
    let covered: Vec<[bool; 3]> = (0..40).map(covers).collect();
    let count = |place: usize| covered.iter().filter(|covered| covered[place]).count();
    assert_eq!(count(0), 0);
    assert!(count(1) + count(2) >= 70, "{} of 80", count(1) + count(2));
}

#[test]
fn a_column_that_is_not_used_has_no_importance_at_all() {
    let test = rows(50, 3);
    let explainer = Explainer::new(|rows: &Features| Ok(Outputs::Numbers(rows.column(0).to_vec())), &test.features);
    let found = explainer.importance(&test.labels, &metric::MAE, &Permuting::default()).unwrap();
    let interval = found.players[2].interval.unwrap();
    assert_eq!((found.players[2].mean, interval.low, interval.high), (0.0, 0.0, 0.0));
}

/// Two copies share what they carry; as a group they have it.
#[test]
fn copies_hide_each_other_and_groups_show_them() {
    let plain = rows(2000, 5);
    let column = |place: usize| plain.features.column(place).to_vec();
    let copied = Features::new(2000, common::names(3), [column(0), column(0), column(1)].concat());
    let target = Labels::from(Target::Numbers(column(0)));
    let mean = |rows: &Features| {
        let half = rows.column(0).iter().zip(rows.column(1)).map(|(a, b)| f64::midpoint(*a, *b));
        Ok(Outputs::Numbers(half.collect()))
    };
    let explainer = Explainer::new(mean, &copied);
    let single = explainer.importance(&target, &metric::MSE, &Permuting::default()).unwrap();
    let group = Players::each(&copied).group("both", &["x0", "x1"]).unwrap();
    let both = explainer.clone().players(group).importance(&target, &metric::MSE, &Permuting::default()).unwrap();
    // Each alone: half of the weight, a quarter of the error.
    let ratio = both.players[0].mean / single.players[0].mean;
    assert_eq!((both.names.len(), both.names[0].as_str()), (2, "both"));
    assert!((ratio - 4.0).abs() < 0.2, "{ratio}");
}

#[test]
fn classes_and_any_number_of_threads() {
    let features = numbers(3000, 3, 8);
    let codes = (0..3000).map(|row| u32::from(features.column(1)[row] > 0.0)).collect();
    let train = Dataset::new(features, Target::Classes { codes, count: 2 });
    let model = Logistic::default().fit(&train).unwrap();
    let explainer = Explainer::new(|rows: &Features| model.predict(rows), &train.features);
    let permuting = Permuting { repeats: 2, ..Permuting::default() };
    let found = on_any_threads(|| explainer.importance(&train.labels, &metric::AUC, &permuting).unwrap());
    assert!(found.players[1].mean > 0.4 && found.players[0].mean.abs() < 0.01 && found.score > 0.99);
    let numbers = Labels::from(Target::Numbers(vec![0.0; 3000]));
    let failure = explainer.importance(&numbers, &metric::AUC, &permuting).unwrap_err();
    assert_eq!(failure.code, code::WRONG_TASK);
    let failure = explainer.importance(&train.labels, &metric::RMSE, &permuting).unwrap_err();
    assert_eq!(failure.code, code::UNDEFINED_SCORE);
    let failure = explainer.importance(&train.labels, &metric::AUC, &Permuting { repeats: 0, interval: None });
    assert_eq!(failure.unwrap_err().code, code::BAD_VALUE);
}

/// The importances of all columns over the test rows of five folds, and those of each fold.
fn of_five_folds(all: &Dataset) -> (Importances, Vec<Importances>) {
    let folds = kfold(all.rows(), 5, Some(Key::new(1))).unwrap().folds;
    let of_fold = |fold: &Fold| {
        let model = Linear::default().fit(&all.take(&fold.train)).unwrap();
        importance(&model, &all.take(&fold.test), &Permuting { repeats: 3, interval: None })
    };
    let each: Vec<Importances> = folds.iter().map(of_fold).collect();
    (Importances::of_folds(&each, 0.25, 0.95).unwrap(), each)
}

#[test]
fn folds_are_averaged_with_a_corrected_interval() {
    let (found, each) = of_five_folds(&rows(200, 12));
    for player in 0..4 {
        let means: Vec<f64> = each.iter().map(|fold| fold.players[player].mean).collect();
        assert_eq!(found.players[player].each, means);
        let interval = corrected_interval(&means, 0.25, 0.95).unwrap();
        assert_eq!(found.players[player].interval, Some(interval));
    }
    assert_eq!(Importances::of_folds(&[], 0.25, 0.95).unwrap_err().code, code::EMPTY_DATA);
}

/// Over 40 data sets: intervals of irrelevant columns hold 0 about as often as they say, those of relevant ones do not.
#[test]
fn intervals_over_folds_cover_zero_where_a_column_is_irrelevant() {
    let mut covered = [0; 4];
    for seed in 0..40 {
        let (found, _) = of_five_folds(&rows(200, 2000 + seed));
        for (player, covered) in covered.iter_mut().enumerate() {
            let interval = found.players[player].interval.unwrap();
            *covered += usize::from((interval.low..=interval.high).contains(&0.0));
        }
    }
    assert_eq!((covered[0], covered[1]), (0, 0));
    assert!(covered[2] + covered[3] >= 72, "{covered:?} of 40");
}
