//! The result of `plot`: pictures.

use pipewright_plot::Figure;

/// Pictures of a table or of results.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// The pictures, each with its kind.
    pub figures: Vec<(String, Figure)>,
    /// The file or folder that they were written to, as named in the script; `None` if they are printed.
    pub path: Option<String>,
}

impl Figures {
    /// Pictures that are printed, or were written to this file or folder.
    #[must_use]
    pub fn new(figures: Vec<(String, Figure)>, path: Option<String>) -> Figures {
        Figures { figures, path }
    }
}
