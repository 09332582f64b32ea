//! Reading and writing, against files that go wrong and tables that must come back.

use super::layout::Layout;
use super::{CsvReader, read, read_in_chunks, scanner, write};
use crate::source::{Reader, Reading, Scan};
use crate::{BadRows, Quote, ReadOptions};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, TimestampMicrosecondArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::TextArray;
use pipewright_table::{Chunks, Column, ColumnType, Table};
use pipewright_world::Content;
use proptest::prelude::*;
use std::sync::Arc;

fn options() -> ReadOptions {
    ReadOptions::new("t.csv")
}

fn table(text: &str) -> Table {
    read(text.as_bytes(), &options()).unwrap().0
}

fn failure(text: &[u8]) -> Failure {
    read(text, &options()).unwrap_err()
}

fn kinds(table: &Table) -> String {
    table.columns().iter().map(|column| format!("{}:{}", column.name, column.kind)).collect::<Vec<_>>().join(" ")
}

#[test]
fn kinds_are_those_of_the_whole_file() {
    let text = "a,b,c,d,e,f\n1,1.5,true,2024-01-31,x,\n-2,3,FALSE,2024-01-31T10:00:00,1,NA\n";
    assert_eq!(kinds(&table(text)), "a:count b:continuous c:bool d:date e:text f:text");
    let mut late = String::from("a,b,c\n");
    (0..300_000).for_each(|row| late.push_str(&format!("{row},{row},1\n")));
    late.push_str("0.5,x,99999999999999999999\n");
    let (late, notes) = read(late.as_bytes(), &options()).unwrap();
    assert_eq!(kinds(&late), "a:continuous b:text c:continuous");
    assert_eq!(
        notes.iter().map(|note| (note.code, note.place.column.as_deref())).collect::<Vec<_>>(),
        [(code::TYPE_WIDENED, Some("c")), (code::TYPE_WIDENED, Some("b"))]
    );
    let shown = late.slice(299_999, 2).show(2, 80);
    assert_eq!(shown, "     a  b          c\n299999  299999     1\n   0.5  x       1e20\n");
}

#[test]
fn nulls_and_empty_texts() {
    let read = table("a,b\n\"\", x \n,\"NA\"\nNA,\" y \"\n");
    let show: Vec<Option<String>> =
        (0..3).map(|row| pipewright_table::text::text_of(read.array("a").unwrap(), row)).collect();
    assert_eq!(show, [Some(String::new()), None, None]);
    assert_eq!(read.classes("b").unwrap(), [" y ", "NA", "x"]);
    let numbers = table("a\n1\n\"\"\n?\n2");
    assert_eq!((kinds(&numbers).as_str(), numbers.array("a").unwrap().null_count()), ("a:count", 2));
    // A quoted empty field that was taken for a null comes back as a text.
    let late = table("a,b\n1,\"\"\n2,x\n");
    assert_eq!(late.classes("b").unwrap(), ["", "x"]);
}

#[test]
fn delimiters_headers_and_line_ends() {
    assert_eq!(kinds(&table("\u{FEFF}a;b\r\n1,5;x\r\n2,5;y\r\n")), "a:continuous b:text");
    assert_eq!(kinds(&table("a\tb\n1\t2\n")), "a:count b:count");
    assert_eq!(kinds(&table("a|b|c\n1|2|3\n\n4|5|6\n\n")), "a:count b:count c:count");
    assert_eq!(kinds(&table("a\n1\n")), "a:count");
    let (headless, notes) = read(b"5.1,3.5,setosa\n4.9,3.0,setosa\n", &options()).unwrap();
    assert_eq!(kinds(&headless), "column_1:continuous column_2:continuous column_3:text");
    assert_eq!((headless.rows(), notes[0].code), (2, code::RENAMED_COLUMN));
    assert_eq!(kinds(&table("country,2019,2020\nA,1.5,2\n")), "country:text 2019:continuous 2020:count");
    assert_eq!(kinds(&table("a,b\n")), "a:text b:text");
    assert_eq!(table("a,b\n").rows(), 0);
}

#[test]
fn names_are_made_unique() {
    let (table, notes) = read(b"x,,x,x_2,x\n1,2,3,4,5\n", &options()).unwrap();
    assert_eq!(kinds(&table), "x:count column_2:count x_3:count x_2:count x_4:count");
    assert_eq!(notes.len(), 3);
}

#[test]
fn faults_are_told_with_their_line() {
    let told = |text: &[u8]| {
        let failure = failure(text);
        (failure.code, failure.place.line)
    };
    assert_eq!(told(b"a,b\n1,2\n\"x\ny\",3\n4\n"), (code::RAGGED_ROW, Some(5)));
    assert_eq!(told(b"a,b\n1,2\n1,2,3\n"), (code::RAGGED_ROW, Some(3)));
    assert_eq!(told(b"a,b\n1,\"x\" y\n"), (code::BAD_CSV, Some(2)));
    assert_eq!(told(b"a,b\n1,\"x\n2,y\n"), (code::BAD_CSV, Some(2)));
    assert_eq!(told(b"a,b\n1,2\n3,\xFF\n"), (code::BAD_CSV, Some(3)));
    assert_eq!(told(b"a,b\n1,2\n3,\0\n"), (code::BAD_CSV, Some(3)));
    assert_eq!(told(b""), (code::EMPTY_DATA, None));
    assert_eq!(told(b"\n \r\n"), (code::EMPTY_DATA, None));
    let mut asked = options();
    asked.kinds.insert("a".into(), ColumnType::Count);
    let misfit = read(b"b,a\nx,1\ny,2.5\n", &asked).unwrap_err();
    assert_eq!(
        (misfit.code, misfit.place.line, misfit.place.column.as_deref()),
        (code::KIND_CHANGED, Some(3), Some("a"))
    );
    assert!(misfit.message.contains("`2.5`"), "{misfit}");
}

#[test]
fn a_sketch_leaves_a_record_that_is_cut_off() {
    let text = b"a,b\n1,x\n2,\"y\nz\"\n3,";
    let sketch = |text: &[u8], truncated| CsvReader.sketch(&content(text), truncated, &options()).unwrap();
    let sketched = sketch(text, true);
    assert_eq!((sketched.rows_seen, sketched.schema.find("a").unwrap().kind), (2, ColumnType::Count));
    assert!(!sketched.certain);
    assert_eq!(sketch(b"a,b", true).rows_seen, 0);
    assert_eq!(sketch(b"a,b\n1,2", false).rows_seen, 1);
    assert!(sketch(b"a,b\n1,2", false).certain);
}

/// Text that is dirty in every way that matters: quotes, blanks, ragged rows, late changes of type.
fn dirty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just(",".to_string()),
        4 => Just("\n".to_string()),
        1 => Just("\r\n".to_string()),
        1 => Just("\"".to_string()),
        1 => Just("'".to_string()),
        1 => Just("\\".to_string()),
        1 => Just("\n#".to_string()),
        1 => Just("\r".to_string()),
        1 => Just("\n\n".to_string()),
        2 => Just("\"a,\"\"\n\"".to_string()),
        1 => Just("\"\"".to_string()),
        3 => (-20..20_i32).prop_map(|number| number.to_string()),
        1 => Just("-0".to_string()),
        1 => Just("1.5".to_string()),
        1 => Just("99999999999999999999".to_string()),
        1 => Just("true".to_string()),
        1 => Just("NA".to_string()),
        1 => Just(" ".to_string()),
        1 => Just("2024-02-29".to_string()),
        1 => Just("é".to_string()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| format!("h,i\n{}", pieces.concat()))
}

/// What else may be asked of the same text.
fn asked() -> impl Strategy<Value = ReadOptions> {
    let kind = prop::option::of(prop::sample::select(vec![
        ColumnType::Count,
        ColumnType::Continuous,
        ColumnType::Bool,
        ColumnType::Date,
        ColumnType::Text,
    ]));
    let wanted = prop::option::of(prop::sample::select(vec!["h", "i"]));
    let mark = |mark: u8| prop::option::of(Just(mark));
    let limits = prop::sample::select(vec![5, 1000]);
    (kind, wanted, mark(b'\\'), mark(b'#'), mark(b'\''), limits).prop_map(
        |(kind, wanted, escape, comment, quote, limit)| {
            let mut asked = options();
            asked.header = Some(true);
            asked.delimiter = Some(b',');
            asked.kinds.extend(kind.map(|kind| ("i".to_string(), kind)));
            asked.columns = wanted.map(|name| Arc::new([Arc::from(name)].into()));
            (asked.escape, asked.comment, asked.quote) = (escape, comment, quote.map(Quote::Byte));
            asked.limits.field_bytes = limit;
            asked
        },
    )
}

/// Rows of two clean columns each: what reads without a fault.
fn clean() -> impl Strategy<Value = String> {
    let field =
        prop_oneof!["[0-9]{1,3}", "-?[0-9]\\.[0-9]", "true", "", "\"\"", "\"x\n\"\"\"", "NA", "-0", "[a-c]", "9{20}"];
    prop::collection::vec((field.clone(), field), 0..20).prop_map(|rows| {
        let lines = rows.iter().map(|(left, right)| format!("{left},{right}\n"));
        format!("h,i\n{}", lines.collect::<String>())
    })
}

fn content(text: &[u8]) -> Arc<dyn Content> {
    Arc::new(text.to_vec())
}

fn layout(text: &[u8], options: &ReadOptions) -> Result<Layout, Failure> {
    Layout::find(&content(text), false, options)
}

/// What is scanned in chunks, put together again.
fn scanned(text: &[u8], options: &ReadOptions, chunk_bytes: u64) -> Result<Reading, Failure> {
    let scan = scanner::in_chunks(layout(text, options)?, options, chunk_bytes)?;
    let tables: Vec<Table> = (0..scan.count()).map(|index| scan.chunk(index).unwrap()).collect();
    let rows_before = tables.iter().scan(0, |rows, table| {
        *rows += table.rows();
        Some(*rows - table.rows())
    });
    assert!(rows_before.eq((0..scan.count()).map(|index| scan.rows_before(index).unwrap())));
    let table = if tables.is_empty() { Table::empty(&scan.schema()).unwrap() } else { Table::concat(&tables).unwrap() };
    assert_eq!(table.rows(), scan.rows());
    Ok(Reading { table, notes: scan.notes().to_vec(), rejected: scan.rejected().to_vec() })
}

fn same_for_all_chunks(text: &str, options: &ReadOptions) {
    let comparable =
        |reading: Result<Reading, Failure>| reading.map(|Reading { table, notes, rejected }| (table, notes, rejected));
    let whole = comparable(read_in_chunks(text.as_bytes(), options, u64::MAX >> 1));
    for chunk_bytes in (1..20).chain([50, 100]) {
        let pieces = comparable(read_in_chunks(text.as_bytes(), options, chunk_bytes));
        assert_eq!(pieces, whole, "{chunk_bytes} bytes a chunk: {text:?}");
        let scanned = comparable(scanned(text.as_bytes(), options, chunk_bytes));
        match (scanned, &whole) {
            (Ok(scanned), Ok(whole)) => {
                assert_eq!((&scanned.0, &scanned.2), (&whole.0, &whole.2), "{chunk_bytes} bytes a chunk: {text:?}");
            }
            (scanned, whole) => assert_eq!(scanned.err(), whole.clone().err(), "{chunk_bytes}: {text:?}"),
        }
    }
}

type Row = (Option<f64>, Option<i64>, Option<bool>, Option<String>, Option<i64>);

fn written_table(rows: &[Row]) -> Table {
    let columns = vec![
        Column::new("x, \"y\"", ColumnType::Continuous),
        Column::new("n", ColumnType::Count),
        Column::new("b", ColumnType::Bool),
        Column::new("text\nö", ColumnType::Text),
        Column::new("d", ColumnType::Date),
    ];
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.2).collect::<BooleanArray>()),
        Arc::new(rows.iter().map(|row| row.3.as_deref()).collect::<TextArray>()),
        Arc::new(rows.iter().map(|row| row.4).collect::<TimestampMicrosecondArray>()),
    ];
    Table::new(columns, arrays).unwrap()
}

fn comes_back(table: &Table) {
    let mut written = Vec::new();
    write(table, &mut written).unwrap();
    let mut options = options();
    options.header = Some(true);
    options.delimiter = Some(b',');
    options.kinds = table.columns().iter().map(|column| (column.name.to_string(), column.kind)).collect();
    // The missing values of a single column are written so.
    options.nulls = Some(vec!["NA".into()]);
    let (read, notes) = read(&written, &options).unwrap();
    assert_eq!((&read, notes.len()), (table, 0), "{:?}", String::from_utf8(written));
}

proptest! {
    #[test]
    fn chunks_do_not_matter_for_dirty_text(text in dirty()) {
        same_for_all_chunks(&text, &options());
    }

    #[test]
    fn chunks_do_not_matter_where_bad_rows_are_left_out(text in dirty(), asked in asked()) {
        same_for_all_chunks(&text, &ReadOptions { bad_rows: BadRows::Reject, ..asked.clone() });
        same_for_all_chunks(&text, &ReadOptions { bad_rows: BadRows::Fill, ..asked });
    }

    #[test]
    fn chunks_do_not_matter_for_what_was_asked(text in dirty(), asked in asked()) {
        same_for_all_chunks(&text, &asked);
    }

    #[test]
    fn chunks_do_not_matter_for_clean_text(text in clean()) {
        prop_assert!(read(text.as_bytes(), &options()).is_ok(), "{:?}", read(text.as_bytes(), &options()));
        same_for_all_chunks(&text, &options());
    }

    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, &options());
        let _ = CsvReader.sketch(&content(&bytes), true, &options());
        let _ = read(&bytes, &ReadOptions { bad_rows: BadRows::Reject, ..options() });
        let _ = read(&bytes, &ReadOptions { bad_rows: BadRows::Fill, ..options() });
    }

    #[test]
    fn what_is_written_comes_back(rows in prop::collection::vec((
        prop::option::of(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO | prop::num::f64::INFINITE),
        prop::option::of(any::<i64>()),
        prop::option::of(any::<bool>()),
        prop::option::of(prop_oneof!["[ ,\"\r\né\u{FEFF}x-]{0,6}", Just("NA".to_string()), ".{0,5}"]
            .prop_filter("a text has no zero byte", |text| !text.contains('\0'))),
        prop::option::of(-62_135_596_800_000_000_i64..253_402_300_800_000_000),
    ), 0..12)) {
        let table = written_table(&rows);
        comes_back(&table);
        for column in table.columns() {
            comes_back(&table.select(&[&column.name]).unwrap());
        }
    }
}

#[test]
fn a_declared_kind_may_be_written_in_any_of_its_forms() {
    let text = b"a;day;n\n1.234,5;31.01.2024;\"1\"\n7,5;01.12.2023;2\n";
    let declared = [("a", ColumnType::Continuous), ("day", ColumnType::Date), ("n", ColumnType::Continuous)];
    let mut options = ReadOptions::new("t.csv");
    let found = read(text, &options).unwrap().0;
    assert_eq!(kinds(&found), "a:continuous day:date n:count");
    options.kinds = declared.map(|(name, kind)| (name.to_owned(), kind)).into();
    let table = read(text, &options).unwrap().0;
    assert_eq!(kinds(&table), "a:continuous day:date n:continuous");
    assert_eq!(table.array("a").unwrap(), found.array("a").unwrap());
    assert_eq!(CsvReader.scan(&content(text), &options).unwrap().chunk(0).unwrap(), table);
}

mod files;

#[test]
fn a_name_holds_no_byte_of_value_zero() {
    let options = ReadOptions { header: Some(true), ..ReadOptions::new("t.csv") };
    let failure = read(b"a,b\0\n1,2\n", &options).unwrap_err();
    assert_eq!((failure.code, failure.place.line), (code::BAD_CSV, Some(1)));
}

#[test]
fn points_beside_decimal_commas_are_told() {
    let notes = |text: &str, options: &ReadOptions| -> Vec<String> {
        read(text.as_bytes(), options).unwrap().1.into_iter().map(|note| note.message).collect()
    };
    let beside = notes("a;b\n1,5;1.000\n2,5;12.500\n", &options());
    assert_eq!(
        beside[1],
        "`b`: `1.000` is read with a decimal point, though other columns seem to have decimal commas"
    );
    assert_eq!(notes("a;b\n1,5;1.000\n2,5;0.5\n", &options()).len(), 1);
    assert!(notes("a;b\n1;1.000\n2;12.500\n", &options()).is_empty());
    let declared = ReadOptions { decimal: Some(b','), ..options() };
    assert_eq!(notes("a;b\n1,5;1.000\n", &declared), ["`b`: points are read as thousands separators"]);
}

#[test]
fn words_are_missing_or_texts_by_the_kind_of_column() {
    let text = "n,rh,w\n1,+,NA\nNA,-,NA\n3,-,NA\n";
    let nulls = |options: &ReadOptions| {
        let (table, notes) = read(text.as_bytes(), options).unwrap();
        let nulls: Vec<usize> = table.arrays().iter().map(arrow_array::Array::null_count).collect();
        (nulls, notes.into_iter().map(|note| (note.code, note.message)).collect::<Vec<_>>())
    };
    let taken = "`rh` is text, and missing where it says `-` (2 rows)".to_owned();
    assert_eq!(nulls(&options()), (vec![1, 2, 3], vec![(code::READ_AS_MISSING, taken)]));
    let declared = options().with_kind("rh", ColumnType::Text).with_kind("w", ColumnType::Text);
    assert_eq!(nulls(&declared), (vec![1, 0, 0], vec![]));
    assert_eq!(nulls(&ReadOptions { nulls: Some(vec![]), ..options() }), (vec![1, 0, 0], vec![]));
    assert_eq!(nulls(&ReadOptions { nulls: Some(vec!["+".into()]), ..declared }), (vec![1, 1, 0], vec![]));
}

#[test]
fn declared_words_leave_dates_and_numbers_of_other_forms_alone() {
    let asked = ReadOptions { nulls: Some(vec!["oops".into()]), ..options() };
    let text = "d;x;c\n31.12.2024;1,5;02134\nNA;oops;NA\n1.1.2025;-;7\n";
    let table = read(text.as_bytes(), &asked).unwrap().0;
    assert_eq!(kinds(&table), "d:date x:continuous c:text");
    let nulls: Vec<usize> = table.arrays().iter().map(arrow_array::Array::null_count).collect();
    assert_eq!(nulls, [1, 2, 0]);
}

#[test]
fn a_declared_column_is_in_the_file() {
    let failure = read(b"zip,n\n02134,1\n", &options().with_kind("zipp", ColumnType::Text)).unwrap_err();
    assert_eq!((failure.code, &*failure.help[0]), (code::UNKNOWN_COLUMN, "did you mean `zip`?"));
}
