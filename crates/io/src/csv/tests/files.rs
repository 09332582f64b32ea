//! Whole files with something unusual about them.

use super::{content, kinds, options, same_for_all_chunks, scanned};
use crate::csv::{CsvReader, read, read_in_chunks};
use crate::source::{Reader, Reading, Rejected};
use crate::{BadRows, Quote, ReadOptions};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{ColumnType, Table};
use pipewright_world::Content;
use proptest::prelude::*;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn with(text: &str, options: &ReadOptions) -> Table {
    same_for_all_chunks(text, options);
    read(text.as_bytes(), options).unwrap().0
}

fn told(text: &str, options: &ReadOptions) -> Failure {
    same_for_all_chunks(text, options);
    read(text.as_bytes(), options).unwrap_err()
}

#[test]
fn quotes_inside_unquoted_fields_are_text() {
    let text = "city,place\nNorfolk,36° 51' 0\" N\n\"x\"\"y\",5\" disk \"a\"\n";
    let table = with(text, &ReadOptions { quote: Some(Quote::Byte(b'"')), ..options() });
    assert_eq!(table.classes("place").unwrap(), ["36° 51' 0\" N", "5\" disk \"a\""]);
    assert_eq!(table.classes("city").unwrap(), ["Norfolk", "x\"y"]);
}

#[test]
fn other_quotes_and_escapes_are_read_where_they_are_asked_for() {
    let table = with("a,b\n'x,\n''',\"y\n", &ReadOptions { quote: Some(Quote::Byte(b'\'')), ..options() });
    assert_eq!((table.classes("a").unwrap(), table.classes("b").unwrap()), (vec!["x,\n'".into()], vec!["\"y".into()]));
    let table = with("a,b\n\"x\\\",\\\\\\n\",\"\"\"\"\n", &ReadOptions { escape: Some(b'\\'), ..options() });
    assert_eq!(table.classes("a").unwrap(), ["x\",\\\\n"]);
    assert_eq!(table.classes("b").unwrap(), ["\""]);
}

#[test]
fn comments_and_lines_above_the_header_are_left_out() {
    let asked = ReadOptions { comment: Some(b'#'), skip_lines: 1, ..options() };
    let table = with("a title, \"open\n# \"x\n\na,b\n1,2\n#3,4,5 \"\n\n6,#7\n", &asked);
    assert_eq!((kinds(&table).as_str(), table.rows()), ("a:count b:text", 2));
    assert_eq!(told("\n#1\n#2", &ReadOptions { comment: Some(b'#'), ..options() }).code, code::EMPTY_DATA);
}

#[test]
fn more_lines_to_skip_than_there_are_end_at_once() {
    for skip_lines in [3, 5, 1_000_000_000_000] {
        let failure = told("a\n1\n2\n", &ReadOptions { skip_lines, ..options() });
        assert_eq!(failure.code, code::EMPTY_DATA, "{failure}");
    }
}

#[test]
fn carriage_returns_alone_end_lines_where_nothing_else_does() {
    let table = with("a,b\r1,x\r\r2,\"y\r\"\r3,z\r", &options());
    assert_eq!((kinds(&table).as_str(), table.rows()), ("a:count b:text", 3));
    assert_eq!(table.classes("b").unwrap(), ["x", "y\r", "z"]);
    let failure = told("a,b\r1,x\r\r2,y,z\r", &options());
    assert_eq!((failure.code, failure.place.line), (code::RAGGED_ROW, Some(4)));
}

#[test]
fn rows_that_cannot_be_read_are_left_out_and_kept() {
    let text = "a,b\n1,x\n2\nthree,y\n\n\"4\"!,z\n5,\"v\nw\"\n6,7,8\n";
    let mut asked = ReadOptions { bad_rows: BadRows::Reject, ..options() };
    asked.kinds.insert("a".into(), ColumnType::Count);
    same_for_all_chunks(text, &asked);
    let Reading { table, notes, rejected } = CsvReader.read(&content(text.as_bytes()), &asked).unwrap();
    assert_eq!((table.rows(), table.classes("b").unwrap()), (2, vec!["v\nw".to_string(), "x".into()]));
    let reject = |line, reason: &str, text: &str| Rejected { line, reason: reason.into(), text: text.into() };
    assert_eq!(
        rejected,
        [
            reject(3, "a row of 1 field in a table of 2 columns", "2"),
            reject(4, "`a`: `three` is not a value of type count", "three,y"),
            reject(6, "text after a closing quote", "\"4\"!,z"),
            reject(9, "a row of 3 fields in a table of 2 columns", "6,7,8"),
        ]
    );
    let note = notes.iter().find(|note| note.code == code::ROWS_LEFT_OUT).unwrap();
    assert!(note.message.starts_with("4 rows were skipped") && note.place.line == Some(3), "{note}");
    // Which rows are skipped does not depend on the selected columns.
    asked = asked.with_columns(["b"]);
    same_for_all_chunks(text, &asked);
    assert_eq!(CsvReader.read(&content(text.as_bytes()), &asked).unwrap().rejected, rejected);
}

#[test]
fn rows_that_do_not_fit_are_padded_and_cut_off_where_that_is_asked_for() {
    let text = "a,b,c\n1,x,0.5\n2\n\n3,y,1.5,more,\"and\nmore\"\n4,\"z\"!\n5,v,2.5\n,\n6\"x,7,8\"\n";
    let asked = ReadOptions { bad_rows: BadRows::Fill, ..options() };
    same_for_all_chunks(text, &asked);
    let Reading { table, notes, rejected } = CsvReader.read(&content(text.as_bytes()), &asked).unwrap();
    assert_eq!((kinds(&table).as_str(), rejected.len()), ("a:text b:text c:text", 0));
    let cells = |name: &str| {
        let array = table.array(name).unwrap();
        let cell = |row| pipewright_table::text::text_of(array, row).unwrap_or_else(|| "·".into());
        (0..table.rows()).map(cell).collect::<Vec<_>>().join("|")
    };
    assert_eq!(cells("a"), "1|2|3|4|5|·|6\"x");
    assert_eq!(cells("b"), "x|·|y|\"z\"!|v|·|7");
    assert_eq!(cells("c"), "0.5|·|1.5|·|2.5|·|8\"");
    let note = notes.iter().find(|note| note.code == code::ROWS_REPAIRED).unwrap();
    let message = "2 short rows padded with missing values, 1 long row cut off (2 fields lost), 2 rows with misplaced \
                   quotes read as they stand; the first: a row of 1 field in a table of 3 columns";
    assert_eq!((note.message.as_str(), note.place.line), (message, Some(3)));
    // The last row of a file has little room after it.
    let wide = format!("{}\n1\n", (0..5000).map(|column| format!("c{column}")).collect::<Vec<_>>().join(","));
    same_for_all_chunks(&wide, &asked);
    assert_eq!(with(&wide, &asked).columns().len(), 5000);
}

#[test]
fn a_quote_inside_a_field_is_text_unless_it_may_hide_a_delimiter() {
    for row in ["5\" disk,3\" disk,x", "a \"b\" c,\"d\",x", "O\"Neil,19,x", "19\",21\",x", "\"\"\"a\"\"\",b\",x"] {
        let text = format!("a,b,c\n1,2,3\n{row}\n");
        assert_eq!(with(&text, &options()).rows(), 2, "{row}");
        same_for_all_chunks(&text, &options());
    }
    for row in ["1,$78\"Table, Round\"", "1,x\"a, b\"\"\" ", "7\"a,\"b\",c\""] {
        let text = format!("a,b,c\n1,2,3\n{row}\n");
        let failure = told(&text, &options());
        assert_eq!((failure.code, failure.place.line), (code::BAD_CSV, Some(3)), "{row}");
        assert!(failure.message.contains("may hide a delimiter"), "{failure}");
        same_for_all_chunks(&text, &options());
        let plain = ReadOptions { quote: Some(Quote::None), ..options() };
        assert_eq!(with(&text, &plain).rows(), 2, "{row}");
    }
}

#[test]
fn without_quotes_they_are_text() {
    let asked = ReadOptions { quote: Some(Quote::None), ..options() };
    let text = "a\tb\n\"x\ty\"\n\"z\"\t\"\n";
    same_for_all_chunks(text, &asked);
    let table = with(text, &asked);
    assert_eq!(table.classes("a").unwrap(), ["\"x", "\"z\""]);
    assert_eq!(table.classes("b").unwrap(), ["\"", "y\""]);
}

#[test]
fn only_the_wanted_columns_are_made() {
    let mut asked = options().with_columns(["c", "a"]);
    asked.kinds.insert("b".into(), ColumnType::Count);
    let table = with("a,b,c\n1,x,2.5\n3,\"y\n\",4\n", &asked);
    assert_eq!(kinds(&table), "a:count c:continuous");
    asked = asked.with_columns([""; 0]);
    let table = with("a,b,c\n1,x,2.5\n3,\"y\n\",4\n", &asked);
    assert_eq!((table.rows(), table.columns().len()), (2, 0));
    assert_eq!(told("a,b,c\n1,x,2.5\n3\n", &asked).code, code::RAGGED_ROW);
}

#[test]
fn limits_are_named_with_the_option_that_raises_them() {
    let limited = |change: fn(&mut ReadOptions)| {
        let mut asked = options();
        change(&mut asked);
        let failure = told("a,b\n1,x\n2,\"long\nlong\"\n3,y\n", &asked);
        assert_eq!(failure.code, code::LIMIT_REACHED);
        (failure.place.line, failure.help.concat())
    };
    let (line, help) = limited(|asked| asked.limits.field_bytes = 8);
    assert!(line == Some(3) && help.contains("max_field="), "{line:?} {help}");
    let (line, help) = limited(|asked| asked.limits.record_bytes = 10);
    assert!(line == Some(3) && help.contains("max_record="), "{line:?} {help}");
    let (line, help) = limited(|asked| asked.limits.columns = 1);
    assert!(line == Some(1) && help.contains("max_columns=2"), "{line:?} {help}");
    // A quote that never closes does not make a record of the whole file.
    let mut asked = options();
    asked.limits.record_bytes = 100;
    let failure = told(&format!("a,b\n1,\"{}", "x,y\n".repeat(10_000)), &asked);
    assert_eq!((failure.code, failure.place.line), (code::LIMIT_REACHED, Some(2)));
}

#[test]
fn columns_of_other_types_further_down_are_read_again() {
    let mut text = String::from("count,late,dates,empty,quoted\n");
    for row in 0..20_000 {
        let date = if row == 19_990 { "01/02/2024" } else { "2024-02-01" };
        let (count, late) = if row == 15_000 { ("0.5", "x") } else { ("7", "8") };
        let empty = if row == 19_999 { "true" } else { "" };
        text.push_str(&format!("{count},{late},{date},{empty},{}\n", if row < 19_000 { "\"\"" } else { "y" }));
    }
    let whole = read_in_chunks(text.as_bytes(), &options(), u64::MAX >> 1).unwrap();
    assert_eq!(kinds(&whole.table), "count:continuous late:text dates:text empty:bool quoted:text");
    assert_eq!(whole.table.classes("quoted").unwrap(), ["", "y"]);
    for chunk_bytes in [1000, 50_000] {
        assert_eq!(read_in_chunks(text.as_bytes(), &options(), chunk_bytes).unwrap().table, whole.table);
        assert_eq!(scanned(text.as_bytes(), &options(), chunk_bytes).unwrap().table, whole.table);
    }
}

/// The number of rows is estimated from a few spots; here long lines stand in all of them.
#[test]
fn more_rows_than_expected_are_read_in_several_pieces() {
    let (mut text, mut rows) = (String::from("x,y\n"), 0);
    for _ in 0..16 {
        text.push_str(&format!("\"{}\",1\n", "long ".repeat(6_000)));
        for _ in 0..20_000 {
            rows += 1;
            text.push_str(&format!("{},{rows}\n", rows % 10));
        }
    }
    let reading = read_in_chunks(text.as_bytes(), &options(), 10_000).unwrap();
    assert_eq!((reading.table.rows(), kinds(&reading.table).as_str()), (rows + 16, "x:text y:count"));
    assert_eq!(reading.table, read_in_chunks(text.as_bytes(), &options(), u64::MAX >> 1).unwrap().table);
}

#[test]
fn a_sketch_tells_the_memory_of_the_whole_table() {
    let row = "1.5,2,some text\n";
    let text = format!("a,b,c\n{}", row.repeat(200_000));
    let sketch = CsvReader.sketch(&content(text.as_bytes()), false, &options()).unwrap();
    let table = read(text.as_bytes(), &options()).unwrap().0;
    let (told, taken) = (sketch.memory_bytes as f64, table.memory_bytes() as f64);
    assert!(!sketch.certain && (told / taken - 1.0).abs() < 0.1, "{told} {taken}");
}

#[test]
fn the_origin_tells_what_was_decided() {
    let text = b"a;b\n1;2\n";
    let origin = read(text, &options()).unwrap().0.origin().cloned().unwrap();
    let facts: Vec<String> = origin.facts.iter().map(|(what, how)| format!("{what} {how}")).collect();
    assert_eq!(facts, ["format CSV", "encoding UTF-8", "delimiter ;", "header yes"]);
    let scan = CsvReader.scan(&content(text), &options()).unwrap();
    assert_eq!((scan.origin(), scan.chunk(0).unwrap().origin()), (Some(&origin), Some(&origin)));
}

/// A file that is another one of the same size from some reading on.
struct Fickle {
    first: Vec<u8>,
    then: Vec<u8>,
    readings: AtomicUsize,
}

impl Content for Fickle {
    fn size(&self) -> u64 {
        self.first.len() as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        // A counter of zero has run out.
        let count = |left: usize| left.checked_sub(1);
        let first = self.readings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok();
        (if first { &self.first } else { &self.then }).read_at(offset, out)
    }
}

#[test]
fn a_chunk_that_has_changed_is_a_failure() {
    let (first, then) = (b"a,b\n1,2\n3,4\n".to_vec(), b"a,b\n1,2\n3,x\n".to_vec());
    let fickle = Arc::new(Fickle { first, then, readings: AtomicUsize::new(1000) });
    let content: Arc<dyn Content> = fickle.clone();
    let scan = CsvReader.scan(&content, &options()).unwrap();
    assert_eq!(scan.chunk(0).unwrap().rows(), 2);
    fickle.readings.store(0, Ordering::Relaxed);
    assert_eq!(scan.chunk(0).unwrap_err().code, code::CANNOT_READ);
}

proptest! {
    #[test]
    fn a_file_that_changes_is_read_or_refused(
        first in super::dirty(),
        then in super::dirty(),
        readings in 0_usize..20,
        rejects in any::<bool>(),
    ) {
        let (mut first, mut then) = (first.into_bytes(), then.into_bytes());
        let size = first.len().max(then.len());
        first.resize(size, b'x');
        then.resize(size, b'\n');
        let bad_rows = if rejects { BadRows::Reject } else { BadRows::Refuse };
        let options = ReadOptions { bad_rows, ..options() };
        let fickle = || -> Arc<dyn Content> {
            Arc::new(Fickle { first: first.clone(), then: then.clone(), readings: AtomicUsize::new(readings) })
        };
        let _ = CsvReader.read(&fickle(), &options);
        if let Ok(scan) = CsvReader.scan(&fickle(), &options) {
            for index in 0..scan.count() {
                let _ = scan.chunk(index);
            }
        }
    }
}
