//! Valid and malicious workbooks.

use super::*;
use pipewright_table::{ColumnType, Table};
use std::io::Write;
use zip::write::SimpleFileOptions;

const XLSX: &[u8] = include_bytes!("../../tests/data/people.xlsx");
const XLS: &[u8] = include_bytes!("../../tests/data/people.xls");
const ODS: &[u8] = include_bytes!("../../tests/data/people.ods");

fn options() -> ReadOptions {
    ReadOptions::new("people.xlsx")
}

fn read_with(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Failure> {
    let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
    crate::source::guarded(options, || ExcelReader.read(&content, options))
}

fn read(bytes: &[u8]) -> Reading {
    read_with(bytes, &options()).unwrap_or_else(|failure| panic!("{failure}"))
}

fn kinds(table: &Table) -> String {
    let columns = table.columns().iter().map(|column| format!("{}:{}", column.name, column.kind));
    columns.collect::<Vec<_>>().join(" ")
}

const PEOPLE: &str = "\
name  age  score  born                 wakes     member  mixed
Ann    38    1.5  1985-03-01T00:00:00  06:30:00  true    1
Bob     ·      2  1979-12-31T23:59:59  07:00:00  false   x
NA      7      ·  ·                    ·         ·       ·
";

#[test]
fn the_same_table_comes_from_every_format() {
    for (bytes, format) in [(XLSX, "xlsx"), (XLS, "xls"), (ODS, "ods")] {
        let reading = read(bytes);
        let names = ["name", "age", "score", "born", "wakes", "member", "mixed"];
        let table = reading.table.select(&names).unwrap();
        assert_eq!(
            kinds(&table),
            "name:text age:count score:continuous born:date wakes:time member:bool mixed:text",
            "{format}"
        );
        assert_eq!(table.show(10, 200), PEOPLE, "{format}");
        let facts = &reading.table.origin().unwrap().facts;
        assert_eq!(facts[..], [("format", format.to_string()), ("sheet", "People".to_string())]);
        let mixed = "`mixed` is read as text: it holds a number in row 1 and a text in row 2";
        assert!(reading.notes.iter().any(|note| note.message == mixed), "{:?}", reading.notes);
    }
}

#[test]
fn formulas_spans_and_other_sheets_are_told() {
    let reading = read(XLSX);
    let rest = reading.table.select(&["formula", "stays"]).unwrap();
    assert_eq!(rest.show(10, 200), "formula   stays\n      ·  108000\n      2      60\n      ·       ·\n");
    let notes: Vec<_> = reading.notes.iter().map(|note| (note.code, &*note.message)).collect();
    assert!(
        notes.contains(&(code::READ_AS_MISSING, "`formula` has formula errors: #DIV/0! in row 1; they are missing"))
    );
    assert!(notes.contains(&(code::TYPE_WIDENED, "`stays` holds durations: they are read as seconds")));
    let other = reading.notes.iter().find(|note| note.code == code::PART_CHOSEN).unwrap();
    assert_eq!(other.help, ["other sheets, by `load … sheet=`: `Numbers`, `Nothing`"]);
}

#[test]
fn sheets_are_named() {
    let part = |part: &str| read_with(XLSX, &ReadOptions { part: Some(part.into()), ..options() });
    let numbers = part("numbers").unwrap();
    assert_eq!(kinds(&numbers.table), "column_1:count column_2:continuous");
    assert_eq!((numbers.table.rows(), numbers.notes.len(), numbers.notes[0].code), (2, 1, code::RENAMED_COLUMN));
    let named = ReadOptions { part: Some("Numbers".into()), header: Some(true), ..options() };
    assert_eq!(kinds(&read_with(XLSX, &named).unwrap().table), "1:count 2.5:continuous");
    assert_eq!(part("Nothing").unwrap_err().code, code::EMPTY_DATA);
    let unknown = part("Peple").unwrap_err();
    assert_eq!((unknown.code, &*unknown.help[0]), (code::BAD_VALUE, "did you mean `People`?"));
}

#[test]
fn options_are_honoured() {
    let mut asked = options().with_columns(["score", "age"]);
    asked.kinds.insert("age".into(), ColumnType::Text);
    assert_eq!(kinds(&read_with(XLSX, &asked).unwrap().table), "age:text score:continuous");
    asked.kinds.insert("score".into(), ColumnType::Count);
    let misfit = read_with(XLSX, &asked).unwrap_err();
    assert_eq!(
        (misfit.code, misfit.place.row, &*misfit.message),
        (code::KIND_CHANGED, Some(1), "`1.5` is not a value of type count")
    );
    let below = ReadOptions { skip_lines: 2, header: Some(false), ..options() };
    assert_eq!(read_with(XLSX, &below).unwrap().table.rows(), 3);
    let mut narrow = options();
    narrow.limits.columns = 3;
    assert_eq!(read_with(XLSX, &narrow).unwrap_err().code, code::LIMIT_REACHED);
    let mut small = options();
    small.limits.memory_bytes = 1000;
    for bytes in [XLSX, XLS, ODS] {
        assert_eq!(read_with(bytes, &small).unwrap_err().code, code::LIMIT_REACHED);
    }
    let mut short = options();
    short.limits.field_bytes = 2;
    assert_eq!(read_with(XLSX, &short).unwrap_err().code, code::LIMIT_REACHED);
    let content: Arc<dyn Content> = Arc::new(XLSX.to_vec());
    let sketch = ExcelReader.sketch(&content, false, &options()).unwrap();
    assert!(sketch.certain && sketch.rows_seen == 3);
    assert_eq!(ExcelReader.sketch(&content, true, &options()).unwrap().rows_seen, 0);
    assert_eq!(ExcelReader.scan(&content, &options()).unwrap().rows(), 3);
}

/// A workbook of one sheet of this text.
fn book(sheet: &str, strings: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let root = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{relation}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let parts = [
        ("_rels/.rels", root),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns:r=\"{relation}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships><Relationship Id=\"r1\" Type=\"{relation}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>{sheet}</sheetData></worksheet>"),
        ),
        ("xl/sharedStrings.xml", strings.to_string()),
    ];
    for (name, text) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const STRINGS: &str = "<sst uniqueCount=\"1\"><si><t>x</t></si></sst>";

#[test]
fn claims_are_not_believed() {
    let cell = |place: &str, value: &str| {
        let row = place.trim_start_matches(|character: char| character.is_ascii_alphabetic());
        format!("<row r=\"{row}\"><c r=\"{place}\"><v>{value}</v></c></row>")
    };
    // The dimensions claim all of a sheet, and two cells stand in its corners.
    let corners = book(&format!("{}{}", cell("A1", "1"), cell("XFD1048576", "2")), STRINGS);
    let reading = read_with(&corners, &ReadOptions { header: Some(false), ..options() }).unwrap();
    assert_eq!((reading.table.rows(), reading.table.columns().len()), (1_048_576, 2));
    // Values along the diagonal of a sheet.
    let column =
        |number: u32| format!("{}{}", char::from(b'A' + (number / 26) as u8), char::from(b'A' + (number % 26) as u8));
    let diagonal: String =
        (0..600).map(|number| cell(&format!("{}{}", column(number), number * 100 + 1), "1")).collect();
    assert_eq!(read_with(&book(&diagonal, STRINGS), &options()).unwrap_err().code, code::LIMIT_REACHED);
    for count in ["99999999999999", "99999999999999999999999999", "1000000"] {
        let strings = STRINGS.replace("\"1\"", &format!("\"{count}\""));
        assert_eq!(
            read_with(&book(&cell("A1", "1"), &strings), &options()).unwrap_err().code,
            code::BAD_FILE,
            "{count}"
        );
    }
    assert_eq!(read_with(&book("", STRINGS), &options()).unwrap_err().code, code::EMPTY_DATA);
    // A text of a hundred million blanks packs to a hundred thousandth.
    let mut asked = options();
    asked.limits.unpacked_bytes = 10 << 20;
    let bomb = book(&cell("A1", "1"), &format!("{STRINGS}{}", " ".repeat(20 << 20)));
    assert!(bomb.len() < 100_000);
    assert_eq!(read_with(&bomb, &asked).unwrap_err().code, code::LIMIT_REACHED);
}

#[test]
fn cells_may_come_in_any_order() {
    let sheet = "<row r=\"3\"><c r=\"B3\"><v>4</v></c><c r=\"A3\"><v>3</v></c></row><row r=\"1\"><c r=\"A1\" t=\"s\">\
        <v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>y</t></is></c></row><row r=\"3\"><c r=\"A3\"><v>5</v></c></row>";
    let table = read(&book(sheet, STRINGS)).table;
    assert_eq!(table.show(10, 100), "x  y\n·  ·\n5  4\n");
}

#[test]
fn what_is_no_workbook_is_refused() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("a.csv", SimpleFileOptions::default()).unwrap();
    archive.write_all(b"a,b\n1,2\n").unwrap();
    let archive = archive.finish().unwrap().into_inner();
    let mut locked = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let manifest = "<manifest:file-entry manifest:full-path=\"content.xml\"><manifest:encryption-data/>";
    for (name, part) in [("content.xml", &b"\x91<\x02"[..]), ("META-INF/manifest.xml", manifest.as_bytes())] {
        locked.start_file(name, SimpleFileOptions::default()).unwrap();
        locked.write_all(part).unwrap();
    }
    let locked = read_with(&locked.finish().unwrap().into_inner(), &options()).unwrap_err();
    assert!(locked.message.contains("password-protected"), "{locked}");
    for bytes in [&archive[..], b"a,b\n", b"\xD0\xCF\x11\xE0", b"PK\x03\x04"] {
        assert_eq!(read_with(bytes, &options()).unwrap_err().code, code::BAD_FILE);
    }
    assert_eq!(read_with(b"", &options()).unwrap_err().code, code::EMPTY_DATA);
}

#[test]
fn damaged_workbooks_are_refused_or_read() {
    for bytes in [XLSX, XLS, ODS] {
        for length in (0..bytes.len() - 100).step_by(61) {
            let code = read_with(&bytes[..length], &options()).map(|reading| reading.table.rows()).map_err(|f| f.code);
            assert!(matches!(code, Err(code::BAD_FILE | code::EMPTY_DATA) | Ok(_)), "{length}: {code:?}");
        }
        for place in (0..bytes.len()).step_by(7) {
            for flip in [1, 0x10, 0xFF] {
                let mut flipped = bytes.to_vec();
                flipped[place] ^= flip;
                let code = read_with(&flipped, &options()).map(|reading| reading.table.rows()).map_err(|f| f.code);
                let known = [code::BAD_FILE, code::EMPTY_DATA, code::LIMIT_REACHED];
                assert!(code.is_ok_and(|_| true) || code.is_err_and(|code| known.contains(&code)), "{place}: {code:?}");
            }
        }
    }
}

#[test]
fn chains_that_bite_their_tails_end() {
    // Every sector number of the first table of sectors, pointing to itself or to the first.
    let table = 512 * (1 + u32::from_le_bytes(XLS[76..80].try_into().unwrap()) as usize);
    for entry in 0..16 {
        for next in [entry, 0, 0xFFFF_FFF0_u32] {
            let mut bytes = XLS.to_vec();
            bytes[table + 4 * entry as usize..][..4].copy_from_slice(&next.to_le_bytes());
            if let Err(failure) = read_with(&bytes, &options()) {
                assert!(matches!(failure.code, code::BAD_FILE | code::LIMIT_REACHED), "{failure}");
            }
        }
    }
}

#[test]
fn dimensions_the_wrong_way_round_make_no_room() {
    let record = memchr::memmem::find(XLS, b"\x00\x02\x0E\x00").unwrap() + 4;
    for (first, last) in [(5_u32, 4_u32), (0, u32::MAX), (u32::MAX, 1)] {
        let mut bytes = XLS.to_vec();
        bytes[record..record + 4].copy_from_slice(&first.to_le_bytes());
        bytes[record + 4..record + 8].copy_from_slice(&last.to_le_bytes());
        let failure = read_with(&bytes, &options()).unwrap_err();
        assert!(matches!(failure.code, code::BAD_FILE | code::LIMIT_REACHED), "{failure}");
    }
}
