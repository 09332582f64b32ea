//! Whole numbers in expressions are exact: random integers near 2^53 and 2^63, against 128-bit arithmetic.

#![allow(clippy::unwrap_used)] // All of this file is tests.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Int64Array};
use pipewright_frame::{
    Aggregate, Arithmetic, Column, ColumnType, Comparison, Expression, FrameBound, Function, Table, Value, Window,
    WindowFunction, learned,
};
use proptest::prelude::*;
use std::sync::Arc;

type Cells = Vec<Option<i64>>;

fn edgy() -> impl Strategy<Value = i64> {
    let near = |centre: i64| (-3..=3_i64).prop_map(move |by| centre.saturating_add(by));
    prop_oneof![near(0), near(1 << 53), near(-(1 << 53)), near(i64::MAX), near(i64::MIN), any::<i64>()]
}

fn cells() -> impl Strategy<Value = (Cells, Cells, i64)> {
    let cell = || prop::option::weighted(0.8, edgy());
    (prop::collection::vec((cell(), cell()), 1..12), edgy()).prop_map(|(pairs, constant)| {
        let (left, right) = pairs.into_iter().unzip();
        (left, right, constant)
    })
}

fn table(left: &Cells, right: &Cells) -> Table {
    let columns = vec![Column::new("a", ColumnType::Count), Column::new("b", ColumnType::Count)];
    let array = |cells: &Cells| Arc::new(Int64Array::from(cells.clone())) as ArrayRef;
    Table::new(columns, vec![array(left), array(right)]).unwrap()
}

fn a() -> Expression {
    Expression::column("a")
}

fn b() -> Expression {
    Expression::column("b")
}

fn call(name: &str, arguments: Vec<Expression>) -> Expression {
    Expression::Call(Function::find(name, arguments.len()).unwrap(), arguments)
}

fn ints(expression: &Expression, table: &Table) -> Cells {
    expression.evaluate(table).unwrap().as_primitive::<Int64Type>().iter().collect()
}

fn truths(expression: &Expression, table: &Table) -> Vec<Option<bool>> {
    expression.evaluate(table).unwrap().as_boolean().iter().collect()
}

fn window(moving: WindowFunction) -> Expression {
    Expression::Window(Box::new(Window { moving, of: Some(a()), keys: Vec::new(), reach: FrameBound::All }))
}

fn within(number: i128) -> Option<i64> {
    i64::try_from(number).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arithmetic_is_exact_and_missing_beyond_64_bits((left, right, constant) in cells()) {
        let table = table(&left, &right);
        let rows = || left.iter().zip(&right);
        let wide = |x: i64| i128::from(x);
        let floor = |x: i128, y: i128| (y != 0).then(|| x.div_euclid(y) - i128::from(y < 0 && x.rem_euclid(y) != 0));
        for (operator, exact) in [
            (Arithmetic::Add, Box::new(|x, y| Some(x + y)) as Box<dyn Fn(i128, i128) -> Option<i128>>),
            (Arithmetic::Subtract, Box::new(|x, y| Some(x - y))),
            (Arithmetic::Multiply, Box::new(|x, y| Some(x * y))),
            (Arithmetic::FloorDivide, Box::new(floor)),
            (Arithmetic::Modulo, Box::new(|x, y| floor(x, y).map(|quotient| x - quotient * y))),
        ] {
            let expected: Cells = rows().map(|(x, y)| exact(wide((*x)?), wide((*y)?)).and_then(within)).collect();
            prop_assert_eq!(ints(&a().arithmetic(operator, b()), &table), expected, "{}", operator.sign());
            let expected: Cells = left.iter().map(|x| exact(wide((*x)?), wide(constant)).and_then(within)).collect();
            prop_assert_eq!(ints(&a().arithmetic(operator, Expression::from(constant)), &table), expected);
        }
        let negated: Cells = left.iter().map(|x| (*x)?.checked_neg()).collect();
        prop_assert_eq!(ints(&Expression::Negate(Box::new(a())), &table), negated);
        let absolute: Cells = left.iter().map(|x| (*x)?.checked_abs()).collect();
        prop_assert_eq!(ints(&call("abs", vec![a()]), &table), absolute);
    }

    #[test]
    fn comparisons_are_exact((left, right, constant) in cells()) {
        let table = table(&left, &right);
        for (operator, holds) in [
            (Comparison::Equal, (|x, y| x == y) as fn(i64, i64) -> bool),
            (Comparison::Unequal, |x, y| x != y),
            (Comparison::Less, |x, y| x < y),
            (Comparison::LessOrEqual, |x, y| x <= y),
            (Comparison::Greater, |x, y| x > y),
            (Comparison::GreaterOrEqual, |x, y| x >= y),
        ] {
            let expected: Vec<_> = left.iter().zip(&right).map(|(x, y)| Some(holds((*x)?, (*y)?))).collect();
            prop_assert_eq!(truths(&a().compare(operator, b()), &table), expected);
            let expected: Vec<_> = left.iter().map(|x| Some(holds((*x)?, constant))).collect();
            prop_assert_eq!(truths(&a().compare(operator, Expression::from(constant)), &table), expected);
        }
        let expected: Vec<_> = left.iter().map(|x| Some((*x)? == constant)).collect();
        prop_assert_eq!(truths(&a().is_in(vec![Value::Int(constant)]), &table), expected);
    }

    #[test]
    fn chosen_values_are_passed_on((left, right, constant) in cells()) {
        let table = table(&left, &right);
        let whole = || Expression::from(constant);
        let filled: Cells = left.iter().map(|x| Some(x.unwrap_or(constant))).collect();
        prop_assert_eq!(ints(&call("coalesce", vec![a(), whole()]), &table), filled);
        let chosen: Cells = left.iter().zip(&right).map(|(x, y)| if (*x)? > constant { *x } else { *y }).collect();
        let condition = a().compare(Comparison::Greater, whole());
        prop_assert_eq!(ints(&Expression::choose(condition, a(), b()), &table), chosen);
        let least: Cells = left.iter().zip(&right).map(|(x, y)| (*x).into_iter().chain(*y).min()).collect();
        prop_assert_eq!(ints(&call("min", vec![a(), b()]), &table), least);
        let clipped: Cells = left.iter().map(|x| Some((*x)?.max(constant).min(i64::MAX - 1))).collect();
        prop_assert_eq!(ints(&call("clip", vec![a(), whole(), Expression::from(i64::MAX - 1)]), &table), clipped);
    }

    #[test]
    fn windows_and_aggregates_are_exact((left, right, _) in cells()) {
        let table = table(&left, &right);
        let before: Cells = std::iter::once(None).chain(left.iter().copied()).take(left.len()).collect();
        prop_assert_eq!(ints(&window(WindowFunction::Lag(1)), &table), before);
        let so_far = |row: usize| left[..=row].iter().flatten().copied();
        let running = |of: &dyn Fn(usize) -> Option<i64>| -> Cells {
            (0..left.len()).map(|row| left[row].and_then(|_| of(row))).collect()
        };
        let sums = running(&|row| within(so_far(row).map(i128::from).sum()));
        prop_assert_eq!(ints(&window(WindowFunction::Running(Aggregate::Sum)), &table), sums);
        let maxima = running(&|row| so_far(row).max());
        prop_assert_eq!(ints(&window(WindowFunction::Running(Aggregate::Max)), &table), maxima);
        let last: Cells = (0..left.len()).map(|row| so_far(row).last()).collect();
        prop_assert_eq!(ints(&window(WindowFunction::Over(Aggregate::Last)), &table), last);

        let all = || left.iter().flatten().copied();
        let constant = |aggregate: Aggregate| learned(&Expression::Aggregate(aggregate, Some(Box::new(a()))), &table);
        for (aggregate, expected) in [
            (Aggregate::Min, all().min()),
            (Aggregate::Max, all().max()),
            (Aggregate::First, all().next()),
            (Aggregate::Sum, within(all().map(i128::from).sum())),
            (Aggregate::Distinct, Some(all().collect::<std::collections::BTreeSet<i64>>().len() as i64)),
        ] {
            let expected = Expression::Literal(expected.map_or(Value::Null, Value::Int));
            prop_assert_eq!(constant(aggregate).unwrap().0, expected, "{:?}", aggregate);
        }
    }

    #[test]
    fn floats_and_whole_numbers_are_compared_exactly(whole in edgy(), other in edgy()) {
        // Every float beyond 2^53 is an integer, which 128 bits hold.
        let float = other as f64;
        let table = table(&vec![Some(whole)], &vec![None]);
        let exact = i128::from(whole).cmp(&(float as i128));
        let is = |operator| truths(&a().compare(operator, Expression::from(float)), &table)[0].unwrap();
        prop_assert_eq!(is(Comparison::Equal), exact.is_eq());
        prop_assert_eq!(is(Comparison::Less), exact.is_lt());
        prop_assert_eq!(is(Comparison::Greater), exact.is_gt());
        prop_assert_eq!(truths(&a().is_in(vec![Value::Number(float)]), &table)[0], Some(exact.is_eq()));
    }

    #[test]
    fn rounding_to_tens_is_exact(whole in edgy(), digits in 1..25_i64) {
        let table = table(&vec![Some(whole)], &vec![None]);
        let rounded = ints(&call("round", vec![a(), Expression::from(-digits)]), &table)[0];
        let Some(power) = 10_i128.checked_pow(digits as u32) else { return Ok(()) };
        let nearest = i128::from(whole).div_euclid(power) * power;
        let (below, above) = (i128::from(whole) - nearest, nearest + power - i128::from(whole));
        let expected = match below.cmp(&above) {
            std::cmp::Ordering::Less => nearest,
            std::cmp::Ordering::Greater => nearest + power,
            std::cmp::Ordering::Equal if nearest / power % 2 == 0 => nearest,
            std::cmp::Ordering::Equal => nearest + power,
        };
        prop_assert_eq!(rounded, within(expected));
    }
}

#[test]
fn quotients_are_numbers_and_whole_literals_are_told_from_others() {
    let table = table(&vec![Some(7), Some(i64::MAX)], &vec![Some(2), Some(3)]);
    let quotient = a().arithmetic(Arithmetic::Divide, b()).evaluate(&table).unwrap();
    assert_eq!(quotient.as_primitive::<Float64Type>().values(), &[3.5, 3.074_457_345_618_258_4e18]);
    let kind = |expression: Expression| expression.kind(&table.schema()).unwrap().column_kind();
    assert_eq!(kind(a().arithmetic(Arithmetic::Add, Expression::from(1_i64))), ColumnType::Count);
    assert_eq!(kind(a().arithmetic(Arithmetic::Add, Expression::from(1.0))), ColumnType::Continuous);
    assert!(a().arithmetic(Arithmetic::Modulo, Expression::from(0_i64)).evaluate(&table).unwrap().is_null(0));
}
