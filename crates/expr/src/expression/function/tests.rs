//! The table of functions: its own order, and what calls yield and refuse.

use super::*;
use crate::{Arithmetic, Comparison};
use pipewright_diagnostic::Code;
use pipewright_table::literal::DAY;
use pipewright_table::text::text_of;
use pipewright_table::{Table, testing};
use std::collections::BTreeSet;

/// A call of a function of one row.
pub(crate) fn call(name: &str, arguments: Vec<Expression>) -> Expression {
    let function = Function::find(name, arguments.len()).unwrap();
    assert_eq!(function.call(&arguments), Call::Row, "{name}");
    Expression::Call(function, arguments)
}

fn table() -> Table {
    let text = "a,b,x,d,t,big\n1,2.5,Ab,2024-01-31,08:30,1e300\n-4,,v w,2024-03-01 12:00:00,23:59,-1e300\n,0,,,,\n";
    testing::table(text)
}

fn shown(expression: &Expression) -> String {
    let values = expression.evaluate(&table()).unwrap();
    let texts: Vec<String> = (0..3).map(|row| text_of(&values, row).unwrap_or("·".into())).collect();
    texts.join(" ")
}

fn kind_of(expression: &Expression) -> ExprKind {
    expression.kind(&table().schema()).unwrap()
}

fn code_of(expression: &Expression) -> Code {
    expression.kind(&table().schema()).unwrap_err().code
}

fn col(name: &str) -> Expression {
    Expression::column(name)
}

fn lit(value: impl Into<Value>) -> Expression {
    Expression::from(value)
}

fn days(number: f64) -> Expression {
    Expression::duration(number * 86_400.0)
}

#[test]
fn the_table_is_in_order() {
    let mut calls = BTreeSet::new();
    for function in Function::all() {
        let arity = function.arity();
        for count in *arity.start()..=(*arity.end()).min(4) {
            assert!(calls.insert((function.name, count)), "two functions take a call of `{}`", function.usage());
        }
        assert!(!function.doc.is_empty() && !function.doc.ends_with('.'), "{}", function.usage());
        let (last, rest) = match function.takes.split_last() {
            Some(split) => split,
            None => continue,
        };
        assert!(rest.iter().all(|parameter| !parameter.optional && !parameter.repeats), "{}", function.usage());
        assert!(!(last.optional && last.repeats));
    }
    for (name, _) in Aggregate::NAMES {
        let of = Function::find(name, 1).unwrap();
        assert!(matches!(of.call(&[]), Call::Aggregate(aggregate) if aggregate.name() == name), "{name}");
    }
}

#[test]
fn names_and_numbers_of_arguments_are_checked() {
    let failure = |name: &str, count: usize| Function::find(name, count).unwrap_err();
    assert_eq!(failure("lowr", 1).help, ["did you mean `lower`?"]);
    assert_eq!(failure("lowr", 1).code, code::UNKNOWN_NAME);
    assert_eq!(
        (failure("lower", 2).code, failure("lower", 2).help[0].as_str()),
        (code::TOO_MANY_ARGUMENTS, "write `lower(x)`")
    );
    assert_eq!(failure("replace", 1).code, code::MISSING_ARGUMENT);
    assert_eq!(failure("min", 0).help[0], "write `min(a, b, …)` or `min(x)`");
}

#[test]
fn what_is_no_finite_number_is_missing() {
    assert_eq!(shown(&call("log", vec![col("a")])), "0 · ·");
    assert_eq!(shown(&call("sqrt", vec![col("a")])), "1 · ·");
    assert_eq!(shown(&call("exp", vec![col("big")])), "· 0 ·");
    assert_eq!(shown(&col("a").arithmetic(Arithmetic::Divide, lit(0.0))), "· · ·");
    assert_eq!(shown(&col("big").arithmetic(Arithmetic::Multiply, lit(1e10))), "· · ·");
    assert_eq!(shown(&call("sign", vec![col("a")])), "1 -1 ·");
    assert_eq!(shown(&call("clip", vec![col("a"), lit(-2.0), col("b")])), "1 -2 ·");
    assert_eq!(shown(&call("round", vec![lit(2.675), lit(2.0)])), "2.68 2.68 2.68");
    assert_eq!(shown(&call("round", vec![lit(1250.0), lit(-2.0)])), "1200 1200 1200");
    assert_eq!(
        shown(&call("round", vec![col("big"), lit(300.0)])),
        "1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 -1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 ·"
    );
}

#[test]
fn texts_are_put_together_and_taken_apart() {
    assert_eq!(shown(&col("x").arithmetic(Arithmetic::Add, lit("!"))), "Ab! v w! ·");
    assert_eq!(shown(&call("concat", vec![lit("<"), call("upper", vec![col("x")]), lit(">")])), "<AB> <V W> ·");
    assert_eq!(shown(&call("split", vec![col("x"), lit(" "), lit(1.0)])), "· w ·");
    assert_eq!(shown(&call("split", vec![col("x"), lit(""), lit(-1.0)])), "Ab v w ·");
    assert_eq!(shown(&call("len", vec![col("x")])), "2 3 ·");
    assert_eq!(shown(&call("regex", vec![col("x"), lit("^[A-Z]")])), "true false ·");
    assert_eq!(shown(&call("extract", vec![col("x"), lit("[a-z]$")])), "b w ·");
    assert_eq!(shown(&call("contains", vec![col("x"), lit(Value::Null)])), "· · ·");
}

#[test]
fn dates_and_lengths_of_time() {
    let since = col("d").arithmetic(Arithmetic::Subtract, lit("2024-01-01"));
    assert_eq!((kind_of(&since), shown(&since)), (ExprKind::Duration, "30 60.5 ·".into()));
    assert_eq!(shown(&call("hours", vec![since.clone()])), "720 1452 ·");
    assert_eq!(shown(&col("d").arithmetic(Arithmetic::Add, days(1.5))), "2024-02-01T12:00:00 2024-03-03 ·");
    assert_eq!(shown(&days(1.0).arithmetic(Arithmetic::Add, col("d"))), "2024-02-01 2024-03-02T12:00:00 ·");
    assert_eq!(shown(&since.clone().arithmetic(Arithmetic::Divide, days(10.0))), "3 6.05 ·");
    assert_eq!(shown(&lit(2.0).arithmetic(Arithmetic::Multiply, since.clone())), "60 121 ·");
    assert_eq!(shown(&since.clone().compare(Comparison::Greater, days(31.0))), "false true ·");
    assert_eq!(shown(&since.clone().minus()), "-30 -60.5 ·");
    assert_eq!(
        shown(&col("t").arithmetic(Arithmetic::Subtract, lit("08:00"))).split(' ').next(),
        Some("0.020833333333333332")
    );
    assert_eq!(shown(&call("hour", vec![col("t")])), "8 23 ·");
    assert_eq!(shown(&call("year", vec![lit("1999-12-31")])), "1999 1999 1999");
    assert_eq!(shown(&call("max", vec![col("d"), lit("2024-02-15")])), "2024-02-15 2024-03-01T12:00:00 2024-02-15");
    let centuries = Expression::Moment(ExprKind::Duration, 3_700_000 * DAY);
    assert_eq!(shown(&col("d").arithmetic(Arithmetic::Add, centuries)), "· · ·", "beyond the year 9999");
    let nearly = Expression::Moment(ExprKind::Duration, i64::MAX);
    assert_eq!(shown(&nearly.clone().arithmetic(Arithmetic::Add, nearly)), "· · ·");
}

#[test]
fn parts_and_dates_in_a_zone() {
    let zone = || lit("Europe/Berlin");
    assert_eq!(shown(&call("hour", vec![col("d"), zone()])), "1 13 ·", "midnight and noon in UTC");
    assert_eq!(shown(&call("day", vec![lit("2024-06-30T22:00:00"), zone()])), "1 1 1");
    assert_eq!(shown(&call("local", vec![col("d"), zone()])), "2024-01-31T01:00:00 2024-03-01T13:00:00 ·");
    let local = call("local", vec![col("d"), zone()]);
    assert_eq!((kind_of(&local), shown(&call("utc", vec![local.clone(), zone()]))), (ExprKind::Date, shown(&col("d"))));
    assert_eq!(shown(&call("local", vec![lit("9999-12-31T23:30:00"), zone()])), "· · ·", "in the year 10000");
    assert_eq!(code_of(&call("hour", vec![col("d"), lit("Berlin")])), code::BAD_VALUE);
    assert_eq!(code_of(&call("hour", vec![col("d"), col("x")])), code::BAD_VALUE);
    assert_eq!(code_of(&call("hour", vec![col("t"), zone()])), code::TYPE_MISMATCH);
}

#[test]
fn texts_that_look_alike_become_equal() {
    assert_eq!(
        shown(&call("normalize_unicode", vec![lit("Cafe\u{301}\u{a0}1")])),
        "Café\u{20}1 Café\u{20}1 Café\u{20}1"
    );
}

#[test]
fn one_of_several_values() {
    assert_eq!(shown(&call("coalesce", vec![col("b"), col("a"), lit(9.0)])), "2.5 -4 0");
    assert_eq!(shown(&call("min", vec![col("a"), col("b")])), "1 -4 0");
    assert_eq!(shown(&call("max", vec![col("x"), lit("b")])), "b v w b");
    assert_eq!(shown(&call("coalesce", vec![lit(Value::Null), col("x")])), "Ab v w ·");
    let whole = call("coalesce", vec![col("a"), lit(0_i64)]);
    assert_eq!(kind_of(&whole), ExprKind::Int);
    assert_eq!(kind_of(&call("coalesce", vec![col("a"), lit(0.5)])), ExprKind::Number);
    assert_eq!(kind_of(&Expression::choose(col("a").is_null(), lit(1_i64), lit(0_i64))), ExprKind::Int);
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    for expression in [
        call("lower", vec![col("a")]),
        call("sqrt", vec![col("x")]),
        call("year", vec![col("t")]),
        call("year", vec![lit("soon")]),
        call("days", vec![col("d")]),
        call("coalesce", vec![col("a"), col("x")]),
        call("max", vec![col("d"), lit("soon")]),
        col("d").arithmetic(Arithmetic::Add, col("d")),
        col("d").arithmetic(Arithmetic::Subtract, col("x")),
        col("d").arithmetic(Arithmetic::Subtract, lit("soon")),
        col("x").arithmetic(Arithmetic::Subtract, col("x")),
        col("d").arithmetic(Arithmetic::Multiply, lit(2.0)),
    ] {
        assert_eq!(code_of(&expression), code::TYPE_MISMATCH, "{expression:?}");
    }
    for expression in [
        call("round", vec![col("b"), lit(0.5)]),
        call("round", vec![col("b"), col("a")]),
        call("regex", vec![col("x"), col("x")]),
        call("regex", vec![col("x"), lit("(")]),
        call("split", vec![col("x"), lit(" "), lit("one")]),
    ] {
        assert_eq!(code_of(&expression), code::BAD_VALUE, "{expression:?}");
    }
}
