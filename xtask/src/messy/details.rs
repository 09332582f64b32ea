//! The outcome of every file: rejections grouped by message, and files that tools read differently.

use super::{Corpus, End, Outcome, Tool};
use std::collections::BTreeMap;
use std::path::Path;

/// The first tool is the one reported on.
pub(super) fn text(corpora: &[Corpus], tools: &[Tool]) -> String {
    let Some((ours, others)) = tools.split_first() else { return String::new() };
    let mut text = String::new();
    for (place, corpus) in corpora.iter().enumerate() {
        let outcomes: Vec<(&Path, &Outcome, String)> = corpus
            .files
            .iter()
            .zip(&ours.outcomes[place])
            .enumerate()
            .map(|(file, (path, outcome))| (path.as_path(), outcome, theirs(others, place, file)))
            .collect();
        text.push_str(&format!("# {}\n", corpus.name));
        for end in [End::Panicked, End::TooLong, End::TooMuchMemory, End::RefusedWithoutPlace, End::Refused] {
            let of_end = outcomes.iter().filter(|(_, outcome, _)| outcome.end == end);
            let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (path, outcome, theirs) in of_end {
                let line = format!("    {}\n      {}\n      {theirs}\n", path.display(), outcome.message);
                groups.entry(shape_of(&outcome.message)).or_default().push(line);
            }
            for (message, lines) in groups {
                text.push_str(&format!("\n## {end:?}, {} × {message}\n{}", lines.len(), lines.concat()));
            }
        }
        text.push_str("\n## Read, with another number of rows or columns than some tool finds\n");
        for (file, (path, outcome, theirs)) in outcomes.iter().enumerate() {
            let differs = |tool: &Tool| {
                let other = &tool.outcomes[place][file];
                other.end == End::Read && other.shape != outcome.shape
            };
            if outcome.end == End::Read && others.iter().any(differs) {
                let (shape, message) = (shown(outcome), &outcome.message);
                text.push_str(&format!("    {}\n      {shape} {message}\n      {theirs}\n", path.display()));
            }
        }
        text.push('\n');
    }
    text
}

/// Formats the results of the other tools for a file.
fn theirs(others: &[Tool], corpus: usize, file: usize) -> String {
    let outcomes = || others.iter().map(|tool| (tool, &tool.outcomes[corpus][file]));
    let told: Vec<String> = outcomes().map(|(tool, outcome)| format!("{}: {}", tool.name, shown(outcome))).collect();
    let readers = outcomes().filter(|(_, outcome)| outcome.end == End::Read).count();
    format!("read by {readers} of {}: {}", others.len(), told.join(", "))
}

fn shown(outcome: &Outcome) -> String {
    match (outcome.end, outcome.shape) {
        (End::Read, Some((rows, columns))) => format!("{rows}×{columns}"),
        (end, _) => format!("{end:?}"),
    }
}

/// Normalises a message: removes quoted words, numbers, and what follows a colon.
fn shape_of(message: &str) -> String {
    let (code, rest) = message.split_once(' ').unwrap_or((message, ""));
    // Positions are in brackets at the end.
    let head = rest.split(" [").next().unwrap_or_default();
    let mut shape = format!("{code} ");
    for (position, part) in head.split('`').enumerate() {
        if position % 2 == 1 {
            shape.push('…');
            continue;
        }
        let kept = part.split(": ").next().unwrap_or_default();
        shape.extend(kept.chars().map(|character| if character.is_ascii_digit() { '#' } else { character }));
        if kept.len() < part.len() {
            break;
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_kind_have_one_shape() {
        assert_eq!(shape_of("E0503 `a` is bad in row 12: x [line 3]"), shape_of("E0503 `b` is bad in row 34: y"));
        assert_ne!(shape_of("E0503 a stray quote: x"), shape_of("E0504 a stray quote: x"));
    }

    #[test]
    fn what_is_refused_is_grouped_and_differences_are_told() {
        let outcome = |end, shape| Outcome { end, shape, message: "E0503 bad: this".into() };
        let corpora = [Corpus { name: "odd".into(), files: vec!["a".into(), "b".into()] }];
        let ours = vec![vec![outcome(End::Refused, None), outcome(End::Read, Some((1, 2)))]];
        let theirs = vec![vec![outcome(End::Read, Some((1, 1))), outcome(End::Read, Some((1, 3)))]];
        let tools = [("pipewright", ours), ("other", theirs)];
        let tools = tools.map(|(name, outcomes)| Tool { name: name.into(), outcomes });
        let text = text(&corpora, &tools);
        assert!(
            text.contains(
                "## Refused, 1 × E0503 bad\n    a\n      E0503 bad: this\n      read by 1 of 1: other: 1×1\n"
            ),
            "{text}"
        );
        assert!(text.contains("    b\n      1×2 E0503 bad: this\n      read by 1 of 1: other: 1×3\n"), "{text}");
    }
}
