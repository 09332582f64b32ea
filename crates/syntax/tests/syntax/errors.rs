//! Erroneous scripts, with the expected code and the text under the caret.

use pipewright_diagnostic::Diagnostic;
use pipewright_syntax::{Core, Item, parse};

/// A script with mistakes, and for each mistake its code and the text that the message points at.
type Exhibit = (&'static str, &'static [(&'static str, &'static str)]);

const MUSEUM: &[Exhibit] = &[
    // Words.
    ("load | fillna § mean", &[("E0101", "§")]),
    ("load | head 5x", &[("E0101", "5x")]),
    ("load | head 1e999", &[("E0101", "1e999")]),
    ("load | fillna “missing”", &[("E0101", "“"), ("E0101", "”")]),
    ("load | drop @ 5", &[("E0101", "@")]),
    // Quotes and brackets.
    ("load | report \"titanic.html", &[("E0102", "\"titanic.html")]),
    ("load | drop /^x", &[("E0102", "/^x")]),
    ("load | train mlp[64,32,1", &[("E0102", "[")]),
    ("load | train mlp[64,32,1 | eval kfold 5\nload | | scale", &[("E0102", "["), ("E0103", "|")]),
    ("load | fork { a: scale", &[("E0102", "{")]),
    ("load | train mlp[64)]", &[("E0103", ")")]),
    // Something else was expected.
    ("load | | scale", &[("E0103", "|")]),
    ("load |", &[("E0103", "")]),
    ("load | 5", &[("E0103", "5")]),
    ("scale = fillna mean", &[("E0103", "=")]),
    ("load | fillna mean, median", &[("E0103", ",")]),
    ("load | train gbdt lr==0.1", &[("E0103", "==")]),
    ("load | fillna indicator=", &[("E0103", "")]),
    ("load | drop a, | scale", &[("E0103", "|")]),
    ("load | where age >", &[("E0103", "")]),
    ("load | where 1 < age < 5", &[("E0103", "<")]),
    ("load | drop", &[("E0103", "drop")]),
    ("load | sort", &[("E0103", "")]),
    ("load | fork { a: scale | drop; b: keep }", &[("E0103", "drop")]),
    ("load | fork {}", &[("E0103", "}")]),
    ("load | only train scale", &[("E0103", "scale")]),
    ("load | derive x", &[("E0103", "x")]),
    ("load | group k { n = count() m = mean(x) }", &[("E0103", "m")]),
    ("load | report titanic.html", &[("E0103", "titanic.html")]),
    ("load my-data", &[("E0103", "my-data")]),
    ("load | plot to=out/x", &[("E0103", "/")]),
    ("titanic.csv | scale", &[("E0103", "titanic.csv")]),
    ("load\npipe 1", &[("E0103", "pipe")]),
    ("load ; | scale", &[("E0103", "|")]),
    // Brackets after white space.
    ("load | train mlp [64,32,1]", &[("E0104", "[")]),
    ("load | train forest (trees=3)", &[("E0104", "(")]),
    ("load | booster (depth=4)", &[("E0104", "(")]),
    ("load | target log1p (y)", &[("E0104", "(")]),
    ("load | where hour (at) > 3", &[("E0104", "(")]),
    ("load | drop @missing (min=3)", &[("E0104", "(")]),
    // Options after `on`.
    ("load | fillna mean on age indicator=true", &[("E0105", "indicator=true")]),
    // Equality.
    ("load | where age = 1", &[("E0106", "=")]),
    ("load | assert auc = 1 and x = 2", &[("E0106", "="), ("E0106", "=")]),
    ("load | derive y = if a = 1 then 2 else 3", &[("E0106", "=")]),
    // Habits.
    ("load && scale", &[("E0107", "&&")]),
    ("load || scale", &[("E0107", "||")]),
    ("load |> scale", &[("E0107", "|>")]),
    ("load %>% scale %>% keep a", &[("E0107", "%>%"), ("E0107", "%>%")]),
    ("load | where a > 1 && b < 2 || !c", &[("E0107", "&&"), ("E0107", "||"), ("E0107", "!")]),
    ("load | where a ** 2 > 1", &[("E0107", "**")]),
    ("load a.csv > out.csv", &[("E0107", ">")]),
    ("load | scale > out.csv", &[("E0107", ">")]),
    ("load < a.csv", &[("E0107", "<")]),
    ("load | where df.x > 1", &[("E0107", "df.x")]),
    ("load | drop df.x, y", &[("E0107", "df.x")]),
    ("load | df.dropna()", &[("E0107", "df.dropna")]),
    ("load | train mlp[64 32]", &[("E0107", "32")]),
    ("load | plot [roc calibration]", &[("E0107", "calibration")]),
    // Editions.
    ("pipe 9\nload", &[("E0111", "9")]),
    ("pipe one\nload", &[("E0111", "one")]),
    // Reserved words.
    ("load | drop target, on", &[("E0112", "on")]),
    ("let only = scale", &[("E0112", "only")]),
    ("load | let x", &[("E0112", "let")]),
    ("load as is", &[("E0112", "is")]),
];

#[test]
fn every_mistake_gets_its_code_and_its_place() {
    let mut wrong = Vec::new();
    for (text, expected) in MUSEUM {
        let (_, diagnostics) = parse(text);
        let got: Vec<(&str, &str)> =
            diagnostics.iter().map(|found| (found.code.as_str(), place(found).text(text))).collect();
        if &got != expected {
            wrong.push(format!("{text:?}\n  expected {expected:?}\n  got      {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn place(diagnostic: &Diagnostic) -> pipewright_diagnostic::Span {
    diagnostic.span().expect("every message has a place")
}

/// A script with one mistake, and the script after the fix that its message offers.
const FIXES: &[(&str, &str)] = &[
    ("load | train mlp [64,32,1]", "load | train mlp[64,32,1]"),
    ("load | fillna mean on age, b indicator=true | scale", "load | fillna mean indicator=true on age, b | scale"),
    ("load | where age = 1", "load | where age == 1"),
    ("load && scale", "load | scale"),
    ("load |> scale", "load | scale"),
    ("load %>% scale", "load | scale"),
    ("load | where a && b", "load | where a and b"),
    ("load | where a || b", "load | where a or b"),
    ("load | where !a", "load | where not a"),
    ("load | where a ** 2 > 1", "load | where a ^ 2 > 1"),
    ("load a.csv > out.csv", "load a.csv | write out.csv"),
    ("load | where df.x > 1", "load | where x > 1"),
    ("load | drop df.x", "load | drop x"),
    ("load | train mlp[64 32]", "load | train mlp[64, 32]"),
    ("load | drop target, on", "load | drop target, `on`"),
    ("load | report titanic.html", "load | report \"titanic.html\""),
    ("load my-data", "load \"my-data\""),
    ("titanic.csv | scale", "load titanic.csv | scale"),
    ("clean = scale", "let clean = scale"),
    ("load | train mlp[64)]", "load | train mlp[64]"),
    ("load | train gbdt lr==0.1", "load | train gbdt lr=0.1"),
];

#[test]
fn every_offered_fix_mends_the_script() {
    for (bad, good) in FIXES {
        let (_, diagnostics) = parse(bad);
        let [diagnostic] = diagnostics.as_slice() else { panic!("{bad}: {diagnostics:#?}") };
        let fix = diagnostic.fix.as_ref().unwrap_or_else(|| panic!("{bad}: no fix in {diagnostic:#?}"));
        let (start, end) = (fix.span.start as usize, fix.span.end as usize);
        let fixed = format!("{}{}{}", &bad[..start], fix.replacement, &bad[end..]);
        let (_, left) = parse(&fixed);
        assert!(left.is_empty(), "{fixed}: {left:#?}");
        let tidy = |text: &str| pipewright_syntax::format(text).expect("no mistakes are left");
        assert_eq!(tidy(&fixed), tidy(good), "{bad}");
    }
}

#[test]
fn reading_goes_on_after_a_mistake() {
    let text =
        "load a.csv | fillna § | scale )\n| where x = 1 | train mlp [2]\nload | | drop a, on\nlet x = 5\nlet y = scale";
    let (script, diagnostics) = parse(text);
    let codes: Vec<&str> = diagnostics.iter().map(|found| found.code.as_str()).collect();
    assert_eq!(codes, ["E0101", "E0103", "E0106", "E0104", "E0103", "E0112", "E0103"], "{diagnostics:#?}");
    let Item::Pipeline(first) = &script.items[0] else { panic!("{script:#?}") };
    let verbs: Vec<Option<&str>> =
        first.stages.iter().map(|stage| stage.core.verb().map(|verb| verb.node.as_str())).collect();
    assert_eq!(verbs, [Some("load"), None, Some("scale"), Some("where"), None]);
    assert_eq!(first.stages[1].core, Core::Error);
}

#[test]
fn mistakes_in_braces_stay_there() {
    let text = "load | columns {\n a => scale §\n b, => log1p\n c => drop | scale\n}\n| train gbdt";
    let (script, diagnostics) = parse(text);
    assert_eq!(diagnostics.len(), 3, "{diagnostics:#?}");
    let Item::Pipeline(pipeline) = &script.items[0] else { panic!("{script:#?}") };
    let [_, columns, train] = pipeline.stages.as_slice() else { panic!("{pipeline:#?}") };
    let Core::Columns { routes, .. } = &columns.core else { panic!("{columns:#?}") };
    assert_eq!(routes.len(), 2);
    assert_eq!(train.core.verb().map(|verb| verb.node.as_str()), Some("train"));
}
