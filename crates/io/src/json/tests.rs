//! Reading of JSON, lines and arrays, and errors.

use super::*;
use crate::BadRows;
use crate::gather::Start;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use pipewright_diagnostic::{Code, code};
use pipewright_table::TextArray;
use pipewright_table::{Chunks, Column, ColumnType, Table};
use proptest::prelude::*;

fn options() -> ReadOptions {
    ReadOptions::new("t.jsonl")
}

fn content(bytes: &[u8]) -> Arc<dyn Content> {
    Arc::new(bytes.to_vec())
}

fn read_with(text: &[u8], options: &ReadOptions) -> Result<Reading, Failure> {
    JsonReader.read(&content(text), options)
}

fn read(text: &str) -> Reading {
    read_with(text.as_bytes(), &options()).unwrap_or_else(|failure| panic!("{failure}: {text}"))
}

fn failure(text: &str) -> Failure {
    read_with(text.as_bytes(), &options()).map(|reading| reading.table).expect_err(text)
}

fn kinds(table: &Table) -> String {
    let columns = table.columns().iter().map(|column| format!("{}:{}", column.name, column.kind));
    columns.collect::<Vec<_>>().join(" ")
}

fn shown(table: &Table) -> String {
    let rows = (0..table.rows()).map(|row| {
        let cells = table.arrays().iter().map(|array| match pipewright_table::text::text_of(array, row) {
            Some(text) => text,
            None => "·".to_string(),
        });
        cells.collect::<Vec<_>>().join("|")
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn keys_are_columns_in_the_order_of_their_first_row() {
    let reading =
        read("\u{FEFF}{\"b\":1,\"a\":true}\r\n\n{\"a\":false,\"c\":\"x\\ny\"}\n  {\"c\":\"é\",\"b\":2.5}  \n{}");
    assert_eq!(kinds(&reading.table), "b:continuous a:bool c:text");
    assert_eq!(shown(&reading.table), "1|true|·\n·|false|x\ny\n2.5|·|é\n·|·|·");
    assert!(reading.notes.is_empty(), "{:?}", reading.notes);
    let origin = reading.table.origin().unwrap();
    assert_eq!((&*origin.file, &*origin.facts), ("t.jsonl", &[("format", "JSON lines".to_string())][..]));
}

#[test]
fn arrays_of_objects_are_rows_too() {
    let reading = read("\n[\n  {\"a\": 1},\n  {\"a\": 2, \"b\": {\"c\": [1, {\"x\": null}]}}\n]\n");
    assert_eq!(kinds(&reading.table), "a:count b.c:text");
    assert_eq!(shown(&reading.table), "1|·\n2|[1, {\"x\": null}]");
    assert_eq!(reading.notes.len(), 1);
    assert_eq!(reading.table.origin().unwrap().facts, [("format", "JSON array".to_string())]);
}

#[test]
fn objects_may_take_several_lines_or_share_one() {
    let pretty = "\u{FEFF}\n{\n  \"a\": 1,\n  \"b\": {\n    \"c\": \"x\"\n  }\n}\n{\n  \"a\": 2.5\n}\n";
    for text in [pretty, "{\"a\":1,\"b\":{\"c\":\"x\"}}{\"a\":2.5}", "{\"a\":1,\"b\":{\"c\":\"x\"}}\n{\"a\":\n2.5}"] {
        let reading = read(text);
        assert_eq!(kinds(&reading.table), "a:continuous b.c:text");
        assert_eq!(shown(&reading.table), "1|x\n2.5|·");
        assert_eq!(reading.table.origin().unwrap().facts, [("format", "JSON objects".to_string())]);
        let scan = JsonReader.scan(&content(text.as_bytes()), &options()).unwrap();
        assert_eq!(all_chunks(&*scan), reading.table);
        let sketch = JsonReader.sketch(&content(text.as_bytes()), false, &options()).unwrap();
        assert_eq!(sketch.whole, Some(reading));
    }
    let head = JsonReader.sketch(&content(&pretty.as_bytes()[..pretty.len() - 5]), true, &options()).unwrap();
    assert_eq!((head.rows_seen, head.certain), (1, false));
    let told = |text: &str| (failure(text).code, failure(text).place.line);
    assert_eq!(told("{\n\"a\": 1\n}\n{\n\"a\": 2"), (code::BAD_FILE, Some(5)));
    assert_eq!(told("{\n\"a\": 1\n},\n{\n\"a\": 2}"), (code::BAD_FILE, Some(3)));
    assert_eq!(failure("{\n\"a\": [1,\n2]\n}").code, code::BAD_FILE, "one object of lists");
}

#[test]
fn objects_within_objects_have_joined_names() {
    let text = "{\"a\":{\"x\":1,\"y\":{\"z\":2}},\"e\":{}}\n{\"a\":null,\"n\":null}\n{\"a\":{\"x\":3}}\n";
    let reading = read(text);
    assert_eq!(kinds(&reading.table), "a.x:count a.y.z:count e:text n:text");
    assert_eq!(shown(&reading.table), "1|2|·|·\n·|·|·|·\n3|·|·|·");
    let mixed = read("{\"a\":{\"x\":1}}\n{\"a\":5}\n");
    assert_eq!(shown(&mixed.table), "1|·\n·|5");
}

#[test]
fn kinds_hold_over_the_whole_file() {
    let reading = read(
        "{\"i\":1,\"r\":1,\"h\":18446744073709551616,\"d\":\"2024-01-31\",\"t\":\"10:30:00\",\"m\":1.50,\"s\":\"1\",\"l\":[1]}\n\
         {\"i\":-2,\"r\":2.5,\"h\":1,\"d\":\"2024-01-31T10:00:00\",\"t\":\"23:59:59.5\",\"m\":\"x\",\"s\":\"2\",\"l\":7}\n\
         {\"i\":null,\"r\":null,\"h\":null,\"d\":null,\"t\":null,\"m\":true,\"s\":\"2024-01-01\",\"l\":null}\n",
    );
    assert_eq!(kinds(&reading.table), "i:count r:continuous h:continuous d:date t:time m:text s:text l:text");
    let rows = shown(&reading.table);
    assert_eq!(rows.lines().next(), Some("1|1|18446744073709552000|2024-01-31|10:30:00|1.50|1|[1]"));
    let notes: Vec<(Code, &str, Option<u64>)> =
        reading.notes.iter().map(|note| (note.code, &*note.message, note.place.row)).collect();
    assert_eq!(
        notes,
        [
            (code::TYPE_WIDENED, "`h` holds whole numbers beyond 64 bits: it is read as continuous and rounded", None),
            (code::TYPE_WIDENED, "`m` is read as text: it holds a number in row 1 and a text in row 2", Some(2)),
            (code::TYPE_WIDENED, "`l` is read as text: it holds a list in row 1 and a number in row 2", Some(2)),
        ]
    );
}

#[test]
fn declared_kinds_win() {
    let mut asked = options();
    for (name, kind) in [
        ("n", ColumnType::Text),
        ("c", ColumnType::Count),
        ("x", ColumnType::Continuous),
        ("b", ColumnType::Bool),
        ("d", ColumnType::Text),
    ] {
        asked.kinds.insert(name.into(), kind);
    }
    let text = br#"{"n":1.50,"c":"7","x":"1e3","b":1,"d":"2024-01-31"}"#;
    let reading = read_with(text, &asked).unwrap();
    assert_eq!(kinds(&reading.table), "n:text c:count x:continuous b:bool d:text");
    assert_eq!(shown(&reading.table), "1.50|7|1000|true|2024-01-31");
    let misfit = read_with(b"{\"c\":1}\n{\"z\":0,\"c\":2.5}\n", &asked).unwrap_err();
    assert_eq!(
        (misfit.code, misfit.place.line, misfit.place.column.as_deref()),
        (code::KIND_CHANGED, Some(2), Some("c"))
    );
    assert_eq!(misfit.message, "`2.5` is not a value of type count");
}

#[test]
fn only_wanted_columns_are_made() {
    let asked = options().with_columns(["c", "a.b"]);
    let reading = read_with(b"{\"a\":{\"b\":1,\"z\":[]},\"c\":1}\n{\"c\":\"x\"}\n", &asked).unwrap();
    assert_eq!(kinds(&reading.table), "a.b:count c:text");
    assert_eq!(reading.notes.len(), 1);
    let nothing = options().with_columns([""; 0]);
    let reading = read_with(b"{\"a\":1}\n{\"a\":2}\n", &nothing).unwrap();
    assert_eq!((reading.table.rows(), reading.table.columns().len()), (2, 0));
}

#[test]
fn faults_are_told_with_their_place() {
    let told = |text: &str| {
        let failure = failure(text);
        (failure.code, failure.place.line, failure.message)
    };
    let bad = |line: u64, message: &str| (code::BAD_FILE, Some(line), message.to_string());
    assert_eq!(told("{\"a\":1}\n{\"a\":tru}\n"), bad(2, "not JSON: expected a value (character 6): tru}"));
    assert_eq!(told("{\"a\":1,}\n"), bad(1, "not JSON: expected a key in quotes (character 8): }"));
    assert_eq!(told("{\"a\" 1}\n"), bad(1, "not JSON: expected a colon (character 6): 1}"));
    assert_eq!(told("{\"a\":01}\n").1, Some(1));
    assert_eq!(told("{\"a\":1} x\n"), bad(1, "not JSON: expected the end of the line (character 9): x"));
    assert_eq!(told("{\"a\":1}\n{\"a\":\n\n"), bad(2, "the value ends too early (character 6): "));
    assert_eq!(told("{\"a\":\"x\n\"}\n").1, Some(1));
    assert_eq!(told("{\"é\":\"\\x\"}\n"), bad(1, "an escape that JSON does not have (character 7): \\x\"}"));
    assert_eq!(told("{\"a\":\"\t\"}\n"), bad(1, "a control character in a text (character 7): \u{FFFD}\"}"));
    assert_eq!(
        told("{\"a\":1}\n[1]\n").2,
        "a row must be an object `{…}`, but this is another value (character 1): [1]"
    );
    assert_eq!(told("[[\"a\"],[1]]").0, code::BAD_FILE);
    assert_eq!(told("[{\"a\":1}\n{\"a\":2}]").1, Some(2));
    assert_eq!(told("[{\"a\":1}").1, Some(1));
    assert_eq!(told("{\"a\":1e999}"), bad(1, "a number beyond the range of 64-bit floats (character 6): 1e999}"));
    assert_eq!(
        told("{\"a\":1}\n{\"b\":1,\"a\":2,\"\\u0062\":3}").2,
        "an object has the key `b` twice (character 14): \"\\u0062\":3}"
    );
    assert_eq!(told("{\"a\":{\"b\":1},\"a.b\":2}").0, code::BAD_FILE);
    assert_eq!(failure("{\"a\":NaN}").help, ["JSON has no NaN and no infinity: write null"]);
    assert_eq!(failure("{\"a\":[1,2],\"b\":[3,4]}").code, code::BAD_FILE);
    for empty in ["", " \n\r\n", "[]", "{}\n{}\n"] {
        assert_eq!(failure(empty).code, code::EMPTY_DATA, "{empty:?}");
    }
    let told = |bytes: &[u8]| {
        let failure = read_with(bytes, &options()).unwrap_err();
        (failure.code, failure.place.line)
    };
    assert_eq!(told(b"{\"a\":1}\n{\"a\":\"\xFF\"}\n{"), (code::BAD_FILE, Some(2)));
    assert_eq!(told(b"{\"a\":1}\n{]\n{\"a\":\"\xFF\"}\n"), (code::BAD_FILE, Some(2)));
    assert_eq!(told(b"\xFF\xFE{\0}\0"), (code::BAD_FILE, Some(1)));
}

#[test]
fn depth_and_breadth_are_limited() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [200, 1_000_000] {
            let text = format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth));
            assert_eq!(failure(&text).code, code::LIMIT_REACHED, "{open} {depth}");
        }
        let text = format!("{{\"a\":{}1{},\"b\":1}}", open.repeat(100), close.repeat(100));
        assert_eq!(read(&text).table.columns().len(), 2);
    }
    let mut narrow = options();
    narrow.limits.columns = 2;
    assert_eq!(read_with(b"{\"a\":1,\"b\":1}\n{\"c\":1}\n", &narrow).unwrap_err().code, code::LIMIT_REACHED);
    narrow.limits.field_bytes = 3;
    assert_eq!(read_with(b"{\"a\":\"xxxx\"}\n", &narrow).unwrap_err().code, code::LIMIT_REACHED);
    let long_key = format!("{{\"{}\":1}}", "k".repeat(5000));
    assert_eq!(failure(&long_key).code, code::LIMIT_REACHED);
    // As many keys as rows: the table would be nothing but nulls.
    let sparse: String = (0..40_000).map(|row| format!("{{\"k{row}\":1}}\n")).collect();
    assert_eq!(failure(&sparse).code, code::LIMIT_REACHED);
    let twice = sparse.repeat(2);
    assert_eq!(failure(&twice).code, code::LIMIT_REACHED);
    let mut short = options();
    short.limits.record_bytes = 1000;
    let line = content(format!("{{\"a\":\"{}\"}}", "x".repeat(5000)).as_bytes());
    let source = Source { content: &line, options: &short, chunk_bytes: 100, partial: false };
    assert_eq!(source.read().unwrap_err().code, code::LIMIT_REACHED);
}

#[test]
fn bad_lines_are_left_out_where_that_is_asked_for() {
    let mut asked = ReadOptions { bad_rows: BadRows::Reject, ..options() };
    asked.kinds.insert("n".into(), ColumnType::Count);
    let text = b"{\"n\":1,\"s\":\"a\"}\n{\"n\":2,\n\n{\"n\":\"x\",\"new\":1}\n{\"n\":\"\xFF\"}\n{\"n\":3,\"s\":5,\"s\":6}\n{\"n\":4}\n";
    for chunk_bytes in [1, 7, 1 << 20] {
        let content = content(text);
        let source = Source { content: &content, options: &asked, chunk_bytes, partial: false };
        let reading = source.read().unwrap();
        assert_eq!(shown(&reading.table), "1|a\n4|·");
        let lines: Vec<u64> = reading.rejected.iter().map(|rejected| rejected.line).collect();
        assert_eq!(lines, [2, 4, 5, 6]);
        assert_eq!(reading.rejected[1].text, "{\"n\":\"x\",\"new\":1}");
        assert_eq!(reading.rejected[1].reason, "a value of `n` does not have the declared type");
        let scan = source.scan(0).unwrap();
        assert_eq!((scan.rows(), scan.rejected().len()), (2, 4));
        assert_eq!(all_chunks(&scan), reading.table);
    }
}

fn all_chunks(scan: &dyn Scan) -> Table {
    let tables: Vec<Table> = (0..scan.count()).map(|index| scan.chunk(index).unwrap()).collect();
    let mut rows = 0;
    for (index, table) in tables.iter().enumerate() {
        assert_eq!(scan.rows_before(index), Some(rows));
        rows += table.rows();
    }
    assert_eq!(rows, scan.rows());
    Table::concat(&tables).unwrap()
}

/// A content of which nothing is in memory.
struct Outside(Vec<u8>);

impl Content for Outside {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read_at(offset, out)
    }
}

#[test]
fn a_sketch_looks_at_whole_rows_only() {
    let text = "{\"a\":1}\n{\"a\":2}\n{\"a\":\"thr";
    let sketch = |text: &str, truncated: bool, head: usize| {
        let content: Arc<dyn Content> = Arc::new(Outside(text.as_bytes().to_vec()));
        let source = Source { content: &content, options: &options(), chunk_bytes: CHUNK_BYTES, partial: false };
        source.sketch(truncated, head).unwrap()
    };
    let seen = sketch(text, true, 1 << 20);
    assert_eq!((seen.rows_seen, seen.certain, seen.schema.find("a").unwrap().kind), (2, false, ColumnType::Count));
    assert!(sketch(&text[..16], false, 1 << 20).certain);
    assert_eq!(sketch(text, false, 9).rows_seen, 1);
    assert_eq!(sketch("{\"a\":1}\n{\"a\":2}\n", false, 3).rows_seen, 1);
    assert_eq!(sketch("{\"a\":\"thr", true, 1 << 20).rows_seen, 0);
    let array = "[{\"a\":1},\n{\"a\":2},{\"é\":tru";
    for end in 1..array.len() {
        if let Some(head) = array.get(..end) {
            let seen = sketch(head, true, 1 << 20);
            assert!(seen.rows_seen <= 2 && !seen.certain, "{head}");
        }
    }
    assert_eq!(sketch(array, true, 1 << 20).rows_seen, 2);
}

/// JSON lines that are dirty in every way that matters, among good ones.
fn dirty() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        4 => (-20..20_i64).prop_map(|number| number.to_string()),
        1 => Just("1.5".to_string()),
        1 => Just("-0".to_string()),
        1 => Just("99999999999999999999".to_string()),
        2 => Just("null".to_string()),
        1 => Just("true".to_string()),
        2 => "[a-z\\\\\"é😀\u{1}]{0,4}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        1 => Just("\"2024-01-31\"".to_string()),
        1 => Just("\"2024-01-31T10:00:00.25\"".to_string()),
        1 => Just("\"10:30\"".to_string()),
        1 => Just("[1,\"]\"]".to_string()),
        1 => Just("{\"x\":1,\"y\":{}}".to_string()),
        1 => Just("nul".to_string()),
    ];
    let member = (prop_oneof![Just("a"), Just("b"), Just("c"), Just("a.x"), Just("\\u0062")], value)
        .prop_map(|(key, value)| format!("\"{key}\":{value}"));
    let line = (prop::collection::vec(member, 0..4), prop_oneof![20 => Just("}"), 1 => Just(""), 1 => Just("} ,")])
        .prop_map(|(members, end)| format!("{{{}{end}", members.join(",")));
    prop::collection::vec(line, 0..30).prop_map(|lines| lines.join("\n"))
}

/// A table with a column of each kind, in every state that matters.
fn tables() -> impl Strategy<Value = Table> {
    let moment = -62_135_596_800_000_000_i64..253_402_300_800_000_000;
    let text = prop_oneof![
        3 => "[a-c\"\\\\\n\t{}é😀\u{7f}\u{1}]{0,5}",
        1 => Just("NA".to_string()), 1 => Just("1".to_string()), 1 => Just("true".to_string()), 1 => Just("2024-01-31".to_string()),
    ];
    let real = any::<f64>().prop_filter("JSON has no others", |number| number.is_finite());
    let row = (
        (prop::option::of(any::<i64>()), prop::option::of(real), prop::option::of(any::<bool>())),
        (prop::option::of(text), prop::option::of(moment), prop::option::of(0..86_400_000_000_i64)),
    );
    prop::collection::vec(row, 1..30).prop_map(|rows| {
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|row| row.0.0).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|row| row.0.1).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|row| row.0.2).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.1.0.as_deref()).collect::<TextArray>()),
            Arc::new(rows.iter().map(|row| row.1.1).collect::<TimestampMicrosecondArray>()),
            Arc::new(rows.iter().map(|row| row.1.2).collect::<Time64MicrosecondArray>()),
        ];
        let kinds = [
            ("whole \"n\"", ColumnType::Count),
            ("real", ColumnType::Continuous),
            ("", ColumnType::Bool),
            ("te.xt", ColumnType::Text),
            ("date\n", ColumnType::Date),
            ("zeit 🕓", ColumnType::Time),
        ];
        Table::new(kinds.map(|(name, kind)| Column::new(name, kind)).into(), arrays).unwrap()
    })
}

/// As the arrays of a table hold them, whatever stands where nothing is.
fn same(left: &Table, right: &Table) -> bool {
    left.columns() == right.columns() && left.arrays() == right.arrays()
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(table in tables(), chunk_bytes in 1..200_usize) {
        let mut asked = options();
        for column in table.columns() {
            asked.kinds.insert(column.name.to_string(), column.kind);
        }
        let mut bytes = Vec::new();
        write(&table, &mut bytes).unwrap();
        let outside: Arc<dyn Content> = Arc::new(Outside(bytes.clone()));
        for content in [content(&bytes), outside] {
            let source = Source { content: &content, options: &asked, chunk_bytes, partial: false };
            let back = source.read().unwrap().table;
            prop_assert!(same(&back, &table), "{}\n{}", back, table);
            let scanned = all_chunks(&source.scan(0).unwrap());
            prop_assert!(same(&scanned, &table));
        }
        let array = [b"[", &*bytes.trim_ascii().split(|&byte| byte == b'\n').collect::<Vec<_>>().join(&b", \n "[..]), b"]"].concat();
        let back = read_with(&array, &asked).unwrap().table;
        prop_assert!(same(&back, &table), "{}\n{}", back, table);
    }

    #[test]
    fn chunks_do_not_show(text in dirty(), chunk_bytes in 1..300_usize) {
        for bad_rows in [BadRows::Refuse, BadRows::Reject] {
            let asked = ReadOptions { bad_rows, ..options() };
            let content = content(text.as_bytes());
            let whole = Source { content: &content, options: &asked, chunk_bytes: CHUNK_BYTES, partial: false }.read();
            let source = Source { content: &content, options: &asked, chunk_bytes, partial: false };
            match (whole, source.read()) {
                (Ok(whole), Ok(cut)) => {
                    prop_assert!(same(&whole.table, &cut.table), "{}\n{}", whole.table, cut.table);
                    prop_assert_eq!(&whole.notes, &cut.notes);
                    prop_assert_eq!(&whole.rejected, &cut.rejected);
                    let scan = source.scan(0).unwrap();
                    prop_assert_eq!(scan.notes(), &whole.notes[..]);
                    if scan.count() > 0 {
                        prop_assert!(same(&all_chunks(&scan), &whole.table));
                    }
                }
                (Err(whole), Err(cut)) => prop_assert_eq!(whole, cut),
                (whole, cut) => prop_assert!(false, "{:?}\n{:?}", whole.map(|r| r.table), cut.map(|r| r.table)),
            }
        }
    }

    #[test]
    fn rows_are_those_of_serde(text in dirty()) {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let values: Result<Vec<serde_json::Value>, _> = lines.iter().map(|line| serde_json::from_str(line)).collect();
        match (values, read_with(text.as_bytes(), &options())) {
            (Ok(values), Ok(reading)) => prop_assert_eq!(values.len(), reading.table.rows()),
            (Err(_), Ok(_)) => prop_assert!(false, "serde refuses it"),
            // Keys that are there twice, and files that have none.
            (Ok(_), Err(failure)) => prop_assert!(
                failure.message.contains("twice") || failure.code == code::EMPTY_DATA
                    || failure.message.contains("one object of lists"), "{}", failure),
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop_oneof![Just(b'{'), Just(b'"'), Just(b'a'), Just(b':'), Just(b'1'),
        Just(b'}'), Just(b'['), Just(b']'), Just(b','), Just(b'\\'), Just(b'\n'), Just(b'u'), Just(b'-'), any::<u8>()], 0..60)) {
        let _ = read_with(&bytes, &options());
        let _ = JsonReader.sketch(&content(&bytes), true, &options());
    }
}

#[test]
fn starts_say_what_is_read() {
    assert_eq!(Start::of("x", &options()), Start::Narrowest);
}
