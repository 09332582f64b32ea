//! Documentation drift: paths, code names and links in Markdown must exist.

use super::codes::has_word;
use super::{Finding, Tree};
use crate::project::{File, root};
use std::path::Path;

/// The documents about code: `docs/`, and those beside the code.
fn documents(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|file| file.path.ends_with(".md"))
}

pub(super) fn names(tree: &Tree) -> Vec<Finding> {
    let sources: Vec<&str> = tree.files.iter().filter(|file| file.is_rust()).map(|file| file.text.as_str()).collect();
    let exists = |word: &str| sources.iter().any(|text| has_word(text, word));
    let mut findings = Vec::new();
    for file in documents(tree).filter(|file| file.path.starts_with("docs/") || file.path == "README.md") {
        for (line, quoted) in quoted(&file.text) {
            if is_path(quoted) {
                if !path_exists(quoted) {
                    findings.push(Finding::at(file, line, format!("`{quoted}` does not exist")));
                }
            } else if let Some(word) = code_words(quoted).find(|word| !exists(word)) {
                findings.push(Finding::at(file, line, format!("`{quoted}`: no `{word}` in the code")));
            }
        }
    }
    findings
}

pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in documents(tree) {
        let folder = root().join(Path::new(&file.path).parent().unwrap_or(Path::new("")));
        for (index, line) in outside_fences(&file.text) {
            // Text between backticks is code.
            let prose: String = line.split('`').step_by(2).collect();
            for link in prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
                let target = link.split('#').next().unwrap_or_default();
                if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                    findings.push(Finding::at(file, index, format!("the link `{link}` is broken")));
                }
            }
        }
    }
    findings
}

/// Returns lines with their numbers, without fenced blocks.
fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        (!fenced && !is_fence).then_some((index + 1, line))
    })
}

/// Returns the content of single backticks.
fn quoted(text: &str) -> impl Iterator<Item = (usize, &str)> {
    outside_fences(text).flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |word| (number, word)))
}

fn is_path(quoted: &str) -> bool {
    let starts = ["crates/", "docs/", "tests/", "xtask/", "dsl-examples/", ".ci/"];
    !quoted.contains(char::is_whitespace) && starts.iter().any(|start| quoted.starts_with(start))
}

/// A path may contain `*` and `…` in its last parts: then the part before must exist.
fn path_exists(quoted: &str) -> bool {
    let end = quoted.find(['*', '…', '<']).unwrap_or(quoted.len());
    let known =
        if end < quoted.len() { quoted[..end].rsplit_once('/').map_or("", |(folder, _)| folder) } else { quoted };
    root().join(known).exists()
}

/// Returns the words of a code name: of a path with `::`, or in camel case such as `JobGraph`.
fn code_words(quoted: &str) -> impl Iterator<Item = &str> {
    let name = quoted.trim_start_matches('&').split(['(', '<', ' ', '{']).next().unwrap_or_default();
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_code = name.contains("::") || (is_word(name) && has_two_humps(name));
    let words = name.split("::").filter(move |word| is_code && is_word(word));
    words.filter(|word| !matches!(*word, "std" | "core" | "alloc"))
}

fn has_two_humps(word: &str) -> bool {
    let humps = word.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase());
    word.starts_with(|c: char| c.is_ascii_uppercase()) && humps.count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_code_are_told_from_other_words() {
        let words = |quoted: &'static str| code_words(quoted).collect::<Vec<_>>();
        assert_eq!(words("JobGraph::check"), ["JobGraph", "check"]);
        assert_eq!(words("StageId"), ["StageId"]);
        assert_eq!(words("Survived"), [""; 0]);
        assert_eq!(words("load | scale"), [""; 0]);
    }

    #[test]
    fn fenced_blocks_are_left_out() {
        let text = "a `x`\n```\n`y`\n```\n`z`\n";
        assert_eq!(quoted(text).collect::<Vec<_>>(), [(1, "x"), (5, "z")]);
    }
}
