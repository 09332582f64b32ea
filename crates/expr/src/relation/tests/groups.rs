//! Groups, and what becomes of their values.

use super::{Cells, cells, for_any_threads, names, table};
use crate::{Aggregate, Arithmetic, Assign, Comparison, Expression, GroupBy, Grouping, Measure};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array};
use pipewright_diagnostic::code;
use pipewright_table::summary::{ExactSum, Moments, Quantiles};
use pipewright_table::testing::{edge_tables, random_table};
use pipewright_table::text::text_of;
use pipewright_table::{Column, ColumnType, Role, Table, literal, whole};
use pipewright_world::random::Key;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const ALL: [Aggregate; 16] = [
    Aggregate::Count,
    Aggregate::Nulls,
    Aggregate::Distinct,
    Aggregate::Sum,
    Aggregate::Mean,
    Aggregate::Std,
    Aggregate::Var,
    Aggregate::Min,
    Aggregate::Max,
    Aggregate::Median,
    Aggregate::Quantile(0.3),
    Aggregate::Mode,
    Aggregate::First,
    Aggregate::Last,
    Aggregate::Any,
    Aggregate::All,
];

/// The rows of each group, by first appearance.
fn naive_groups(table: &Table, keys: &[&str]) -> Vec<Vec<usize>> {
    let key = |row| -> Cells { keys.iter().map(|name| text_of(table.array(name).unwrap(), row)).collect() };
    let mut places: BTreeMap<Cells, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for row in 0..table.rows() {
        let place = *places.entry(key(row)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(row);
    }
    groups
}

/// The number of a value; booleans are 0 and 1.
fn number(array: &ArrayRef, row: usize) -> f64 {
    match text_of(array, row).unwrap().as_str() {
        "true" => 1.0,
        "false" => 0.0,
        text => text.parse().unwrap(),
    }
}

/// An aggregate as its definition has it.
fn naive(table: &Table, name: &str, rows: &[usize], aggregate: Aggregate) -> Option<String> {
    let (column, array) = table.find(name).unwrap();
    let there: Vec<usize> = rows.iter().copied().filter(|&row| array.is_valid(row)).collect();
    let text = |row: usize| text_of(array, row).unwrap();
    let sorted = || {
        let mut sorted = there.clone();
        match column.kind.is_numeric() {
            true => sorted.sort_by(|&left, &right| number(array, left).total_cmp(&number(array, right))),
            // Dates and times are sorted as their texts are.
            false => sorted.sort_by_key(|&row| text(row)),
        }
        sorted
    };
    let numbers = || there.iter().map(|&row| number(array, row));
    let mut moments = Moments::default();
    let mut quantiles = Quantiles::default();
    let mut sum = ExactSum::default();
    if column.kind.is_numeric() || column.kind == ColumnType::Bool {
        numbers().for_each(|number| (moments.add(number), quantiles.add(number), sum.add(number)).0);
    }
    let shown = |number: Option<f64>| number.map(|number| (number + 0.0).to_string());
    match aggregate {
        Aggregate::Rows => Some(rows.len().to_string()),
        Aggregate::Count => Some(there.len().to_string()),
        Aggregate::Nulls => Some((rows.len() - there.len()).to_string()),
        Aggregate::Distinct => {
            Some(there.iter().map(|&row| text(row)).collect::<std::collections::BTreeSet<_>>().len().to_string())
        }
        Aggregate::Sum => shown(Some(sum.value())),
        Aggregate::Mean if matches!(column.kind, ColumnType::Date | ColumnType::Time) => {
            let micros = array.to_data().buffer::<i64>(0).to_vec();
            let sum: i128 = there.iter().map(|&row| i128::from(micros[row])).sum();
            let mean = whole::nearest_quotient(sum, there.len() as i64)?;
            Some(match column.kind {
                ColumnType::Date => literal::date_text(mean),
                _ => literal::time_text(mean),
            })
        }
        Aggregate::Mean => shown(moments.mean()),
        Aggregate::Std => shown(moments.deviation(1)),
        Aggregate::Var => shown(moments.variance(1)),
        Aggregate::Median => shown(quantiles.median()),
        Aggregate::Quantile(share) => shown(quantiles.quantile(share)),
        Aggregate::Min => sorted().first().map(|&row| text(row)),
        Aggregate::Max => sorted().last().map(|&row| text(row)),
        Aggregate::First => there.first().map(|&row| text(row)),
        Aggregate::Last => there.last().map(|&row| text(row)),
        Aggregate::Mode => {
            let frequency = |row: usize| there.iter().filter(|&&other| text(other) == text(row)).count();
            sorted().into_iter().rev().max_by_key(|&row| frequency(row)).map(text)
        }
        Aggregate::Any => (!there.is_empty()).then(|| there.iter().any(|&row| text(row) == "true").to_string()),
        Aggregate::All => (!there.is_empty()).then(|| there.iter().all(|&row| text(row) == "true").to_string()),
    }
}

/// Every aggregate of every column that has it.
fn every_measure(table: &Table) -> Vec<Measure> {
    let mut measures = vec![Measure::rows("rows")];
    for column in table.columns() {
        for aggregate in ALL.into_iter().filter(|aggregate| aggregate.kind(column).is_ok()) {
            measures.push(Measure::new(format!("{aggregate:?} of {}", column.name), aggregate, column.name.clone()));
        }
    }
    measures
}

fn check(table: &Table, keys: &[&str]) {
    let measures = every_measure(table);
    let grouping = Grouping { keys: keys.iter().map(|&key| key.into()).collect(), measures };
    let made = match grouping.apply(table) {
        Ok(made) => made,
        Err(failure) => {
            assert_eq!(failure.code, code::NON_FINITE, "{failure}\n{table}");
            return;
        }
    };
    assert_eq!(grouping.schema(&table.schema()).unwrap(), made.schema());
    let groups = naive_groups(table, keys);
    assert_eq!(made.rows(), groups.len(), "{table}");
    for (place, rows) in groups.iter().enumerate() {
        for key in keys {
            assert_eq!(text_of(made.array(key).unwrap(), place), text_of(table.array(key).unwrap(), rows[0]));
        }
        for measure in &grouping.measures {
            let got = text_of(made.array(&measure.name).unwrap(), place);
            let of = measure.column.as_deref().unwrap_or_else(|| &table.columns()[0].name);
            assert_eq!(got, naive(table, of, rows, measure.aggregate), "{} in group {place}\n{table}", measure.name);
        }
    }
}

#[test]
fn groups_are_as_defined_at_the_edges() {
    for table in edge_tables() {
        let keys: Vec<&str> = table.columns().iter().map(|column| &*column.name).collect();
        check(&table, &keys[..1]);
        check(&table, &keys[1..3]);
        check(&table, &[]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn groups_are_as_defined(seed in any::<u64>(), rows in 0..60_usize, first in 0..8_usize, second in 0..8_usize) {
        let table = random_table(Key::new(seed), rows);
        let keys = names(&table);
        check(&table, &[keys[first]]);
        if first != second {
            check(&table, &[keys[first], keys[second]]);
        }
    }
}

#[test]
fn threads_do_not_matter() {
    for keys in [vec!["count"], vec!["category", "truth"]] {
        for_any_threads(|table| {
            let keys = keys.iter().map(|&key| key.into()).collect();
            Grouping { keys, measures: every_measure(table) }.apply(table).unwrap()
        });
    }
    for key in ["text", "real"] {
        for_any_threads(|table| {
            let measures = [Aggregate::Sum, Aggregate::Mean, Aggregate::Max]
                .map(|aggregate| Measure::new(aggregate.name(), aggregate, "count"));
            Grouping { keys: vec![key.into()], measures: measures.into() }.apply(table).unwrap()
        });
    }
}

#[test]
fn sums_are_exact_however_far_magnitudes_lie_apart() {
    let numbers = [1e200, 1.0, -1e200, 1e-200, 3.0];
    let columns = vec![Column::new("k", ColumnType::Count), Column::new("x", ColumnType::Continuous)];
    let arrays: Vec<ArrayRef> =
        vec![Arc::new(Int64Array::from(vec![1; 5])), Arc::new(Float64Array::from(numbers.to_vec()))];
    let table = Table::new(columns, arrays).unwrap();
    let measures = vec![Measure::new("sum", Aggregate::Sum, "x"), Measure::new("mean", Aggregate::Mean, "x")];
    let made = Grouping { keys: vec!["k".into()], measures }.apply(&table).unwrap();
    assert_eq!(made.numbers(&["sum".into(), "mean".into()]).unwrap(), [4.0, 0.8]);
}

#[test]
fn what_cannot_be_said_of_a_group_is_refused() {
    let rides = table("city,fare\nOslo,1\nBonn,9223372036854775807\nBonn,1\n");
    let with = |measures| Grouping { keys: vec!["city".into()], measures }.apply(&rides).unwrap_err().code;
    assert_eq!(with(vec![Measure::new("a", Aggregate::Sum, "city")]), code::NOT_NUMERIC);
    assert_eq!(with(vec![Measure::new("a", Aggregate::Any, "fare")]), code::TYPE_MISMATCH);
    assert_eq!(with(vec![Measure::new("a", Aggregate::Sum, "fare")]), code::VALUE_OUT_OF_RANGE);
    assert_eq!(with(vec![Measure::new("a", Aggregate::Sum, "fair")]), code::UNKNOWN_COLUMN);
    assert_eq!(with(vec![Measure::rows("city")]), code::DUPLICATE_COLUMN);
}

#[test]
fn measures_come_from_their_column_and_the_keys() {
    let rides = table("city,fare\nOslo,1\n").with_role("fare", Role::Target).unwrap();
    let measures = vec![Measure::new("fare", Aggregate::Mean, "fare"), Measure::rows("n")];
    let made = Grouping { keys: vec!["city".into()], measures }.apply(&rides).unwrap();
    assert_eq!(made.column("fare").unwrap().sources, ["fare".into(), "city".into()]);
    assert_eq!((made.column("fare").unwrap().role, made.column("n").unwrap().kind), (Role::Feature, ColumnType::Count));
    assert_eq!(cells(&made), [[Some("Oslo".into()), Some("1".into()), Some("1".into())]]);
}

fn by(keys: &[&str], assigns: Vec<(&str, Expression)>) -> GroupBy {
    let assigns = assigns.into_iter().map(|(name, expression)| Assign { name: name.into(), expression });
    GroupBy { keys: keys.iter().map(|&key| key.into()).collect(), assigns: assigns.collect() }
}

fn of(aggregate: Aggregate, inner: Expression) -> Expression {
    Expression::Aggregate(aggregate, Some(Box::new(inner)))
}

#[test]
fn expressions_over_aggregates_and_keys() {
    let rows = table("k,x,n,t\n1,2,3,u\n2,5,1,v\n1,4,1,w\n,1,2,u\n");
    let col = Expression::column;
    let weighted = of(Aggregate::Sum, col("x").arithmetic(Arithmetic::Multiply, col("n")))
        .arithmetic(Arithmetic::Divide, of(Aggregate::Sum, col("n")));
    let large = of(Aggregate::Any, col("x").compare(Comparison::Greater, Expression::from(3.0)));
    let group = by(
        &["k"],
        vec![
            ("weighted", weighted),
            ("large", large),
            ("first", of(Aggregate::First, col("t"))),
            ("n", Expression::Aggregate(Aggregate::Rows, None)),
            ("twice", col("k").arithmetic(Arithmetic::Multiply, Expression::from(2.0))),
        ],
    );
    let made = group.apply(&rows).unwrap();
    assert_eq!(group.schema(&rows.schema()).unwrap(), made.schema());
    let shown: Vec<String> = cells(&made)
        .iter()
        .map(|row| row.iter().map(|cell| cell.as_deref().unwrap_or("·")).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(shown, ["1 2.5 true u 2 2", "2 5 true v 1 4", "· 1 false u 1 ·"]);
    assert_eq!(made.column("weighted").unwrap().sources, ["x".into(), "n".into(), "k".into()]);
    assert_eq!(
        (made.column("n").unwrap().kind, made.column("first").unwrap().kind),
        (ColumnType::Count, ColumnType::Text)
    );
    for_any_threads(|table| {
        let sum = of(Aggregate::Sum, col("real").arithmetic(Arithmetic::Multiply, col("count")));
        by(&["category"], vec![("sum", sum)]).apply(table).unwrap()
    });
}

#[test]
fn what_is_no_value_of_a_group_is_refused() {
    let rows = table("k,x\n1,2\n");
    let fails = |name, expression| by(&["k"], vec![(name, expression)]).apply(&rows).unwrap_err();
    let failure = fails("y", Expression::column("x"));
    assert_eq!((failure.code, failure.place.column.as_deref()), (code::TYPE_MISMATCH, Some("x")));
    assert_eq!(fails("k", of(Aggregate::Sum, Expression::column("x"))).code, code::DUPLICATE_COLUMN);
    assert_eq!(fails("y", of(Aggregate::Sum, Expression::column("z"))).code, code::UNKNOWN_COLUMN);
}
