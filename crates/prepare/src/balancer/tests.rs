//! Which rows there are to learn from in the end.

use super::*;
use crate::laws::check_table;
use pipewright_io::{ReadOptions, csv};
use pipewright_table::TextOffset;
use pipewright_table::testing::random_table;
use proptest::prelude::*;

/// 12 of `no`, 4 of `yes`, 2 of `maybe`; numbers of `yes` lie on the line x = 2 n.
fn table() -> Table {
    let mut text = String::from("x,n,s,y\n");
    (0..12).for_each(|row| text.push_str(&format!("{row}.5,{},far,no\n", row * row)));
    (0..4).for_each(|row| text.push_str(&format!("{}.0,{},near {row},yes\n", 100 + 20 * row, 50 + 10 * row)));
    text.push_str("7.5,,odd,maybe\n8.5,3,even,maybe\n");
    csv::read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap().0.with_role("y", Role::Target).unwrap()
}

fn context(classes: &[&str], seed: u64) -> FitContext {
    let classes = classes.iter().map(|&class| class.to_owned()).collect();
    FitContext { target_spec: Some(TargetSpec { target: "y".into(), classes: Some(classes) }), key: Key::new(seed) }
}

const CLASSES: [&str; 3] = ["maybe", "no", "yes"];

fn balanced(balancer: Balancer, seed: u64) -> Table {
    let (table, context) = (table(), context(&CLASSES, seed));
    let state = balancer.fit(&table, &context).unwrap();
    state.validate().unwrap();
    assert!(state.apply(&table).unwrap() == table, "other rows stay what they are");
    balancer.apply_training(&state, &table, &context).unwrap()
}

fn counts(table: &Table) -> Vec<usize> {
    let target = table.array("y").unwrap().as_string::<TextOffset>();
    CLASSES.iter().map(|class| target.iter().filter(|value| *value == Some(*class)).count()).collect()
}

#[test]
fn classes_have_the_sizes_that_were_asked_for() {
    for balancer in [Balancer::smote(), Balancer::over()] {
        assert_eq!(counts(&balanced(balancer, 1)), [12, 12, 12]);
        assert_eq!(counts(&balanced(balancer.to_ratio(0.5), 1)), [6, 12, 6]);
        assert_eq!(counts(&balanced(balancer.to_ratio(0.25), 1)), [3, 12, 4]);
    }
    assert_eq!(counts(&balanced(Balancer::under(), 1)), [2, 2, 2]);
    assert_eq!(counts(&balanced(Balancer::under().to_ratio(0.3), 1)), [2, 6, 4]);
}

#[test]
fn rows_that_were_there_come_first_and_as_they_were() {
    let all = balanced(Balancer::smote(), 3);
    assert!(all.slice(0, table().rows()) == table());
    let fewer = balanced(Balancer::under(), 3);
    let kept: Vec<usize> = (0..table().rows())
        .filter(|&row| (0..fewer.rows()).any(|other| fewer.slice(other, 1) == table().slice(row, 1)))
        .collect();
    assert_eq!(kept.len(), fewer.rows());
    assert!(balanced(Balancer::smote(), 3) == all && balanced(Balancer::smote(), 4) != all);
}

#[test]
fn new_rows_lie_between_two_of_their_class() {
    let all = balanced(Balancer::smote(), 7);
    let born = all.slice(table().rows(), all.rows() - table().rows());
    let (x, n) = (floats(born.array("x").unwrap()), born.array("n").unwrap().as_primitive::<Int64Type>().clone());
    let (s, y) =
        (born.array("s").unwrap().as_string::<TextOffset>(), born.array("y").unwrap().as_string::<TextOffset>());
    let mut between = 0;
    for row in 0..born.rows() {
        match y.value(row) {
            "yes" => {
                assert!((100.0..=160.0).contains(&x.value(row)) && s.value(row).starts_with("near"));
                assert!((x.value(row) / 2.0 - n.value(row) as f64).abs() <= 0.5, "on the line, but for rounding");
                between += usize::from(x.value(row) % 20.0 != 0.0);
            }
            _ => {
                assert!((7.5..=8.5).contains(&x.value(row)));
                // Where the count is missing in the first it stays missing, and else it is that of the first.
                assert_eq!((n.is_null(row), n.is_null(row) || n.value(row) == 3), (s.value(row) == "odd", true));
            }
        }
    }
    assert!(between >= 7, "{between} of 8 rows lie between others");
}

#[test]
fn a_single_row_is_copied_and_numbers_are_no_classes() {
    let one = table().slice(0, 13);
    let (balancer, context) = (Balancer::smote(), context(&CLASSES, 0));
    let state = balancer.fit(&one, &context).unwrap();
    let all = balancer.apply_training(&state, &one, &context).unwrap();
    assert_eq!(counts(&all), [0, 12, 12]);
    assert!((13..24).all(|row| all.slice(row, 1) == one.slice(12, 1)));
    let numbers = FitContext { target_spec: Some(TargetSpec { target: "x".into(), classes: None }), ..context };
    assert_eq!(balancer.fit(&one, &numbers).unwrap_err().code, code::WRONG_TASK);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn laws_hold_over_random_tables(seed in any::<u64>(), rows in 0..60_usize) {
        let table = random_table(Key::new(seed), rows);
        let truth = table.array("truth").unwrap();
        let present: arrow_array::BooleanArray = (0..rows).map(|row| Some(truth.is_valid(row))).collect();
        let table = table.filter(&present).with_role("truth", Role::Target).unwrap();
        let target_spec = TargetSpec { target: "truth".into(), classes: Some(vec!["false".to_owned(), "true".to_owned()].into()) };
        let context = FitContext { target_spec: Some(target_spec), key: Key::new(seed) };
        for balancer in [Balancer::smote(), Balancer::over().to_ratio(0.7), Balancer::under()] {
            check_table(&balancer, &table, &context);
        }
    }
}
