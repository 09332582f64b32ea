//! Errors of arguments, which name the argument and not its place in the script.

use pipewright_diagnostic::{Code, Span};

/// An error of an argument, found while binding.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentError {
    /// The code.
    pub code: Code,
    /// The parameter; `None` for the stage.
    pub param: Option<&'static str>,
    /// A more precise span than that of the parameter.
    pub span: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// Lines of help.
    pub help: Vec<String>,
    /// The replacement for the text of the span.
    pub replacement: Option<String>,
}

impl ArgumentError {
    /// Creates an error of the parameter `param`.
    pub fn of(param: &'static str, code: Code, message: impl Into<String>) -> ArgumentError {
        ArgumentError {
            code,
            param: Some(param),
            span: None,
            message: message.into(),
            help: Vec::new(),
            replacement: None,
        }
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> ArgumentError {
        self.help.push(line.into());
        self
    }

    /// Sets a more precise span.
    #[must_use]
    pub fn at(mut self, span: Span) -> ArgumentError {
        self.span = Some(span);
        self
    }

    /// Sets the replacement.
    #[must_use]
    pub fn replacement(mut self, text: impl Into<String>) -> ArgumentError {
        self.replacement = Some(text.into());
        self
    }
}
