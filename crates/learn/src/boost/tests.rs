//! Gradient boosting against brute force, and the laws of its models.

use super::*;
use crate::data::Features;
use crate::data::{Categories, Column, Outputs, Target};
use crate::quantiles::AtLevels;
use crate::threads::on_any_threads;
use pipewright_world::random::Key;

/// Numbers in [0, 1) at the places of a stream.
pub(super) fn uniform(stream: u64, rows: usize) -> Vec<f64> {
    let key = Key::new(11).index(stream);
    (0..rows as u64).map(|row| key.uniform(row)).collect()
}

fn features(columns: Vec<Vec<f64>>) -> Features {
    let rows = columns.first().map_or(0, Vec::len);
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(rows, names.into(), columns.concat())
}

fn categories(codes: Vec<u32>, levels: u32) -> Column {
    let levels: Vec<String> = (0..levels).map(|level| format!("level {level}")).collect();
    Column::Categories(Categories::new(codes.into(), levels.into()))
}

/// Two numbers, one of them with gaps, a category, and a target that depends on all.
pub(super) fn mixed(rows: usize) -> Dataset {
    let (a, b, noise) = (uniform(1, rows), uniform(2, rows), uniform(3, rows));
    let codes: Vec<u32> = uniform(4, rows).iter().map(|x| (x * 7.0) as u32).collect();
    let gaps: Vec<f64> = b.iter().zip(&noise).map(|(b, gap)| if *gap < 0.2 { f64::NAN } else { *b }).collect();
    let y = (0..rows).map(|row| {
        let gap = if gaps[row].is_nan() { 2.0 } else { gaps[row] };
        3.0 * a[row] * gap + f64::from(codes[row] % 3) + 0.1 * noise[row]
    });
    let target = Target::Numbers(y.collect());
    let names: Vec<String> = ["a", "gaps", "level"].map(str::to_owned).into();
    let columns = vec![Column::Dense(a.into()), Column::Dense(gaps.into()), categories(codes, 7)];
    Dataset::new(Features::from_columns(rows, names.into(), columns), target)
}

pub(super) fn classes(train: &Dataset, count: u32) -> Dataset {
    let Target::Numbers(values) = train.target() else { unreachable!("numbers") };
    let codes = values.iter().map(|y| ((y * 0.8) as u32).min(count - 1)).collect();
    Dataset::new(train.features.clone(), Target::Classes { codes, count: count as usize })
}

pub(super) fn exact(trees: usize) -> Gbdt {
    Gbdt { rows: 1.0, min_rows: 1, min_weight: 0.0, l2: 0.0, ..Gbdt::with_trees(trees) }
}

fn numbers(model: &GbdtModel, features: &Features) -> Vec<f64> {
    let outputs = model.predict(features).unwrap();
    assert!(outputs.values().iter().all(|value| value.is_finite()));
    outputs.values().to_vec()
}

fn mean_squares(model: &GbdtModel, rows: &Dataset) -> f64 {
    let Target::Numbers(target) = rows.target() else { unreachable!("numbers") };
    let squares = numbers(model, &rows.features).into_iter().zip(target).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>() / target.len() as f64
}

/// The gain of the best split of all rows, by trying every threshold, every set of levels, and both sides for missing
/// values.
fn best_gain(train: &Dataset, gbdt: &Gbdt, second: f64) -> f64 {
    let Target::Numbers(y) = train.target() else { unreachable!("numbers") };
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let score = |rows: &[usize]| {
        let first: f64 = rows.iter().map(|&row| second * (mean - y[row])).sum();
        let shrunk = first.signum() * (first.abs() - gbdt.l1).max(0.0);
        shrunk * shrunk / (rows.len() as f64 * second + gbdt.l2)
    };
    let mut best = 0.0_f64;
    for column in 0..train.features.columns() {
        let values = train.features.column(column);
        let mut distinct: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let is_level = matches!(train.features.stored(column), Column::Categories(_));
        let tests: Vec<Vec<f64>> = match is_level {
            true => (1..1_u32 << distinct.len())
                .map(|set| distinct.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, v)| *v).collect())
                .collect(),
            false => (1..=distinct.len()).map(|count| distinct[..count].to_vec()).collect(),
        };
        for (test, missing_left) in tests.iter().flat_map(|test| [(test, false), (test, true)]) {
            let goes_left =
                |&row: &usize| if values[row].is_nan() { missing_left } else { test.contains(&values[row]) };
            let (left, right): (Vec<usize>, Vec<usize>) = (0..y.len()).partition(goes_left);
            if left.len() >= gbdt.min_rows && right.len() >= gbdt.min_rows {
                let all: Vec<usize> = (0..y.len()).collect();
                best = best.max(score(&left) + score(&right) - score(&all));
            }
        }
    }
    best
}

#[test]
fn the_first_split_is_the_best_of_all() {
    let base = exact(1);
    let settings = [
        base.clone(),
        Gbdt { l2: 3.0, ..base.clone() },
        Gbdt { l1: 1.5, ..base.clone() },
        Gbdt { min_rows: 9, ..base.clone() },
        Gbdt { l1: 0.5, l2: 1.0, min_rows: 4, ..base },
    ];
    for (index, gbdt) in settings.into_iter().enumerate() {
        // Levels are ordered by the ratio of derivatives only, as the theorem of the best subset needs it.
        let gbdt = Gbdt { leaves: Some(2), level_smoothing: 0.0, level_l2: 0.0, ..gbdt };
        let train = mixed(40);
        let model = gbdt.fit(&train).unwrap();
        let found = model.trees()[0].split_facts().next().map_or(0.0, |(_, gain, _)| gain);
        let best = best_gain(&train, &gbdt, 1.0);
        assert!((found - best).abs() < 1e-6 * best, "setting {index}: {found}, {best}");
    }
}

#[test]
fn one_leaf_per_row_learns_the_target_by_heart() {
    let train = mixed(200);
    let gbdt = Gbdt { rate: 1.0, leaves: Some(200), ..exact(3) };
    assert!(mean_squares(&gbdt.fit(&train).unwrap(), &train) < 1e-12);
    let by_depth = Gbdt { by_depth: true, depth: Some(3), leaves: Some(200), ..exact(1) };
    assert!(by_depth.fit(&train).unwrap().trees()[0].leaves() <= 8);
}

#[test]
fn models_do_not_depend_on_threads_or_on_the_order_of_rows() {
    let train = mixed(3000);
    let gbdt = Gbdt { members: Some(2), trees: 30, ..Gbdt::default() };
    on_any_threads(|| gbdt.fit(&train).unwrap());
    on_any_threads(|| gbdt.fit(&classes(&train, 3)).unwrap());
    let order = Key::new(5).permutation(3000);
    let model = exact(20).fit(&train).unwrap();
    assert_eq!(exact(20).fit(&train.take(&order)).unwrap().trees(), model.trees());
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    // Few enough values that every one has its bin.
    let train = mixed(200);
    let twice: Vec<u32> = (0..200).chain(0..100).collect();
    let weights = (0..200).map(|row| if row < 100 { 2.0 } else { 1.0 }).collect();
    let weighted = exact(20).fit(&train.clone().with_weights(weights).unwrap()).unwrap();
    let repeated = exact(20).fit(&train.take(&twice)).unwrap();
    let pairs = numbers(&weighted, &train.features).into_iter().zip(numbers(&repeated, &train.features));
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn saved_models_predict_the_same() {
    for train in [mixed(500), classes(&mixed(500), 2), classes(&mixed(500), 4)] {
        let model = Gbdt::with_trees(10).fit(&train).unwrap();
        let text = serde_json::to_string(&model).unwrap();
        let read: GbdtModel = serde_json::from_str(&text).unwrap();
        read.validate().unwrap();
        assert_eq!(read, model);
        let outputs = read.predict(&train.features).unwrap();
        assert_eq!(outputs, model.predict(&train.features).unwrap());
        if let Outputs::Probabilities { values, classes } = outputs {
            assert!(values.chunks(classes).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
        }
    }
}

#[test]
fn damaged_models_are_refused() {
    let model = Gbdt { leaves: Some(3), ..Gbdt::with_trees(1) }.fit(&mixed(100)).unwrap();
    let json = serde_json::to_value(&model).unwrap();
    for pointer in ["/trees/0/columns/0", "/trees/0/left/0", "/trees/0/right/1", "/start", "/trees/0/values"] {
        let mut changed = json.clone();
        *changed.pointer_mut(pointer).unwrap() = value_of(pointer);
        let read: GbdtModel = serde_json::from_value(changed).unwrap();
        assert_eq!(read.validate().unwrap_err().code, code::BAD_BUNDLE, "{pointer}");
    }
}

/// A value that does not belong at a place of a model.
fn value_of(pointer: &str) -> serde_json::Value {
    match pointer {
        "/start" => serde_json::json!([]),
        "/trees/0/values" => serde_json::json!([1.0]),
        "/trees/0/left/0" => serde_json::json!(0),
        _ => serde_json::json!(99),
    }
}

#[test]
fn new_rows_may_have_unseen_levels_and_missing_values() {
    let train = mixed(500);
    let model = Gbdt::with_trees(20).fit(&train).unwrap();
    let missing = Column::Dense(vec![f64::NAN; 3].into());
    let levels: std::sync::Arc<[String]> = ["new".to_owned(), "level 2".to_owned()].into();
    let codes = Column::Categories(Categories::new(vec![0, 1, Categories::MISSING].into(), levels));
    let rows = Features::from_columns(3, train.features.names().clone(), vec![missing.clone(), missing, codes]);
    let predicted = numbers(&model, &rows);
    assert_eq!(predicted[0], predicted[2], "an unseen level is a missing one");
}

#[test]
fn extreme_columns_give_models_or_diagnostics() {
    let rows = 60;
    let y: Vec<f64> = uniform(9, rows);
    for columns in [
        vec![vec![1.0; rows]],
        vec![vec![f64::NAN; rows]],
        vec![uniform(1, rows).iter().map(|x| x * 1e300).collect()],
        vec![uniform(1, rows).iter().map(|x| x * 1e-300).collect()],
        (0..200).map(|column| uniform(column, rows)).collect(),
        Vec::new(),
    ] {
        let inputs =
            if columns.is_empty() { Features::new(rows, Vec::new().into(), Vec::new()) } else { features(columns) };
        for target in [
            Target::Numbers(y.clone()),
            Target::Numbers(y.iter().map(|y| y * 1e150).collect()),
            Target::Numbers(y.iter().map(|y| y * 1e-150).collect()),
            Target::Numbers(vec![3.0; rows]),
            Target::Classes { codes: vec![1; rows], count: 2 },
            Target::Classes { codes: vec![2; rows], count: 3 },
        ] {
            let train = Dataset::new(inputs.clone(), target);
            for gbdt in [Gbdt::with_trees(5), Gbdt { trees: 20, ..Gbdt::default() }] {
                let model = gbdt.fit(&train).unwrap();
                let outputs = model.predict(&inputs).unwrap();
                assert!(outputs.values().iter().all(|value| value.is_finite()), "{:?}", train.target());
            }
        }
    }
}

#[test]
fn ten_thousand_levels_are_learned() {
    let rows = 30_000;
    let codes: Vec<u32> = uniform(1, rows).iter().map(|x| (x * x * 10_000.0) as u32).collect();
    let y: Vec<f64> = codes.iter().map(|code| if *code < 40 { 5.0 } else { 0.0 }).collect();
    let names: Vec<String> = vec!["level".to_owned()];
    let inputs = Features::from_columns(rows, names.into(), vec![categories(codes, 10_000)]);
    let model = Gbdt::with_trees(50).fit(&Dataset::new(inputs.clone(), Target::Numbers(y.clone()))).unwrap();
    let wrong = numbers(&model, &inputs).iter().zip(&y).filter(|(a, b)| (*a - *b).abs() > 1.0).count();
    assert!(wrong < rows / 100, "{wrong}");
}

#[test]
fn monotone_columns_are_monotone() {
    let train = mixed(2000);
    let monotone = vec![("a".to_owned(), Direction::Decreasing)];
    let model = Gbdt { monotone, ..Gbdt::with_trees(50) }.fit(&train).unwrap();
    let free = Gbdt::with_trees(50).fit(&train).unwrap();
    let falls = |model: &GbdtModel, row: usize| {
        let grid: Vec<f64> = (0..50).map(|step| f64::from(step) / 50.0).collect();
        let gaps = vec![train.features.column(1)[row]; 50];
        let Column::Categories(levels) = train.features.stored(2) else { unreachable!("categories") };
        let codes = categories(vec![levels.codes()[row]; 50], 7);
        let columns = vec![Column::Dense(grid.into()), Column::Dense(gaps.into()), codes];
        let rows = Features::from_columns(50, train.features.names().clone(), columns);
        numbers(model, &rows).windows(2).all(|pair| pair[1] <= pair[0] + 1e-12)
    };
    assert!((0..100).all(|row| falls(&model, row)));
    assert!(!(0..100).all(|row| falls(&free, row)), "without the constraint it rises");
    let unknown = Gbdt { monotone: vec![("b".to_owned(), Direction::Increasing)], ..Gbdt::with_trees(5) };
    assert_eq!(unknown.fit(&train).unwrap_err().code, code::UNKNOWN_COLUMN);
}

#[test]
fn columns_of_different_groups_do_not_interact() {
    let train = mixed(2000);
    let interactions = vec![vec!["a".to_owned()], vec!["gaps".to_owned(), "level".to_owned()]];
    let model = Gbdt { interactions, ..Gbdt::with_trees(30) }.fit(&train).unwrap();
    for tree in model.trees() {
        let columns: Vec<usize> = tree.split_facts().map(|(column, ..)| column).collect();
        assert!(columns.iter().all(|&column| (column == 0) == (columns[0] == 0)), "{columns:?}");
    }
}

#[test]
fn losses_fit_what_they_are_for() {
    let rows = 4000;
    let (x, noise) = (uniform(1, rows), uniform(2, rows));
    let fit = |loss: Objective, y: Vec<f64>| {
        let train = Dataset::new(features(vec![x.clone()]), Target::Numbers(y));
        numbers(&Gbdt { loss, ..Gbdt::with_trees(100) }.fit(&train).unwrap(), &train.features)
    };
    let above = |predicted: &[f64], y: &[f64]| {
        predicted.iter().zip(y).filter(|(predicted, y)| y > predicted).count() as f64 / rows as f64
    };
    let spread: Vec<f64> = x.iter().zip(&noise).map(|(x, noise)| x + noise).collect();
    let upper = fit(Objective::Quantile { level: 0.9 }, spread.clone());
    assert!((above(&upper, &spread) - 0.1).abs() < 0.02, "{}", above(&upper, &spread));
    let counts: Vec<f64> = x.iter().zip(&noise).map(|(x, noise)| (4.0 * x * noise * 2.0).floor()).collect();
    for loss in [Objective::Poisson, Objective::Tweedie { power: 1.5 }, Objective::Squared] {
        let predicted = fit(loss.clone(), counts.clone());
        let (sum, all) = (predicted.iter().sum::<f64>(), counts.iter().sum::<f64>());
        assert!((sum / all - 1.0).abs() < 0.02, "{loss:?}: {sum}, {all}");
    }
    let outlying: Vec<f64> = x.iter().zip(&noise).map(|(x, n)| if *n < 0.02 { 1000.0 } else { *x }).collect();
    for loss in [Objective::Absolute, Objective::Huber { delta: 0.1 }] {
        let predicted = fit(loss.clone(), outlying.clone());
        let far = predicted.iter().zip(&x).filter(|(predicted, x)| (*predicted - *x).abs() > 0.2).count();
        assert!(far < rows / 20, "{loss:?}: {far}");
    }
    let wrong = Dataset::new(features(vec![x.clone()]), Target::Numbers(vec![-1.0; rows]));
    let refused = Gbdt { loss: Objective::Poisson, ..Gbdt::with_trees(5) }.fit(&wrong).unwrap_err();
    assert_eq!((refused.code, refused.place.row), (code::VALUE_OUT_OF_RANGE, Some(1)));
}

#[test]
fn quantiles_are_the_models_of_their_levels_in_order() {
    let rows = 3000;
    let (x, noise) = (uniform(1, rows), uniform(2, rows));
    let y: Vec<f64> = x.iter().zip(&noise).map(|(x, noise)| x * noise).collect();
    let train = Dataset::new(features(vec![x, uniform(3, rows)]), Target::Numbers(y.clone()));
    let gbdt = Gbdt::with_trees(60);
    let levels = [0.1, 0.5, 0.52, 0.9];
    let at = |levels: &[f64]| AtLevels { learner: gbdt.clone(), levels: levels.to_vec() };
    let model = at(&levels).fit(&train).unwrap();
    for (model, level) in model.models().iter().zip(levels) {
        let alone = Gbdt { loss: Objective::Quantile { level }, ..gbdt.clone() };
        assert_eq!(*model, alone.fit(&train).unwrap());
    }
    let predictions = model.predictions(&train.features).unwrap();
    let found = predictions.quantiles().unwrap();
    for (place, level) in levels.into_iter().enumerate() {
        let below = found.of_level(place).zip(&y).filter(|(quantile, y)| **y < *quantile).count();
        assert!((below as f64 / rows as f64 - level).abs() < 0.03, "{level}: {below}");
    }
    let plain: Vec<Vec<f64>> = model.models().iter().map(|model| numbers(model, &train.features)).collect();
    let crossed = (0..rows).filter(|&row| plain[1][row] > plain[2][row]).count();
    assert!(crossed > 0, "there is something to sort");
    for row in 0..rows {
        let mut wanted: Vec<f64> = plain.iter().map(|quantiles| quantiles[row]).collect();
        wanted.sort_by(f64::total_cmp);
        assert_eq!(found.of_row(row), wanted);
    }
    assert_eq!(model.predict(&train.features).unwrap(), predictions.outputs);
    for levels in [&[][..], &[0.5, 0.1], &[0.5, 0.5], &[0.0], &[f64::NAN]] {
        assert_eq!(at(levels).fit(&train).unwrap_err().code, code::BAD_VALUE);
    }
}

#[test]
fn early_stopping_keeps_the_best_round() {
    let all = mixed(1200);
    let noisy = |rows: &Dataset, stream: u64| {
        let Target::Numbers(y) = rows.target() else { unreachable!("numbers") };
        let noise = uniform(stream, rows.rows());
        let y = y.iter().zip(noise).map(|(y, noise)| y + 6.0 * noise).collect();
        Dataset::new(rows.features.clone(), Target::Numbers(y))
    };
    let noisy = noisy(&all, 77);
    let (train, validation) = (noisy.take(&(0..600).collect::<Vec<_>>()), noisy.take(&(600..1200).collect::<Vec<_>>()));
    let stopped = Gbdt { early_stop: Some(20), trees: 500, ..Gbdt::with_trees(500) };
    let model = stopped.fit_with(&train, &Fit::new().validation(&validation)).unwrap();
    assert!(model.rounds() < 300, "{}", model.rounds());
    for other in [model.rounds() / 2, model.rounds() * 2] {
        let fixed = Gbdt { trees: other.max(1), ..Gbdt::with_trees(1) }.fit(&train).unwrap();
        assert!(mean_squares(&model, &validation) <= mean_squares(&fixed, &validation) + 1e-12, "{other}");
    }
}

#[test]
fn training_goes_on_from_a_model() {
    let train = mixed(800);
    let whole = exact(30).fit(&train).unwrap();
    let half = exact(15).fit(&train).unwrap();
    let more = |train: &Dataset, trees: usize| MoreTrees { gbdt: exact(trees), model: half.clone() }.fit(train);
    let done = more(&train, 15).unwrap();
    assert_eq!((done.rounds(), &done.trees[..half.trees.len()]), (30, &half.trees[..]));
    let difference = mean_squares(&done, &train) - mean_squares(&whole, &train);
    assert!(difference.abs() < 1e-6, "{difference}");
    let narrow = Dataset::new(features(vec![uniform(1, 10)]), Target::Numbers(uniform(2, 10)));
    assert_eq!(more(&narrow, 1).unwrap_err().code, code::WRONG_WIDTH);
    let classes = Target::Classes { codes: (0..800).map(|row| row % 3).collect(), count: 3 };
    let other = Dataset::new(train.features.clone(), classes);
    assert_eq!(more(&other, 1).unwrap_err().code, code::WRONG_TASK);
}

/// Trees know levels by their number, so those of other rows are numbered as in the model.
#[test]
fn training_goes_on_with_the_levels_of_the_model() {
    let target = |rows: &[u32]| Target::Numbers(rows.iter().map(|row| f64::from(*row) * 10.0).collect());
    let table = |codes: &[u32], levels: &[&str], values: &[u32]| {
        let levels: Vec<String> = levels.iter().map(ToString::to_string).collect();
        let column = Column::Categories(Categories::new(codes.to_vec().into(), levels.into()));
        let features = Features::from_columns(codes.len(), ["x".to_owned()].into(), vec![column]);
        Dataset::new(features, target(values))
    };
    let gbdt = Gbdt { min_rows: 1, rows: 1.0, l2: 0.0, level_smoothing: 0.0, level_l2: 0.0, ..Gbdt::with_trees(20) };
    let codes: Vec<u32> = (0..90).map(|row| row % 3).collect();
    let model = gbdt.fit(&table(&codes, &["a", "b", "c"], &codes)).unwrap();
    // "c" and "a" alone, in another order: c is 2 and a is 0, as before.
    let (own, values): (Vec<u32>, Vec<u32>) = (0..90).map(|row| (row % 2, 2 - row % 2 * 2)).unzip();
    let more = MoreTrees { gbdt: gbdt.clone(), model: model.clone() };
    let done = more.fit(&table(&own, &["c", "a"], &values)).unwrap();
    assert_eq!(done.inputs, model.inputs);
    let predicted = numbers(&done, &table(&[0, 1, 2], &["a", "b", "c"], &[0, 1, 2]).features);
    for (found, wanted) in predicted.iter().zip([0.0, 10.0, 20.0]) {
        assert!((found - wanted).abs() < 2.5, "{predicted:?}");
    }
    let refused = more.fit(&table(&own, &["c", "z"], &values)).unwrap_err();
    assert_eq!((refused.code, refused.place.row), (code::UNSEEN_LEVEL, Some(2)));
    let number = Dataset::new(features(vec![uniform(1, 10)]), Target::Numbers(uniform(2, 10)));
    assert_eq!(more.fit(&number).unwrap_err().code, code::KIND_CHANGED);
}

#[test]
fn balanced_classes_weigh_the_same() {
    let rows = 2000;
    let x = uniform(1, rows);
    let codes: Vec<u32> = x.iter().zip(uniform(2, rows)).map(|(x, noise)| u32::from(x * noise > 0.7)).collect();
    let train = Dataset::new(features(vec![x]), Target::Classes { codes: codes.clone(), count: 2 });
    let mean = |balanced: bool| {
        let model = Gbdt { balanced, ..Gbdt::with_trees(20) }.fit(&train).unwrap();
        let outputs = numbers(&model, &train.features);
        let of = |code: u32| {
            let own: Vec<f64> = outputs.chunks(2).zip(&codes).filter(|(_, c)| **c == code).map(|(p, _)| p[1]).collect();
            own.iter().sum::<f64>() / own.len() as f64
        };
        f64::midpoint(of(0), of(1))
    };
    assert!((mean(true) - 0.5).abs() < 0.1 && mean(false) < 0.45, "{} {}", mean(true), mean(false));
}
