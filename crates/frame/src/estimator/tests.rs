//! What the estimators learn, against values worked out by hand.

use super::oracle::{cases, column_of, text_column};
use crate::ReadOptions;
use crate::csv::read;
use crate::{
    Class, Encoder, EncoderMethod, EncoderState, Entry, Estimator, Imputer, ImputerState, Kind, Rare, Role, Scaler,
    ScalerState, Selection, State, Table, Unseen, Value, fit,
};
use pipewright_diagnostic::{Failure, code};

fn table(text: &str) -> Table {
    read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap().0
}

fn fitted<E: Estimator>(estimator: &E, text: &str) -> Result<Table, Failure> {
    let table = table(text);
    fit(estimator, &table)?.apply(&table)
}

fn shown<E: Estimator>(estimator: &E, text: &str) -> String {
    fitted(estimator, text).unwrap().show(20, 200)
}

const PEOPLE: &str = "n,x,s,b\n1,0.5,u,true\n3,,v,\n,2.5,,false\n3,1,u,true\n";

#[test]
fn imputers_fill() {
    let on = |imputer: Imputer, name: &str| shown(&imputer.on(Selection::name(name)), PEOPLE);
    let numbers = "n,x,s,b\n1,4,u,true\n";
    assert_eq!(shown(&Imputer::mean(), numbers), "n  x  s  b\n1  4  u  true\n");
    assert_eq!(fitted(&Imputer::mean(), numbers).unwrap().column("n").unwrap().kind, Kind::Continuous);
    let filled = fitted(&Imputer::mean(), PEOPLE).unwrap();
    assert_eq!(filled.numbers(&["n".into(), "x".into()]).unwrap()[..4], [1.0, 3.0, 7.0 / 3.0, 3.0]);
    assert_eq!(fitted(&Imputer::median(), PEOPLE).unwrap().numbers(&["x".into()]).unwrap(), [0.5, 1.0, 2.5, 1.0]);
    let mode = "n    x  s  b\n1  0.5  u  true\n3  0.5  v  true\n3  2.5  u  false\n3    1  u  true\n";
    assert_eq!(shown(&Imputer::mode(), PEOPLE), mode);
    assert!(on(Imputer::constant("?"), "s").contains("  ?  false"));
    let whole = fitted(&Imputer::constant(0.0), PEOPLE).unwrap();
    assert_eq!((whole.column("n").unwrap().kind, whole.columns().len()), (Kind::Count, 4));
    let indicated = "n    x  x (missing)  s  b";
    assert!(on(Imputer::median().with_indicator(), "x").starts_with(indicated));
}

#[test]
fn times_of_day_are_filled_and_left_out() {
    let text = "t,n\n08:30,1\n,2\n08:30,3\n";
    let filled = "t         n\n08:30:00  1\n08:30:00  2\n08:30:00  3\n";
    assert_eq!(shown(&Imputer::mode(), text), filled);
    assert_eq!(shown(&Imputer::constant("8:30 AM").on(Selection::name("t")), text), filled);
    let on_text = fitted(&Imputer::constant("late").on(Selection::name("t")), text).unwrap_err();
    assert_eq!((on_text.code, on_text.place.column.as_deref()), (code::NOT_NUMERIC, Some("t")));
    assert_eq!(fitted(&Encoder::auto(), text).unwrap().columns().len(), 1);
    assert_eq!(table(text).numbers(&["t".into()]).unwrap_err().code, code::MISSING_VALUES);
    let whole = table("t,n\n08:30,1\n09:30,2\n").numbers(&["t".into()]).unwrap_err();
    assert_eq!((whole.code, whole.message.as_str()), (code::UNENCODED_COLUMN, "`t` holds times of day, not numbers"));
}

#[test]
fn imputers_refuse() {
    let refused = |imputer: Imputer, text: &str| {
        let failure = fitted(&imputer, text).unwrap_err();
        (failure.code, failure.place.column.unwrap_or_default(), failure.place.row)
    };
    let named = |imputer: Imputer| imputer.on(Selection::name("s"));
    assert_eq!(refused(named(Imputer::mean()), PEOPLE), (code::NOT_NUMERIC, "s".into(), None));
    assert_eq!(refused(named(Imputer::constant(1.0)), PEOPLE), (code::NOT_NUMERIC, "s".into(), None));
    assert_eq!(refused(named(Imputer::mode()), "s,t\n,1\n"), (code::ALL_MISSING, "s".into(), None));
    assert_eq!(refused(Imputer::mean(), "a,b\n1,x\n-inf,y\n"), (code::NON_FINITE, "a".into(), Some(2)));
    assert_eq!(refused(Imputer::constant(Value::Null), PEOPLE).0, code::BAD_VALUE);
    assert_eq!(refused(Imputer::constant(f64::NAN), PEOPLE).0, code::BAD_VALUE);
    let unknown = Imputer::mean().on(Selection::name("nn"));
    assert_eq!(refused(unknown, PEOPLE).0, code::UNKNOWN_COLUMN);
}

#[test]
fn a_row_is_counted_from_the_start_of_the_table() {
    let mut text = String::from("a,b\n");
    (0..40_000).for_each(|row| text.push_str(if row == 33_333 { "inf,1\n" } else { "0.5,1\n" }));
    assert_eq!(fitted(&Imputer::mean(), &text).unwrap_err().place.row, Some(33_334));
}

#[test]
fn scalers_scale() {
    let text = "x,c,s\n1,5,u\n2,5,v\n3,5,w\n6,5,x\n";
    let numbers = |scaler: &Scaler| fitted(scaler, text).unwrap().numbers(&["x".into(), "c".into()]).unwrap();
    let deviation = 3.5_f64.sqrt();
    let standard = [-2.0 / deviation, -1.0 / deviation, 0.0, 3.0 / deviation];
    assert_eq!(numbers(&Scaler::standard())[..4], standard);
    assert_eq!(numbers(&Scaler::minmax())[..4], [0.0, 0.2, 0.4, 1.0]);
    // Quartiles 1.75 and 3.75, median 2.5.
    assert_eq!(numbers(&Scaler::robust())[..4], [-0.75, -0.25, 0.25, 1.75]);
    for scaler in [Scaler::standard(), Scaler::minmax(), Scaler::robust()] {
        assert_eq!(numbers(&scaler)[4..], [0.0; 4], "a constant column");
    }
    let flat = fitted(&Scaler::robust(), "x\n1\n2\n2\n2\n2\n9\n").unwrap();
    assert_eq!(flat.numbers(&["x".into()]).unwrap(), [-1.0, 0.0, 0.0, 0.0, 0.0, 7.0]);
}

#[test]
fn scalers_never_yield_what_is_no_number() {
    let refused = |scaler: Scaler, text: &str| fitted(&scaler, text).unwrap_err().code;
    let huge = "x\n1e308\n-1e308\n1.5e308\n";
    assert_eq!(refused(Scaler::minmax(), huge), code::VALUE_OUT_OF_RANGE);
    assert_eq!(refused(Scaler::standard(), "x\n1\nNaN\ninf\n"), code::NON_FINITE);
    let train = table("x\n1.0\n2.0\n");
    let state = fit(&Scaler::standard(), &train).unwrap();
    let infinite = state.apply(&table("x\n1.5\ninf\n")).unwrap_err();
    assert_eq!((infinite.code, infinite.place.row), (code::NON_FINITE, Some(2)));
    let far = state.apply(&table("x\n1.5\n1.7e308\n")).unwrap_err();
    assert_eq!((far.code, far.place.row), (code::VALUE_OUT_OF_RANGE, Some(2)));
    assert_eq!(state.apply(&table("x\n1\n")).unwrap_err().code, code::KIND_CHANGED);
    assert_eq!(state.apply(&table("y\n1\n")).unwrap_err().code, code::UNKNOWN_COLUMN);
}

#[test]
fn one_hot_levels_missing_rare_and_unseen() {
    let train = table("s,n\nb,1\na,10\nb,9\n,1\nc,1\n");
    let new = table("s,n\na,1\nz,2\n,1\n");
    let apply = |encoder: Encoder| fit(&encoder, &train).unwrap().apply(&new).map(|table| table.show(9, 200));
    let plain = "s=a    s=b    s=c    s (missing)  n\n";
    assert!(apply(Encoder::onehot()).unwrap().starts_with(plain));
    let zeros = "false  false  false  false        2\n";
    assert!(apply(Encoder::onehot()).unwrap().contains(zeros));
    let folded =
        "s=b    s (missing)  s (other)  n\nfalse  false        true       1\nfalse  false        false      2\n";
    assert!(apply(Encoder::onehot().with_rare(Rare::Count(2))).unwrap().starts_with(folded));
    let other = apply(Encoder::onehot().with_rare(Rare::Share(0.3)).with_unseen(Unseen::Other)).unwrap();
    assert!(other.contains("false  false        true       2\n"), "{other}");
    let error = apply(Encoder::onehot().with_unseen(Unseen::Error)).unwrap_err();
    assert_eq!((error.code, error.place.row), (code::UNSEEN_LEVEL, Some(2)));
    let counts = fit(&Encoder::onehot().on(Selection::name("n")), &train).unwrap().apply(&new).unwrap();
    assert_eq!(counts.columns().iter().map(|column| &*column.name).collect::<Vec<_>>(), ["s", "n=1", "n=9", "n=10"]);
    assert_eq!(counts.columns()[1].sources, ["n".into()]);
    let places = fit(&Encoder::ordinal(), &train).unwrap().apply(&new).unwrap();
    assert_eq!(places.numbers(&["s".into()]).unwrap(), [0.0, -1.0, -1.0]);
}

#[test]
fn auto_takes_what_fits_and_says_what_it_left_out() {
    let mut text = String::from("n,few,many,b,d,y\n");
    for row in 0..60 {
        let truth = if row == 7 { "" } else { "true" };
        text.push_str(&format!("{row},{},name {},{truth},2024-01-01,1\n", row % 3 == 0, row / 2 + row % 2 * 40));
    }
    let table = table(&text).with_role("y", Role::Target).unwrap();
    let state = fit(&Encoder::auto(), &table).unwrap();
    let left_out: Vec<String> = state.left_out().iter().map(|it| format!("{}: {}", it.column, it.reason)).collect();
    assert_eq!(left_out, ["many: 60 of 60 values are different", "d: it holds dates"]);
    let names: Vec<String> = state.apply(&table).unwrap().columns().iter().map(|it| it.name.to_string()).collect();
    assert_eq!(names, ["n", "few", "b", "b (missing)", "y"]);
    let predicted = Encoder::auto().schema(&table.schema()).unwrap();
    let open = predicted.entries().iter().filter(|entry| matches!(entry, Entry::Open { .. })).count();
    assert_eq!((open, predicted.entries().len()), (3, 5));
    let target = Encoder::onehot().on(Selection::Class(Class::Target));
    assert_eq!(fit(&target, &table).unwrap_err().code, code::READS_TARGET);
}

#[test]
fn hostile_states_are_refused() {
    let refused = |failure: Result<(), Failure>| assert_eq!(failure.unwrap_err().code, code::BAD_BUNDLE);
    let imputer = |text: &str| serde_json::from_str::<ImputerState>(text).unwrap().validate();
    refused(imputer(r#"{"columns":[{"name":"a","kind":"text","value":{"real":1.0}}],"indicator":false}"#));
    let filling = r#"{"name":"a","kind":"count","value":{"whole":1}}"#;
    refused(imputer(&format!(r#"{{"columns":[{filling},{filling}],"indicator":false}}"#)));
    let scaler = |text: &str| serde_json::from_str::<ScalerState>(text).unwrap().validate();
    refused(scaler(r#"{"columns":[{"name":"a","kind":"count","center":0.0,"spread":-1.0}]}"#));
    refused(scaler(r#"{"columns":[{"name":"a","kind":"text","center":0.0,"spread":1.0}]}"#));
    let encoder = |kind: &str, coding: &str| {
        let text = format!(r#"{{"unseen":"zero","columns":[{{"name":"a","kind":"{kind}","coding":{coding}}}]}}"#);
        serde_json::from_str::<EncoderState>(&text).unwrap().validate()
    };
    refused(encoder("continuous", r#"{"ordinal":{"levels":["x"]}}"#));
    refused(encoder("text", r#"{"ordinal":{"levels":["x","x"]}}"#));
    refused(encoder("text", r#"{"truth":{"missing":true}}"#));
    assert!(serde_json::from_str::<ScalerState>(r#"{"columns":[],"more":1}"#).is_err());
}

/// One-hot and ordinal codes: levels, missing and rare ones, and a level that was not seen.
#[test]
fn codes_agree_with_scikit_learn() {
    let mut compared = 0;
    for case in cases(include_str!("../../../../tests/oracles/encoders.json")) {
        let encoder = match case["method"].as_str().unwrap() {
            "onehot" => Encoder::onehot(),
            "ordinal" => Encoder::ordinal(),
            _ => continue,
        };
        compared += 1;
        let encoder = case["rare"].as_u64().map_or(encoder.clone(), |count| encoder.with_rare(Rare::Count(count)));
        let table = |towns: &serde_json::Value| {
            let (column, array) = text_column("town", towns);
            Table::new(vec![column], vec![array]).unwrap()
        };
        let encoded = fit(&encoder, &table(&case["towns"])).unwrap().apply(&table(&case["new"])).unwrap();
        for (place, column) in encoded.columns().iter().enumerate() {
            let found = encoded.numbers(std::slice::from_ref(&column.name)).unwrap();
            assert_eq!(found, column_of(&case["codes"], place).collect::<Vec<_>>(), "{} of {case}", column.name);
        }
        if let Some(names) = case["names"].as_array() {
            assert_eq!(names.len(), encoded.columns().len());
        }
    }
    assert_eq!(compared, 4);
}

#[test]
fn orders_counts_and_buckets() {
    let train = table("s,n\nmid,1\nlow,2\n,3\nmid,4\n");
    let new = table("s,n\nhigh,1\nlow,1\n,1\nxl,1\nmid,1\n");
    let apply = |encoder: Encoder| fit(&encoder, &train).and_then(|state| state.apply(&new));
    let of = |encoder: Encoder| apply(encoder).unwrap().numbers(&["s".into()]).unwrap();
    assert_eq!(of(Encoder::ordinal().in_order(["low", "mid", "high"])), [2.0, 0.0, -1.0, -1.0, 1.0]);
    let lacking = apply(Encoder::ordinal().in_order(["low", "high"])).unwrap_err();
    assert_eq!((lacking.code, lacking.place.column.as_deref()), (code::UNSEEN_LEVEL, Some("s")));
    assert_eq!(of(Encoder::count()), [0.0, 1.0, 1.0, 0.0, 2.0]);
    assert_eq!(apply(Encoder::count()).unwrap().column("s").unwrap().kind, Kind::Count);
    assert_eq!(of(Encoder::count().with_rare(Rare::Count(2)).with_unseen(Unseen::Other)), [1.0, 1.0, 1.0, 1.0, 2.0]);
    let share = Encoder { method: EncoderMethod::Count { share: true }, ..Encoder::count() };
    assert_eq!(of(share), [0.0, 0.25, 0.25, 0.0, 0.5]);
    let hashed = apply(Encoder::hash(50)).unwrap();
    let truths: Vec<f64> = (0..50)
        .map(|it| hashed.numbers(&[format!("s (hash {it})").into()]).unwrap())
        .fold(vec![0.0; 5], |sums, column| sums.iter().zip(column).map(|(sum, truth)| sum + truth).collect());
    assert_eq!(truths, [1.0, 1.0, 0.0, 1.0, 1.0], "one bucket for each level, none for what is missing");
    assert_eq!(fit(&Encoder::hash(200_000), &train).unwrap_err().code, code::LIMIT_REACHED);
}
