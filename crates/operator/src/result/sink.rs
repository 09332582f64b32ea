//! Results of sinks.

use crate::FittedPipeline;
use std::sync::Arc;

/// A fitted pipeline that was saved.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Saved {
    /// The file, as named in the script; `-` if the pipeline was not saved to a file.
    pub path: String,
    /// The pipeline itself.
    pub pipeline: Arc<FittedPipeline>,
}

/// Fitted steps that were saved without a model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frozen {
    /// The file, as named in the script.
    pub path: String,
    /// The verbs of the steps, in order.
    pub steps: Vec<String>,
}

/// A report that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The file, as named in the script.
    pub path: String,
}

/// A table that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The file, as named in the script; `-` is standard output.
    pub path: String,
    /// The number of rows.
    pub rows: usize,
    /// The text for standard output, if the table goes there.
    pub printed: Option<String>,
}

impl Saved {
    /// A pipeline that was saved to `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, pipeline: Arc<FittedPipeline>) -> Saved {
        Saved { path: path.into(), pipeline }
    }
}

impl Frozen {
    /// Steps of these verbs, saved to `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, steps: Vec<String>) -> Frozen {
        Frozen { path: path.into(), steps }
    }
}

impl Written {
    /// A table of `rows` rows in the file `path`.
    #[must_use]
    pub fn file(path: impl Into<String>, rows: usize) -> Written {
        Written { path: path.into(), rows, printed: None }
    }

    /// A table of `rows` rows for standard output.
    #[must_use]
    pub fn standard_output(text: String, rows: usize) -> Written {
        Written { path: "-".to_owned(), rows, printed: Some(text) }
    }
}
