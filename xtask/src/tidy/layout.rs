//! Head comments, and lengths of files and functions.
//!
//! A file has at most 500 lines without its tests and a function at most 70. Longer ones must say why: a line of the
//! file's head, or of the comment above the function, starts with `Longer`:
//!
//! ```text
//! //! Longer than usual: one table, which is read from top to bottom.
//! ```

use super::{Finding, Tree};
use crate::project::File;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

pub(super) fn heads(tree: &Tree) -> Vec<Finding> {
    let heads = ["//!", "#![doc = include_str!"];
    let headless = |file: &&File| file.is_rust() && !heads.iter().any(|head| file.text.starts_with(head));
    let missing = tree.files.iter().filter(headless);
    missing.map(|file| Finding::at(file, 1, "the first line must be a `//!` that says why the file exists")).collect()
}

pub(super) fn lengths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.is_rust() && !file.is_test()) {
        let lines = file.lines_without_tests();
        let excused =
            lines.iter().take_while(|line| line.starts_with("//!")).any(|line| line.starts_with("//! Longer"));
        if lines.len() > FILE_LINES_MAX && !excused {
            findings.push(Finding::at(
                file,
                1,
                format!("{} lines without tests, more than {FILE_LINES_MAX}", lines.len()),
            ));
        }
        for function in functions(&lines) {
            if function.lines > FUNCTION_LINES_MAX && !function.excused {
                let message =
                    format!("`{}` has {} lines, more than {FUNCTION_LINES_MAX}", function.name, function.lines);
                findings.push(Finding::at(file, function.start + 1, message));
            }
        }
    }
    findings
}

#[derive(Debug, PartialEq)]
struct Function {
    name: String,
    /// The index of its first line.
    start: usize,
    lines: usize,
    excused: bool,
}

/// Returns the functions with a multi-line body. In rustfmt's layout they end with a brace at the indent of their
/// start.
fn functions(lines: &[&str]) -> Vec<Function> {
    let mut functions = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        // A signature without a body, or with a body on the same line, ends before the next line of the same indent.
        let same_indent = |line: &&str| line.strip_prefix(indent).is_some_and(|rest| !rest.starts_with([' ', '\n']));
        let mut ends = lines[start + 1..].iter().enumerate().filter(|(_, line)| !line.is_empty() && same_indent(line));
        let opens = line.ends_with('{');
        let close = if opens {
            ends.next()
        } else {
            ends.find(|(_, line)| {
                !line.starts_with(&format!("{indent})"))
                    && !line[indent.len()..].starts_with("where")
                    && **line != format!("{indent}{{")
            })
        };
        let Some((offset, last)) = close else { continue };
        if *last == format!("{indent}}}") && !line.ends_with('}') && !line.ends_with(';') {
            let above = lines[..start].iter().rev().map(|line| line.trim_start());
            let mut above = above.take_while(|line| line.starts_with("//") || line.starts_with("#["));
            let excused = above.any(|line| line.trim_start_matches('/').trim_start().starts_with("Longer"));
            functions.push(Function { name, start, lines: offset + 2, excused });
        }
    }
    functions
}

/// Returns the name of the function that starts on this line.
fn function_name(line: &str) -> Option<String> {
    let mut words = line.trim_start();
    loop {
        if let Some(rest) = words.strip_prefix("fn ") {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            return (!name.is_empty()).then_some(name);
        }
        let (word, rest) = words.split_once(' ')?;
        let is_qualifier = matches!(word, "pub" | "const" | "async" | "unsafe" | "extern" | "\"C\"" | "default")
            || (word.starts_with("pub(") && word.ends_with(')'));
        words = if is_qualifier { rest } else { return None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize, bool)> {
        let lines: Vec<&str> = text.lines().collect();
        functions(&lines).into_iter().map(|function| (function.name, function.lines, function.excused)).collect()
    }

    #[test]
    fn functions_are_measured_from_signature_to_closing_brace() {
        let text = "\
impl A {
    fn short(&self) -> u8 {
        1
    }

    /// Longer than usual: it is a table.
    #[must_use]
    pub(crate) const fn wrapped(
        a: u8,
    ) -> u8 {
        match a {
            _ => 1,
        }
    }

    fn none() {}

    fn declared();
}
fn generic<T>(t: T)
where
    T: Copy,
{
    t;
}
";
        let expected =
            [("short".to_owned(), 3, false), ("wrapped".to_owned(), 7, true), ("generic".to_owned(), 6, false)];
        assert_eq!(found(text), expected);
    }
}
