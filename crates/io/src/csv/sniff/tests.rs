//! Small texts and what they are read by.

use super::*;
use proptest::prelude::*;

fn sniffed(text: &str) -> Dialect {
    dialect(text.as_bytes(), true, &ReadOptions::new("t.csv")).unwrap()
}

/// Delimiter, quote, escape, comment and skipped lines, as one text.
fn told(text: &str) -> String {
    let found = sniffed(text);
    let mut parts = vec![shown(found.delimiter)];
    parts.extend((found.quote != b'"').then(|| format!("quote {}", char::from(found.quote))));
    parts.extend(found.escape.map(|escape| format!("escape {}", char::from(escape))));
    parts.extend(found.comment.map(|comment| format!("comment {}", char::from(comment))));
    parts.extend((found.skip_lines > 0).then(|| format!("skip {}", found.skip_lines)));
    parts.join(" ")
}

#[test]
fn delimiters() {
    for (text, expected) in [
        ("a,b\n1,2\n", ","),
        ("a;b\n1;2\n", ";"),
        ("a\tb\n1\t2\n", "tab"),
        ("a|b\n1|2\n", "|"),
        ("a\n1\n2\n", ","),
        ("", ","),
        ("a;b\n1,5;2,5\n", ";"),
        // Decimal commas in all columns, and no names above them.
        ("1,5;2,5;3,5\n4,5;5,5;6,5\n", ";"),
        ("1,5\t2,5\n4,5\t5,5\n", "tab"),
        ("x;y,z\n1;2,3\n", ","),
        ("name,note\nx,\"a;b;c\"\ny,\"d;e;f\"\n", ","),
        ("id\ttext\n1\tone, two\n2\tthree, four\n", "tab"),
        ("a,b\n1,2,3\n4,5\n", ","),
        ("a;b\n\"x, y\";1\n\"z\";2\n", ";"),
    ] {
        assert_eq!(told(text), expected, "{text:?}");
    }
}

#[test]
fn quotes_and_escapes() {
    for (text, expected) in [
        ("a,b\n'x, y',1\n'z',2\n", ", quote '"),
        ("a,b\n'x','1'\n'y','2'\n'z','3'\n", ","),
        ("'a','b'\n'x','1'\n'y','2'\n", ", quote '"),
        ("a,b\nit's,1\ndon't,2\n", ","),
        ("size;b\n5\" disk;1\n3\" disk;2\n", ";"),
        ("a|b\n\"hello|world\nit's|do\"\n'I am'|\"here\"\n", "|"),
        ("a,b\n'tis,1\n'twas,2\n", ","),
        ("a,b\n\"x\",'y'\n\"z\",'w'\n\"u\",'v'\n", ","),
        ("a,b\n\"x \\\"y\\\", z\",1\n\"w\",2\n", ", escape \\"),
        ("a\n\"x \\\"y\\\" z\"\nw\n", ", escape \\"),
        // A backslash before the closing quote: a path.
        ("a,b\n\"C:\\dir\\\",1\n\"D:\\\",2\n", ","),
        ("a,b\n\"x \"\"y\"\"\",1\n", ","),
    ] {
        assert_eq!(told(text), expected, "{text:?}");
    }
}

#[test]
fn what_stands_above_the_header() {
    for (text, expected) in [
        ("# made by hand\na,b\n1,2\n", ", skip 1"),
        ("# one\n# two, with a comma, or two\na,b\n1,2\n# three\n3,4\n", ", comment #"),
        ("x,y,z\n# remark\n1,2,3\n# again\n4,5,6\n", ", comment #"),
        ("# one\na;b\n# two\n1;3\n# 20;7\n6;7\n", "; comment #"),
        ("a,b\n\"x\n#y\",1\n#z,2\n", ","),
        ("# one\n# it's \"quoted\na,b\n1,2\n", ", skip 2"),
        ("some notes...\nnumber,text,date\n345.0,x,2000-12-13\n", ", skip 1"),
        ("##format\n#CHROM\tPOS\tID\n1\t5\tx\n2\t6\ty\n", "tab skip 1"),
        ("#id,x\n1,2\n3,4\n", ","),
        // It may be a header and a value.
        ("# remark\nx\n1\n", ","),
        ("# a, b\n# c\nx,y\n1,2\n", ","),
        ("a,b\n#1,2\n3,4\n", ","),
        ("sep=;\na;b\n1;2\n", "; skip 1"),
        ("sep=|\r\na;b|c\r\n1|2\r\n", "| skip 1"),
        ("Report of 2024\na,b\n1,2\n3,4\n", ", skip 1"),
        ("Report\n\na;b\n1;2\n3;4\n", "; skip 2"),
        ("Report\nFirst quarter\na,b\n1,2\n3,4\n", ", skip 2"),
        ("Report\na,b,c\n1,2,3\n4,5,6\n", ", skip 1"),
        // One name too few, perhaps.
        ("Report\na,b\n1,2\n3,4\n", ","),
        ("Report of 2024\na,b\n1,2\n3,4,5\n", ","),
    ] {
        assert_eq!(told(text), expected, "{text:?}");
    }
}

#[test]
fn options_win() {
    let mut options = ReadOptions::new("t.csv");
    options.delimiter = Some(b'x');
    options.quote = Some(Quote::Byte(b'\''));
    options.escape = Some(b'^');
    options.comment = Some(b'%');
    options.skip_lines = 2;
    let found = dialect(b"a;b\n\"1\";2\n", true, &options).unwrap();
    assert_eq!((found.delimiter, found.quote, found.escape), (b'x', b'\'', Some(b'^')));
    assert_eq!((found.comment, found.skip_lines, found.title_lines), (Some(b'%'), 2, 0));
    let words: Vec<&str> = found.facts().iter().map(|(word, _)| *word).collect();
    assert_eq!(words, ["delimiter", "quote", "escape", "comment", "skipped lines"]);
    let skipping = ReadOptions { skip_lines: 1, ..ReadOptions::new("t.csv") };
    assert_eq!(dialect(b"x,y,z\na;b\n1;2\n", true, &skipping).unwrap().delimiter, b';');
}

#[test]
fn options_that_clash_are_refused() {
    let refused = |change: fn(&mut ReadOptions)| {
        let mut options = ReadOptions::new("t.csv");
        change(&mut options);
        let failure = dialect(b"a,b\n", true, &options).unwrap_err();
        assert_eq!(failure.code, code::BAD_VALUE);
        failure.message
    };
    let both = refused(|options| (options.delimiter, options.quote) = (Some(b'|'), Some(Quote::Byte(b'|'))));
    assert_eq!(both, "`|` cannot be the delimiter and the quote");
    let marks = refused(|options| (options.decimal, options.thousands) = (Some(b','), Some(b',')));
    assert_eq!(marks, "`,` cannot be the thousands and the decimal");
    assert_eq!(refused(|options| options.quote = Some(Quote::Byte(b'\n'))), "a line end cannot be the quote");
    assert_eq!(
        refused(|options| options.thousands = Some(b'0')),
        "`0` is part of numbers: it cannot be the thousands separator"
    );
    assert!(refused(|options| options.dates = Some("%Y".into())).contains("has no month"));
}

#[test]
fn a_title_is_told() {
    let options = ReadOptions::new("t.csv");
    assert_eq!(sniffed("a,b\n1,2\n").note(&options), None);
    let note = sniffed("Report of 2024\na,b\n1,2\n3,4\n").note(&options).unwrap();
    assert_eq!((note.code, note.help[0].as_str()), (code::ROWS_LEFT_OUT, "`load … skip=1` says so"));
    for (lines, text) in [
        (2, "Report,,\n,,\nday,a,b\nmon,1,2\ntue,3,4\n"),
        (1, "Report of 2024,,\nday,a,b\nmon,1,2\ntue,3,4\n"),
        // Names of which some are missing are no title.
        (0, "id,,\n1,2,3\n4,5,6\n"),
        (0, "the id,,\n1,2,3\n4,5,6\n"),
        (0, "name,,\nann,x,y\nbob,z,w\n"),
    ] {
        assert_eq!(sniffed(text).title_lines, lines, "{text}");
    }
}

fn header(text: &str) -> bool {
    let dialect = sniffed(text);
    let (first, body) = text.split_once('\n').unwrap();
    let marks = Marks { delimiter: dialect.delimiter, quote: b'"', escape: None, comment: None };
    is_header(&record(first.as_bytes(), &mut 0, marks).unwrap(), body.as_bytes(), &dialect)
}

#[test]
fn headers() {
    for (text, expected) in [
        ("a,b\n1,2\n", true),
        ("1,2\n3,4\n", false),
        ("a,b\nx,y\n", true),
        ("2019,2020\n1.5,2\n", true),
        ("5.1,setosa\n4.9,setosa\n", false),
        ("2024-01-01,x\n2024-01-02,y\n", false),
        // Values that are no more than text at first.
        ("1,5;2,5\n3,5;4,5\n", false),
        ("x;y\n3,5;4,5\n", true),
        ("31.12.2023;a\n01.01.2024;b\n", false),
        ("day;a\n01.01.2024;b\n", true),
        ("10:30,a\n11:30,b\n", false),
        ("a,b\n", true),
    ] {
        assert_eq!(header(text), expected, "{text:?}");
    }
}

#[test]
fn types_of_a_sample() {
    let types = |text: &str| {
        let found = columns(text.as_bytes(), 3, &Dialect::of(b',', &ReadOptions::new("t.csv")).unwrap())?;
        Some(found.into_iter().map(|guess| guess.kind).collect::<Vec<Type>>())
    };
    assert_eq!(types("1,1.5,x\n2,2,\"\"\n"), Some(vec![Type::Count, Type::Continuous, Type::Text]));
    assert_eq!(types("true,2024-01-01,NA\n"), Some(vec![Type::Bool, Type::Date, Type::Nothing]));
    assert_eq!(types("99999999999999999999,1,2\n"), Some(vec![Type::Continuous, Type::Count, Type::Count]));
    assert_eq!(types("1,2\n"), None);
    assert_eq!(types("1,2,\"x\n"), None);
}

proptest! {
    #[test]
    fn anything_can_be_looked_at(text in "[a1,;\t|#\"'\\\\\n =.]{0,60}", complete in any::<bool>()) {
        let found = dialect(text.as_bytes(), complete, &ReadOptions::new("t.csv")).unwrap();
        let lines = text.bytes().filter(|&byte| byte == b'\n').count();
        prop_assert!(found.skip_lines <= lines + 1);
        let _ = is_header(&[], text.as_bytes(), &found);
        let _ = columns(text.as_bytes(), 2, &found);
    }

    #[test]
    fn a_written_table_is_read_as_written(
        rows in prop::collection::vec(prop::collection::vec("[ a-z,;\t|\"']{0,6}", 3), 2..8),
        delimiter in prop::sample::select(DELIMITERS.to_vec()),
    ) {
        let mut text = String::from("one+two+three\n").replace('+', &char::from(delimiter).to_string());
        for row in &rows {
            let fields: Vec<String> = row.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            text.push_str(&fields.join(&char::from(delimiter).to_string()));
            text.push('\n');
        }
        prop_assert_eq!(told(&text), shown(delimiter), "{:?}", text);
    }
}
