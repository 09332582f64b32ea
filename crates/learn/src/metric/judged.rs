//! The input of metrics: true values, predictions and sample weights.

use super::{Confusion, Undefined, confusion, undefined};
use crate::data::{Labels, Outputs, Predicted, Quantiles, Regions, Target};
use std::borrow::Cow;
use std::sync::OnceLock;

/// The input of metrics: true values, predictions and sample weights. Intermediate results that several metrics share,
/// such as the confusion matrix, are computed once.
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
    /// Classes that were decided otherwise than by the highest probability.
    decided: Option<Cow<'a, [u32]>>,
    quantiles: Option<Cow<'a, Quantiles>>,
    regions: Option<Cow<'a, Regions>>,
    confusion: OnceLock<Option<Confusion>>,
}

impl<'a> Judged<'a> {
    /// Pairs true values with predictions: [`Outputs`], or [`Predictions`](crate::Predictions) with decisions. Rows with
    /// a weight of 0 are left out.
    ///
    /// # Panics
    /// If their numbers of rows or of classes differ.
    #[must_use]
    pub fn new<P: Predicted>(truth: &'a Labels, predictions: &'a P) -> Judged<'a> {
        let outputs = predictions.outputs();
        assert_eq!(truth.rows(), outputs.rows(), "an output per row");
        if let (Target::Classes { count, .. }, Outputs::Probabilities { classes, .. }) = (truth.target(), outputs) {
            assert_eq!(count, classes, "truth and outputs have the same classes");
        }
        let Some(rows) = truth.counting_rows() else {
            return Judged {
                truth: Cow::Borrowed(truth),
                outputs: Cow::Borrowed(outputs),
                decided: predictions.decided().map(Cow::Borrowed),
                quantiles: predictions.quantiles().map(Cow::Borrowed),
                regions: predictions.regions(),
                confusion: OnceLock::new(),
            };
        };
        let counting = predictions.take(&rows);
        Judged {
            truth: Cow::Owned(truth.take(&rows)),
            outputs: Cow::Owned(counting.outputs().clone()),
            decided: counting.decided().map(|labels| Cow::Owned(labels.to_vec())),
            quantiles: counting.quantiles().map(|quantiles| Cow::Owned(quantiles.clone())),
            regions: counting.regions().map(|regions| Cow::Owned(regions.into_owned())),
            confusion: OnceLock::new(),
        }
    }

    /// Takes each predicted number as all quantiles of its row, so that it can be compared with predictions of several
    /// levels; classes, and predictions that have quantiles, stay as they are.
    #[must_use]
    pub fn at_levels(self, levels: &[f64]) -> Judged<'a> {
        match (&*self.outputs, &self.quantiles) {
            (Outputs::Numbers(values), None) => {
                let quantiles = Some(Cow::Owned(Quantiles::new(levels, vec![values.clone(); levels.len()])));
                Judged { quantiles, ..self }
            }
            _ => self,
        }
    }

    /// Returns the true values.
    #[must_use]
    pub fn truth(&self) -> &Target {
        self.truth.target()
    }

    /// Returns the predictions.
    #[must_use]
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// Returns the predicted class of each row; empty for numbers.
    pub(super) fn labels(&self) -> Cow<'_, [u32]> {
        self.decided.as_deref().map_or_else(|| Cow::Owned(self.outputs.labels()), Cow::Borrowed)
    }

    /// Returns the quantiles, if several are predicted.
    pub(super) fn quantiles(&self) -> Option<&Quantiles> {
        self.quantiles.as_deref()
    }

    /// Returns where the true values lie, if that is predicted.
    pub(super) fn regions(&self) -> Option<&Regions> {
        self.regions.as_deref()
    }

    /// Returns the sample weights; `None` if all rows weigh 1.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.truth.weights()
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.truth.rows()
    }

    /// Returns the confusion matrix; `None` for numbers.
    #[must_use]
    pub fn confusion(&self) -> Option<&Confusion> {
        let made = || match (self.truth(), self.outputs()) {
            (Target::Classes { codes, count }, Outputs::Probabilities { .. }) => {
                Some(confusion(codes, &self.labels(), *count, self.weights()))
            }
            _ => None,
        };
        self.confusion.get_or_init(made).as_ref()
    }

    /// Are there rows, and are all outputs finite?
    pub(super) fn check_outputs(&self) -> Result<(), Undefined> {
        if self.rows() == 0 {
            return Err(undefined("there are no rows"));
        }
        if !self.outputs().values().iter().all(|value| value.is_finite()) {
            return Err(undefined("an output is not a finite number"));
        }
        Ok(())
    }

    pub(super) fn weight(&self, row: usize) -> f64 {
        self.weights().map_or(1.0, |weights| weights[row])
    }

    pub(super) fn total_weight(&self) -> f64 {
        self.truth.total_weight()
    }

    /// Returns the true and the predicted numbers.
    pub(super) fn numbers(&self) -> Option<(&[f64], &[f64])> {
        match (self.truth(), self.outputs()) {
            (Target::Numbers(truth), Outputs::Numbers(predicted)) => Some((truth, predicted)),
            _ => None,
        }
    }

    /// Returns the true classes and the probabilities.
    pub(super) fn classes(&self) -> Option<Classified<'_>> {
        match (self.truth(), self.outputs()) {
            (Target::Classes { codes, .. }, Outputs::Probabilities { values, classes }) => {
                Some(Classified { codes, probabilities: values, count: *classes })
            }
            _ => None,
        }
    }
}

/// True classes and predicted probabilities, `count` per row.
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
