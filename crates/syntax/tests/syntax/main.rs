//! What the language promises, seen from outside.

mod errors;
mod laws;
mod limits;
mod scripts;

use pipewright_syntax::Script;

/// The tree as text, all places left out.
fn without_places(script: &Script) -> String {
    let text = format!("{script:#?}");
    let is_place = |line: &&str| line.trim_start().starts_with("start: ") || line.trim_start().starts_with("end: ");
    text.lines().filter(|line| !is_place(line)).collect::<Vec<_>>().join("\n")
}
