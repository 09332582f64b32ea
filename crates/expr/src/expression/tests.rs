//! Expressions: three-valued logic, kinds that do not fit, and chains of any length.

use super::*;
use pipewright_diagnostic::{Code, code};
use pipewright_table::text::text_of;
use pipewright_table::{Table, testing};

fn table() -> Table {
    let text = "a,b,t,x,d\n1,2.5,true,u,2024-01-31\n2,,false,v,2024-03-01\n,0,,,\n";
    testing::table(text)
}

fn shown(expression: &Expression) -> String {
    let values = expression.evaluate(&table()).unwrap();
    let texts: Vec<String> = (0..3).map(|row| text_of(&values, row).unwrap_or("·".into())).collect();
    texts.join(" ")
}

fn col(name: &str) -> Expression {
    Expression::column(name)
}

fn lit(value: impl Into<Value>) -> Expression {
    Expression::from(value)
}

#[test]
fn arithmetic_runs_from_left_to_right_and_keeps_missing_values() {
    let chain = col("a").arithmetic(Arithmetic::Subtract, lit(1.0)).arithmetic(Arithmetic::Multiply, lit(10.0));
    assert_eq!(shown(&chain), "0 10 ·");
    assert_eq!(shown(&col("a").arithmetic(Arithmetic::Add, col("b"))), "3.5 · ·");
    assert_eq!(shown(&lit(0.0).arithmetic(Arithmetic::Divide, col("b"))), "0 · ·");
    assert_eq!(shown(&lit(1.0).arithmetic(Arithmetic::Power, col("a"))), "1 1 ·");
    assert_eq!(shown(&col("a").minus()), "-1 -2 ·");
}

#[test]
fn logic_is_that_of_kleene() {
    let truths = || [Some(true), Some(false), None];
    let literal = |truth: Option<bool>| truth.map_or(lit(Value::Null), lit);
    for left in truths() {
        for right in truths() {
            let and = shown(&literal(left).and(literal(right)));
            let or = shown(&literal(left).or(literal(right)));
            let expected = |decides: bool| match (left, right) {
                (Some(truth), _) | (_, Some(truth)) if truth == decides => Some(decides),
                (None, _) | (_, None) => None,
                _ => Some(!decides),
            };
            let text =
                |truth: Option<bool>| truth.map_or("· · ·".to_string(), |truth| format!("{truth} {truth} {truth}"));
            assert_eq!((and, or), (text(expected(false)), text(expected(true))), "{left:?} {right:?}");
        }
    }
    assert_eq!(shown(&col("t").negated()), "false true ·");
}

#[test]
fn comparisons_and_membership() {
    assert_eq!(shown(&col("a").compare(Comparison::LessOrEqual, lit(1.0))), "true false ·");
    assert_eq!(shown(&col("x").compare(Comparison::Unequal, lit("u"))), "false true ·");
    assert_eq!(shown(&col("t").compare(Comparison::Equal, lit(true))), "true false ·");
    assert_eq!(shown(&col("d").compare(Comparison::Greater, lit("2024-02-29"))), "false true ·");
    assert_eq!(shown(&lit("2024-02-29").compare(Comparison::Greater, col("d"))), "true false ·");
    assert_eq!(shown(&col("x").is_in(vec!["v".into(), "w".into()])), "false true ·");
    assert_eq!(shown(&col("x").is_in(vec!["v".into(), Value::Null])), "· true ·");
    assert_eq!(shown(&col("b").is_in(vec![2.5.into(), (-0.0).into()])), "true · true");
    assert_eq!(shown(&col("d").is_in(vec!["2024-01-31".into()])), "true false ·");
    assert_eq!(shown(&col("b").is_null()), "false true false");
}

#[test]
fn conditions_choose() {
    assert_eq!(shown(&Expression::choose(col("t"), col("a"), lit(Value::Null))), "1 · ·");
    assert_eq!(shown(&Expression::choose(col("a").is_null(), lit("none"), col("x"))), "u v none");
    let kept = table().filter(&col("a").compare(Comparison::Greater, lit(1.0)).mask(&table()).unwrap());
    assert_eq!(kept, table().slice(1, 1));
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let code_of = |expression: Expression| -> Code { expression.kind(&table().schema()).unwrap_err().code };
    let mismatches = [
        col("a").compare(Comparison::Greater, lit("old")),
        col("x").arithmetic(Arithmetic::Add, lit(1.0)),
        lit(1.0).arithmetic(Arithmetic::Add, col("x")),
        col("a").and(col("t")),
        col("t").or(col("x")),
        col("a").negated(),
        col("t").minus(),
        col("d").compare(Comparison::Less, lit("soon")),
        col("d").compare(Comparison::Less, col("x")),
        col("a").compare(Comparison::Equal, lit(Value::Null)),
        col("x").is_in(vec![1.0.into()]),
        Expression::choose(col("a"), lit(1.0), lit(2.0)),
        Expression::choose(col("t"), lit(1.0), lit("two")),
    ];
    for mismatch in mismatches {
        assert_eq!(code_of(mismatch.clone()), code::TYPE_MISMATCH, "{mismatch:?}");
    }
    assert_eq!(code_of(col("aa").is_null()), code::UNKNOWN_COLUMN);
    assert_eq!(col("a").mask(&table()).unwrap_err().code, code::TYPE_MISMATCH);
}

#[test]
fn long_chains_need_no_stack() {
    let sum = (0..100_000).fold(col("a"), |sum, _| sum.arithmetic(Arithmetic::Add, lit(1.0)));
    let any = (0..100_000).fold(col("t"), |any, _| any.or(lit(false)));
    let run = move || {
        assert_eq!(shown(&sum), "100001 100002 ·");
        assert_eq!(shown(&any.clone().and(any)), "true false ·");
        assert_eq!(sum.columns(), ["a".into()]);
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn times_of_day_compare_with_texts_that_name_one() {
    let text = "t,d\n08:30,2024-01-31\n17:45:30.5,\n,2024-02-01\n";
    let table = testing::table(text);
    let shown = |expression: Expression| {
        let values = expression.evaluate(&table).unwrap();
        let texts: Vec<String> = (0..3).map(|row| text_of(&values, row).unwrap_or("·".into())).collect();
        texts.join(" ")
    };
    assert_eq!(shown(col("t").compare(Comparison::Greater, lit("12:00"))), "false true ·");
    assert_eq!(shown(lit("08:30:00").compare(Comparison::Equal, col("t"))), "true false ·");
    assert_eq!(shown(col("t").compare(Comparison::Equal, col("t"))), "true true ·");
    assert_eq!(shown(col("t").is_in(vec!["17:45:30.5".into()])), "false true ·");
    assert_eq!(shown(col("t").is_null()), "false false true");
    let condition = col("d").compare(Comparison::Equal, lit("2024-01-31"));
    let chosen = Expression::choose(condition, col("t"), lit(Value::Null));
    assert_eq!((chosen.kind(&table.schema()).unwrap(), shown(chosen)), (ExprKind::Time, "08:30:00 · ·".into()));
    for other in [lit("noon"), lit(12.0), col("d")] {
        let failure = col("t").compare(Comparison::Less, other).kind(&table.schema()).unwrap_err();
        assert_eq!(failure.code, code::TYPE_MISMATCH);
    }
}

#[test]
fn tables_of_many_chunks_are_worked_out_as_a_whole() {
    let rows = 2 * pipewright_table::CHUNK_ROWS + 7;
    let numbers = (0..rows).map(|row| (row % 5 > 0).then_some(row as f64));
    let column = pipewright_table::Column::new("a", pipewright_table::ColumnType::Continuous);
    let array = Arc::new(numbers.collect::<arrow_array::Float64Array>());
    let large = Table::new(vec![column], vec![array]).unwrap();
    let before = Expression::Window(Box::new(Window {
        moving: WindowFunction::Lag(1),
        of: Some(col("a")),
        keys: Vec::new(),
        reach: FrameBound::All,
    }));
    let sum = before.arithmetic(Arithmetic::Add, col("a")).evaluate(&large).unwrap();
    let text = |row: usize| text_of(&sum, row);
    let seam = pipewright_table::CHUNK_ROWS;
    assert_eq!((sum.len(), text(1), text(2)), (rows, None, Some("3".into())));
    assert_eq!(text(seam), Some((2 * seam - 1).to_string()), "across the seam of two chunks");
}
