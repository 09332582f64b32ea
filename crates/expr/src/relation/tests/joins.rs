//! Joins against nested loops.

use super::{Cells, cells, for_any_threads, names, table};
use crate::{Join, JoinKind};
use pipewright_diagnostic::code;
use pipewright_table::testing::random_table;
use pipewright_table::text::text_of;
use pipewright_table::{ColumnType, Role, Table};
use pipewright_world::random::Key;
use proptest::prelude::*;
use std::sync::Arc;

fn on(names: &[&str]) -> Vec<(Arc<str>, Arc<str>)> {
    names.iter().map(|&name| (name.into(), name.into())).collect()
}

/// A join as its definition has it: every row with every row.
fn naive(left: &Table, right: &Table, on: &[&str], how: &JoinKind) -> Vec<Cells> {
    let key = |table: &Table, row| on.iter().map(|name| text_of(table.array(name).unwrap(), row)).collect::<Cells>();
    let (left_cells, right_cells) = (cells(left), cells(right));
    let is_key: Vec<bool> = right.columns().iter().map(|column| on.contains(&&*column.name)).collect();
    let added = |row: Option<usize>| -> Cells {
        let places = (0..right.columns().len()).filter(|&place| !is_key[place]);
        places.map(|place| row.and_then(|row| right_cells[row][place].clone())).collect()
    };
    let matches = |row: usize| -> Vec<usize> {
        let key_here = key(left, row);
        let rows = 0..right.rows();
        rows.filter(|&other| !key_here.contains(&None) && key(right, other) == key_here).collect()
    };
    let mut made = Vec::new();
    for (row, own) in left_cells.into_iter().enumerate() {
        let found = matches(row);
        match how {
            JoinKind::Semi if !found.is_empty() => made.push(own.clone()),
            JoinKind::Anti if found.is_empty() => made.push(own.clone()),
            JoinKind::Semi | JoinKind::Anti => {}
            JoinKind::Left | JoinKind::Full if found.is_empty() => made.push([own.clone(), added(None)].concat()),
            _ => made.extend(found.into_iter().map(|other| [own.clone(), added(Some(other))].concat())),
        }
    }
    if *how == JoinKind::Full {
        let all: Vec<usize> = (0..left.rows()).flat_map(matches).collect();
        for row in (0..right.rows()).filter(|row| !all.contains(row)) {
            let kept = left.columns().iter().map(|column| match on.contains(&&*column.name) {
                true => text_of(right.array(&column.name).unwrap(), row),
                false => None,
            });
            made.push([kept.collect(), added(Some(row))].concat());
        }
    }
    made
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn joins_are_nested_loops(seed in any::<u64>(), rows in 0..40_usize, others in 0..40_usize, first in 0..7_usize) {
        let (left, right) = (random_table(Key::new(seed), rows), random_table(Key::new(seed ^ 1), others));
        let first = names(&left)[first];
        for keys in [vec![first], vec!["category", "truth"], vec!["count", "category"]] {
            for how in [JoinKind::Inner, JoinKind::Left, JoinKind::Full, JoinKind::Semi, JoinKind::Anti] {
                let join = Join { how, on: on(&keys) };
                let made = join.apply(&left, &right).unwrap();
                let expected = naive(&left, &right, &keys, &join.how);
                prop_assert_eq!(cells(&made), expected, "{:?}\n{}\n{}", &join, &left, &right);
                prop_assert_eq!(join.schema(&left.schema(), &right.schema()).unwrap(), made.schema());
            }
        }
    }

    #[test]
    fn the_latest_is_found(seed in any::<u64>(), rows in 0..40_usize, others in 0..40_usize, tolerance in 0..9_u32) {
        let (left, right) = (random_table(Key::new(seed), rows), random_table(Key::new(seed ^ 1), others));
        for (times, by, most) in [("count", None, f64::from(tolerance)), ("real", Some("truth"), 1.5),
            ("date", Some("category"), f64::from(tolerance) * 86_400e6), ("time", None, 3600e6)] {
            let number = |table: &Table, row| match text_of(table.array(times).unwrap(), row) {
                Some(text) if times == "date" => pipewright_table::literal::date(text.as_bytes()).map(|date| date as f64),
                Some(text) if times == "time" => pipewright_table::literal::time(text.as_bytes()).map(|time| time as f64),
                text => text.map(|text| text.parse().unwrap()),
            };
            let by: Vec<&str> = by.into_iter().collect();
            let text = |table: &Table, name: &str, row| text_of(table.array(name).unwrap(), row);
            let key = |table: &Table, row| by.iter().map(|name| text(table, name, row)).collect::<Cells>();
            for tolerance in [None, Some(most)] {
                let how = JoinKind::AsOf { times: (times.into(), times.into()), tolerance };
                let made = Join { how, on: on(&by) }.apply(&left, &right).unwrap();
                for row in 0..rows {
                    let here = number(&left, row);
                    let fits = |&other: &usize| {
                        let (Some(here), Some(there)) = (here, number(&right, other)) else { return false };
                        let near = tolerance.is_none_or(|most| here - there <= most);
                        let keys = (key(&left, row), key(&right, other));
                        there <= here && near && !keys.0.contains(&None) && keys.0 == keys.1
                    };
                    let by_time = |&one: &usize, &other: &usize| {
                        number(&right, one).partial_cmp(&number(&right, other)).unwrap()
                    };
                    let best = (0..others).filter(fits).max_by(by_time);
                    let id = best.and_then(|best| text(&right, "id", best));
                    let found = text(&made, "id (right)", row);
                    prop_assert_eq!(found, id, "{} row {}\n{}\n{}", times, row, &left, &right);
                }
            }
        }
    }
}

#[test]
fn threads_do_not_matter() {
    let right = random_table(Key::new(12), 3000).dedup(&["text"]).unwrap();
    for how in [JoinKind::Inner, JoinKind::Left, JoinKind::Full, JoinKind::Anti] {
        for_any_threads(|table| Join { how: how.clone(), on: on(&["text"]) }.apply(table, &right).unwrap());
    }
    let few = random_table(Key::new(13), 40);
    for_any_threads(|table| Join { how: JoinKind::Inner, on: on(&["category", "count"]) }.apply(table, &few).unwrap());
    let how = JoinKind::AsOf { times: ("date".into(), "date".into()), tolerance: None };
    for_any_threads(|table| Join { how: how.clone(), on: on(&["category"]) }.apply(table, &right).unwrap());
}

#[test]
fn whole_and_real_numbers_match_where_they_are_equal() {
    let (left, right) = (table("k,a\n1,x\n2,y\n3,z\n"), table("k,b\n2.0,p\n2.5,q\n3,r\n"));
    let inner =
        |left: &Table, right: &Table| cells(&Join { how: JoinKind::Inner, on: on(&["k"]) }.apply(left, right).unwrap());
    let row = |texts: [&str; 3]| texts.map(|text| Some(text.to_string())).to_vec();
    assert_eq!(inner(&left, &right), [row(["2", "y", "p"]), row(["3", "z", "r"])]);
    assert_eq!(inner(&right, &left), [row(["2", "p", "y"]), row(["3", "r", "z"])]);
    let full = Join { how: JoinKind::Full, on: on(&["k"]) }.apply(&left, &right).unwrap_err();
    assert_eq!(full.code, code::TYPE_MISMATCH);
}

#[test]
fn a_key_of_texts_matches_whole_numbers_by_their_digits() {
    let (left, right) = (table("k,a\n0100,1\n100,2\nx,3\n,4\n"), table("k,b\n100,u\n7,v\n,w\n"));
    let inner =
        |left: &Table, right: &Table| cells(&Join { how: JoinKind::Inner, on: on(&["k"]) }.apply(left, right).unwrap());
    let row = |texts: [&str; 3]| texts.map(|text| Some(text.to_string())).to_vec();
    assert_eq!(inner(&left, &right), [row(["100", "2", "u"])]);
    assert_eq!(inner(&right, &left), [row(["100", "u", "2"])]);
}

#[test]
fn names_roles_and_sources() {
    let left = table("k,y,a\n1,2,3\n").with_role("y", Role::Target).unwrap();
    let right = table("key,y,b\n1,5,6\n").with_role("y", Role::Target).unwrap();
    let joined = Join { how: JoinKind::Left, on: vec![("k".into(), "key".into())] }.apply(&left, &right).unwrap();
    assert_eq!(names(&joined), ["k", "y", "a", "y (right)", "b"]);
    let (own, other) = (joined.column("y").unwrap(), joined.column("y (right)").unwrap());
    assert_eq!((own.role, other.role, other.kind), (Role::Target, Role::Feature, ColumnType::Count));
    assert_eq!(other.sources, ["y".into()]);
}

#[test]
fn what_cannot_be_joined_is_refused() {
    let (left, right) = (table("k,t,b,y,y (right)\n1,x,true,1,1\n"), table("k,t,y\n1,x,1\n"));
    let fails = |how: JoinKind, on: Vec<(Arc<str>, Arc<str>)>| Join { how, on }.apply(&left, &right).unwrap_err().code;
    assert_eq!(fails(JoinKind::Inner, vec![]), code::MISSING_ARGUMENT);
    assert_eq!(fails(JoinKind::Inner, on(&["z"])), code::UNKNOWN_COLUMN);
    assert_eq!(fails(JoinKind::Inner, vec![("b".into(), "t".into())]), code::TYPE_MISMATCH);
    assert_eq!(fails(JoinKind::Full, vec![("k".into(), "t".into())]), code::TYPE_MISMATCH);
    assert_eq!(fails(JoinKind::Inner, on(&["k", "t"])), code::DUPLICATE_COLUMN);
    let how = JoinKind::AsOf { times: ("t".into(), "t".into()), tolerance: None };
    assert_eq!(fails(how, on(&["k"])), code::TYPE_MISMATCH);
    let (left, right) = (table("a,k\n1,1\n"), table("a,k\n1,1\n"));
    let joined = Join { how: JoinKind::AsOf { times: ("a".into(), "a".into()), tolerance: None }, on: on(&["k"]) };
    assert_eq!(names(&joined.apply(&left, &right).unwrap()), ["a", "k", "a (right)"]);
}
