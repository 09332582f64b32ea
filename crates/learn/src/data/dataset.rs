//! The rows that models learn from.

use super::{Features, Labels, Target};
use crate::learner::Accepts;
use pipewright_diagnostic::{Failure, code};
use std::borrow::Cow;

/// A data set to train on: features, target, and optionally sample weights and groups.
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
    /// The target and the sample weights.
    pub labels: Labels,
    groups: Option<Vec<u32>>,
}

impl Dataset {
    /// Pairs features with a target: a [`Target`], or [`Labels`] with weights.
    ///
    /// # Panics
    /// If their numbers of rows differ.
    #[must_use]
    pub fn new(features: Features, labels: impl Into<Labels>) -> Dataset {
        let labels = labels.into();
        assert_eq!(features.rows(), labels.rows(), "a target per row");
        Dataset { features, labels, groups: None }
    }

    /// Sets the sample weights, one per row.
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

    /// Sets the groups: rows with the same number belong to one group.
    ///
    /// # Panics
    /// If the number of groups is not the number of rows.
    #[must_use]
    pub fn with_groups(self, groups: Vec<u32>) -> Dataset {
        assert_eq!(self.rows(), groups.len(), "a group per row");
        Dataset { groups: Some(groups), ..self }
    }

    /// The same rows with other features.
    ///
    /// # Panics
    /// If their number of rows differs.
    pub(crate) fn with_features(&self, features: Features) -> Dataset {
        assert_eq!(self.rows(), features.rows(), "features of the same rows");
        Dataset { features, labels: self.labels.clone(), groups: self.groups.clone() }
    }

    /// Returns the target.
    #[must_use]
    pub fn target(&self) -> &Target {
        self.labels.target()
    }

    /// Returns the sample weights; `None` if all rows weigh 1.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.labels.weights()
    }

    /// Returns the group of each row, if groups are set.
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

    /// Returns the rows that a model with these capabilities learns from: rows with a weight of 0 are left out.
    ///
    /// # Errors
    /// [`code::BAD_WEIGHT`], [`code::NON_FINITE`] or [`code::UNENCODED_COLUMN`] for what the model does not accept;
    /// [`code::BAD_WEIGHT`] if all weights are 0.
    pub(crate) fn accepted(&self, accepts: Accepts) -> Result<Cow<'_, Dataset>, Failure> {
        if self.weights().is_some() && !accepts.weights {
            return Err(Failure::new(code::BAD_WEIGHT, "this model does not support weights"));
        }
        self.features.check(accepts.missing, accepts.categories)?;
        match self.labels.counting_rows() {
            None => Ok(Cow::Borrowed(self)),
            Some(rows) if rows.is_empty() => Err(Failure::new(code::BAD_WEIGHT, "all weights are 0")),
            Some(rows) => Ok(Cow::Owned(self.take(&rows))),
        }
    }
}
