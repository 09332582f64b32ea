//! The rows that models learn from.

use super::{Features, Labels, Target};
use crate::learner::Accepts;
use pipewright_diagnostic::{Failure, code};
use std::borrow::Cow;

/// Rows to learn from: features, what is to be predicted from them, how much each row counts, and which rows belong
/// together.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Target};
/// let features = Features::from_rows(["x"], &[[0.0], [1.0], [2.0]]);
/// let rows = Dataset::new(features, Target::Numbers(vec![1.0, 3.0, 5.0])).with_weights(vec![1.0, 2.0, 1.0])?;
/// assert_eq!(rows.labels.total_weight(), 4.0);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The inputs.
    pub features: Features,
    /// What is to be predicted, and how much each row counts.
    pub labels: Labels,
    groups: Option<Vec<u32>>,
}

impl Dataset {
    /// Pairs features with what is to be predicted: a [`Target`], or [`Labels`] with weights.
    ///
    /// # Panics
    /// If they differ in their number of rows.
    #[must_use]
    pub fn new(features: Features, labels: impl Into<Labels>) -> Dataset {
        let labels = labels.into();
        assert_eq!(features.rows(), labels.rows(), "a target per row");
        Dataset { features, labels, groups: None }
    }

    /// The same rows, which count as much as their weights say.
    ///
    /// # Errors
    /// As [`Labels::weighted`].
    ///
    /// # Panics
    /// As [`Labels::weighted`].
    pub fn with_weights(self, weights: Vec<f64>) -> Result<Dataset, Failure> {
        let Dataset { features, labels, groups } = self;
        Ok(Dataset { features, labels: Labels::weighted(labels.target().clone(), weights)?, groups })
    }

    /// The same rows, where rows with the same number belong together.
    ///
    /// # Panics
    /// If there is not a group per row.
    #[must_use]
    pub fn with_groups(self, groups: Vec<u32>) -> Dataset {
        assert_eq!(self.rows(), groups.len(), "a group per row");
        Dataset { groups: Some(groups), ..self }
    }

    /// What is to be predicted.
    #[must_use]
    pub fn target(&self) -> &Target {
        self.labels.target()
    }

    /// How much each row counts; none where all count 1.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.labels.weights()
    }

    /// Which rows belong together, if that is known.
    #[must_use]
    pub fn groups(&self) -> Option<&[u32]> {
        self.groups.as_deref()
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// The rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Dataset {
        let groups = self.groups().map(|groups| rows.iter().map(|&row| groups[row as usize]).collect());
        Dataset { features: self.features.take(rows), labels: self.labels.take(rows), groups }
    }

    /// The rows as a model that accepts this much learns from them: those with a weight of 0 are left out.
    ///
    /// # Errors
    /// [`code::BAD_WEIGHT`], [`code::NON_FINITE`] or [`code::UNENCODED_COLUMN`] for what the model does not accept;
    /// [`code::BAD_WEIGHT`] where all weights are 0.
    pub(crate) fn accepted(&self, accepts: Accepts) -> Result<Cow<'_, Dataset>, Failure> {
        if self.weights().is_some() && !accepts.weights {
            return Err(Failure::new(code::BAD_WEIGHT, "this model has no use for weights"));
        }
        self.features.check(accepts.missing, accepts.categories)?;
        match self.labels.counting_rows() {
            None => Ok(Cow::Borrowed(self)),
            Some(rows) if rows.is_empty() => Err(Failure::new(code::BAD_WEIGHT, "all weights are 0: no row counts")),
            Some(rows) => Ok(Cow::Owned(self.take(&rows))),
        }
    }
}
