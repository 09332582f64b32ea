//! What is observed in the texts of a column, in whatever chunks they come.

use super::codes::Codes;
use super::dialect::Dialect;
use super::refine::Candidates;
use crate::words::Taken;
use pipewright_table::TextArray;

/// Observations in the texts of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) candidates: Candidates,
    pub(super) codes: Codes,
    pub(super) taken: Taken,
}

impl Observed {
    /// Those of no text.
    pub(super) fn nothing() -> Observed {
        Observed { candidates: Candidates::ALL, codes: Codes::default(), taken: Taken::default() }
    }

    /// Those of an array, and of the words that it lacks since they were taken for missing values.
    pub(super) fn of(texts: &TextArray, taken: Taken, dialect: &Dialect) -> Observed {
        // What is missing in columns that are not text says nothing about them.
        let values = || texts.iter().map(|text| text.filter(|text| !dialect.keeps(text.as_bytes())));
        Observed { candidates: Candidates::of(values()), codes: Codes::of(values(), dialect), taken }
    }

    /// Adds those of later texts, before which there are `rows` others.
    pub(super) fn join(&mut self, later: Observed, rows: usize) {
        self.candidates = self.candidates.and(later.candidates);
        self.codes = std::mem::take(&mut self.codes).join(later.codes, rows);
        self.taken.join(&later.taken);
    }
}
