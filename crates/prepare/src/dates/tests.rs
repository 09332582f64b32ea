//! Parts of dates, against pandas and by hand.

use super::*;
use crate::fit;
use crate::oracle::{cases, numbers};
use pipewright_diagnostic::code;
use pipewright_io::{ReadOptions, csv};

fn table(text: &str) -> Table {
    csv::read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap().0
}

#[test]
fn parts_agree_with_pandas() {
    for case in cases(include_str!("../../../../tests/oracles/dates.json")) {
        let dates: Vec<&str> = case["dates"].as_array().unwrap().iter().map(|date| date.as_str().unwrap()).collect();
        let rows = table(&format!("when\n{}\n", dates.join("\n")));
        let parts = fit(&Dates::all(), &rows).unwrap().apply(&rows).unwrap();
        assert_eq!(parts.columns().len(), DatePart::NAMES.len());
        for (name, _) in DatePart::NAMES {
            let found = parts.numbers(&[format!("when ({name})").into()]).unwrap();
            for ((found, expected), date) in found.iter().zip(numbers(&case[name])).zip(&dates) {
                assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{name} of {date}: {found} {expected}");
            }
        }
    }
}

#[test]
fn hours_only_where_there_are_some_and_days_since_the_first_of_training() {
    let days = table("d\n2024-03-01\n\n2024-02-28\n");
    let state = fit(&Dates::all(), &days).unwrap();
    let names = |table: &Table| table.columns().iter().map(|column| column.name.to_string()).collect::<Vec<_>>();
    assert!(!names(&state.apply(&days).unwrap()).contains(&"d (hour)".to_owned()));
    let new = table("d\n2024-02-27T12:00\n2024-03-02\n");
    let applied = state.apply(&new).unwrap();
    assert_eq!(applied.numbers(&["d (elapsed)".into()]).unwrap(), [-0.5, 3.0]);
    assert_eq!(applied.column("d (year)").unwrap().sources, ["d".into()]);
    let missing = state.apply(&days).unwrap().numbers(&["d (year)".into()]).unwrap_err();
    assert_eq!((missing.code, missing.place.row), (code::MISSING_VALUES, Some(2)));
    let declared = fit(&Dates::parts([DatePart::Hour]), &days).unwrap().apply(&new).unwrap();
    assert_eq!(declared.numbers(&["d (hour)".into()]).unwrap(), [12.0, 0.0]);
    assert_eq!(names(&declared), ["d (hour)"]);
}

#[test]
fn cycles_close() {
    let rows = table("d\n2023-12-31T23:00\n2024-01-01T00:00\n2024-07-01T12:00\n");
    let encoder = Dates::parts([DatePart::Month, DatePart::Hour, DatePart::Year]).cyclic();
    let made = fit(&encoder, &rows).unwrap().apply(&rows).unwrap();
    let names: Vec<&str> = made.columns().iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["d (month sin)", "d (month cos)", "d (hour sin)", "d (hour cos)", "d (year)"]);
    let numbers = made.numbers(&["d (month sin)".into(), "d (month cos)".into(), "d (hour cos)".into()]).unwrap();
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    close(numbers[0], -0.5);
    close(numbers[1], 0.0);
    close(numbers[3], 0.75_f64.sqrt());
    close(numbers[4], 1.0);
    close(numbers[5], -1.0);
    close(numbers[8], -1.0);
}

#[test]
fn hostile_states_are_refused() {
    let state = |text: &str| serde_json::from_str::<DatesState>(text).unwrap().validate();
    let dated = r#"{"name":"d","parts":["year","year"],"earliest":0}"#;
    assert!(state(&format!(r#"{{"cyclic":false,"columns":[{dated}]}}"#)).is_err());
    assert_eq!(fit(&Dates::all(), &table("d,n\n2024-01-01,1\n").slice(0, 0)).unwrap_err().code, code::ALL_MISSING);
}

#[test]
fn parts_are_those_of_the_clocks_of_a_zone() {
    let days = table("d\n2024-06-30T22:00:00\n2024-12-31T23:00:00\n");
    let dates = Dates::parts([DatePart::Month, DatePart::Hour, DatePart::Elapsed]);
    let state = fit(&dates.clone().zone(Zone::read("Europe/Berlin").unwrap()), &days).unwrap();
    let numbers = |name: &str| state.apply(&days).unwrap().numbers(&[name.into()]).unwrap();
    assert_eq!((numbers("d (month)"), numbers("d (hour)")), (vec![7.0, 1.0], vec![0.0, 0.0]));
    assert_eq!(numbers("d (elapsed)"), [0.0, 184.0 + 1.0 / 24.0]);
    let hourless = fit(&Dates::all().zone(Zone::read("Europe/Berlin").unwrap()), &days).unwrap();
    assert!(hourless.apply(&days).unwrap().find("d (hour)").is_none(), "midnight there");
    let saved = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<DatesState>(&saved).unwrap(), state);
    let changed: DatesState = serde_json::from_str(&saved.replace("Berlin", "Nowhere")).unwrap();
    assert!(changed.validate().is_err());
    assert!(!serde_json::to_string(&fit(&dates, &days).unwrap()).unwrap().contains("zone"));
}
