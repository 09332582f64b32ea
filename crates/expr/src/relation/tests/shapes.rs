//! Pivots and their inverse, distinct rows, rows without missing values, tables below each other.

use super::{cells, for_any_threads, names, table};
use crate::{Aggregate, Concat, Pivot, Selection, Unpivot};
use pipewright_diagnostic::code;
use pipewright_table::testing::random_table;
use pipewright_table::text::text_of;
use pipewright_table::{ColumnType, Direction, Table};
use pipewright_world::random::Key;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn pivot(key: &str, value: &str, aggregate: Option<Aggregate>) -> Pivot {
    Pivot { key: key.into(), value: value.into(), aggregate }
}

#[test]
fn a_pivot_makes_a_column_a_level_and_says_where_nothing_is() {
    let long = table("city,year,rain\nOslo,2024,7\nBonn,2023,5\nOslo,2023,8\nOslo,2024,9\nRome,,1\n");
    let mean = pivot("year", "rain", Some(Aggregate::Mean));
    let wide = mean.apply(&long).unwrap();
    assert_eq!(names(&wide), ["city", "year=2023", "year=2024", "year (missing)"]);
    let shown: Vec<String> = cells(&wide)
        .iter()
        .map(|row| row.iter().map(|cell| cell.as_deref().unwrap_or("·")).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(shown, ["Oslo 8 8 ·", "Bonn 5 · ·", "Rome · · 1"]);
    assert_eq!(mean.schema(&long.schema()).unwrap().admits(wide.columns()), Ok(()));
    let [one, other] = ["year=2023", "year=2024"].map(|name| wide.column(name).unwrap());
    assert_eq!(one.sources, ["rain where year=2023".into()]);
    assert!(one.tells_of(one) && one.tells_of(long.column("rain").unwrap()));
    assert!(!one.tells_of(other) && !one.tells_of(long.column("year").unwrap()), "of other values");
    let several = pivot("year", "rain", None).apply(&long).unwrap_err();
    assert_eq!((several.code, several.place.row), (code::VALUE_OUT_OF_RANGE, Some(4)));
    assert_eq!(pivot("year", "year", None).apply(&long).unwrap_err().code, code::BAD_VALUE);
    assert_eq!(pivot("year", "city", Some(Aggregate::Mean)).apply(&long).unwrap_err().code, code::NOT_NUMERIC);
    for_any_threads(|table| {
        let few = table.select(&["category", "truth", "real"]).unwrap();
        pivot("category", "real", Some(Aggregate::Sum)).apply(&few).unwrap()
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn unpivot_takes_a_pivot_back(seed in any::<u64>(), rows in 1..50_usize) {
        let table = random_table(Key::new(seed), rows).select(&["text", "category", "real"]).unwrap();
        let long = table.dropna(&["category", "real"]).unwrap().dedup(&["text", "category"]).unwrap();
        let wide = pivot("category", "real", None).apply(&long).unwrap();
        let levels = Selection::Glob("category=*".into());
        if long.rows() == 0 {
            return Ok(());
        }
        let back = Unpivot { on: levels, key: "category".into(), value: "real".into() }.apply(&wide).unwrap();
        let back = back.dropna(&["real"]).unwrap();
        let strip = |mut row: super::Cells| {
            row[1] = row[1].take().map(|name| name.trim_start_matches("category=").to_string());
            row
        };
        let sorted = |rows: Vec<super::Cells>| rows.into_iter().collect::<BTreeSet<_>>();
        prop_assert_eq!(sorted(cells(&back).into_iter().map(strip).collect()), sorted(cells(&long)));
    }

    #[test]
    fn dedup_keeps_first_rows_and_dropna_whole_ones(seed in any::<u64>(), rows in 0..60_usize) {
        let table = random_table(Key::new(seed), rows);
        let (all, on) = (cells(&table), ["count", "truth"]);
        let mut seen = BTreeSet::new();
        let first: Vec<_> = all.iter().filter(|row| seen.insert((row[1].clone(), row[2].clone()))).cloned().collect();
        prop_assert_eq!(cells(&table.dedup(&on).unwrap()), first);
        let whole: Vec<_> = all.iter().filter(|row| row[1].is_some() && row[2].is_some()).cloned().collect();
        prop_assert_eq!(cells(&table.dropna(&on).unwrap()), whole);
        prop_assert_eq!(table.dropna(&on[..0]).unwrap().rows(), rows);
    }

    #[test]
    fn unpivot_works_row_by_row(seed in any::<u64>(), rows in 0..40_usize, cut in 0..40_usize) {
        let table = random_table(Key::new(seed), rows);
        let on = Selection::Union(vec![Selection::name("count"), Selection::name("real")]);
        let unpivot = Unpivot { on, key: "name".into(), value: "number".into() };
        let long = unpivot.apply(&table).unwrap();
        prop_assert_eq!(unpivot.schema(&table.schema()).unwrap(), long.schema());
        prop_assert_eq!(long.rows(), 2 * rows);
        let cut = cut.min(rows);
        let parts = [table.slice(0, cut), table.slice(cut, rows - cut)].map(|part| unpivot.apply(&part).unwrap());
        prop_assert_eq!(cells(&Table::concat(&parts).unwrap()), cells(&long));
        for row in 0..rows {
            let text = |table: &Table, name: &str, row| text_of(table.array(name).unwrap(), row);
            prop_assert_eq!(text(&long, "name", 2 * row), Some("count".to_string()));
            prop_assert_eq!(text(&long, "number", 2 * row), text(&table, "count", row));
            prop_assert_eq!(text(&long, "number", 2 * row + 1), text(&table, "real", row));
        }
    }
}

#[test]
fn unpivot_refuses_what_one_column_cannot_hold() {
    let wide = table("k,a,b,c\nx,1,2.5,u\n");
    let unpivot = |names: &[&str], value: &str| {
        let on = Selection::Union(names.iter().map(|&name| Selection::name(name)).collect());
        Unpivot { on, key: "name".into(), value: value.into() }
    };
    assert_eq!(unpivot(&["a", "b"], "v").apply(&wide).unwrap().column("v").unwrap().kind, ColumnType::Continuous);
    assert_eq!(unpivot(&["a", "c"], "v").apply(&wide).unwrap_err().code, code::TYPE_MISMATCH);
    assert_eq!(unpivot(&["a", "b"], "k").apply(&wide).unwrap_err().code, code::DUPLICATE_COLUMN);
    assert_eq!(unpivot(&["a", "b"], "name").apply(&wide).unwrap_err().code, code::DUPLICATE_COLUMN);
    let none = Unpivot { on: Selection::Class(crate::Class::Date), key: "n".into(), value: "v".into() };
    assert_eq!(none.apply(&wide).unwrap_err().code, code::MISSING_ARGUMENT);
    assert_eq!(unpivot(&["a"], "a").apply(&wide).unwrap().rows(), 1);
}

#[test]
fn tables_stand_below_each_other_by_name() {
    let (above, below) = (table("a,b\n1,x\n"), table("b,a\ny,2\n"));
    let both = Concat.apply(&above, &below).unwrap();
    assert_eq!(both, table("a,b\n1,x\n2,y\n"));
    assert_eq!(Concat.schema(&above.schema(), &below.schema()).unwrap(), both.schema());
    let failure = Concat.apply(&above, &table("a,c,d\n1,2,3\n")).unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), (code::UNKNOWN_COLUMN, "the table below has no column `b`"));
    let failure = Concat.apply(&table("a\n1\n"), &table("a,c,d\n1,2,3\n")).unwrap_err();
    assert_eq!(failure.message, "the table above has no column `c`, `d`");
    let failure = Concat.apply(&above, &table("a,b\n2024-01-31,y\n")).unwrap_err();
    assert_eq!((failure.code, failure.place.column.as_deref()), (code::KIND_CHANGED, Some("a")));
}

#[test]
fn orders_of_several_columns() {
    let rows = table("a,b\n2,1\n1,2\n2,3\n1,4\n");
    let by = [("a".into(), Direction::Ascending), ("b".into(), Direction::Descending)];
    assert_eq!(rows.sort(&by).unwrap(), table("a,b\n1,4\n1,2\n2,3\n2,1\n"));
    assert_eq!(rows.sort(&[]).unwrap(), rows);
    assert_eq!(rows.sort(&[("c".into(), Direction::Ascending)]).unwrap_err().code, code::UNKNOWN_COLUMN);
}

#[test]
fn sorting_is_stable_and_puts_missing_values_last() {
    let table = random_table(Key::new(4), 200);
    for name in ["real", "count", "truth", "text", "date", "time"] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let sorted = table.sort(&[(name.into(), direction)]).unwrap();
            let (column, array) = sorted.find(name).unwrap();
            let place = |row: usize| -> usize {
                text_of(sorted.array("id").unwrap(), row).unwrap()[4..].split(' ').next().unwrap().parse().unwrap()
            };
            for row in 1..200 {
                let (before, here) = (text_of(array, row - 1), text_of(array, row));
                let order = match (&before, &here) {
                    (Some(before), Some(here)) if column.kind.is_numeric() => {
                        before.parse::<f64>().unwrap().total_cmp(&here.parse().unwrap())
                    }
                    (Some(before), Some(here)) => before.cmp(here),
                    _ => {
                        assert!(before.is_some() || here.is_none(), "{name} {row}");
                        assert!(before.is_some() || place(row - 1) < place(row));
                        continue;
                    }
                };
                let order = if direction == Direction::Descending { order.reverse() } else { order };
                assert!(order.is_lt() || (order.is_eq() && place(row - 1) < place(row)), "{name} {row}");
            }
        }
    }
    for_any_threads(|table| {
        table.sort(&[("category".into(), Direction::Descending), ("real".into(), Direction::Ascending)]).unwrap()
    });
    let by_two =
        table.sort(&[("truth".into(), Direction::Ascending), ("count".into(), Direction::Descending)]).unwrap();
    let by_turns = table
        .sort(&[("count".into(), Direction::Descending)])
        .unwrap()
        .sort(&[("truth".into(), Direction::Ascending)])
        .unwrap();
    assert_eq!(by_two, by_turns);
}
