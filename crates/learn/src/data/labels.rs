//! Targets and sample weights.

use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};

/// The target: one value per row.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Classes `0..count`; a class may have no rows.
    Classes {
        /// The class of each row.
        codes: Vec<u32>,
        /// Number of classes.
        count: usize,
    },
    /// Finite numbers.
    Numbers(Vec<f64>),
}

impl Target {
    /// Concatenates the targets of consecutive parts of the rows: numbers, or codes of `classes` classes.
    #[must_use]
    pub fn concat(parts: Vec<Target>, classes: Option<usize>) -> Target {
        match classes {
            Some(count) => {
                let codes = |part| if let Target::Classes { codes, .. } = part { codes } else { Vec::new() };
                Target::Classes { codes: parts.into_iter().flat_map(codes).collect(), count }
            }
            None => {
                let numbers = |part| if let Target::Numbers(values) = part { values } else { Vec::new() };
                Target::Numbers(parts.into_iter().flat_map(numbers).collect())
            }
        }
    }

    /// Selects the rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Target {
        match self {
            Target::Classes { codes, count } => {
                Target::Classes { codes: rows.iter().map(|&row| codes[row as usize]).collect(), count: *count }
            }
            Target::Numbers(values) => Target::Numbers(rows.iter().map(|&row| values[row as usize]).collect()),
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Target::Classes { codes, .. } => codes.len(),
            Target::Numbers(values) => values.len(),
        }
    }
}

/// A target and optional sample weights.
///
/// A weight of 2 counts as the row twice; a weight of 0 excludes the row.
///
/// ```
/// use pipewright_learn::{Labels, Target};
/// let labels = Labels::weighted(Target::Numbers(vec![1.0, 2.0]), vec![0.5, 3.0])?;
/// assert_eq!(labels.weights(), Some(&[0.5, 3.0][..]));
/// assert!(Labels::weighted(Target::Numbers(vec![1.0]), vec![-1.0]).is_err());
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    target: Target,
    /// Finite and at least 0; `None` if all would be 1.
    weights: Option<Vec<f64>>,
}

impl From<Target> for Labels {
    fn from(target: Target) -> Labels {
        Labels { target, weights: None }
    }
}

impl Labels {
    /// Creates labels with sample weights. Weights that are all 1 are dropped.
    ///
    /// # Errors
    /// [`code::BAD_WEIGHT`] naming the row of a weight that is negative or not finite.
    ///
    /// # Panics
    /// If the number of weights is not the number of rows.
    pub fn weighted(target: Target, weights: Vec<f64>) -> Result<Labels, Failure> {
        assert_eq!(target.rows(), weights.len(), "a weight per row");
        if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            let message = format!("a weight is {}; weights must be finite and at least 0", weights[row]);
            return Err(Failure::new(code::BAD_WEIGHT, message).row(row as u64 + 1));
        }
        let weights = (!weights.iter().all(|weight| *weight == 1.0)).then_some(weights);
        Ok(Labels { target, weights })
    }

    /// Returns the target.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the sample weights; `None` if all rows weigh 1.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.target.rows()
    }

    /// Returns the sum of the weights; the number of rows if all weigh 1.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        self.weights().map_or(self.rows() as f64, |weights| Twofold::sum(weights.iter().copied()))
    }

    /// Selects the rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Labels {
        let weights = self.weights().map(|weights| rows.iter().map(|&row| weights[row as usize]).collect());
        Labels { target: self.target.take(rows), weights }
    }

    /// Returns the rows with a weight above 0; `None` if these are all rows.
    pub(crate) fn counting_rows(&self) -> Option<Vec<u32>> {
        let weights = self.weights().filter(|weights| weights.contains(&0.0))?;
        Some(weights.iter().zip(0..).filter(|(weight, _)| **weight > 0.0).map(|(_, row)| row).collect())
    }
}
