//! Blocks of 64 bytes against the state machine.

use super::*;
use crate::ReadOptions;
use crate::csv::layout::Layout;
use pipewright_world::Content;
use proptest::prelude::*;
use std::sync::Arc;

fn layout(text: &str) -> Layout {
    let content: Arc<dyn Content> = Arc::new(format!("h,i,j\n{text}").into_bytes());
    let options = ReadOptions { header: Some(true), delimiter: Some(b','), ..ReadOptions::new("t.csv") };
    Layout::find(&content, false, &options).unwrap()
}

/// The fields of all records as text, the position after them, and the error there.
type Split = (Vec<Vec<String>>, u64, Option<Fault>);

fn split(layout: &Layout, fast: bool) -> Option<Split> {
    let Layout { body, terms, .. } = layout;
    let mut chunk = Chunk::default();
    assert_eq!(chunk.load(body, body.start, body.end).unwrap(), body.start);
    let whole = if fast { Some(chunk.split_fast(body.start, body.end, terms)?) } else { None };
    let end = chunk.split(body, body.start, body.end, whole, terms).unwrap();
    let columns = terms.shape.columns;
    let fields = |first: usize| {
        let field = |column: usize| {
            let pair = &chunk.index.starts[first + column..];
            let bytes = &chunk.window.bytes()[pair[0] as usize..pair[1] as usize - 1];
            let text = Field::of(bytes, column + 1 == columns, &terms.shape.marks).text(&terms.shape.marks);
            String::from_utf8(text.into_owned()).unwrap()
        };
        (0..columns).map(field).collect()
    };
    let runs = chunk.index.runs.iter();
    let records = runs.flat_map(|run| (0..run.rows).map(|row| fields(run.first + row * columns))).collect();
    Some((records, end, chunk.fault))
}

/// Pieces of text in any order: most of it is faulty.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just(","),
        3 => Just("\n"),
        2 => Just("\""),
        1 => Just("\r\n"),
        1 => Just("\r"),
        1 => Just(" "),
        1 => Just("\0"),
        2 => Just("a,b,c\n"),
        2 => Just("\"a\",\"b,\"\"\n\",c\n"),
        1 => Just("twenty bytes of text"),
        1 => Just("é"),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Records of three fields, quoted where they have to be.
fn clean_text() -> impl Strategy<Value = (String, Vec<Vec<String>>)> {
    let field = ("[a-z0-9,\"\n é]{0,30}", any::<bool>(), any::<bool>());
    let record = (prop::collection::vec(field, 3), any::<bool>(), 0_u8..10);
    prop::collection::vec(record, 0..30).prop_map(|records| {
        let (mut text, mut fields) = (String::new(), Vec::new());
        for (record, returns, blank_lines) in records {
            let written = record.iter().map(|(field, quoted, padded)| {
                let plain = !field.contains([',', '"', '\n', ' ']) && !field.is_empty();
                let field = field.replace('"', "\"\"");
                let field = if plain && !quoted { field } else { format!("\"{field}\"") };
                if *padded { format!(" {field}\t") } else { field }
            });
            text.push_str(&written.collect::<Vec<_>>().join(","));
            text.push_str(if returns { "\r\n" } else { "\n" });
            text.push_str(if blank_lines == 0 { "\n \r\n" } else { "" });
            fields.push(record.into_iter().map(|(field, _, _)| field).collect());
        }
        (text, fields)
    })
}

proptest! {
    #[test]
    fn blocks_agree_with_the_state_machine(text in any_text()) {
        let layout = layout(&text);
        if let Some(fast) = split(&layout, true) {
            prop_assert_eq!(Some(fast), split(&layout, false), "{:?}", text);
        }
    }

    #[test]
    fn clean_text_is_split_in_blocks((text, fields) in clean_text()) {
        let layout = layout(&text);
        let (found, _, fault) = split(&layout, true).expect("nothing is unusual");
        prop_assert_eq!((found, fault), (fields, None), "{:?}", text);
    }
}
