//! Failures: errors about data, with a code and a location in the data, for crates that know no script.

use crate::{Code, Diagnostic, Severity, Span};
use serde::Serialize;
use std::fmt;

/// A location in the data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DataPlace {
    /// The file as named in the script, or `-` for standard input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of the file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The row of the table, counted from 1 (the header does not count).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The column's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl fmt::Display for DataPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        match (&self.file, self.line) {
            (Some(file), Some(line)) => parts.push(format!("{file}:{line}")),
            (Some(file), None) => parts.push(file.clone()),
            (None, Some(line)) => parts.push(format!("line {line}")),
            (None, None) => {}
        }
        parts.extend(self.row.map(|row| format!("row {row}")));
        parts.extend(self.column.as_ref().map(|column| format!("column `{column}`")));
        f.write_str(&parts.join(", "))
    }
}

/// An error (or warning or note) about data, a file or a model.
///
/// ```
/// use pipewright_diagnostic::{code, Failure};
/// let failure = Failure::new(code::EMPTY_DATA, "the file has no rows").file("a.csv").help("is it the right file?");
/// assert_eq!(failure.to_string(), "E0501: the file has no rows (a.csv)");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Its code.
    pub code: Code,
    /// Severity: an error ends the run, a warning or a note does not.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// A location in the data.
    pub place: DataPlace,
    /// Lines of help.
    pub help: Vec<String>,
}

impl Failure {
    /// Creates an error without a location.
    pub fn new(code: Code, message: impl Into<String>) -> Failure {
        Failure {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: DataPlace::default(),
            help: Vec::new(),
        }
    }

    /// Creates a warning: the work continues.
    pub fn warning(code: Code, message: impl Into<String>) -> Failure {
        Failure { severity: Severity::Warning, ..Failure::new(code, message) }
    }

    /// Creates a note: information; nothing is wrong.
    pub fn note(code: Code, message: impl Into<String>) -> Failure {
        Failure { severity: Severity::Note, ..Failure::new(code, message) }
    }

    /// Sets the file.
    #[must_use]
    pub fn file(mut self, file: impl Into<String>) -> Failure {
        self.place.file = Some(file.into());
        self
    }

    /// Sets the line of the file, counted from 1.
    #[must_use]
    pub fn line(mut self, line: u64) -> Failure {
        self.place.line = Some(line);
        self
    }

    /// Sets the row of the table, counted from 1.
    #[must_use]
    pub fn row(mut self, row: u64) -> Failure {
        self.place.row = Some(row);
        self
    }

    /// Sets the column.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Failure {
        self.place.column = Some(column.into());
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Failure {
        self.help.push(line.into());
        self
    }

    /// Converts it to a diagnostic for the stage at `span`.
    #[must_use]
    pub fn at(self, span: Span) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.severity, self.code, self.message).label(span, "");
        diagnostic.help = self.help;
        diagnostic.place = (self.place != DataPlace::default()).then_some(self.place);
        diagnostic
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if self.place != DataPlace::default() {
            write!(f, " ({})", self.place)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
