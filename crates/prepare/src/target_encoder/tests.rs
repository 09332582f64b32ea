//! What the target encoder learns, against scikit-learn and against what it must not learn.

use super::*;
use crate::State;
use crate::laws::check_table;
use crate::oracle::{cases, column_of, number, numbers, text_column};
use arrow_array::{ArrayRef, Float64Array};
use pipewright_expr::Class;
use pipewright_table::TextArray;
use pipewright_table::testing::{edge_tables, random_table};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;

fn context(target: &str, classes: Option<&[&str]>, seed: u64) -> FitContext {
    let classes = classes.map(|classes| classes.iter().map(|&class| class.to_owned()).collect());
    FitContext { target_spec: Some(TargetSpec { target: target.into(), classes }), key: Key::new(seed) }
}

/// A table of towns and a target, as a case has them, and what to know about it.
fn task(case: &Value) -> (Table, FitContext) {
    let (town, towns) = text_column("town", &case["towns"]);
    let target: ArrayRef = match case["task"].as_str().unwrap() {
        "classes" => text_column("y", &case["target"]).1,
        _ => Arc::new(Float64Array::from(numbers(&case["target"]))),
    };
    let (kind, classes): (ColumnType, Option<&[&str]>) = match case["task"].as_str().unwrap() {
        "classes" => (ColumnType::Text, Some(&["cone", "cube", "ring"])),
        "binary" => (ColumnType::Continuous, Some(&["0", "1"])),
        _ => (ColumnType::Continuous, None),
    };
    let table = Table::new(vec![town, Column::new("y", kind)], vec![towns, target]).unwrap();
    (table.with_role("y", pipewright_table::Role::Target).unwrap(), context("y", classes, 0))
}

fn agree(found: &[f64], expected: impl Iterator<Item = f64>, what: &str) {
    for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{what}, row {row}: {found} {expected}");
    }
}

#[test]
fn it_agrees_with_scikit_learn() {
    let mut compared = 0;
    for case in cases(include_str!("../../../../tests/oracles/encoders.json")) {
        if case["method"] != "target" {
            continue;
        }
        compared += 1;
        let (table, context) = task(&case);
        let encoder = number(&case["smooth"]).map_or_else(TargetEncoder::mean, TargetEncoder::mean_of_rows);
        let state = encoder.fit(&table, &context).unwrap();
        state.validate().unwrap();
        let (new, towns) = text_column("town", &case["new"]);
        let encoded = state.apply(&Table::new(vec![new], vec![towns]).unwrap()).unwrap();
        let what = format!("{} {}", case["task"], case["smooth"]);
        for (place, column) in encoded.columns().iter().enumerate() {
            let found = encoded.numbers(std::slice::from_ref(&column.name)).unwrap();
            agree(&found, column_of(&case["codes"], place), &format!("{what} {}", column.name));
        }
        // The folds of the case in the place of drawn ones.
        let folds: Vec<u32> = numbers(&case["folds"]).iter().map(|&fold| fold as u32).collect();
        let outcomes = encoder.outcomes(context.target_spec().unwrap(), &table).unwrap();
        assert_eq!(outcomes.len(), encoded.columns().len());
        let Coding::Scores(scores) = &state.columns[0].coding else { panic!("no scores") };
        let codes = scores.codes(table.column("town").unwrap(), table.array("town").unwrap(), Unseen::Zero).unwrap();
        for (place, outcome) in outcomes.iter().enumerate() {
            let places = scores.levels.len() + PLACES_BEHIND;
            let crossed = encoder.crossed(places, &codes, &outcome.values, &folds).unwrap();
            agree(&crossed, column_of(&case["crossed"], place), &format!("{what}, crossed"));
        }
    }
    assert_eq!(compared, 11);
}

#[test]
fn evidence_by_hand() {
    // `a`: 2 of 3 positive, `b`: 0 of 2; 2 positive and 3 others in all.
    let text = "s,y\na,1\na,1\na,0\nb,0\nb,0\n";
    let (table, _) = pipewright_io::csv::read(text.as_bytes(), &pipewright_io::ReadOptions::new("t.csv")).unwrap();
    let state =
        TargetEncoder::evidence().on(Selection::name("s")).fit(&table, &context("y", Some(&["0", "1"]), 0)).unwrap();
    let found = state.apply(&table).unwrap().numbers(&["s".into()]).unwrap();
    let evidence = |positive: f64, negative: f64| ((positive + 0.5) / 3.0 / ((negative + 0.5) / 4.0)).ln();
    agree(&found, [evidence(2.0, 1.0); 3].into_iter().chain([evidence(0.0, 2.0); 2]), "evidence");
    let refused = TargetEncoder::evidence().fit(&table, &context("y", None, 0)).unwrap_err();
    assert_eq!(refused.code, code::WRONG_TASK);
    let aimless = FitContext { target_spec: None, key: Key::new(0) };
    assert_eq!(TargetEncoder::mean().fit(&table, &aimless).unwrap_err().code, code::NO_TARGET);
}

#[test]
fn parts_are_even_and_have_their_share_of_each_class() {
    let target_spec = |classes: Option<&[&str]>| context("y", classes, 0).target_spec.unwrap();
    let outcome = |values: Vec<f64>| Outcome { suffix: String::new(), values };
    let is = |class: usize| outcome((0..50).map(|row| f64::from(u8::from(row % 10 / 4 == class))).collect());
    let encoder = TargetEncoder::mean();
    let counts = |folds: &[u32], of: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..5).map(|fold| (0..50).filter(|&row| folds[row] == fold && of(row)).count()).collect()
    };
    let three = encoder.folds(&target_spec(Some(&["a", "b", "c"])), &[is(0), is(1), is(2)], 50, Key::new(1));
    assert_eq!(counts(&three, &|_| true), [10; 5]);
    (0..3).for_each(|class| assert_eq!(counts(&three, &|row| row % 10 / 4 == class), [[4; 5], [4; 5], [2; 5]][class]));
    let two = encoder.folds(&target_spec(Some(&["a", "b"])), &[is(2)], 50, Key::new(1));
    assert_eq!(counts(&two, &|row| row % 10 / 4 == 2), [2; 5]);
    let numbers = encoder.folds(&target_spec(None), &[is(1)], 50, Key::new(1));
    assert_eq!(counts(&numbers, &|_| true), [10; 5]);
    assert_ne!(numbers, encoder.folds(&target_spec(None), &[is(1)], 50, Key::new(2)));
}

/// A text that is nearly another one in every row, and a target that has nothing to do with it.
fn noise(rows: u64, levels: u64) -> Table {
    let key = Key::new(3);
    let names = (0..rows).map(|row| Some(format!("n{}", key.child("name").below(row, levels))));
    let target = (0..rows).map(|row| key.child("y").uniform(row));
    let arrays: Vec<ArrayRef> =
        vec![Arc::new(names.collect::<TextArray>()), Arc::new(target.collect::<Float64Array>())];
    Table::new(vec![Column::new("name", ColumnType::Text), Column::new("y", ColumnType::Continuous)], arrays).unwrap()
}

#[test]
fn training_rows_do_not_see_their_own_target() {
    let table = noise(4000, 40_000);
    let context = context("y", None, 5);
    let explained = |encoded: &Table| {
        let (x, y) = (encoded.numbers(&["name".into()]).unwrap(), encoded.numbers(&["y".into()]).unwrap());
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (mx, my) = (mean(&x), mean(&y));
        let sum = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(&y).map(|(x, y)| f(x - mx, y - my)).sum::<f64>();
        sum(&|x, y| x * y).powi(2) / (sum(&|x, _| x * x) * sum(&|_, y| y * y))
    };
    let encoder = TargetEncoder::mean_of_rows(0.0);
    let state = encoder.fit(&table, &context).unwrap();
    let open = explained(&state.apply(&table).unwrap());
    let crossed = explained(&encoder.apply_training(&state, &table, &context).unwrap());
    assert!(open > 0.9 && crossed < 0.01, "{open} without, {crossed} with folds");
}

#[test]
fn rare_and_unseen_levels() {
    let text = "s,y\na,1\na,3\nb,10\nc,20\n,5\n";
    let (table, _) = pipewright_io::csv::read(text.as_bytes(), &pipewright_io::ReadOptions::new("t.csv")).unwrap();
    let (new, _) = pipewright_io::csv::read(b"s,y\nz,0\nb,0\n,0\n", &pipewright_io::ReadOptions::new("n.csv")).unwrap();
    let encoder = TargetEncoder { rare: Some(Rare::Count(2)), ..TargetEncoder::mean_of_rows(0.0) };
    let apply = |unseen: Unseen| {
        let state = TargetEncoder { unseen, ..encoder.clone() }.fit(&table, &context("y", None, 0)).unwrap();
        state.apply(&new).and_then(|table| table.numbers(&["s".into()]))
    };
    assert_eq!(apply(Unseen::Zero).unwrap(), [7.8, 15.0, 5.0]);
    assert_eq!(apply(Unseen::Other).unwrap(), [15.0, 15.0, 5.0]);
    assert_eq!(apply(Unseen::Error).unwrap_err().place.row, Some(1));
}

fn every_encoder(table: &Table, seed: u64) {
    let named = || Selection::Union(vec![Selection::Class(Class::String), Selection::Class(Class::Bool)]);
    let tasks: [(&str, Option<&[&str]>); 2] = [("count", None), ("truth", Some(&["false", "true"]))];
    for (target, classes) in tasks {
        let present = match table.find(target) {
            Some((_, array)) => table.filter(&arrow_array::BooleanArray::from_iter(
                (0..table.rows()).map(|row| Some(arrow_array::Array::is_valid(array, row))),
            )),
            None => continue,
        };
        let table = present.with_role(target, pipewright_table::Role::Target).unwrap();
        let context = context(target, classes, seed);
        for encoder in [TargetEncoder::mean(), TargetEncoder::mean_of_rows(3.0).on(named()), TargetEncoder::evidence()]
        {
            check_table(&encoder, &table, &context);
            let rare = TargetEncoder { rare: Some(Rare::Count(2)), unseen: Unseen::Other, ..encoder };
            check_table(&rare, &table, &context);
        }
    }
}

#[test]
fn laws_hold_at_the_edges() {
    edge_tables().iter().for_each(|table| every_encoder(table, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn laws_hold_over_random_tables(seed in any::<u64>(), rows in 0..60_usize) {
        every_encoder(&random_table(Key::new(seed), rows), seed);
    }
}
