//! Expressions come back from files as they were, and what a hostile file holds is refused.

use super::*;
use crate::expression::function::tests::call;

fn col(name: &str) -> Expression {
    Expression::column(name)
}

fn aggregate(aggregate: Aggregate) -> Expression {
    Expression::Aggregate(aggregate, Some(Box::new(col("x"))))
}

fn window(moving: WindowFunction, of: Option<Expression>, reach: FrameBound) -> Expression {
    Expression::Window(Box::new(Window { moving, of, keys: vec![col("k"), col("l").is_null()], reach }))
}

#[test]
fn expressions_come_back() {
    let chain = (0..5_000).fold(col("a"), |sum, _| sum.arithmetic(Arithmetic::Add, Expression::from(1.0)));
    let deep = (0..HEIGHT_MAX - 1).fold(col("a"), |inner, _| inner.negated());
    let expressions = [
        chain.compare(Comparison::Less, Expression::from(f64::MAX)),
        deep,
        col("a").is_null().and(col("b").is_in(vec!["ä".into(), Value::Null, 1.5.into()])).or(Expression::from(true)),
        Expression::choose(col("p"), Expression::duration(86_400.0), Expression::Moment(ExprKind::Duration, -1)),
        call("concat", vec![col("a"), call("lower", vec![col("b")]), Expression::from("c")]).minus(),
        call("regex", vec![col("a"), Expression::from("^x+$")]),
        aggregate(Aggregate::Mode).arithmetic(Arithmetic::Power, aggregate(Aggregate::Quantile(0.9))),
        Expression::Aggregate(Aggregate::Rows, None),
        Expression::Score(Score::Zscore, Box::new(col("x"))),
        window(WindowFunction::Lag(3), Some(col("x")), FrameBound::All),
        window(WindowFunction::Over(Aggregate::Rows), None, FrameBound::Rows(5)),
        window(WindowFunction::Over(Aggregate::Quantile(0.5)), Some(col("x")), FrameBound::Rows(5)),
        window(
            WindowFunction::Running(Aggregate::Sum),
            Some(col("x")),
            FrameBound::Time { micros: 7, by: Some("d".into()) },
        ),
    ];
    for expression in expressions {
        let text = serde_json::to_string(&expression).unwrap();
        assert_eq!(serde_json::from_str::<Expression>(&text).unwrap(), expression, "{text}");
    }
}

#[test]
fn what_builds_no_expression_is_refused() {
    let column = r#"{"column":"a"}"#;
    let deep = format!("[{column}{}]", r#","not""#.repeat(HEIGHT_MAX));
    for text in [
        "[]",
        r#"["not"]"#,
        &format!("[{column},{column}]"),
        &format!("[{column},{{\"all\":18446744073709551615}}]"),
        &format!("[{column},{{\"call\":[\"lowr\",1]}}]"),
        &format!("[{column},{{\"call\":[\"mean\",1]}}]"),
        &format!("[{column},{{\"literal\":{{\"text\":\"(\"}}}},{{\"call\":[\"regex\",2]}}]"),
        &format!("[{column},{{\"quantile\":1.5}}]"),
        &format!("[{column},{{\"aggregate\":[\"none\",true]}}]"),
        &format!("[{column},{{\"ranked\":{{\"numbers\":[2.0,1.0],\"counts\":[1,2]}}}}]"),
        &format!("[{column},{{\"ranked\":{{\"numbers\":[1.0],\"counts\":[]}}}}]"),
        r#"[{"moment":["text",1]}]"#,
        &format!(
            "[{column},{{\"window\":{{\"moving\":{{\"lag\":1}},\"of\":true,\"keys\":0,\"reach\":{{\"rows\":0}}}}}}]"
        ),
        r#"[{"window":{"moving":{"lag":1},"of":false,"keys":0,"reach":"all"}}]"#,
        r#"[{"window":{"moving":{"lag":1},"of":true,"keys":18446744073709551615,"reach":"all"}}]"#,
        &format!(
            "[{column},{{\"window\":{{\"moving\":{{\"over\":\"mean\"}},\"of\":true,\"keys\":0,\"reach\":\"all\",\"x\":1}}}}]"
        ),
        &deep,
    ] {
        assert!(serde_json::from_str::<Expression>(text).is_err(), "{text}");
    }
    assert!(serde_json::from_str::<Expression>(&format!("[{column}]")).is_ok());
}
