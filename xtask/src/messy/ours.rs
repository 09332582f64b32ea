//! Pipewright itself: one process per file, with time and memory.

use super::{Corpus, End, Options, Outcome, TIME_MAX, Tool, excess};
use pipewright_diagnostic::code;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

pub(super) const NAME: &str = "pipewright";

/// Loads every file, and prints its schema, which requires every value to be read.
pub(super) fn load_all(options: &Options, corpora: &[Corpus]) -> Result<Tool, String> {
    let scratch = std::env::temp_dir().join(format!("pipewright-messy-{}", std::process::id()));
    let of_corpus = |corpus: &Corpus| {
        corpus.files.iter().map(|file| load(&options.binary, file, &scratch)).collect::<Result<Vec<Outcome>, String>>()
    };
    let outcomes = corpora.iter().map(of_corpus).collect::<Result<_, String>>();
    // Leftovers in the system's temporary folder do no harm.
    let _ = fs::remove_file(&scratch);
    Ok(Tool { name: NAME.to_owned(), outcomes: outcomes? })
}

/// Address-space limit of a process, to protect others. Much more than the memory limit, since stacks and allocator
/// reserves count too.
const ADDRESSES_MAX: u64 = 8 << 30;

/// Loads one file in one process; `scratch` is for its memory report.
fn load(binary: &Path, file: &Path, scratch: &Path) -> Result<Outcome, String> {
    let start = Instant::now();
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M", "-o"]).arg(scratch).arg("prlimit").arg(format!("--as={ADDRESSES_MAX}"));
    command.args(["timeout", "-s", "KILL", &TIME_MAX.as_secs().to_string()]).arg(binary);
    command.args(["--json", "-c", "load | schema"]).arg(file);
    let output = command.output().map_err(|error| format!("/usr/bin/time: {error}"))?;
    let elapsed = start.elapsed();
    let told = fs::read_to_string(scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let peak = told.lines().last().and_then(|line| line.parse::<u64>().ok()).unwrap_or_default() * 1024;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let mut outcome = judge(file, output.status.code(), &String::from_utf8_lossy(&output.stdout), &complaint);
    if let Some(end) = excess(elapsed, peak) {
        outcome.end = end;
        outcome.message = format!("{:.1} s, {} MiB. {}", elapsed.as_secs_f64(), peak >> 20, outcome.message);
    }
    Ok(outcome)
}

/// Exit codes of a successful script, and of bugs and panics; others are data errors or limits.
const GOOD: i32 = 0;
const BUGS: [i32; 2] = [70, 101];

/// Derives the outcome from the output.
fn judge(file: &Path, code: Option<i32>, document: &str, complaint: &str) -> Outcome {
    let document: Json = serde_json::from_str(document).unwrap_or_default();
    // A caught panic is reported too.
    let panicked = complaint.contains("panicked at");
    match code {
        Some(GOOD) if !panicked => {
            let schema = &document["results"][0];
            let columns = schema["columns"].as_array().map_or(0, |columns| columns.len() as u64);
            let notes: Vec<String> = document["notes"].as_array().into_iter().flatten().map(message).collect();
            let shape = Some((schema["rows"].as_u64().unwrap_or_default(), columns));
            Outcome { end: End::Read, shape, message: notes.join("; ") }
        }
        Some(code) if !BUGS.contains(&code) && document["errors"][0].is_object() && !panicked => {
            let error = &document["errors"][0];
            let end = if has_place(file, error) { End::Refused } else { End::RefusedWithoutPlace };
            Outcome { end, shape: None, message: message(error) }
        }
        _ => {
            let end = format!("exit {code:?}: {}", complaint.lines().take(3).collect::<Vec<_>>().join(" "));
            Outcome { end: End::Panicked, shape: None, message: end }
        }
    }
}

/// Formats code, message and position in one line.
fn message(diagnostic: &Json) -> String {
    let mut text = format!("{} {}", text(&diagnostic["code"]), text(&diagnostic["message"]));
    for part in ["line", "row", "column"] {
        match &diagnostic["place"][part] {
            Json::Null => {}
            value => text.push_str(&format!(" [{part} {}]", value.to_string().trim_matches('"'))),
        }
    }
    text
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

/// Does a message name the file, and the position if it is text? Only empty files have no positions.
fn has_place(file: &Path, diagnostic: &Json) -> bool {
    let place = &diagnostic["place"];
    let name = file.to_string_lossy();
    let in_text = ["line", "row", "column"].iter().any(|part| !place[*part].is_null());
    let names_file = place["file"].as_str().is_some_and(|place| name.ends_with(place))
        || text(&diagnostic["message"]).contains(&*file.file_name().unwrap_or_default().to_string_lossy());
    names_file && (in_text || !is_text(file) || text(&diagnostic["code"]) == code::EMPTY_DATA.as_str())
}

/// Is it a plain text file, by its name?
fn is_text(file: &Path) -> bool {
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    !["parquet", "encrypted", "bin", "gz", "zst", "arrow", "feather", "xlsx", "xls", "db"].contains(&&*ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(file: &str, code: i32, document: &str, complaint: &str) -> End {
        judge(Path::new(file), Some(code), document, complaint).end
    }

    #[test]
    fn ends_are_told_from_code_document_and_complaint() {
        let read = r#"{"results": [{"rows": 2, "columns": [{}, {}, {}]}], "notes": []}"#;
        assert_eq!(judge(Path::new("a.csv"), Some(0), read, "").shape, Some((2, 3)));
        let error = |place: &str| format!(r#"{{"errors": [{{"code": "E0503", "message": "bad", "place": {place}}}]}}"#);
        assert_eq!(end("b/a.csv", 1, &error(r#"{"file": "b/a.csv", "line": 3}"#), ""), End::Refused);
        assert_eq!(end("b/a.csv", 1, &error(r#"{"file": "b/a.csv"}"#), ""), End::RefusedWithoutPlace);
        assert_eq!(end("b/a.parquet", 1, &error(r#"{"file": "b/a.parquet"}"#), ""), End::Refused);
        assert_eq!(end("a.csv", 1, &error("{}"), ""), End::RefusedWithoutPlace);
        assert_eq!(end("a.csv", 70, "", ""), End::Panicked);
        // This code without a document: a signal, or a failed allocation.
        assert_eq!(end("a.csv", 134, "", ""), End::Panicked);
        assert_eq!(end("a.csv", 0, read, "thread 'main' panicked at x.rs:1"), End::Panicked);
    }
}
