//! What holds for every text, and for every script that can be read.

use crate::scripts::scripts;
use crate::without_places;
use pipewright_syntax::{
    Arg, Core, Item, Name, Pipeline, Script, TokenKind, Value, format, is_complete, parse, tokens,
};
use proptest::prelude::*;

fn no_panic_and_nothing_lost(text: &str) {
    let joined: String = tokens(text).iter().map(|token| token.span.text(text)).collect();
    assert_eq!(joined, text);
    let (script, diagnostics) = parse(text);
    for label in diagnostics.iter().flat_map(|found| &found.labels) {
        assert!(text.get(label.span.start as usize..label.span.end as usize).is_some(), "{text:?}: {label:?}");
    }
    for fix in diagnostics.iter().filter_map(|found| found.fix.as_ref()) {
        assert!(text.get(fix.span.start as usize..fix.span.end as usize).is_some(), "{text:?}: {fix:?}");
    }
    let holds_error = format!("{script:?}").contains("Error");
    assert!(!holds_error || !diagnostics.is_empty() || text.contains("Error"), "{text:?}");
    let _ends: bool = is_complete(text);
    if let Ok(tidy) = format(text) {
        assert_eq!(without_places(&parse(&tidy).0), without_places(&script), "{text:?}\n{tidy}");
        assert_eq!(format(&tidy).as_deref(), Ok(tidy.as_str()), "{text:?}");
    }
}

/// Failures are printed, not kept in files. `PROPTEST_CASES` sets how many cases are tried.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Pieces of scripts, thrown together.
fn soup() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "load", "drop", "where", "derive", "group", "columns", "fork", "only", "train", "target", "let", "def",
        "param", "on", "as", "if", "then", "else", "not", "in", "is", "null", "and", "over", "include", "pipe", "x",
        "y", "`a b`", "a.csv", "mlp", "1", "-", "20%", "7d", "\"t\"", "'", "/", "$p", "@numeric", "|", ",", ";", ":",
        "=", "==", "=>", "(", ")", "[", "]", "{", "}", "..", "&", "!", "_", "+", "*", "^", "<", "&&", "|>", "§", "\n",
        "\r\n", " ", " ", "# c\n", "\\", "\u{feff}",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..60)
        .prop_flat_map(|words| (Just(words), prop::sample::select(&["", " "][..])))
        .prop_map(|(words, glue)| words.join(glue))
}

/// A promised script with some characters changed.
fn mutated() -> impl Strategy<Value = String> {
    let all: Vec<&str> = scripts().into_iter().map(|(_, text)| text).collect();
    let edit = (
        any::<prop::sample::Index>(),
        0..3usize,
        prop::sample::select(&["|", "(", "]", "{", " ", "\n", "=", "\"", "/", "é"][..]),
    );
    (prop::sample::select(all), prop::collection::vec(edit, 1..6)).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (place, kind, piece) in edits {
            let at = place.index(chars.len() + 1);
            match kind {
                0 => drop(chars.splice(at..chars.len().min(at + 1), [])),
                1 => drop(chars.splice(at..at, piece.chars())),
                _ => chars.truncate(at),
            }
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        no_panic_and_nothing_lost(&text);
    }

    #[test]
    fn any_soup_is_taken(text in soup()) {
        no_panic_and_nothing_lost(&text);
    }

    #[test]
    fn any_mutation_is_taken(text in mutated()) {
        no_panic_and_nothing_lost(&text);
    }
}

/// `˽` is a place for white space, `⏎` one where also a newline or a comment may stand.
fn spaced(text: &str, noise: &[u8]) -> String {
    let mut noise = noise.iter().cycle();
    let mut result = String::new();
    for c in text.chars() {
        let dice = if matches!(c, '˽' | '⏎') { *noise.next().expect("a cycle") } else { 0 };
        match (c, dice % 5) {
            ('˽', 0 | 1) => {}
            ('˽', 2) => result.push_str("   "),
            ('⏎', 0) => result.push('\n'),
            ('⏎', 1) => result.push_str("  # why\n\n\n"),
            ('⏎', 2) => result.push_str("\r\n\t"),
            ('˽' | '⏎', _) => result.push(' '),
            (c, _) => result.push(c),
        }
    }
    result
}

fn name() -> impl Strategy<Value = String> + Clone {
    prop::sample::select(&["x", "Age", "größe", "load", "drop", "_2", "`unit cost`", "`on`", "`a``b`", "auto"][..])
        .prop_map(str::to_owned)
}

fn literal() -> impl Strategy<Value = String> + Clone {
    const LITERALS: &[&str] = &[
        "1",
        "1_000",
        "0.5",
        "1e-3",
        "20%",
        "0.1%",
        "7d",
        "1.5h",
        "\"a \\\"b\\\" \\\\d\"",
        "'x#y'",
        "true",
        "false",
        "null",
        "$k",
    ];
    prop::sample::select(LITERALS).prop_map(str::to_owned)
}

fn list_of(
    item: impl Strategy<Value = String>,
    open: &'static str,
    close: &'static str,
) -> impl Strategy<Value = String> {
    prop::collection::vec(item, 1..4).prop_map(move |items| format!("{open}⏎{}⏎{close}", items.join("⏎,⏎")))
}

fn value() -> impl Strategy<Value = String> + Clone {
    let leaf = prop_oneof![literal(), name(), (1..9u8).prop_map(|digit| format!("-˽{digit}.5"))];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let named = (name(), inner.clone()).prop_map(|(key, value)| format!("{key}˽=˽{value}"));
        prop_oneof![
            list_of(inner.clone(), "[", "]"),
            (name(), list_of(inner.clone(), "[", "]")).prop_map(|(name, shape)| format!("{name}{shape}")),
            (name(), list_of(prop_oneof![named, inner.clone()], "(", ")"))
                .prop_map(|(name, call)| format!("{name}{call}")),
            (name(), inner).prop_map(|(verb, value)| format!("{{⏎train {verb}(x={value})⏎|˽scale⏎}}")),
        ]
    })
}

fn selector() -> impl Strategy<Value = String> + Clone {
    let leaf = prop_oneof![
        name(),
        Just("@numeric".to_owned()),
        Just("@missing(min=30%)".to_owned()),
        Just("/^x\\/\\d+$/".to_owned()),
        Just("\"cabin_*\"".to_owned()),
        Just("Age˽..˽Fare".to_owned()),
        Just("_".to_owned()),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let joined =
            |joint: &'static str| prop::collection::vec(inner.clone(), 2..4).prop_map(move |parts| parts.join(joint));
        prop_oneof![
            joined("˽,⏎").prop_map(|text| format!("(⏎{text}⏎)")),
            joined(" -˽").prop_map(|text| format!("(⏎{text}⏎)")),
            joined(" &˽").prop_map(|text| format!("(⏎{text}⏎)")),
            inner.prop_map(|text| format!("!˽({text})")),
        ]
    })
}

fn expr() -> impl Strategy<Value = String> + Clone {
    let leaf = prop_oneof![literal(), name()];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let operator = prop::sample::select(
            &[" or ", " and ", "˽==˽", "˽!=˽", "˽<˽", "˽>=˽", "˽+˽", "˽-˽", "˽*˽", "˽/˽", "˽^˽", " in ", " not in "][..],
        );
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(left, op, right)| format!("(⏎{left}{op}{right}⏎)")),
            inner.clone().prop_map(|inner| format!("(-˽{inner})")),
            inner.clone().prop_map(|inner| format!("(not {inner})")),
            inner.clone().prop_map(|inner| format!("({inner} is not null)")),
            (name(), list_of(inner.clone(), "(", ")")).prop_map(|(name, args)| format!("{name}{args}")),
            (name(), inner.clone()).prop_map(|(name, arg)| format!("f(n˽=˽{arg})˽ over˽({name},⏎30d)")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("(if {a} then⏎{b} else {c})")),
            list_of(inner, "[", "]"),
        ]
    })
}

fn stage() -> impl Strategy<Value = String> + Clone {
    let option = (name(), value()).prop_map(|(key, value)| format!(" {key}˽=˽{value}"));
    let options = prop::collection::vec(option, 0..3).prop_map(|all| all.concat());
    let path = prop::sample::select(
        &[
            "",
            " a.csv",
            " dir/*.x-y",
            " \"a b\"",
            " $p",
            " iris",
            " moons(n = 3,\nnoise=$p)",
            " -",
            " oof a.csv",
            " oof \"a b\"",
            " oof",
        ][..],
    );
    let on = prop_oneof![Just(String::new()), selector().prop_map(|columns| format!(" on {columns}"))];
    let args = prop::collection::vec(prop_oneof![literal(), Just("mean".to_owned()), Just("-1".to_owned())], 0..3);
    prop_oneof![
        (path, options.clone()).prop_map(|(path, options)| format!("load{path}{options}")),
        expr().prop_map(|expr| format!("where {expr}")),
        (name(), expr(), expr()).prop_map(|(name, a, b)| format!("derive {name}˽=˽{a}˽,⏎y˽=˽{b}")),
        (selector(), options.clone()).prop_map(|(columns, options)| format!("drop {columns}{options}")),
        (name(), options.clone()).prop_map(|(name, options)| format!("target log1p({name}){options} as y")),
        (selector(), expr()).prop_map(|(by, expr)| format!("group {by} {{⏎n = {expr}˽,⏎m = max(x)⏎}}")),
        expr().prop_map(|key| format!("group x, month(d), k={key} {{ n = count() }}")),
        (selector(), selector())
            .prop_map(|(a, b)| format!("columns {{⏎{a} => drop\n {b}˽=>˽scale⏎|˽log1p\n_ => keep⏎}}")),
        value().prop_map(|value| format!("fork {{⏎a:˽scale˽;⏎b:˽f x={value}⏎|˽ g \n keep⏎}}")),
        (args, options, on).prop_map(|(args, options, on)| format!("fillna {}{options}{on}", args.join(" "))),
    ]
}

fn script() -> impl Strategy<Value = String> {
    let pipeline = prop::collection::vec(stage(), 1..4).prop_map(|stages| stages.join("⏎|⏎"));
    let item = prop_oneof![
        pipeline.clone(),
        (name(), value()).prop_map(|(name, value)| format!("param {name}˽:˽int˽=˽{value}")),
        (name(), pipeline.clone()).prop_map(|(name, pipeline)| format!("let {name}˽=˽{pipeline}")),
        (name(), value(), pipeline).prop_map(|(name, value, body)| format!("def {name}(x˽=˽{value},⏎y)˽=˽{body}")),
        Just("include lib/a.pipe".to_owned()),
    ];
    (prop::collection::vec(item, 1..4), prop::collection::vec(any::<u8>(), 1..40))
        .prop_map(|(items, noise)| spaced(&items.join("\n"), &noise))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn scripts_read_the_same_when_formatted_or_printed(text in script()) {
        let (tree, diagnostics) = parse(&text);
        prop_assert!(diagnostics.is_empty(), "{}\n{:#?}", text, diagnostics);
        let expected = without_places(&tree);

        let tidy = format(&text).expect("readable");
        prop_assert_eq!(without_places(&parse(&tidy).0), expected.clone(), "formatted: {}", tidy);
        prop_assert_eq!(format(&tidy).expect("readable"), tidy.clone(), "twice");
        let comments = |text: &str| tokens(text).iter().filter(|token| token.kind.is_comment()).count();
        prop_assert_eq!(comments(&tidy), comments(&text), "comments: {}", tidy);

        let printed = tree.to_string();
        prop_assert_eq!(without_places(&parse(&printed).0), expected.clone(), "printed: {}", printed);
        prop_assert_eq!(format(&printed).expect("readable"), printed, "the formatter and the printer disagree");

        let lf = text.replace("\r\n", "\n");
        prop_assert_eq!(without_places(&parse(&lf).0), expected.clone());
        prop_assert_eq!(without_places(&parse(&lf.replace('\n', "\r\n")).0), expected);
        prop_assert!(is_complete(&text));
    }

    #[test]
    fn a_place_shows_the_name(text in script()) {
        for item in parse(&text).0.items {
            if let Item::Pipeline(pipeline) | Item::Let { pipeline, .. } | Item::Def { pipeline, .. } = item {
                check_places(&pipeline, &text);
            }
        }
    }
}

fn check_places(pipeline: &Pipeline, text: &str) {
    for stage in &pipeline.stages {
        check_name(stage.core.verb().expect("readable"), text);
        assert!(stage.span.start >= pipeline.span.start && stage.span.end <= pipeline.span.end);
        let read = parse(stage.span.text(text)).0;
        let again = Script {
            edition: None,
            items: vec![Item::Pipeline(Pipeline { stages: vec![stage.clone()], span: stage.span })],
        };
        if !matches!(&stage.core, Core::Select { selector: None, .. }) {
            assert_eq!(without_places(&read), without_places(&again), "{}", stage.span.text(text));
        }
        match &stage.core {
            Core::Call { args, .. } => args.iter().for_each(|arg| match arg {
                Arg::Named(named) => check_name(&named.name, text),
                Arg::Positional(value) => check_value(&value.node, text),
            }),
            Core::Arms { arms, .. } => arms.iter().for_each(|arm| check_places(&arm.pipeline, text)),
            Core::Columns { routes, .. } => routes.iter().for_each(|route| check_places(&route.pipeline, text)),
            _ => {}
        }
    }
}

fn check_value(value: &Value, text: &str) {
    if let Value::Word { name, .. } = value {
        check_name(name, text);
    }
}

fn check_name(name: &Name, text: &str) {
    let shown = name.span.text(text);
    let bare = shown.strip_prefix('`').and_then(|shown| shown.strip_suffix('`')).unwrap_or(shown);
    assert_eq!(bare.replace("``", "`"), name.node);
}

#[test]
fn modes_follow_the_verb() {
    let kinds = |text: &str| -> Vec<TokenKind> {
        tokens(text).iter().map(|token| token.kind).filter(|kind| !kind.is_trivia()).collect()
    };
    use TokenKind::{Dotted, Keyword, Name, Path, Regex, Sign, Verb};
    assert_eq!(kinds("load data/2024-*.csv"), [Verb, Path]);
    assert_eq!(kinds("load format=csv"), [Verb, Name, Sign("="), Name]);
    assert_eq!(kinds("load iris|scale"), [Verb, Name, Sign("|"), Verb]);
    assert_eq!(kinds("load -"), [Verb, Path]);
    assert_eq!(kinds("write oof a.csv"), [Verb, Name, Path]);
    assert_eq!(kinds("write oof.csv"), [Verb, Path]);
    assert_eq!(kinds("write other a.csv"), [Verb, Name, Dotted]);
    assert_eq!(kinds("drop /^x/, a"), [Verb, Regex, Sign(","), Name]);
    assert_eq!(kinds("scale on /x/"), [Verb, Keyword("on"), Regex]);
    assert_eq!(kinds("where a /x/ b"), [Verb, Name, Sign("/"), Name, Sign("/"), Name]);
    assert_eq!(kinds("columns {\n /x/ => drop /y/\n}"), [Verb, Sign("{"), Regex, Sign("=>"), Verb, Regex, Sign("}")]);
    assert_eq!(kinds("fork { load: scale }"), [Verb, Sign("{"), Name, Sign(":"), Verb, Sign("}")]);
    assert_eq!(kinds("drop a,\n/x/"), [Verb, Name, Sign(","), Regex]);
}

#[test]
fn a_newline_ends_a_statement_unless_something_holds_it() {
    let statements = |text: &str| parse(text).0.items.len();
    assert_eq!(statements("load\nload"), 2);
    assert_eq!(statements("load;load;;\n\nload\n"), 3);
    assert_eq!(statements("load\n\n# a\n  | scale"), 1);
    assert_eq!(statements("load |\n# a\n\n scale"), 1);
    assert_eq!(statements("load | drop a,\n b"), 1);
    assert_eq!(statements("load | train f(\n1,\n\n2\n)\nload"), 2);
    assert_eq!(statements("#! /usr/bin/env pipewright\nload"), 1);
    assert_eq!(statements("\u{feff}load"), 1);
    assert_eq!(statements(" \n# nothing\n"), 0);
}

#[test]
fn operators_group_as_in_mathematics() {
    for (text, expected) in [
        ("a or b and not c == d", "a or (b and (not (c == d)))"),
        ("a - b - c * -d ^ -e ^ f", "(a - b) - (c * (-(d ^ (-(e ^ f)))))"),
        ("a + 1 < b and c is not null or d not in [1]", "(((a + 1) < b) and (c is not null)) or (d not in [1])"),
        ("if a then b else if c then d else e", "if a then b else (if c then d else e)"),
        ("-a * b", "(-a) * b"),
    ] {
        let tree = |text: &str| without_places(&parse(&format!("where {text}")).0);
        assert_eq!(tree(text), tree(expected), "{text}");
    }
}

#[test]
fn values_are_what_they_say() {
    let (script, diagnostics) = parse("f 1_000 20% 0.1% 10m -7d \"a\\n\\d\" 'it' 123456789012345678 .5");
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let Item::Pipeline(pipeline) = &script.items[0] else { panic!() };
    let Core::Call { args, .. } = &pipeline.stages[0].core else { panic!() };
    let values: Vec<&Value> = args
        .iter()
        .map(|arg| match arg {
            Arg::Positional(value) => &value.node,
            Arg::Named(_) => panic!("no options"),
        })
        .collect();
    assert_eq!(values[0].as_integer(), Some(1_000));
    assert!(matches!(values[1], Value::Percent { fraction: 0.2, .. }));
    assert!(matches!(values[2], Value::Percent { fraction: 0.001, .. }));
    assert!(matches!(values[3], Value::Duration { seconds: 600.0, .. }));
    assert!(matches!(values[4], Value::Duration { seconds: -604_800.0, .. }));
    assert_eq!(values[5], &Value::Text("a\n\\d".into()));
    assert_eq!(values[6], &Value::Text("it".into()));
    assert_eq!(values[7].as_integer(), Some(123_456_789_012_345_678));
    assert!(matches!(values[8], Value::Number { value: 0.5, .. }));
}
