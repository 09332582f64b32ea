//! Windows against the plainest model of them: for each row, the rows that belong to it, one by one.

use super::*;
use crate::Accumulator;
use pipewright_table::testing::random_table;
use pipewright_world::random::Key;
use proptest::prelude::*;

fn column(name: &str) -> Expression {
    Expression::column(name)
}

fn is_key_equal(table: &Table, keys: &[Expression], left: usize, right: usize) -> bool {
    keys.iter().all(|key| {
        let values = key.evaluate(table).unwrap();
        text_of(&values, left) == text_of(&values, right)
    })
}

/// The rows of the window over a row, in their order.
fn members(table: &Table, window: &Window, row: usize) -> Vec<u32> {
    let date = table.array("date").unwrap().as_primitive::<TimestampMicrosecondType>();
    let mut rows: Vec<usize> =
        (0..table.rows()).filter(|&other| is_key_equal(table, &window.keys, row, other)).collect();
    match window.reach {
        FrameBound::All => rows.retain(|&other| other <= row),
        FrameBound::Rows(count) => {
            rows.retain(|&other| other <= row);
            rows = rows.split_off(rows.len().saturating_sub(count as usize));
        }
        FrameBound::Time { micros, .. } => {
            let is_member = |other: usize| {
                let (now, then) = (date.value(row), date.value(other));
                date.is_valid(other) && then > now - micros && (then < now || then == now && other <= row)
            };
            rows.retain(|&other| date.is_valid(row) && is_member(other));
            rows.sort_by_key(|&other| date.value(other));
        }
    }
    rows.into_iter().map(|row| row as u32).collect()
}

/// The aggregate of these rows alone.
fn aggregated(table: &Table, aggregate: Aggregate, of: Option<&Expression>, rows: &[u32]) -> Option<String> {
    let part = Expression::Aggregate(aggregate, of.cloned().map(Box::new));
    let mut tally = Accumulator::new(&part);
    tally.observe(&table.take(rows)).unwrap();
    let one = tally.finish().evaluate(&table.slice(0, 1)).unwrap();
    text_of(&one, 0)
}

fn agrees(table: &Table, window: &Window) {
    let found = Expression::Window(Box::new(window.clone())).evaluate(table).unwrap();
    for row in 0..table.rows() {
        let rows = members(table, window, row);
        let expected = match window.moving {
            WindowFunction::Over(aggregate) | WindowFunction::Running(aggregate) if !rows.is_empty() => {
                let of = window.of.as_ref();
                let own = of.map(|of| of.evaluate(table).unwrap()).is_none_or(|own| own.is_valid(row));
                let shown = own || matches!(window.moving, WindowFunction::Over(_));
                aggregated(table, aggregate, of, &rows).filter(|_| shown)
            }
            _ => None,
        };
        assert_eq!(text_of(&found, row), expected, "row {row} of {window:?}\n{}", table.show(100, 200));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]
    #[test]
    fn windows_are_those_of_the_model(seed in any::<u64>(), rows in 1..25_usize, size in 1..7_u32) {
        let table = random_table(Key::new(seed), rows);
        let year = FrameBound::Time { micros: i64::from(size) * 100 * pipewright_table::literal::DAY, by: Some("date".into()) };
        for reach in [FrameBound::All, FrameBound::Rows(size), year] {
            for keys in [vec![], vec![column("category")], vec![column("truth"), column("count").is_null()]] {
                for (name, aggregate) in Aggregate::NAMES {
                    for of in ["real", "count", "truth", "text", "date"] {
                        let window = Window {
                            moving: WindowFunction::Over(aggregate),
                            of: Some(column(of)),
                            keys: keys.clone(),
                            reach: reach.clone(),
                        };
                        if Expression::Window(Box::new(window.clone())).kind(&table.schema()).is_ok() {
                            agrees(&table, &window);
                            agrees(&table, &Window { moving: WindowFunction::Running(aggregate), ..window });
                        } else {
                            prop_assert!(!["count", "min", "mode", "last"].contains(&name));
                        }
                    }
                }
                let counted = Window { moving: WindowFunction::Over(Aggregate::Rows), of: None, keys, reach: reach.clone() };
                agrees(&table, &counted);
            }
        }
    }

    #[test]
    fn shifts_stay_within_their_key(seed in any::<u64>(), rows in 1..40_usize, by in 0..5_usize) {
        let table = random_table(Key::new(seed), rows);
        let keys = vec![column("category")];
        let real = table.array("real").unwrap();
        for moving in [WindowFunction::Lag(by as u32), WindowFunction::Lead(by as u32)] {
            let window = Window { moving, of: Some(column("real")), keys: keys.clone(), reach: FrameBound::All };
            let found = Expression::Window(Box::new(window.clone())).evaluate(&table).unwrap();
            for row in 0..rows {
                let own: Vec<usize> = (0..rows).filter(|&other| is_key_equal(&table, &keys, row, other)).collect();
                let place = own.iter().position(|&other| other == row).unwrap();
                let place = if let WindowFunction::Lag(_) = moving { place.checked_sub(by) } else { place.checked_add(by) };
                let expected = place.and_then(|place| own.get(place)).and_then(|&other| text_of(real, other));
                prop_assert_eq!(text_of(&found, row), expected);
            }
        }
    }
}

#[test]
fn the_date_of_a_window_of_time_is_found_or_asked_for() {
    let schema = |dates: &[&str]| {
        let columns = dates.iter().map(|name| pipewright_table::Column::new(*name, ColumnType::Date));
        Schema::new(columns.chain([pipewright_table::Column::new("x", ColumnType::Continuous)]))
    };
    let window = |keys: Vec<Expression>, by: Option<&str>| {
        let reach = FrameBound::Time { micros: 5, by: by.map(Into::into) };
        Window { moving: WindowFunction::Over(Aggregate::Mean), of: Some(column("x")), keys, reach }
    };
    let time = |window: &Window, dates: &[&str]| window.resolved(&schema(dates)).map(|window| window.time().cloned());
    assert_eq!(time(&window(vec![], None), &["d"]).unwrap(), Some("d".into()));
    let named = window(vec![column("x"), column("e")], None).resolved(&schema(&["d", "e"])).unwrap();
    assert_eq!((named.time().cloned(), named.keys.clone()), (Some("e".into()), vec![column("x")]));
    assert_eq!(named.resolved(&schema(&["d", "e"])).unwrap(), named);
    for dates in [&[][..], &["d", "e"]] {
        assert_eq!(time(&window(vec![], None), dates).unwrap_err().code, code::MISSING_ARGUMENT);
    }
    assert_eq!(time(&window(vec![], Some("x")), &["d"]).unwrap_err().code, code::TYPE_MISMATCH);
}

#[test]
fn windows_of_windows() {
    let table = random_table(Key::new(3), 30);
    let window = |moving, of| {
        Expression::Window(Box::new(Window { moving, of: Some(of), keys: vec![], reach: FrameBound::All }))
    };
    let inner = window(WindowFunction::Running(Aggregate::Sum), column("count"));
    let outer = window(WindowFunction::Lag(1), inner.clone());
    let (inner, outer) = (inner.evaluate(&table).unwrap(), outer.evaluate(&table).unwrap());
    for row in 1..table.rows() {
        assert_eq!(text_of(&outer, row), text_of(&inner, row - 1));
    }
}
