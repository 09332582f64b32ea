//! The sets of words known to the grammar. All other verbs are known only to the catalogue.

/// Verbs followed by a path.
pub const PATH_VERBS: &[&str] = &["load", "save", "write", "predict", "apply", "freeze"];

/// Verbs that a path or a number follows: `show m.pw`, `show 5`.
pub(crate) const PATH_OR_NUMBER_VERBS: &[&str] = &["show"];

/// Words that may stand between such a verb and its path: what of the pipeline is meant.
pub(crate) const PATH_SUBJECTS: &[&str] = &["oof"];

/// Verbs followed by a selector.
pub const SELECTOR_VERBS: &[&str] = &["select", "drop", "keep", "sort", "value_counts"];

/// Verbs whose options may also follow what stands after `on`.
pub(crate) const OPTIONS_BEHIND: &[&str] = &["unpivot", "eval"];

/// Verbs that take a table, not columns, after `on`.
pub(crate) const TABLE_AFTER_ON: &[&str] = &["eval"];

/// Verbs followed by expressions.
pub const EXPRESSION_VERBS: &[&str] = &["where", "assert", "derive"];

/// Verbs with a special form.
pub const STRUCTURAL_VERBS: &[&str] = &["target", "group", "columns", "fork", "choose", "only"];

/// Reserved words; a column with such a name must be in backticks.
pub const RESERVED: &[&str] = &[
    "let", "def", "param", "include", "pipe", "as", "on", "and", "or", "not", "in", "is", "null", "true", "false",
    "if", "then", "else", "over", "only",
];

/// Units of durations with their length in seconds.
pub const DURATION_UNITS: &[(&str, f64)] = &[
    ("ns", 1e-9),
    ("us", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
    ("w", 604_800.0),
];

/// Can the word be used as a name without backticks?
///
/// ```
/// assert!(pipewright_syntax::is_plain_name("größe_2"));
/// assert!(!pipewright_syntax::is_plain_name("unit cost"));
/// assert!(!pipewright_syntax::is_plain_name("only"));
/// ```
#[must_use]
pub fn is_plain_name(word: &str) -> bool {
    let mut chars = word.chars();
    let shaped = chars.next().is_some_and(starts_name) && chars.all(continues_name);
    shaped && word != "_" && !RESERVED.contains(&word)
}

/// Formats a name for a script: bare if possible, otherwise in backticks.
///
/// ```
/// assert_eq!(pipewright_syntax::written_name("age"), "age");
/// assert_eq!(pipewright_syntax::written_name("unit cost"), "`unit cost`");
/// assert_eq!(pipewright_syntax::written_name("on"), "`on`");
/// ```
#[must_use]
pub fn written_name(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { format!("`{name}`") }
}

pub(crate) fn starts_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

pub(crate) fn continues_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
