//! Messages with a code and a place: what went wrong, where, and what was probably meant.
//!
//! Two values carry every message of the project:
//!
//! * [`Diagnostic`] speaks about a script: it has a [`Code`], a [`Severity`], labelled [`Span`]s, help, and where a
//!   change is safe the change itself (a [`Fix`]).
//! * [`Failure`] speaks about data: a code, a message and a [`DataPlace`] (file, row, column), but no span, because
//!   the crates that find it do not know the language. Whoever ran the stage turns it into a diagnostic with
//!   [`Failure::at`].
//!
//! Rendering to a string, for people ([`render_human`]) or programs ([`render_json`]), happens at the outer edge only.
//!
//! **Invariant:** this crate knows positions in a text, not verbs and not tables.
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

pub mod code;
mod failure;
mod nearest;
mod progress;
mod render;

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

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at the end of this one: where something is missing.
    #[must_use]
    pub fn after(self) -> Span {
        Span { start: self.end, end: self.end }
    }

    /// The text under the span.
    ///
    /// # Panics
    /// If the span was not made for this text.
    #[must_use]
    pub fn text(self, source: &str) -> &str {
        &source[self.start as usize..self.end as usize]
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub node: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `node` at `span`.
    pub fn new(node: T, span: Span) -> Spanned<T> {
        Spanned { node, span }
    }

    /// The same place, another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { node: change(self.node), span: self.span }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Probably not what was meant.
    Warning,
    /// The script cannot run, or the run cannot go on.
    Error,
}

/// A span and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// A change of the script that is safe to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What to replace; empty for an insertion.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// One message about a script.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnostic {
    /// Its code, as `pipewright why` knows it.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line; names the thing, never the reader.
    pub message: String,
    /// Where: the first label is the place, the others are what it has to do with.
    pub labels: Vec<Label>,
    /// What to do about it, a line each.
    pub help: Vec<String>,
    /// The change, where one is safe.
    pub fix: Option<Fix>,
    /// The place in the data, where data is to blame.
    pub place: Option<DataPlace>,
}

impl Diagnostic {
    /// A diagnostic without a place yet.
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

    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// A note.
    pub fn note(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Note, code, message)
    }

    /// Adds a labelled place; the first one added is the primary place.
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

    /// Sets the change that would mend it.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// The primary place, if there is one.
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

/// A text that spans point into, and the name to call it by.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name that messages show: a path, or `-c`.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// A text and its name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { name: name.into(), text: text.into() }
    }
}
