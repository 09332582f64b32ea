//! Agreement with pandas and polars, on the rows that `tests/oracles/freeze_relation.py` froze.

use super::table;
use crate::{Aggregate, Grouping, Join, JoinKind, Measure, Pivot, Selection, Unpivot};
use pipewright_table::text::text_of;
use pipewright_table::{Direction, Table};
use serde_json::Value;
use std::sync::Arc;

const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/relation.json"));

fn list(value: &Value) -> Vec<Arc<str>> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().into()).collect()
}

fn same(names: &[Arc<str>]) -> Vec<(Arc<str>, Arc<str>)> {
    names.iter().map(|name| (name.clone(), name.clone())).collect()
}

fn aggregate(name: &str) -> Aggregate {
    Aggregate::NAMES.iter().find(|(known, _)| *known == name).unwrap().1
}

fn made(case: &Value, visits: &Table, sites: &Table) -> Table {
    let on = || list(&case["on"]);
    match case["operation"].as_str().unwrap() {
        "group" => {
            let column = case["column"].as_str().unwrap();
            let measure = |name: Arc<str>| Measure::new(format!("{name}()"), aggregate(&name), column);
            let measures = list(&case["measures"]).into_iter().map(measure).collect();
            Grouping { keys: list(&case["keys"]), measures }.apply(visits).unwrap()
        }
        "asof" => {
            let tolerance = case["tolerance"].as_f64();
            let by: Vec<Arc<str>> = case["by"].as_str().into_iter().map(Into::into).collect();
            let how = JoinKind::AsOf { times: ("minute".into(), "minute".into()), tolerance };
            let needed: Vec<Arc<str>> = by.iter().cloned().chain(["minute".into()]).collect();
            let joined = Join { how, on: same(&by) }.apply(&visits.dropna(&needed).unwrap(), sites).unwrap();
            joined.select(&["id", "rate"]).unwrap()
        }
        "sort" => {
            let down = case["descending"].as_array().unwrap().iter().map(|down| match down.as_bool().unwrap() {
                true => Direction::Descending,
                false => Direction::Ascending,
            });
            visits.sort(&list(&case["by"]).into_iter().zip(down).collect::<Vec<_>>()).unwrap()
        }
        "dedup" => visits.dedup(&on()).unwrap(),
        "dropna" => visits.dropna(&on()).unwrap(),
        "unpivot" => {
            let selection = Selection::Union(on().into_iter().map(Selection::Name).collect());
            let few = visits.select(&["id", "site", "amount", "score"]).unwrap();
            Unpivot { on: selection, key: "name".into(), value: "number".into() }.apply(&few).unwrap()
        }
        "pivot" => {
            let few = visits.select(&["site", "level", "score"]).unwrap().dropna(&["site", "level", "score"]).unwrap();
            let aggregate = Some(aggregate(case["aggregate"].as_str().unwrap()));
            Pivot { key: "level".into(), value: "score".into(), aggregate }.apply(&few).unwrap()
        }
        how => {
            let how = match how {
                "inner" => JoinKind::Inner,
                "left" => JoinKind::Left,
                "anti" => JoinKind::Anti,
                "semi" => JoinKind::Semi,
                other => panic!("{other}"),
            };
            Join { how, on: same(&on()) }.apply(visits, sites).unwrap()
        }
    }
}

#[test]
fn tables_agree() {
    let document: Value = serde_json::from_str(TEXT).unwrap();
    let tolerance = document["tolerance"].as_f64().unwrap();
    let (visits, sites) = (table(document["visits"].as_str().unwrap()), table(document["sites"].as_str().unwrap()));
    let mut compared = 0;
    for case in document["cases"].as_array().unwrap() {
        let (made, rows) = (made(case, &visits, &sites), case["rows"].as_array().unwrap());
        assert_eq!(made.rows(), rows.len(), "{}", case["operation"]);
        for (row, expected) in rows.iter().enumerate() {
            let expected = expected.as_array().unwrap();
            assert_eq!(made.columns().len(), expected.len(), "{}", case["operation"]);
            for ((column, array), expected) in made.columns().iter().zip(made.arrays()).zip(expected) {
                let got = text_of(array, row);
                let agrees = match (&got, expected.as_f64()) {
                    (Some(got), Some(number)) => {
                        let got: f64 = got.parse().unwrap();
                        (got - number).abs() <= tolerance * number.abs()
                    }
                    _ => got.as_deref() == expected.as_str(),
                };
                assert!(agrees, "{} `{}` row {row}: {got:?}, not {expected}", case["operation"], column.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 4000, "{compared}");
}
