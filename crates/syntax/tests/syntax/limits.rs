//! No script exhausts the stack or the patience of its reader.

use pipewright_diagnostic::Diagnostic;
use pipewright_syntax::{DEPTH_MAX, Item, format, parse};
use std::time::{Duration, Instant};

/// Parses, compares, prints, formats and drops on a stack of 256 KiB.
fn on_small_stack(text: String) -> Vec<Diagnostic> {
    let run = move || {
        let (script, diagnostics) = parse(&text);
        assert!(script == parse(&text).0);
        assert!(script.to_string().len() < 4 * text.len() + 64);
        assert_eq!(format(&text).is_ok(), diagnostics.is_empty());
        drop(script);
        diagnostics
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(run).expect("room for a thread");
    thread.join().expect("no panic")
}

/// Ways to nest: prefix, repeated opening, core, repeated closing.
const NESTS: &[(&str, &str, &str, &str)] = &[
    ("load | where ", "(", "x", ")"),
    ("load | where ", "[", "x", "]"),
    ("load | where ", "f(", "x", ")"),
    ("load | where ", "f(x) over(", "x", ")"),
    ("load | where ", "if a then b else (", "x", ")"),
    ("load | where ", "if a then b else ", "x", ""),
    ("load | where ", "if ", "x", " then a else b"),
    ("load | where ", "x - (", "x", ")"),
    ("load | where ", "(x + ", "x", ")"),
    ("load | drop ", "(", "x", ")"),
    ("load | drop ", "!(", "x", ")"),
    ("load | drop ", "x - (", "x", ")"),
    ("load | drop ", "(x & (", "x", "))"),
    ("load | train ", "f[", "x", "]"),
    ("load | train ", "f(", "x", ")"),
    ("load | train ", "f(a=", "x", ")"),
    ("load | train ", "[", "x", "]"),
    ("load | train ", "{f ", "x", "}"),
    ("load | train ", "f(a=[{f ", "x", "}])"),
    ("load | ", "fork { a: ", "x", " }"),
    ("load | ", "columns { a => ", "x", " }"),
    ("load | ", "only train { ", "x", " }"),
    ("load | ", "only train { columns { /x/ - b => stack(base=[{", "x", "}]) } }"),
];

/// Ways to repeat: prefix, repeated part, suffix.
const CHAINS: &[(&str, &str, &str)] = &[
    ("load | where x", " + x", ""),
    ("load | where x", " and x", ""),
    ("load | where x", " or not x * x", ""),
    ("load | where x", " ^ x", ""),
    ("load | where ", "not ", "x"),
    ("load | where ", "-", "x"),
    ("load | where ", "if ", "x"),
    ("load | where x", " < x", ""),
    ("load | drop x", " - x", ""),
    ("load | drop x", ", x - x", ""),
    ("load | drop x", " & x", ""),
    ("load | drop ", "!", "x"),
    ("load", " | x", ""),
    ("load", "\n| x", ""),
    ("load", "|", ""),
    ("load", " || x", ""),
    ("load", "\n", ""),
    ("load", ";", ""),
    ("load", "#\n", ""),
    ("", "load\n", ""),
    ("load ", "x", ""),
    ("load ", "x=1 ", ""),
    ("load | f ", "1 ", ""),
    ("load | f ", "1, ", ""),
    ("load | f [", "1, ", "]"),
    ("", "(", ""),
    ("", "[", ""),
    ("", "{", ""),
    ("", "{[(", ""),
    ("", ")", ""),
    ("", "(]", ""),
    ("load | x ", "\"", ""),
    ("load | drop ", "/", ""),
    ("load | drop ", "`", ""),
    ("", "§", ""),
    ("", "let ", ""),
    ("", "f[1 ", ""),
    ("load | fork {", "a: b; ", "}"),
    ("load | fork {", "§; ", "}"),
];

#[test]
fn nesting_to_the_limit_is_read_and_beyond_is_an_error() {
    for (before, open, core, close) in NESTS {
        let brackets = open.matches(['(', '[', '{']).count() - open.matches([')', ']', '}']).count();
        let nest = |depth: usize| format!("{before}{}{core}{}", open.repeat(depth), close.repeat(depth));
        let fits = (DEPTH_MAX - 4) / brackets.max(2);
        let diagnostics = on_small_stack(nest(fits));
        assert!(diagnostics.is_empty(), "{before}{open} × {fits}: {diagnostics:#?}");
        for depth in [DEPTH_MAX + 1, 1_000, 20_000] {
            let diagnostics = on_small_stack(nest(depth));
            let codes: Vec<&str> = diagnostics.iter().map(|found| found.code.as_str()).collect();
            assert!(codes.contains(&"E0108") || codes.contains(&"E0109"), "{before}{open} × {depth}: {codes:?}");
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about time")]
fn endless_rows_end_soon() {
    for (before, repeated, behind) in CHAINS {
        for count in [100, 10_000, 1_000_000] {
            let text = format!("{before}{}{behind}", repeated.repeat(count));
            let start = Instant::now();
            let diagnostics = on_small_stack(text);
            // A hundred times what it takes: anything but linear work takes hours.
            assert!(start.elapsed() < Duration::from_secs(60), "{before}{repeated} × {count}: {:?}", start.elapsed());
            assert!(diagnostics.iter().all(|found| found.span().is_some()));
        }
    }
}

#[test]
fn ten_thousand_stages_are_read() {
    let stage = "| fillna median indicator=true on @numeric - Pclass\n| train mlp[64, 32, 1](dropout=0.1) epochs=5\n";
    let (script, diagnostics) = parse(&format!("load a.csv\n{}", stage.repeat(5_000)));
    assert!(diagnostics.is_empty(), "{:?}", diagnostics.first());
    let [Item::Pipeline(pipeline)] = script.items.as_slice() else { panic!("one pipeline was written") };
    assert_eq!(pipeline.stages.len(), 10_001);
}

#[test]
fn too_long_is_told_once() {
    for text in ["load | f\n".repeat(60_000), " ".repeat((16 << 20) + 1), "x ".repeat(1 << 20)] {
        let (_, diagnostics) = parse(&text);
        let codes: Vec<&str> = diagnostics.iter().map(|found| found.code.as_str()).collect();
        assert_eq!(codes, ["E0109"]);
    }
}

#[test]
fn long_sums_have_a_limit() {
    let sum = |terms: usize| format!("load | where x{}", " + x".repeat(terms));
    assert!(parse(&sum(DEPTH_MAX)).1.is_empty());
    assert_eq!(parse(&sum(DEPTH_MAX + 1)).1[0].code.as_str(), "E0108");
}
