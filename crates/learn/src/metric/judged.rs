//! What a metric looks at: the truth, what a model said, and how much each row counts.

use super::{Confusion, confusion};
use crate::data::{Labels, Outputs, Target};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Rows to be judged: the truth, what a model said of each, and how much each counts. What several metrics look at, as
/// the table of true against predicted classes, is made once.
///
/// ```
/// use pipewright_learn::{Judged, Labels, Outputs, Target, metric};
/// let truth = Labels::weighted(Target::Numbers(vec![1.0, 2.0]), vec![3.0, 1.0])?;
/// let outputs = Outputs::Numbers(vec![1.0, 4.0]);
/// assert_eq!(metric::MAE.score(&Judged::new(&truth, &outputs))?, 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Judged<'a> {
    truth: Cow<'a, Labels>,
    outputs: Cow<'a, Outputs>,
    confusion: OnceLock<Option<Confusion>>,
}

impl<'a> Judged<'a> {
    /// Pairs the truth with what a model said. Rows with a weight of 0 are left out.
    ///
    /// # Panics
    /// If they differ in their number of rows, or of classes.
    #[must_use]
    pub fn new(truth: &'a Labels, outputs: &'a Outputs) -> Judged<'a> {
        assert_eq!(truth.rows(), outputs.rows(), "an output per row");
        if let (Target::Classes { count, .. }, Outputs::Probabilities { classes, .. }) = (truth.target(), outputs) {
            assert_eq!(count, classes, "truth and outputs have the same classes");
        }
        let (truth, outputs) = match truth.counting_rows() {
            None => (Cow::Borrowed(truth), Cow::Borrowed(outputs)),
            Some(rows) => (Cow::Owned(truth.take(&rows)), Cow::Owned(outputs.take(&rows))),
        };
        Judged { truth, outputs, confusion: OnceLock::new() }
    }

    /// The true value of each row.
    #[must_use]
    pub fn truth(&self) -> &Target {
        self.truth.target()
    }

    /// What the model said of each row.
    #[must_use]
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// How much each row counts; none where all count 1.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.truth.weights()
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.truth.rows()
    }

    /// The table of true against predicted classes; none of numbers.
    #[must_use]
    pub fn confusion(&self) -> Option<&Confusion> {
        let made = || match (self.truth(), self.outputs()) {
            (Target::Classes { codes, count }, Outputs::Probabilities { .. }) => {
                Some(confusion(codes, &self.outputs.labels(), *count, self.weights()))
            }
            _ => None,
        };
        self.confusion.get_or_init(made).as_ref()
    }

    pub(super) fn weight(&self, row: usize) -> f64 {
        self.weights().map_or(1.0, |weights| weights[row])
    }

    pub(super) fn total_weight(&self) -> f64 {
        self.truth.total_weight()
    }

    /// The true and the predicted numbers.
    pub(super) fn numbers(&self) -> Option<(&[f64], &[f64])> {
        match (self.truth(), self.outputs()) {
            (Target::Numbers(truth), Outputs::Numbers(predicted)) => Some((truth, predicted)),
            _ => None,
        }
    }

    /// The true classes and the probabilities.
    pub(super) fn classes(&self) -> Option<Classified<'_>> {
        match (self.truth(), self.outputs()) {
            (Target::Classes { codes, .. }, Outputs::Probabilities { values, classes }) => {
                Some(Classified { codes, probabilities: values, count: *classes })
            }
            _ => None,
        }
    }
}

/// True classes and what a model said of them: a row has `count` probabilities.
pub(super) struct Classified<'a> {
    pub(super) codes: &'a [u32],
    pub(super) probabilities: &'a [f64],
    pub(super) count: usize,
}

impl Classified<'_> {
    /// The probabilities and the true class of each row.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[f64], usize)> {
        self.probabilities.chunks_exact(self.count).zip(self.codes.iter().map(|&code| code as usize))
    }
}
