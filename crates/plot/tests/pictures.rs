//! Every kind of figure as a snapshot: the SVG, and the text of a terminal. `PLOT_BLESS=1 cargo test -p pipewright-plot`
//! writes them; look at the difference, and at the pictures, before you commit it.
#![allow(clippy::disallowed_methods, reason = "tests read and write their own snapshots")]

mod samples;

use std::path::Path;

use pipewright_plot::{Figure, Size, Theme, json, svg, terminal};
use unicode_width::UnicodeWidthStr;

/// The cases that are small enough to be kept as files: those of a million rows are counted instead.
fn kept() -> Vec<(&'static str, Figure)> {
    let hard = samples::hard().into_iter().filter(|(name, _)| !name.contains("million") && !name.contains("5"));
    samples::usual().into_iter().chain(hard).collect()
}

/// Compares a text with its snapshot; returns what is wrong.
fn compare(name: &str, text: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("PLOT_BLESS").is_some() {
        std::fs::write(&path, text).expect("a snapshot can be written");
        return None;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected == text {
        return None;
    }
    let line = expected.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| expected.lines().count().min(text.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
    Some(format!("{name}, line {}:\n  snapshot: {}\n  now:      {}", line + 1, at(&expected), at(text)))
}

#[test]
fn pictures_are_those_of_the_snapshots() {
    let mut wrong = Vec::new();
    for (name, figure) in kept() {
        // The light colours of a small picture are in the file of a large one, too.
        wrong.extend(compare(&format!("{name}.svg"), &svg(&figure, Theme::Auto, Size { width: 480, height: 320 })));
        wrong.extend(compare(&format!("{name}.txt"), &terminal(&figure, 80, false)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_kind_has_a_title_marks_and_numbers() {
    for (name, figure) in samples::usual() {
        assert!(!figure.title.is_empty(), "{name}");
        let json = json(&figure);
        let panels = json["panels"].as_array().expect("panels");
        assert!(!panels.is_empty(), "{name}");
        for panel in panels {
            let filled =
                ["marks", "data", "nodes"].iter().any(|key| panel[key].as_array().is_some_and(|all| !all.is_empty()));
            assert!(filled, "{name}: {panel}");
        }
    }
}

#[test]
fn however_many_rows_there_are_marks_are_bounded() {
    for (name, figure) in samples::hard() {
        let picture = svg(&figure, Theme::Light, Size::default());
        assert!(picture.lines().count() < 6500, "{name}: {} lines", picture.lines().count());
        assert!(picture.len() < 1_000_000, "{name}: {} bytes", picture.len());
        assert!(!picture.contains("NaN") && !picture.contains("inf\""), "{name}");
        let lines = terminal(&figure, 80, false);
        assert!(lines.lines().count() < 90, "{name}: {} lines", lines.lines().count());
        assert!(lines.lines().all(|line| line.width() <= 80), "{name}");
    }
}

#[test]
fn what_is_left_out_is_told() {
    let notes = |wanted: &str| {
        let found = samples::usual().into_iter().chain(samples::hard()).find(|(name, _)| *name == wanted);
        found.expect("a sample of this name").1.notes.join(" ")
    };
    assert_eq!(notes("histogram"), "1 row with a missing value is left out.");
    assert_eq!(notes("histogram-none"), "2 rows with a missing value are left out.");
    assert_eq!(notes("boxes-5000"), "50 of 5000 groups are shown.");
    assert_eq!(notes("bars-5000"), "50 of 5000 bars, the longest ones, are shown.");
    assert!(notes("scatter-million").starts_with("1,000,000 points are counted in "));
    assert!(notes("lines-million").starts_with("Each place is the mean of 5000 rows"));
}

#[test]
fn a_picture_is_well_formed() {
    for (name, figure) in samples::usual() {
        let picture = svg(&figure, Theme::Auto, Size::default());
        let mut open: Vec<&str> = Vec::new();
        for tag in picture.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("a tag ends");
            match (tag.strip_prefix('/'), tag.ends_with('/')) {
                (Some(closed), _) => assert_eq!(open.pop(), Some(closed), "{name}"),
                (None, true) => {}
                (None, false) => open.push(tag.split(' ').next().unwrap_or_default()),
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
        assert!(picture.contains("role=\"img\"") && picture.contains("<title>"), "{name}");
    }
}

#[test]
fn colours_are_written_only_where_they_are_asked_for() {
    for (name, figure) in samples::usual() {
        assert!(!terminal(&figure, 80, false).contains('\u{1b}'), "{name}");
    }
    let (_, histogram) = samples::usual().remove(0);
    assert!(terminal(&histogram, 80, true).contains("\u{1b}[38;5;"));
}
