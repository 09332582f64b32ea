//! Origin of the rows of a table.

/// The file that a table was read from, and what its reader detected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The name of the file in messages.
    pub file: String,
    /// What was detected: `delimiter` `;`, `encoding` `UTF-16LE`.
    pub facts: Vec<(&'static str, String)>,
}
