//! Diagnostic codes: each occurs under `tests/`, and is used by some crate.

use super::{Finding, Tree};

const TABLE: &str = "crates/diagnostic/src/code.rs";

pub(super) fn run(tree: &Tree) -> Vec<Finding> {
    let table = tree.files.iter().find(|file| file.path == TABLE).expect("the table of codes is part of the tree");
    let tests: Vec<&str> =
        tree.files.iter().filter(|file| file.path.starts_with("tests/")).map(|file| file.text.as_str()).collect();
    let sources: Vec<&str> = tree
        .files
        .iter()
        .filter(|file| file.is_rust() && file.member().is_some() && file.path != TABLE)
        .map(|file| file.text.as_str())
        .collect();
    let mut findings = Vec::new();
    for (index, line) in table.text.lines().enumerate() {
        let Some((constant, name)) = entry(line) else { continue };
        if !tests.iter().any(|text| text.contains(name)) {
            findings.push(Finding::at(table, index + 1, format!("{name} ({constant}) occurs in no test under tests/")));
        }
        if !sources.iter().any(|text| has_word(text, constant)) {
            findings.push(Finding::at(table, index + 1, format!("{name} ({constant}) is used by no crate")));
        }
    }
    findings
}

/// `CONSTANT = "E0101", …`
fn entry(line: &str) -> Option<(&str, &str)> {
    let (constant, rest) = line.trim_start().split_once(" = \"")?;
    let (name, rest) = rest.split_once('"')?;
    let is_entry = constant.chars().all(|c| c.is_ascii_uppercase() || c == '_') && rest.starts_with(", \"");
    is_entry.then_some((constant, name))
}

/// Does `word` occur in `text` as a whole word?
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(start, _)| !text[..start].ends_with(is_part) && !text[start + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_the_table_are_found() {
        assert_eq!(entry("    TOO_DEEP = \"E0108\", \"nesting\","), Some(("TOO_DEEP", "E0108")));
        assert_eq!(entry("        \"load | where a = \\\"x\\\"\" => \"\";"), None);
    }

    #[test]
    fn a_word_is_not_part_of_another() {
        assert!(has_word("code::SINGULAR)", "SINGULAR"));
        assert!(!has_word("code::SINGULAR_WARNING)", "SINGULAR"));
    }
}
