//! Diagnostics: messages with a code, a location and suggestions.
//!
//! Two types carry all messages of the project:
//!
//! * [`Diagnostic`] is about a script: it has a [`Code`], a [`Severity`], labelled [`Span`]s, help, and a [`Fix`] if
//!   one can be applied safely.
//! * [`Failure`] is about data: a code, a message and a [`DataPlace`] (file, row, column), but no span, because
//!   the crates that raise it do not know the language. The caller that ran the stage turns it into a diagnostic with
//!   [`Failure::at`].
//!
//! Only the outermost layer renders them, as text ([`render_human`]) or JSON ([`render_json`]).
//!
//! **Invariant:** this crate knows positions in a text, but neither verbs nor tables.
//!
//! ```
//! use pipewright_diagnostic::{code, Diagnostic, Source, Span, render_human};
//!
//! let source = Source::new("s.pipe", "load | fillna median on Agee");
//! let diagnostic = Diagnostic::error(code::UNKNOWN_COLUMN, "no column named `Agee`")
//!     .label(Span::new(24, 28), "not in the table at this point")
//!     .help("did you mean `Age`?");
//! let text = render_human(&diagnostic, &source, false);
//! assert!(text.starts_with("error[E0412]: no column named `Agee`"));
//! assert!(text.contains("s.pipe:1:25"));
//! ```
#![doc = include_str!("../README.md")]

mod bounds;
pub mod code;
mod failure;
mod nearest;
mod progress;
mod render;
mod visible;

pub use bounds::{Bounds, Memory, Stop, go_on, room_for, size, stopped};
pub use code::{Code, CodeInfo};
pub use failure::{DataPlace, Failure};
pub use nearest::nearest;
pub use progress::{NoProgress, Progress};
pub use render::{render_human, render_json};

use serde::Serialize;

/// A half-open range of bytes in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end`. Positions past 4 GiB are clamped; the parser refuses such scripts before it makes spans.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// Returns the smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Returns the empty span at the end of this one, where something is missing.
    #[must_use]
    pub fn after(self) -> Span {
        Span { start: self.end, end: self.end }
    }

    /// Returns the text of the span.
    ///
    /// # Panics
    /// If the span was not made for this text.
    #[must_use]
    pub fn text(self, source: &str) -> &str {
        &source[self.start as usize..self.end as usize]
    }
}

/// A value with its span in the script.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub node: T,
    /// Its span.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `node` at `span`.
    pub fn new(node: T, span: Span) -> Spanned<T> {
        Spanned { node, span }
    }

    /// Replaces the value and keeps the span.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { node: change(self.node), span: self.span }
    }
}

/// Severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Information; nothing is wrong.
    Note,
    /// Probably a mistake.
    Warning,
    /// The script cannot run, or the run cannot go on.
    Error,
}

/// A span with an annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The annotated span.
    pub span: Span,
    /// The annotation; may be empty.
    pub text: String,
}

/// A change of the script that can be applied safely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// The span to replace; empty for an insertion.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// A message about a script.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnostic {
    /// Its code, as `pipewright why` knows it.
    pub code: Code,
    /// Severity of a diagnostic.
    pub severity: Severity,
    /// What is wrong, in one line, without addressing the reader.
    pub message: String,
    /// Labels: the first one is the primary location, the others are related locations.
    pub labels: Vec<Label>,
    /// Lines of help.
    pub help: Vec<String>,
    /// A fix, if one can be applied safely.
    pub fix: Option<Fix>,
    /// The location in the data, if the problem is in the data.
    pub place: Option<DataPlace>,
}

impl Diagnostic {
    /// A diagnostic without a location.
    pub fn new(severity: Severity, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
            fix: None,
            place: None,
        }
    }

    /// Creates an error.
    pub fn error(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// Creates a warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Creates a note.
    pub fn note(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Note, code, message)
    }

    /// Adds a label; the first one added is the primary location.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Diagnostic {
        self.help.push(line.into());
        self
    }

    /// Sets the fix.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Returns the primary span, if there is one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Is it an error?
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A text that spans point into, with its name.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name shown in messages: a path, or `-c`.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// Creates a source from a name and its text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { name: name.into(), text: text.into() }
    }
}
