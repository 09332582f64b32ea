//! Tables: other rows, other columns, numbers and classes, and how they look.

use super::*;
use crate::testing;
use crate::{ColumnType, TextArray, TextOffset};
use arrow_array::cast::AsArray;
use arrow_array::{Float64Array, StringArray};

fn table() -> Table {
    let text = "a,b,c,d,e\n3,0.5,x,true,2024-01-31\n1,,y,,2024-02-01\n10,-1.5,,false,\n";
    testing::table(text)
}

#[test]
fn what_is_inconsistent_is_refused() {
    let numbers = |count: usize| Arc::new(Float64Array::from(vec![0.0; count])) as ArrayRef;
    let column = |name: &str| Column::new(name, ColumnType::Continuous);
    let refused = |columns, arrays| Table::new(columns, arrays).unwrap_err().code;
    assert_eq!(refused(vec![column("a"), column("a")], vec![numbers(1), numbers(1)]), code::DUPLICATE_COLUMN);
    assert_eq!(refused(vec![column("a"), column("b")], vec![numbers(1), numbers(2)]), code::BUG);
    assert_eq!(refused(vec![column("a")], vec![Arc::new(TextArray::from(vec!["x"]))]), code::BUG);
    assert_eq!(Table::concat(&[table(), table().drop(&["a"]).unwrap()]).unwrap_err().code, code::KIND_CHANGED);
}

#[test]
fn rows_are_taken_sliced_filtered_and_sampled() {
    let table = table();
    assert_eq!(table.take(&[2, 0, 2]).numbers(&["a".into()]).unwrap(), [10.0, 3.0, 10.0]);
    assert_eq!(table.head(2), table.take(&[0, 1]));
    assert_eq!(table.filter(table.array("d").unwrap().as_boolean()), table.take(&[0]));
    assert_eq!(table.filter(&BooleanArray::from(vec![false, true, true])), table.slice(1, 2));
    assert_eq!(Table::concat(&[table.slice(0, 1), table.slice(1, 2)]).unwrap(), table);
    let sample = table.sample(2, Key::new(1));
    assert_eq!((sample.rows(), &sample), (2, &table.sample(2, Key::new(1))));
    assert_eq!(table.sample(9, Key::new(1)), table);
}

#[test]
fn columns_are_selected_and_replaced() {
    let table = table();
    assert_eq!(
        table.select(&["c", "a"]).unwrap().schema(),
        Schema::new([table.columns()[2].clone(), table.columns()[0].clone()])
    );
    assert_eq!(table.drop(&["b", "c", "d", "e"]).unwrap(), table.select(&["a"]).unwrap());
    let none: [&str; 0] = [];
    assert_eq!(table.select(&none).unwrap().rows(), 3);
    assert_eq!(table.select(&["z"]).unwrap_err().code, code::UNKNOWN_COLUMN);
    let target = table.with_role("a", Role::Target).unwrap().with_role("b", Role::Target).unwrap();
    assert_eq!(target.target().map(|column| &*column.name), Some("b"));
    assert_eq!(target.features().len(), 4);
    let ones: ArrayRef = Arc::new(Float64Array::from(vec![1.0; 3]));
    let replaced = table.with_column(Column::new("c", ColumnType::Continuous), ones.clone()).unwrap();
    assert_eq!((replaced.columns().len(), replaced.columns()[2].kind), (5, ColumnType::Continuous));
    assert_eq!(table.with_column(Column::new("f", ColumnType::Continuous), ones).unwrap().columns().len(), 6);
}

#[test]
fn batches_share_their_arrays_and_keep_kinds_and_roles() {
    let table = table().with_role("d", Role::Target).unwrap();
    let batch = table.to_batch();
    assert!(Arc::ptr_eq(batch.column(0), table.array("a").unwrap()));
    assert_eq!(Table::from_batch(&batch).unwrap(), table);
}

#[test]
fn numbers_say_what_stands_in_their_way() {
    let table = table();
    assert_eq!(table.numbers(&["a".into()]).unwrap(), [3.0, 1.0, 10.0]);
    let failure = table.numbers(&["a".into(), "b".into()]).unwrap_err();
    assert_eq!((failure.code, failure.place.row), (code::MISSING_VALUES, Some(2)));
    assert_eq!(failure.help, ["fill them first: `fillna mean on b`"]);
    let present = table.slice(0, 1);
    assert_eq!(present.numbers(&["d".into()]).unwrap(), [1.0]);
    assert_eq!(present.numbers(&["c".into()]).unwrap_err().code, code::UNENCODED_COLUMN);
    assert_eq!(present.numbers(&["e".into()]).unwrap_err().code, code::UNENCODED_COLUMN);
    let infinite = testing::table("a b\n1\ninf\n");
    let failure = infinite.numbers(&["a b".into()]).unwrap_err();
    assert_eq!((failure.code, failure.place.row), (code::NON_FINITE, Some(2)));
}

#[test]
fn classes_are_in_order() {
    let table = table();
    let classes = |name: &str| table.classes(name).unwrap().join(" ");
    assert_eq!(classes("a"), "1 3 10");
    assert_eq!(classes("b"), "-1.5 0.5");
    assert_eq!(classes("c"), "x y");
    assert_eq!(classes("d"), "false true");
    assert_eq!(table.codes("d", &table.classes("d").unwrap()).unwrap(), [Some(1), None, Some(0)]);
    let unseen = table.codes("c", &["x".to_string()]).unwrap_err();
    assert_eq!((unseen.code, unseen.place.row), (code::UNSEEN_LEVEL, Some(2)));
}

#[test]
fn a_table_is_shown_within_bounds() {
    let text = " a     b  c  d      e
 3   0.5  x  true   2024-01-31
 1     ·  y  ·      2024-02-01
10  -1.5  ·  false  ·
";
    assert_eq!(table().show(9, 80), text);
    assert_eq!(table().show(1, 8), "a    b\n3  0.5\n… 2 more rows, 3 more columns\n");
    let long = "x".repeat(50);
    let wide = {
        let columns = vec![Column::new("a", ColumnType::Text), Column::new("b", ColumnType::Text)];
        let texts = |text: &str| Arc::new(TextArray::from(vec![text])) as ArrayRef;
        Table::new(columns, vec![texts(&long), texts("1\n2")]).unwrap()
    };
    assert_eq!(wide.show(1, 80), format!("a{}b\n{}…  1␣2\n", " ".repeat(33), "x".repeat(31)));
    let numbers = [1e20, 1.23456789, 123456.789, 1e-7, 0.0, -2.5];
    let numbers: ArrayRef = Arc::new(Float64Array::from(numbers.to_vec()));
    let shown = Table::new(vec![Column::new("x", ColumnType::Continuous)], vec![numbers]).unwrap().show(9, 80);
    let cells: Vec<&str> = shown.split_whitespace().collect();
    assert_eq!(cells, ["x", "1e20", "1.234568", "123456.8", "1e-7", "0", "-2.5"]);
}

#[test]
fn texts_with_short_offsets_are_taken_with_their_bytes_shared() {
    let short = StringArray::from(vec![Some("one"), None, Some("three")]).slice(1, 2);
    let bytes = short.values().as_ptr();
    let table = Table::new(vec![Column::new("t", ColumnType::Category)], vec![Arc::new(short)]).unwrap();
    let long = table.array("t").unwrap();
    assert_eq!(*long.data_type(), ColumnType::Text.storage());
    let long = long.as_string::<TextOffset>();
    assert_eq!((long.is_null(0), long.value(1), long.values().as_ptr()), (true, "three", bytes));
}

/// A column of 2.2 GiB of text, in every operation that makes one.
#[test]
#[ignore = "takes 7 GiB of memory"]
fn a_column_holds_more_than_two_gibibytes_of_text() {
    let line = "x".repeat(1 << 20);
    let columns = || vec![Column::new("t", ColumnType::Text)];
    let one = Table::new(columns(), vec![Arc::new(TextArray::from(vec![line.as_str()]))]).unwrap();
    let rows = vec![0_u32; 2200];
    let taken = one.take(&rows);
    let bytes = |table: &Table| table.array("t").unwrap().as_string::<TextOffset>().value_data().len();
    assert_eq!((taken.rows(), bytes(&taken)), (2200, 2200 << 20));
    drop(taken);
    let gathered = crate::rows::gather(one.array("t").unwrap(), &rows);
    let gathered = Table::new(columns(), vec![gathered]).unwrap();
    assert_eq!(bytes(&gathered), 2200 << 20);
    let half = gathered.slice(0, 1100);
    drop(gathered);
    assert_eq!(Table::concat(&[half.clone(), half.clone(), half]).unwrap().rows(), 3300);
}

/// A table with sparse columns of every kind, and the same values as arrays.
fn sparse_and_dense() -> (Table, Table) {
    let positions = || vec![1_u32, 4, 5].into();
    let columns = || {
        let kinds = [
            ("truth", ColumnType::Bool),
            ("real", ColumnType::Continuous),
            ("count", ColumnType::Count),
            ("x", ColumnType::Continuous),
        ];
        kinds.map(|(name, kind)| Column::new(name, kind)).to_vec()
    };
    let x: ArrayRef = Arc::new(Float64Array::from_iter((0..7).map(|row| (row != 3).then_some(f64::from(row)))));
    let stored: Vec<Stored> = vec![
        SparseArray::truths(7, positions()).into(),
        SparseArray::numbers(7, positions(), vec![0.5, -2.0, 3.0].into()).into(),
        SparseArray::counts(7, positions(), vec![2.0, -7.0, 1.0].into()).into(),
        x.into(),
    ];
    let arrays = stored.iter().map(|column| column.array().clone()).collect();
    (Table::with_stored(columns(), stored, 7).unwrap(), Table::new(columns(), arrays).unwrap())
}

#[test]
fn sparse_columns_are_what_their_arrays_are() {
    let (sparse, dense) = sparse_and_dense();
    let stays_sparse = |table: &Table| table.stored("real").unwrap().sparse().is_some();
    let changes: [&dyn Fn(&Table) -> Table; 7] = [
        &|table| table.clone(),
        &|table| table.take(&[5, 1, 1, 0, 6]),
        &|table| table.slice(2, 3),
        &|table| table.filter(&BooleanArray::from_iter((0..7).map(|row| Some(row % 2 == 1)))),
        &|table| table.select(&["real", "truth"]).unwrap(),
        &|table| table.drop(&["x"]).unwrap(),
        &|table| Table::concat(&[table.slice(4, 3), table.clone(), table.slice(0, 0)]).unwrap(),
    ];
    for change in changes {
        let (found, wanted) = (change(&sparse), change(&dense));
        assert!(stays_sparse(&found) && !stays_sparse(&wanted));
        assert_eq!(found, wanted);
    }
    let mixed = Table::concat(&[sparse.clone(), dense.clone()]).unwrap();
    assert!(!stays_sparse(&mixed));
    assert_eq!(mixed, Table::concat(&[dense.clone(), dense.clone()]).unwrap());
    assert_eq!(sparse.array("count").unwrap(), dense.array("count").unwrap());
    assert_eq!(sparse.to_batch(), dense.to_batch());
}

#[test]
fn a_sparse_column_fits_its_kind() {
    let sparse = || SparseArray::truths(2, vec![1].into());
    let of_kind = |kind| Table::with_stored(vec![Column::new("x", kind)], vec![sparse().into()], 2);
    assert!(of_kind(ColumnType::Bool).is_ok());
    assert_eq!(of_kind(ColumnType::Continuous).unwrap_err().code, code::BUG);
}
