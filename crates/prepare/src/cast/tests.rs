//! Conversions, errors and their rows.

use super::*;
use crate::fit;
use crate::laws::check;
use pipewright_expr::Class;
use pipewright_table::TextArray;
use pipewright_table::testing::{edge_tables, random_table};
use pipewright_world::random::Key;

fn table() -> Table {
    let texts = |texts: [Option<&str>; 3]| Arc::new(TextArray::from(texts.to_vec())) as ArrayRef;
    let columns = vec![
        Column::new("n", ColumnType::Count),
        Column::new("x", ColumnType::Continuous),
        Column::new("b", ColumnType::Bool),
        Column::new("t", ColumnType::Text),
        Column::new("d", ColumnType::Text),
    ];
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![Some(1), Some(0), None])),
        Arc::new(Float64Array::from(vec![Some(1.5), Some(2.0), None])),
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])),
        texts([Some(" 7 "), Some("yes"), None]),
        texts([Some("31.01.2024"), Some("1.2.2024 12:30"), None]),
    ];
    Table::new(columns, arrays).unwrap()
}

fn on(name: &str) -> Selection {
    Selection::Name(name.into())
}

fn shown(convert: &Cast, name: &str) -> Result<String, Failure> {
    let table = fit(convert, &table())?.apply(&table())?;
    let array = table.array(name)?;
    Ok((0..table.rows()).map(|row| text_of(array, row).unwrap_or("·".into())).collect::<Vec<_>>().join(" "))
}

#[test]
fn kinds_are_made_of_each_other() {
    let to = |kind: ColumnType, name: &str| shown(&Cast::to(kind, on(name)), name).unwrap();
    assert_eq!(to(ColumnType::Continuous, "n"), "1 0 ·");
    assert_eq!(to(ColumnType::Count, "b"), "1 0 ·");
    assert_eq!(to(ColumnType::Bool, "n"), "true false ·");
    assert_eq!(to(ColumnType::Category, "x"), "1.5 2 ·");
    assert_eq!(to(ColumnType::Id, "t"), " 7  yes ·");
    let lenient =
        |kind: ColumnType, name: &str| shown(&Cast::to(kind, on(name)).with_bad(OnInvalid::Null), name).unwrap();
    assert_eq!(lenient(ColumnType::Count, "t"), "7 · ·");
    assert_eq!(lenient(ColumnType::Bool, "t"), "· true ·");
    assert_eq!(lenient(ColumnType::Count, "x"), "· 2 ·");
    assert_eq!(lenient(ColumnType::Date, "d"), "· · ·");
    let dates = Cast::dates("%d.%m.%Y", on("d")).unwrap();
    assert_eq!(shown(&dates, "d").unwrap(), "2024-01-31 2024-02-01T12:30:00 ·");
}

#[test]
fn what_cannot_be_read_is_named() {
    let bad = shown(&Cast::to(ColumnType::Continuous, on("t")), "t").unwrap_err();
    assert_eq!((bad.code, bad.message.as_str()), (code::TYPE_MISMATCH, "`yes` is not a number"));
    assert_eq!((bad.place.row, bad.place.column.as_deref()), (Some(2), Some("t")));
    let fraction = shown(&Cast::to(ColumnType::Count, on("x")), "x").unwrap_err();
    assert_eq!(fraction.message, "`1.5` is not a whole number");
    assert_eq!(fraction.help.len(), 1, "{:?}", fraction.help);
    assert_eq!(Cast::dates("%Y", on("d")).unwrap_err().code, code::BAD_VALUE);
}

#[test]
fn values_that_become_missing_are_counted() {
    let texts: ArrayRef = Arc::new(TextArray::from(vec![Some("1"), None, Some("$1,711.97"), Some("oops"), Some("2")]));
    let table = Table::new(vec![Column::new("x", ColumnType::Text)], vec![texts]).unwrap();
    let notes = |convert: Cast| crate::fit_noting(&convert, &table).unwrap().1;
    let cast = Cast::to(ColumnType::Continuous, on("x"));
    let lenient = notes(cast.clone().with_bad(OnInvalid::Null));
    let [note] = &lenient[..] else { panic!("{lenient:?}") };
    assert_eq!((note.code, note.place.row), (code::READ_AS_MISSING, Some(3)));
    assert_eq!(
        note.message,
        "2 of 4 values of `x` are missing now: the first that is not a number is `$1,711.97` in row 3"
    );
    assert_eq!(note.help, ["to read amounts such as `$1,711.97`: parse number on x"]);
    assert!(notes(Cast::to(ColumnType::Category, on("x")).with_bad(OnInvalid::Null)).is_empty());
    let late = notes(Cast::amounts(b'.', on("x")).with_bad(OnInvalid::Null));
    assert_eq!(
        late[0].message,
        "1 of 4 values of `x` is missing now: the first that is not a number is `oops` in row 4"
    );
    let refused = fit(&cast, &table).unwrap().apply(&table).unwrap_err();
    assert_eq!(refused.help[0], "to read amounts such as `$1,711.97`: parse number on x");
}

#[test]
fn amounts_are_numbers_in_their_unit() {
    let texts: ArrayRef = Arc::new(TextArray::from(vec![Some("1.234,50 €"), None, Some("12 %")]));
    let table = Table::new(vec![Column::new("x", ColumnType::Text)], vec![texts]).unwrap();
    let state = fit(&Cast::amounts(b',', on("x")), &table).unwrap();
    assert_eq!(state.apply(&table).unwrap().show(3, 80), "     x\n1234.5\n     ·\n    12\n");
    check(&Cast::amounts(b',', on("x")), &table);
    let other = fit(&Cast::amounts(b'.', on("x")), &table).unwrap().apply(&table).unwrap_err();
    assert_eq!(other.help[0], "to read amounts such as `1.234,50 €`: parse number decimal=\",\" on x");
}

#[test]
fn dates_become_texts_of_one_form_in_whatever_rows() {
    let dates = |micros: &[i64]| {
        let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(micros.to_vec()));
        Table::new(vec![Column::new("d", ColumnType::Date)], vec![array]).unwrap()
    };
    let state = fit(&Cast::to(ColumnType::Text, on("d")), &dates(&[0, 3_600_000_000])).unwrap();
    let text = |micros: i64| state.apply(&dates(&[micros])).map(|table| text_of(table.array("d").unwrap(), 0).unwrap());
    assert_eq!(text(0).unwrap(), "1970-01-01T00:00:00");
    assert_eq!(text(1).unwrap(), "1970-01-01T00:00:00.000001");
    let days = fit(&Cast::to(ColumnType::Text, on("d")), &dates(&[0])).unwrap();
    assert_eq!(days.apply(&dates(&[0])).unwrap().show(1, 80), "d\n1970-01-01\n");
}

#[test]
fn kinds_that_have_nothing_in_common_are_refused() {
    let table = random_table(Key::new(1), 5);
    let refused = |convert: Cast| fit(&convert, &table).unwrap_err().code;
    assert_eq!(refused(Cast::to(ColumnType::Count, on("date"))), code::NOT_NUMERIC);
    assert_eq!(refused(Cast::to(ColumnType::Date, on("count"))), code::NOT_NUMERIC);
    assert_eq!(refused(Cast::to(ColumnType::Time, on("date"))), code::NOT_NUMERIC);
    assert_eq!(refused(Cast::dates("%d.%m.%Y", on("real")).unwrap()), code::NOT_NUMERIC);
}

#[test]
fn laws_hold() {
    for table in edge_tables().iter().chain([&random_table(Key::new(2), 50)]) {
        for kind in [ColumnType::Continuous, ColumnType::Count, ColumnType::Bool] {
            check(&Cast::to(kind, Selection::Class(Class::Numeric)), table);
            check(&Cast::to(kind, Selection::Class(Class::Numeric)).with_bad(OnInvalid::Null), table);
        }
        check(&Cast::to(ColumnType::Text, Selection::Class(Class::All)), table);
        let dates = Cast::dates("%d.%m.%Y", Selection::Class(Class::Text)).unwrap();
        check(&dates.with_bad(OnInvalid::Null), table);
    }
}
