//! Text hygiene: no tabs, no trailing blanks, no machine-specific paths; and required sections of golden tests.

use super::{Finding, Tree};
use crate::project::{File, root};

/// Top-level folders that are specific to a machine.
const MACHINE_FOLDERS: &[&str] = &["home", "root", "Users", "tmp", "work", "mnt"];

pub(super) fn run(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        // The expected output of a golden test is printed by the program, including trailing blanks.
        let is_printed = file.path.ends_with(".test");
        for (index, line) in file.text.lines().enumerate() {
            let mut say = |message: String| findings.push(Finding::at(file, index + 1, message));
            if !is_printed && line.contains('\t') {
                say("a tab".to_owned());
            }
            if !is_printed && line.ends_with([' ', '\t', '\r']) {
                say("trailing blanks".to_owned());
            }
            if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_folder(line, folder)) {
                say(format!("a machine-specific path: /{folder}"));
            }
        }
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            findings.push(Finding::new(&file.path, "the file must end with exactly one newline"));
        }
    }
    if !root().join("Cargo.lock").exists() {
        findings.push(Finding::new("Cargo.lock", "it is missing"));
    }
    findings
}

fn names_folder(line: &str, folder: &str) -> bool {
    let path = format!("/{folder}/");
    line.match_indices(&path).any(|(start, _)| {
        !line[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '}' | '/' | ':'))
    })
}

pub(super) fn goldens(tree: &Tree) -> Vec<Finding> {
    let is_golden = |file: &&File| {
        file.path.ends_with(".test")
            && ["tests/golden/", "tests/errors/"].iter().any(|start| file.path.starts_with(start))
    };
    let goldens = tree.files.iter().filter(is_golden);
    let silent = goldens.filter(|file| {
        let mut lines = file.text.lines().skip_while(|line| *line != "=== about").skip(1);
        lines.next().is_none_or(|line| line.trim().is_empty() || line.starts_with("==="))
    });
    silent.map(|file| Finding::new(&file.path, "the section `about` is missing or empty")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_machines_are_told_from_paths_of_the_project() {
        assert!(names_folder(&format!("see {}/someone/data.csv", "/home"), "home"));
        assert!(!names_folder("https://example.org/home/x", "home"));
        assert!(!names_folder("crates/x/src/home/y.rs", "home"));
    }
}
