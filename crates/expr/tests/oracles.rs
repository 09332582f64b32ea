//! Agreement with pandas and polars, on what `tests/oracles/freeze_expression.py` froze: dates, texts, numbers, windows.

#![allow(clippy::unwrap_used)] // All of this file is tests.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, StringArray, TimestampMicrosecondArray};
use arrow_schema::DataType;
use pipewright_frame::{
    Aggregate, Arithmetic, Call, Cast, Column, ColumnType, Expression, FrameBound, Function, Selection, State, Table,
    Window, WindowFunction, fit,
};
use serde_json::Value;
use std::sync::Arc;

fn frozen() -> (f64, Value) {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/expression.json"));
    let document: Value = serde_json::from_str(text).unwrap();
    (document["tolerance"].as_f64().unwrap(), document)
}

fn call(name: &str, arguments: Vec<Expression>) -> Expression {
    let function = Function::find(name, arguments.len()).unwrap();
    assert_eq!(function.call(&arguments), Call::Row);
    Expression::Call(function, arguments)
}

fn literal(value: &Value) -> Expression {
    match value {
        Value::String(text) => Expression::from(&**text),
        other => Expression::from(other.as_f64().unwrap()),
    }
}

fn texts(values: &Value) -> ArrayRef {
    Arc::new(values.as_array().unwrap().iter().map(Value::as_str).collect::<StringArray>())
}

fn numbers(values: &Value) -> ArrayRef {
    Arc::new(values.as_array().unwrap().iter().map(Value::as_f64).collect::<Float64Array>())
}

fn dates(values: &Value) -> ArrayRef {
    let table = Table::new(vec![Column::new("d", ColumnType::Text)], vec![texts(values)]).unwrap();
    let state = fit(&Cast::to(ColumnType::Date, Selection::Name("d".into())), &table).unwrap();
    state.apply(&table).unwrap().array("d").unwrap().clone()
}

/// Does every value agree: exactly, or numbers to a relative tolerance?
fn agrees(what: &str, found: &ArrayRef, expected: &Value, tolerance: f64) {
    let expected = expected.as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (row, expected) in expected.iter().enumerate() {
        assert_eq!(found.is_null(row), expected.is_null(), "{what}, row {row}: {found:?}");
        if expected.is_null() {
            continue;
        }
        match found.data_type() {
            DataType::LargeUtf8 => {
                assert_eq!(found.as_string::<i64>().value(row), expected.as_str().unwrap(), "{what}")
            }
            DataType::Boolean => assert_eq!(found.as_boolean().value(row), expected.as_bool().unwrap(), "{what}"),
            other => {
                let number = match other {
                    DataType::Int64 => found.as_primitive::<Int64Type>().value(row) as f64,
                    _ => found.as_primitive::<Float64Type>().value(row),
                };
                let expected = expected.as_f64().unwrap();
                let close = (number - expected).abs() <= tolerance * expected.abs().max(number.abs());
                assert!(close, "{what}, row {row}: {number} and not {expected}");
            }
        }
    }
}

#[test]
fn dates_agree_with_pandas() {
    let (tolerance, frozen) = frozen();
    let moments: ArrayRef = dates(&frozen["dates"]["moments"]);
    assert!(moments.as_any().is::<TimestampMicrosecondArray>());
    let table = Table::new(vec![Column::new("d", ColumnType::Date)], vec![moments]).unwrap();
    for (name, expected) in frozen["dates"]["functions"].as_object().unwrap() {
        let found = call(name, vec![Expression::column("d")]).evaluate(&table).unwrap();
        agrees(name, &found, expected, 0.0);
    }
    let since = Expression::column("d").arithmetic(Arithmetic::Subtract, Expression::from("2000-01-01"));
    agrees("days", &since.evaluate(&table).unwrap(), &frozen["dates"]["days since 2000-01-01"], tolerance);
    agrees(
        "days",
        &call("days", vec![since]).evaluate(&table).unwrap(),
        &frozen["dates"]["days since 2000-01-01"],
        0.0,
    );
}

#[test]
fn texts_agree_with_polars() {
    let (_, frozen) = frozen();
    let table = Table::new(vec![Column::new("x", ColumnType::Text)], vec![texts(&frozen["texts"]["x"])]).unwrap();
    for case in frozen["texts"]["cases"].as_array().unwrap() {
        let name = case["function"].as_str().unwrap();
        let more = case["arguments"].as_array().unwrap().iter().map(literal);
        let arguments = std::iter::once(Expression::column("x")).chain(more).collect();
        agrees(name, &call(name, arguments).evaluate(&table).unwrap(), &case["values"], 0.0);
    }
}

#[test]
fn numbers_agree_with_numpy() {
    let (tolerance, frozen) = frozen();
    let table =
        Table::new(vec![Column::new("x", ColumnType::Continuous)], vec![numbers(&frozen["numbers"]["x"])]).unwrap();
    for (name, expected) in frozen["numbers"]["cases"].as_object().unwrap() {
        let (function, digits) = name.split_once(' ').unwrap_or((name, ""));
        let digits = digits.parse::<f64>().ok().map(Expression::from);
        let arguments = std::iter::once(Expression::column("x")).chain(digits).collect();
        agrees(name, &call(function, arguments).evaluate(&table).unwrap(), expected, tolerance);
    }
}

/// `over(key, …)` of what a case is called: `mean 10d`, `lag 3`, `cumsum`.
fn window(name: &str) -> Window {
    let (what, how) = name.split_once(' ').unwrap_or((name, "all"));
    let reach = match how {
        "all" => FrameBound::All,
        "10d" => FrameBound::Time { micros: 10 * 86_400_000_000, by: Some("moment".into()) },
        rows => FrameBound::Rows(rows.parse().unwrap()),
    };
    let rows = how.parse().unwrap_or(0);
    let aggregate = |name: &str| Aggregate::NAMES.iter().find(|(known, _)| *known == name).unwrap().1;
    let (moving, reach) = match what {
        "lag" => (WindowFunction::Lag(rows), FrameBound::All),
        "lead" => (WindowFunction::Lead(rows), FrameBound::All),
        _ => match what.strip_prefix("cum") {
            Some(what) => (WindowFunction::Running(aggregate(what)), reach),
            None => (WindowFunction::Over(aggregate(what)), reach),
        },
    };
    Window { moving, of: Some(Expression::column("x")), keys: vec![Expression::column("key")], reach }
}

#[test]
fn windows_agree_with_pandas() {
    let (tolerance, frozen) = frozen();
    let frozen = &frozen["windows"];
    let columns = vec![
        Column::new("key", ColumnType::Text),
        Column::new("moment", ColumnType::Date),
        Column::new("x", ColumnType::Continuous),
    ];
    let arrays = vec![texts(&frozen["key"]), dates(&frozen["moment"]), numbers(&frozen["x"])];
    let table = Table::new(columns, arrays).unwrap();
    for (name, expected) in frozen["cases"].as_object().unwrap() {
        let found = Expression::Window(Box::new(window(name))).evaluate(&table).unwrap();
        // pandas takes numbers out of a running variance, at the cost of some digits.
        let tolerance = if name.starts_with("std") || name.starts_with("var") { 1e-9 } else { tolerance.max(1e-11) };
        agrees(name, &found, expected, tolerance);
    }
}
