//! What the estimators learn, against values worked out by hand.

mod oracles;

use crate::oracle::{cases, column_of, text_column};
use crate::{
    BinMethod, Binner, BinnerState, Clip, ClipBound, ClipState, Encoder, EncoderMethod, EncoderState, Estimator, Fence,
    FitContext, Imputer, ImputerState, Log1p, OutlierAction, OutlierRows, OutlierRule, OutlierState, Outliers,
    PolynomialFeatures, PolynomialFeaturesState, Power, PowerState, QuantileState, Rare, Scaler, ScalerState,
    SplineState, State, TableEstimator, Unseen, fit,
};
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::{Class, Selection};
use pipewright_io::ReadOptions;
use pipewright_io::csv::read;
use pipewright_table::{ColumnType, Entry, Role, Table, Value};

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
    assert_eq!(fitted(&Imputer::mean(), numbers).unwrap().column("n").unwrap().kind, ColumnType::Continuous);
    let filled = fitted(&Imputer::mean(), PEOPLE).unwrap();
    assert_eq!(filled.numbers(&["n".into(), "x".into()]).unwrap()[..4], [1.0, 3.0, 7.0 / 3.0, 3.0]);
    assert_eq!(fitted(&Imputer::median(), PEOPLE).unwrap().numbers(&["x".into()]).unwrap(), [0.5, 1.0, 2.5, 1.0]);
    let mode = "n    x  s  b\n1  0.5  u  true\n3  0.5  v  true\n3  2.5  u  false\n3    1  u  true\n";
    assert_eq!(shown(&Imputer::mode(), PEOPLE), mode);
    assert!(on(Imputer::constant("?"), "s").contains("  ?  false"));
    let whole = fitted(&Imputer::constant(0.0), PEOPLE).unwrap();
    assert_eq!((whole.column("n").unwrap().kind, whole.columns().len()), (ColumnType::Count, 4));
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
    assert_eq!(numbers(&Scaler::maxabs()), [1.0 / 6.0, 2.0 / 6.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0]);
    let flat = fitted(&Scaler::robust(), "x\n1\n2\n2\n2\n2\n9\n").unwrap();
    assert_eq!(flat.numbers(&["x".into()]).unwrap(), [-1.0, 0.0, 0.0, 0.0, 0.0, 7.0]);
}

/// The golden values of RealMLP's preprocessing: half the range where only the middle half is constant, 0 for constants.
#[test]
fn squash_is_smooth_and_bounded() {
    let train = table("a,b,c\n0,1,7\n0,2,7\n0,3,7\n0,4,7\n10,5,7\n");
    let state = fit(&Scaler::squash(), &train).unwrap();
    let names = ["a".into(), "b".into(), "c".into()];
    let row = state.apply(&table("a,b,c\n10,5,99\n")).unwrap().numbers(&names).unwrap();
    let expected = [2.0 / (1.0 + 4.0 / 9.0_f64).sqrt(), 1.0 / (1.0 + 1.0 / 9.0_f64).sqrt(), 0.0];
    assert!(row.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-15), "{row:?}");
    let far = fit(&Scaler::squash(), &table("x\n0.5\n1\n1.5\n2\n")).unwrap().apply(&table("x\n-1e308\n1e308\n"));
    assert_eq!(far.unwrap().numbers(&["x".into()]).unwrap(), [-3.0, 3.0]);
}

#[test]
fn fractions_fill_no_column_whose_whole_numbers_they_would_round() {
    let imputer = || Imputer::mean();
    let exact = "id,x\n9007199254740992,1\n3,\n";
    assert!(fitted(&imputer(), exact).is_ok());
    let rounded = fitted(&imputer(), "id,x\n3,1\n9007199254740993,\n").unwrap_err();
    let place = (rounded.place.column.as_deref(), rounded.place.row);
    assert_eq!((rounded.code, place), (code::VALUE_OUT_OF_RANGE, (Some("id"), Some(2))));
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
    assert_eq!(left_out, ["many: 60 of 60 values are distinct", "d: it holds dates"]);
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

const PRICES: &str = "n,x,s\n1,-1,u\n2,0,v\n3,0.5,w\n4,,x\n100,2,y\n";

fn numbers_of(table: &Table, name: &str) -> Vec<f64> {
    table.numbers(&[name.into()]).unwrap()
}

#[test]
fn clips_cut_at_constants_and_quantiles() {
    let clip = |low, high| fitted(&Clip { low, high, on: Some(Selection::name("n")) }, PRICES).unwrap();
    let (two, fifty) = (Some(ClipBound::Constant(2.0)), Some(ClipBound::Constant(50.0)));
    let constants = clip(two, fifty);
    assert_eq!(numbers_of(&constants, "n"), [2.0, 2.0, 3.0, 4.0, 50.0]);
    assert_eq!(constants.column("n").unwrap().kind, ColumnType::Count, "whole bounds keep whole numbers");
    let quantiles = clip(Some(ClipBound::Quantile(0.25)), Some(ClipBound::Quantile(0.75)));
    assert_eq!(numbers_of(&quantiles, "n"), [2.0, 2.0, 3.0, 4.0, 4.0]);
    assert_eq!(quantiles.column("n").unwrap().kind, ColumnType::Continuous);
    assert_eq!(numbers_of(&clip(None, Some(ClipBound::Constant(3.5))), "n"), [1.0, 2.0, 3.0, 3.5, 3.5]);
    let refused = |low, high| fitted(&Clip { low, high, on: None }, PRICES).unwrap_err().code;
    assert_eq!(refused(fifty, two), code::BAD_VALUE);
    assert_eq!(refused(Some(ClipBound::Quantile(1.5)), None), code::BAD_VALUE);
    assert_eq!(refused(fifty, Some(ClipBound::Quantile(0.5))), code::BAD_VALUE);
}

#[test]
fn values_beyond_fences_are_cut_or_missing_and_rows_dropped() {
    let on = || Some(Selection::name("n"));
    let outliers = |fencing, beyond| fitted(&Outliers { fencing, beyond, on: on() }, PRICES).unwrap();
    // Quartiles 2 and 4; median 3, median deviation 1.
    assert_eq!(numbers_of(&outliers(Fence::Iqr(1.5), OutlierAction::Clip), "n"), [1.0, 2.0, 3.0, 4.0, 7.0]);
    let high = numbers_of(&outliers(Fence::Mad(3.5), OutlierAction::Clip), "n")[4];
    assert!((high - (3.0 + 3.5 / 0.674_489_750_196_081_7)).abs() < 1e-12, "{high}");
    let null = outliers(Fence::ZScore(1.9), OutlierAction::Null);
    assert_eq!(null.show(9, 80).lines().last(), Some("·    2  y"));
    let table = table(PRICES);
    let context = FitContext { target_spec: None, key: pipewright_world::random::Key::new(3) };
    let rows = OutlierRows { unusual: OutlierRule::Value(Fence::Iqr(1.5)), on: on() };
    let state = rows.fit(&table, &context).unwrap();
    assert_eq!((state.dropped(), state.apply(&table).unwrap().rows()), (1, 5));
    assert_eq!(numbers_of(&rows.apply_training(&state, &table, &context).unwrap(), "n"), [1.0, 2.0, 3.0, 4.0]);
    let whole = OutlierRows { unusual: OutlierRule::Whole(0.2), on: None };
    let kept = whole.apply_training(&whole.fit(&table, &context).unwrap(), &table, &context).unwrap();
    assert_eq!(numbers_of(&kept, "n"), [1.0, 2.0, 3.0, 4.0], "the row that stands apart goes; a blank is no outlier");
    let equal = "a\n1\n1\n1\n1\n9\n";
    let mad = Outliers { fencing: Fence::Mad(1.0), beyond: OutlierAction::Clip, on: None };
    let cut = numbers_of(&fitted(&mad, equal).unwrap(), "a")[4];
    assert!((cut - (1.0 + 1.6 * 1.253_314_137_315_5)).abs() < 1e-12, "mean deviation where the median one is 0: {cut}");
    let iqr = Outliers { fencing: Fence::Iqr(1.5), beyond: OutlierAction::Clip, on: None };
    assert_eq!(numbers_of(&fitted(&iqr, equal).unwrap(), "a")[4], 9.0, "without spread there is no fence");
}

#[test]
fn what_cannot_be_taken_is_named_with_its_row() {
    let refused = |failure: Failure| (failure.code, failure.place.column.unwrap_or_default(), failure.place.row);
    let text = "x\n0.5\n-1\n2\n";
    let out = |row| (code::VALUE_OUT_OF_RANGE, "x".to_owned(), Some(row));
    assert_eq!(refused(fitted(&Log1p::default(), text).unwrap_err()), out(2));
    assert_eq!(refused(fitted(&Power::box_cox(), text).unwrap_err()), out(2));
    let state = fit(&Power::box_cox(), &table("x\n0.5\n1\n2\n")).unwrap();
    assert_eq!(refused(state.apply(&table("x\n0.5\n3.5\n0\n")).unwrap_err()), out(3));
    let products = fitted(&PolynomialFeatures::of_degree(3), "x\n1\n1e200\n").unwrap_err();
    assert_eq!(refused(products), out(2));
    let many: String = (0..300).map(|place| format!("c{place},")).collect();
    let wide = format!("{many}y\n{}1\n", "1,".repeat(300));
    assert_eq!(fitted(&PolynomialFeatures::of_degree(2), &wide).unwrap_err().code, code::LIMIT_REACHED);
}

#[test]
fn bins_have_names_to_read_and_keep_what_is_missing() {
    let bins = |method, onehot| Binner { bins: 2, method, onehot, on: Some(Selection::name("x")) };
    assert_eq!(shown(&bins(BinMethod::Width, false), PRICES).lines().nth(4), Some("  4  ·  x"));
    let names = |bins: &Binner| -> Vec<String> {
        fitted(bins, PRICES).unwrap().columns().iter().map(|column| column.name.to_string()).collect()
    };
    assert_eq!(names(&bins(BinMethod::Width, true)), ["n", "x (below 0.5)", "x (0.5 and above)", "s"]);
    assert_eq!(names(&bins(BinMethod::Quantile, true)), ["n", "x (below 0.25)", "x (0.25 and above)", "s"]);
    let third = Binner { bins: 3, ..bins(BinMethod::Width, true) };
    assert_eq!(fitted(&third, "x\n0\n1\n").unwrap().columns()[1].name.to_string(), "x (0.3333 to 0.6667)");
}

#[test]
fn products_know_where_they_come_from() {
    let table = fitted(&PolynomialFeatures::of_pairs(), "a,b,c\n2,3,4\n,1,1\n").unwrap();
    assert_eq!(
        table.show(5, 80),
        "a  b  c  a × b  a × c  b × c\n2  3  4      6      8     12\n·  1  1      ·      ·      1\n"
    );
    assert_eq!(table.columns()[3].sources, ["a".into(), "b".into()]);
}

#[test]
fn hostile_states_of_maps_are_refused() {
    fn refused<S: State>(text: &str) {
        let state: S = serde_json::from_str(text).unwrap();
        assert_eq!(state.validate().unwrap_err().code, code::BAD_BUNDLE, "{text}");
    }
    let of = |rest: &str| format!(r#"{{"columns":[{{"name":"a","kind":"count",{rest}}}]}}"#);
    refused::<ClipState>(&of(r#""low":3.0,"high":1.0,"whole":false"#));
    refused::<ClipState>(&of(r#""low":0.5,"high":null,"whole":true"#));
    refused::<PowerState>(&of(r#""family":"boxcox","exponent":1.0,"center":0.0,"spread":-1.0"#));
    refused::<QuantileState>(&of(r#""shape":"normal","landmarks":[]"#));
    refused::<QuantileState>(&of(r#""shape":"normal","landmarks":[2.0,1.0]"#));
    refused::<BinnerState>(&of(r#""edges":[1.0,1.0],"onehot":true"#));
    refused::<SplineState>(&of(r#""knots":[0.0,1.0,2.0],"degree":3,"bias":true"#));
    refused::<SplineState>(&of(r#""knots":[0.0,1.0,2.0,3.0],"degree":0,"bias":true"#));
    refused::<OutlierState>(r#"{"rows":{"fences":[],"score":7.0,"dropped":1}}"#);
    refused::<PolynomialFeaturesState>(r#"{"factors":[{"name":"a","kind":"text"}],"degree":2,"powers":true}"#);
    refused::<PolynomialFeaturesState>(r#"{"factors":[{"name":"a","kind":"count"}],"degree":900,"powers":true}"#);
}

/// One-hot and ordinal codes: levels, missing and rare ones, and a level that was not seen.
#[test]
fn codes_agree_with_scikit_learn() {
    let mut compared = 0;
    for case in cases(include_str!("../../../tests/oracles/encoders.json")) {
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
    assert_eq!(apply(Encoder::count()).unwrap().column("s").unwrap().kind, ColumnType::Count);
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
