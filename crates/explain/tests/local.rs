//! Local models, surrogate trees and counterfactuals.

#![allow(clippy::unwrap_used)] // All of this file is tests.

mod common;

use common::{assert_near, function, mixed, numbers, on_any_threads};
use pipewright_diagnostic::code;
use pipewright_explain::{Change, Explainer, Goal, Lime, Players, Search, Test};
use pipewright_learn::boost::Gbdt;
use pipewright_learn::data::Column;
use pipewright_learn::{Dataset, Features, Key, Learner, Model, Target};
use pipewright_table::testing::table;
use pipewright_table::{Role, Table};

fn linear_function(x: &[f64]) -> f64 {
    3.0 * x[0] - 2.0 * x[1] + 0.5 * x[2] + 7.0
}

#[test]
fn lime_recovers_linear_functions() {
    let (reference, rows) = (numbers(200, 4, 1), numbers(2, 4, 2));
    let explainer = Explainer::new(function(linear_function), &reference);
    for width in [None, Some(0.5)] {
        let lime = Lime { bins: None, l2: 0.0, width, samples: 300 };
        for (row, model) in explainer.lime(&rows, &lime).unwrap().iter().enumerate() {
            assert_near(&model.weights, &[3.0, -2.0, 0.5, 0.0], 1e-9);
            assert!((model.predicted - model.actual).abs() < 1e-9 && (model.fit.unwrap() - 1.0).abs() < 1e-12);
            assert_eq!((model.row, model.output), (row, 0));
        }
    }
}

/// Of a linear function, being in a bin is worth the weight times how far the bin is from the other rows.
#[test]
fn weights_of_bins_are_differences_of_means() {
    let (reference, rows) = (numbers(400, 4, 3), numbers(1, 4, 4));
    let explainer = Explainer::new(function(linear_function), &reference);
    let lime = Lime { samples: 20_000, l2: 1e-6, ..Lime::default() };
    let model = on_any_threads(|| explainer.lime(&rows, &lime).unwrap()).remove(0);
    let expected = |column: usize, weight: f64| {
        let mut values = reference.column(column).to_vec();
        values.sort_by(f64::total_cmp);
        let bin = |value: f64| [100, 200, 300].iter().filter(|place| values[**place] <= value).count();
        let own = bin(rows.column(column)[0]);
        let mean = |inside: bool| {
            let chosen: Vec<f64> = values.iter().copied().filter(|value| (bin(*value) == own) == inside).collect();
            chosen.iter().sum::<f64>() / chosen.len() as f64
        };
        weight * (mean(true) - mean(false))
    };
    let expected = [expected(0, 3.0), expected(1, -2.0), expected(2, 0.5), 0.0];
    assert_near(&model.weights, &expected, 0.1);
    let other = explainer.key(Key::new(9)).lime(&rows, &lime).unwrap().remove(0);
    assert_ne!(model, other);
    assert_near(&model.weights, &other.weights, 0.15);
}

#[test]
fn lime_takes_categories_missing_values_and_groups() {
    let train = mixed(300, 1);
    let model = Gbdt::with_trees(30).fit(&train).unwrap();
    let players = Players::each(&train.features).group("both", &["x1", "x3"]).unwrap();
    let explainer = Explainer::new(|rows: &Features| model.predict(rows), &train.features).players(players);
    for bins in [None, Some(4)] {
        let few = train.features.take(&[0, 1, 2]);
        let found = explainer.lime(&few, &Lime { bins, samples: 500, ..Lime::default() }).unwrap();
        assert_eq!((found.len(), found[0].weights.len()), (3, 4));
        assert!(found.iter().all(|model| model.fit.is_some() && model.weights.iter().all(|w| w.is_finite())));
    }
    let refused = |lime: Lime| explainer.lime(&train.features, &lime).unwrap_err().code;
    assert_eq!(refused(Lime { samples: 1, ..Lime::default() }), code::BAD_VALUE);
    assert_eq!(refused(Lime { bins: Some(1), ..Lime::default() }), code::BAD_VALUE);
    assert_eq!(refused(Lime { width: Some(0.0), ..Lime::default() }), code::BAD_VALUE);
}

/// The only cell that pays is a >= 2 and b = yes; c is worth half of it.
fn pays(rows: &Table) -> Result<Vec<f64>, pipewright_explain::Failure> {
    let a = rows.numbers_or_nan(&["a".into()])?;
    let b = rows.codes("b", &["maybe".into(), "no".into(), "yes".into()])?;
    let c = rows.numbers_or_nan(&["c".into()])?;
    let pay =
        |row: usize| f64::from(u8::from(a[row] >= 2.0 && b[row] == Some(2))) + if c[row] > 0.0 { 0.5 } else { 0.0 };
    Ok((0..rows.rows()).map(pay).collect())
}

#[test]
fn counterfactuals_change_little_and_take_values_of_rows() {
    let rows = table("a,b,c,t\n5,yes,0,1\n2,yes,0,1\n0,yes,9,1\n9,no,9,0\n3,maybe,9,0\n").with_role("t", Role::Target);
    let rows = rows.unwrap();
    let explainer = Explainer::new(pays, &rows);
    let row = table("a,b,c,t\n1,no,0,0\n").with_role("t", Role::Target).unwrap();
    let goal = Goal::AtLeast { output: 0, value: 1.0 };
    let found = explainer.counterfactuals(&row, goal, Search::default()).unwrap();
    // Both values of row 1, or those of row 0, which is farther away.
    let change = |name: &str, row| Change { name: name.to_owned(), row };
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].changes, [change("a", 1), change("b", 1)]);
    assert_eq!(found[1].changes, [change("a", 0), change("b", 0)]);
    assert!(found[0].distance < found[1].distance && found[0].outputs == [1.0]);
    assert!((found[0].distance - (1.0 + 1.0 / 9.0)).abs() < 1e-12);
    // Half of it for one change: rows 2, 3 and 4 have the same c, so this is one counterfactual.
    let half = explainer.counterfactuals(&row, Goal::AtLeast { output: 0, value: 0.5 }, Search::default()).unwrap();
    assert_eq!(half[0].changes.len(), 1);
    assert_eq!(half.iter().filter(|found| found.changes[0].name == "c").count(), 1);
    // Without b, nothing pays; nothing that is paid already can be asked for.
    let stays = Players::each(&rows).only(&["a", "c"]).unwrap();
    let frozen = explainer.clone().players(stays);
    assert!(frozen.counterfactuals(&row, goal, Search::default()).unwrap().is_empty());
    let paid = Goal::AtMost { output: 0, value: 0.0 };
    let refused = |row: &Table, goal| explainer.counterfactuals(row, goal, Search::default()).unwrap_err().code;
    assert_eq!(refused(&row, paid), code::BAD_VALUE);
    assert_eq!(refused(&row, Goal::Largest { output: 3 }), code::WRONG_WIDTH);
    assert_eq!(refused(&rows, goal), code::WRONG_WIDTH);
}

/// Laws on a model: the goal is reached, only allowed columns change, and no change can be left out.
#[test]
fn counterfactuals_of_a_model_are_minimal() {
    let train = mixed(400, 2);
    let Target::Numbers(target) = train.target() else { panic!("numbers") };
    let codes = target.iter().map(|value| (value.abs() as u32).min(2)).collect();
    let train = Dataset::new(train.features.clone(), Target::Classes { codes, count: 3 });
    let model = Gbdt::with_trees(30).fit(&train).unwrap();
    let players = Players::each(&train.features).only(&["x0", "x2", "x4"]).unwrap();
    let explainer = Explainer::new(|rows: &Features| model.predict(rows), &train.features).players(players);
    let mut all = 0;
    for row in 0..30_u32 {
        let one = train.features.take(&[row]);
        let label = model.predict(&one).unwrap().labels()[0];
        let goal = (label as usize + 1) % 3;
        let found = explainer.counterfactuals(&one, Goal::Largest { output: goal }, Search::default()).unwrap();
        all += found.len();
        let changed = |changes: &[Change]| {
            let from = |column: usize| {
                let change = changes.iter().find(|change| change.name == format!("x{column}"));
                change.map_or(row, |change| change.row)
            };
            let columns: Vec<Column> =
                (0..5).map(|column| train.features.stored(column).take(&[from(column)])).collect();
            Features::from_columns(1, train.features.names().clone(), columns)
        };
        for counterfactual in &found {
            let changes = &counterfactual.changes;
            assert!(changes.iter().all(|change| ["x0", "x2", "x4"].contains(&&*change.name)));
            let outputs = model.predict(&changed(changes)).unwrap();
            assert_eq!((outputs.labels()[0] as usize, outputs.values()), (goal, &counterfactual.outputs[..]));
            for without in 0..changes.len() {
                let mut fewer = changes.clone();
                fewer.remove(without);
                assert_ne!(model.predict(&changed(&fewer)).unwrap().labels()[0] as usize, goal);
            }
        }
        assert!(found.windows(2).all(|pair| pair[0].changes.len() <= pair[1].changes.len()));
    }
    assert!(all > 30, "{all} counterfactuals of 30 rows");
}

#[test]
fn surrogate_trees_imitate_and_tell_how_well() {
    let train = mixed(800, 4);
    let model = Gbdt::with_trees(40).fit(&train).unwrap();
    let explainer = Explainer::new(|rows: &Features| model.predict(rows), &train.features);
    let fidelity = |depth: usize| explainer.surrogate(0, depth).unwrap().fidelity.unwrap();
    let (shallow, deep) = (fidelity(1), fidelity(6));
    assert!(shallow < deep && deep < 1.0 && deep > 0.5, "{shallow} {deep}");
    let found = explainer.surrogate(0, 3).unwrap();
    assert!(found.rules.len() > 4 && found.rules.iter().all(|rule| rule.conditions.len() <= 3));
    assert_eq!(found.rules.iter().map(|rule| rule.rows).sum::<f64>(), 600.0);
    // Every row meets the conditions of one rule, whose value the tree predicts.
    let predicted = found.model.predict(&train.features).unwrap();
    for row in 0..800 {
        let holds = |rule: &&pipewright_explain::Rule| {
            rule.conditions.iter().all(|condition| {
                let column = train.features.names().iter().position(|name| *name == condition.name).unwrap();
                let value = train.features.column(column)[row];
                let level = || match train.features.stored(column) {
                    Column::Categories(categories) => categories.levels()[value as usize].clone(),
                    _ => panic!("categories"),
                };
                match &condition.test {
                    _ if value.is_nan() => condition.or_missing,
                    Test::AtMost(number) => value <= *number,
                    Test::Above(number) => value > *number,
                    Test::In(levels) => levels.contains(&level()),
                    Test::NotIn(levels) => !levels.contains(&level()),
                }
            })
        };
        let rules: Vec<_> = found.rules.iter().filter(holds).collect();
        assert_eq!(rules.len(), 1);
        assert!((rules[0].value - predicted.values()[row]).abs() < 1e-12);
    }
    assert_eq!(explainer.surrogate(1, 3).unwrap_err().code, code::WRONG_WIDTH);
    let few = train.features.take(&[0, 1]);
    let of_few = Explainer::new(|rows: &Features| model.predict(rows), &few);
    assert_eq!(of_few.surrogate(0, 3).unwrap_err().code, code::TOO_FEW_ROWS);
    let constant = Explainer::new(function(|_| 2.0), &train.features).surrogate(0, 3).unwrap();
    assert_eq!((constant.fidelity, constant.rules.len(), constant.rules[0].value), (None, 1, 2.0));
}
