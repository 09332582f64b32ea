//! Where the rows of a table come from.

/// Where a table was read from, and what its reader decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The file as messages call it.
    pub file: String,
    /// What was decided, in words: `delimiter` `;`, `encoding` `UTF-16LE`.
    pub facts: Vec<(&'static str, String)>,
}
