//! Rendering of diagnostics as text and as JSON.

use crate::visible::{visible, visible_in_place};
use crate::{Diagnostic, Severity, Source};
use codespan_reporting::diagnostic as report;
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term::{self, termcolor};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Renders a diagnostic as text, with the lines of the script that it is about; notes are rendered without them.
/// Ends with a newline. What a terminal would act on is written out, whatever a file or a script holds.
#[must_use]
pub fn render_human(diagnostic: &Diagnostic, source: &Source, colour: bool) -> String {
    let diagnostic = &on_terminal(diagnostic);
    let (name, text) = (visible(&source.name), visible_in_place(&source.text));
    let severity = match diagnostic.severity {
        Severity::Error => report::Severity::Error,
        Severity::Warning => report::Severity::Warning,
        Severity::Note => report::Severity::Note,
    };
    let mut notes: Vec<String> = Vec::new();
    if diagnostic.severity != Severity::Note {
        notes.extend(diagnostic.place.as_ref().map(|place| format!("at {place}")));
    }
    notes.extend(diagnostic.help.iter().map(|line| format!("help: {line}")));
    if let Some(text) = excerpt(diagnostic, &name, &text, &notes) {
        return text;
    }
    let blamed = if diagnostic.severity == Severity::Note { &[] } else { diagnostic.labels.as_slice() };
    let labels = blamed
        .iter()
        .enumerate()
        .map(|(index, label)| {
            let range = label.span.start as usize..label.span.end as usize;
            let style = if index == 0 { report::LabelStyle::Primary } else { report::LabelStyle::Secondary };
            report::Label::new(style, (), range).with_message(&label.text)
        })
        .collect();
    let message = report::Diagnostic::new(severity)
        .with_code(diagnostic.code.to_string())
        .with_message(&diagnostic.message)
        .with_labels(labels)
        .with_notes(notes);
    let file = SimpleFile::new(&name, &*text);
    let mut buffer = if colour { termcolor::Buffer::ansi() } else { termcolor::Buffer::no_color() };
    let config = term::Config::default();
    if term::emit_to_write_style(&mut buffer, &config, &file, &message).is_err() {
        return format!("{}\n", one_line(diagnostic));
    }
    let text = String::from_utf8_lossy(buffer.as_slice()).into_owned();
    let mut trimmed: String = text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    trimmed.push('\n');
    trimmed
}

/// The diagnostic with its texts as a terminal may show them.
fn on_terminal(diagnostic: &Diagnostic) -> Diagnostic {
    let mut diagnostic = diagnostic.clone();
    let labels = diagnostic.labels.iter_mut().map(|label| &mut label.text);
    let place = diagnostic.place.iter_mut().flat_map(|place| place.file.iter_mut().chain(&mut place.column));
    let texts = labels.chain(&mut diagnostic.help).chain(place).chain([&mut diagnostic.message]);
    texts.for_each(|text| {
        if let Cow::Owned(shown) = visible(text) {
            *text = shown;
        }
    });
    diagnostic
}

/// Longer lines are shown in part, since a terminal would wrap them and misplace the caret.
const LINE_MAX: usize = 400;
/// Characters shown on either side of the label in a long line.
const AROUND: usize = 40;

/// Renders a diagnostic with an excerpt of a long line; `None` if the line is short enough to be shown whole.
fn excerpt(diagnostic: &Diagnostic, name: &str, text: &str, notes: &[String]) -> Option<String> {
    let label = diagnostic.labels.first().filter(|_| diagnostic.severity != Severity::Note)?;
    let start = (label.span.start as usize).min(text.len());
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    if line_end - line_start <= LINE_MAX {
        return None;
    }
    let (line, column) = line_and_column(text, start);
    let before: Vec<char> = text[line_start..start].chars().rev().take(AROUND).collect();
    let before: String = before.into_iter().rev().collect();
    let under = text.get(start..(label.span.end as usize).min(line_end)).unwrap_or_default().chars().take(AROUND);
    let carets = "^".repeat(under.count().max(1));
    let after: String = text[start..line_end].chars().take(2 * AROUND).collect();
    let (number, gutter) = (line.to_string(), " ".repeat(line.to_string().len()));
    let pad = " ".repeat(before.chars().count() + 1);
    let mut out = format!("{}\n{gutter} ┌─ {name}:{line}:{column}\n{gutter} │\n", one_line(diagnostic));
    out.push_str(&format!("{number} │ …{before}{after}…\n{gutter} │ {pad}{carets} {}\n", label.text));
    notes.iter().for_each(|note| out.push_str(&format!("{gutter} = {note}\n")));
    Some(out)
}

/// Renders a diagnostic as one JSON object: `code`, `severity`, `message`, `labels` (each with bytes, line and column,
/// both from 1), `help`, `fix`, `place`.
#[must_use]
pub fn render_json(diagnostic: &Diagnostic, source: &Source) -> Value {
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let (line, column) = line_and_column(&source.text, label.span.start as usize);
            json!({"start": label.span.start, "end": label.span.end, "line": line, "column": column, "text": label.text})
        })
        .collect();
    let mut value = json!({
        "code": diagnostic.code.to_string(),
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "source": source.name,
        "labels": labels,
        "help": diagnostic.help,
    });
    if let Some(fix) = &diagnostic.fix {
        value["fix"] = json!({"start": fix.span.start, "end": fix.span.end, "replacement": fix.replacement});
    }
    if let Some(place) = &diagnostic.place {
        value["place"] = json!(place);
    }
    value
}

fn one_line(diagnostic: &Diagnostic) -> String {
    format!("{}[{}]: {}", format!("{:?}", diagnostic.severity).to_lowercase(), diagnostic.code, diagnostic.message)
}

fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let mut end = byte.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, Span, code};

    #[test]
    fn human_text_has_code_place_caret_and_help() {
        let source = Source::new("s.pipe", "load\n| fillna median on Agee");
        let diagnostic = Diagnostic::error(code::UNKNOWN_COLUMN, "no column named `Agee`")
            .label(Span::new(24, 28), "not in the table at this point")
            .help("did you mean `Age`?");
        let text = render_human(&diagnostic, &source, false);
        assert!(text.contains("s.pipe:2:20"), "{text}");
        assert!(text.contains("^^^^ not in the table at this point"), "{text}");
        assert!(text.contains("= help: did you mean `Age`?"), "{text}");
    }

    #[test]
    fn no_text_of_a_file_or_a_script_reaches_the_terminal_as_a_command() {
        let evil = "a\u{1b}[31m\u{202e}\u{7}";
        let source = Source::new(evil, format!("load {evil} | drop x"));
        let failure = Failure::new(code::UNKNOWN_COLUMN, evil).file(evil).column(evil).help(evil);
        let mut diagnostic = failure.at(Span::new(0, 4));
        diagnostic.labels[0].text = evil.to_owned();
        let long = Source::new(evil, format!("load {evil} | {}", "x".repeat(500)));
        for source in [source, long] {
            let text = render_human(&diagnostic, &source, false);
            assert!(!text.contains(|c: char| c == '\u{202e}' || (c.is_control() && c != '\n')), "{text:?}");
        }
    }

    #[test]
    fn data_places_are_shown_and_serialised() {
        let source = Source::new("-c", "load x.csv");
        let failure = Failure::new(code::RAGGED_ROW, "row has 3 fields, the header 4").file("x.csv").line(7);
        let diagnostic = failure.at(Span::new(0, 10));
        assert!(render_human(&diagnostic, &source, false).contains("= at x.csv:7"));
        assert_eq!(render_json(&diagnostic, &source)["place"]["line"], 7);
    }

    #[test]
    fn of_a_long_line_only_the_place_is_shown() {
        let source = Source::new("s.pipe", format!("load | {}", "[".repeat(20_000)));
        let diagnostic = Diagnostic::error(code::TOO_DEEP, "too deep").label(Span::new(300, 301), "this one");
        let text = render_human(&diagnostic, &source, false);
        assert!(text.len() < 1000 && text.contains("s.pipe:1:301") && text.contains("^ this one"), "{text}");
    }

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        assert_eq!(line_and_column("äb\ncd", 3), (1, 3));
        assert_eq!(line_and_column("äb\ncd", 5), (2, 2));
        assert_eq!(line_and_column("", 9), (1, 1));
    }
}
