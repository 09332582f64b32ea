//! Every script that the language promises to read, word for word.

use crate::without_places;
use pipewright_syntax::{Script, format, parse};

pub(crate) fn scripts() -> Vec<(&'static str, &'static str)> {
    macro_rules! script {
        ($($name:literal),*) => { vec![$(($name, include_str!(concat!("scripts/", $name, ".pipe")))),*] };
    }
    script![
        "01-one-line",
        "02-everything-spelled-out",
        "03-branches-by-column",
        "04-parameters-fragments-functions",
        "05-tuning",
        "06-comparing-models",
        "07-stacking",
        "08-rows-weights-groups-time",
        "09-explain-plot-report-gate",
        "10-predict-on-new-data",
        "11-final-exam"
    ]
}

#[test]
fn every_promised_script_parses_without_a_word() {
    for (name, text) in scripts() {
        let (script, diagnostics) = parse(text);
        assert!(diagnostics.is_empty(), "{name}: {diagnostics:#?}");
        assert_ne!(script, Script::default(), "{name}");
    }
}

#[test]
fn formatting_changes_nothing_but_places() {
    for (name, text) in scripts() {
        let once = format(text).expect(name);
        println!("{once}");
        assert_eq!(without_places(&parse(&once).0), without_places(&parse(text).0), "{name}:\n{once}");
        assert_eq!(format(&once).expect(name), once, "{name}");
    }
}

#[test]
fn printing_gives_the_same_script() {
    for (name, text) in scripts() {
        let script = parse(text).0;
        let printed = script.to_string();
        let (again, diagnostics) = parse(&printed);
        assert!(diagnostics.is_empty(), "{name}: {diagnostics:#?}\n{printed}");
        assert_eq!(without_places(&again), without_places(&script), "{name}:\n{printed}");
        assert_eq!(format(&printed).expect(name), printed, "{name}: the formatter and the printer disagree");
    }
}
