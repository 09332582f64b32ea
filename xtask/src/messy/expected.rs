//! Corpora with expected values: `csvs/NAME.csv` beside `json/NAME.json`, an array of objects or one object, with text
//! values only. Compared cell by cell.

use super::Corpus;
use serde_json::{Map, Value as Json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compares a corpus with its expected values; empty if it has none.
pub(super) fn report(corpus: &Corpus, binary: &Path) -> Result<String, String> {
    let pairs: Vec<(&PathBuf, PathBuf)> =
        corpus.files.iter().filter_map(|file| Some((file, beside(file)?))).filter(|(_, json)| json.exists()).collect();
    if pairs.is_empty() {
        return Ok(String::new());
    }
    let (mut all, mut text) = (Tally::default(), String::new());
    for (file, json) in &pairs {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match compare(binary, file, json)? {
            Ok(tally) => {
                tally.wrong.iter().for_each(|wrong| text.push_str(&format!("* {name}: {wrong}\n")));
                all.add(&tally);
            }
            Err(message) => text.push_str(&format!("* {name}: not read: {message}\n")),
        }
    }
    let head = format!(
        "\n{}: of {} files with expected values, {} cells are equal as text, {} more as the number that the text \
         spells, {} are null where an empty text is expected, {} differ\n",
        corpus.name,
        pairs.len(),
        all.equal,
        all.numbers,
        all.nulls,
        all.wrong.len()
    );
    Ok(head + &text)
}

/// Returns the path of a file's expected values.
fn beside(file: &Path) -> Option<PathBuf> {
    Some(file.parent()?.parent()?.join("json").join(file.file_stem()?).with_extension("json"))
}

/// Counts of cell comparisons.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    equal: usize,
    numbers: usize,
    nulls: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.equal += other.equal;
        self.numbers += other.numbers;
        self.nulls += other.nulls;
        self.wrong.extend_from_slice(&other.wrong);
    }
}

/// Compares a file, or returns why it is not read.
fn compare(binary: &Path, file: &Path, json: &Path) -> Result<Result<Tally, String>, String> {
    let expected = fs::read_to_string(json).map_err(|error| format!("{}: {error}", json.display()))?;
    let expected: Json = serde_json::from_str(&expected).map_err(|error| format!("{}: {error}", json.display()))?;
    // A single row need not be in an array.
    let expected = match expected {
        Json::Array(rows) => rows,
        row => vec![row],
    };
    let mut command = Command::new(binary);
    command.args(["-c", "load | write - format=json"]).arg(file);
    let output = command.output().map_err(|error| format!("{}: {error}", binary.display()))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        return Ok(Err(complaint.lines().next().unwrap_or("no message").to_owned()));
    }
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = found.lines().map(serde_json::from_str).collect::<Result<Vec<Json>, _>>();
    Ok(found.map(|found| tally(&expected, &found)).map_err(|error| error.to_string()))
}

fn tally(expected: &[Json], found: &[Json]) -> Tally {
    let mut tally = Tally::default();
    if expected.len() != found.len() {
        tally.wrong.push(format!("{} rows instead of {}", found.len(), expected.len()));
    }
    for (row, (expected, found)) in expected.iter().zip(found).enumerate() {
        let empty = Map::new();
        let (expected, found) = (expected.as_object().unwrap_or(&empty), found.as_object().unwrap_or(&empty));
        if !expected.keys().eq(found.keys()) {
            let (found, expected) = (found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            tally.wrong.push(format!("row {}: the columns {found:?} instead of {expected:?}", row + 1));
            continue;
        }
        for ((name, expected), found) in expected.iter().zip(found.values()) {
            let expected = expected.as_str().map_or_else(|| expected.to_string(), str::to_owned);
            let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            match found {
                Json::Null if expected.is_empty() => tally.nulls += 1,
                Json::String(_) | Json::Number(_) | Json::Bool(_) if text == expected => tally.equal += 1,
                Json::Number(found) if expected.parse().ok() == found.as_f64() => tally.numbers += 1,
                _ => tally.wrong.push(format!("row {}, {name:?}: {found} instead of {expected:?}", row + 1)),
            }
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_compare_as_text_then_as_numbers() {
        let expected = [json!({"a": "1", "b": "02", "c": "", "d": "x", "e": "true"})];
        let found = [json!({"a": 1, "b": 2, "c": null, "d": "y", "e": true})];
        let wrong = vec!["row 1, \"d\": \"y\" instead of \"x\"".to_owned()];
        assert_eq!(tally(&expected, &found), Tally { equal: 2, numbers: 1, nulls: 1, wrong });
        assert_eq!(tally(&expected, &[]).wrong, ["0 rows instead of 1"]);
        let columns = tally(&expected, &[json!({"a": 1})]).wrong;
        assert!(columns[0].contains("the columns [\"a\"]"), "{columns:?}");
    }
}
