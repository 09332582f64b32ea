//! What code must not use: the outside, except through `World`; and names of verbs, below the catalogue.

use super::{Finding, Tree};
use crate::project::File;

/// APIs that access the outside.
const DOORS: &[&str] =
    &["std::fs", "std::env::", "std::net", "std::process::Command", "Instant::now", "SystemTime", "std::thread::spawn"];

/// Code that may access the outside: `OsWorld`, the terminal, the chores, and examples, which are programs.
fn may_go_outside(file: &File) -> bool {
    let is_outer = ["crates/world/", "crates/cli/", "xtask/"].iter().any(|start| file.path.starts_with(start));
    is_outer || file.is_test() || file.path.contains("/examples/")
}

pub(super) fn world(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.is_rust() && !may_go_outside(file)) {
        for (number, line) in code(file) {
            findings.extend(
                DOORS
                    .iter()
                    .filter(|door| line.contains(**door))
                    .map(|door| Finding::at(file, number, format!("`{door}` outside `world` and `cli`"))),
            );
        }
    }
    findings
}

/// Crates that are independent of verbs.
const VERBLESS: &[&str] = &["operator", "plan", "engine", "artifact"];

pub(super) fn verbs(tree: &Tree) -> Vec<Finding> {
    // A test for a name is a comparison or a match arm; as a key of a document it is harmless.
    let tests_of = |name: &str| [format!("== \"{name}\""), format!("!= \"{name}\""), format!("\"{name}\" =>")];
    let tests: Vec<String> = pipewright::REGISTRY.verb_names().flat_map(tests_of).collect();
    let mut findings = Vec::new();
    let verbless = |file: &&File| file.is_rust() && file.member().is_some_and(|member| VERBLESS.contains(&member));
    for file in tree.files.iter().filter(verbless).filter(|file| !file.is_test()) {
        for (number, line) in code(file) {
            let found = tests.iter().filter(|test| line.contains(test.as_str()));
            findings.extend(found.map(|test| Finding::at(file, number, format!("`{test}` asks for one verb"))));
        }
    }
    findings
}

/// Returns the numbered lines before the tests, without comments.
fn code(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let lines = file.lines_without_tests().into_iter().enumerate();
    lines.map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}
