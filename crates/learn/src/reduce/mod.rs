//! Dimensionality reduction: principal components, truncated singular value decomposition.

mod pca;
mod svd;

pub use pca::{Keep, Pca};
pub use svd::Svd;

use crate::data::Features;
use crate::matrix::Singular;
use crate::transform::{Transform, bad_transform};
use faer::Mat;
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The fitted projection of [`Pca`] and [`Svd`]: each direction gives one column, `direction · (row - centre)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// Prefix of the names of the new columns, before their numbers.
    name: String,
    /// Subtracted from each input column: its mean, or 0.
    centre: Vec<f64>,
    /// Of norm 1 each, or `1 / deviation` with whitening.
    directions: Vec<Vec<f64>>,
    variances: Vec<f64>,
    shares: Vec<f64>,
}

impl Projection {
    /// Returns the directions, by decreasing importance: one number per input column.
    #[must_use]
    pub fn directions(&self) -> &[Vec<f64>] {
        &self.directions
    }

    /// Returns the variance of the training rows along each direction: with divisor n - 1 for principal components, n
    /// for singular values, as in scikit-learn.
    #[must_use]
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// Returns the explained variance ratio of each direction; 0 if there is no variance.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// Returns the names of the new columns: `pca 1`, `pca 2`, ….
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        names(&self.name, self.directions.len())
    }
}

/// Returns the names of `count` new columns.
#[must_use]
pub fn names(name: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{name} {number}")).collect()
}

/// Rows of an output column computed at a time, so that the input columns stay in the first-level cache.
const BLOCK_ROWS: usize = 1024;

impl Transform for Projection {
    /// Column by column, so that each row is summed in the same order whatever rows surround it.
    fn apply(&self, features: &Features) -> Result<Features, Failure> {
        assert_eq!(features.columns(), self.centre.len(), "the columns of the training features");
        let rows = features.rows();
        let mut values = vec![0.0; rows * self.directions.len()];
        let columns = values.par_chunks_mut(rows.max(1)).zip(&self.directions);
        columns.for_each(|(sums, direction)| {
            for (block, sums) in sums.chunks_mut(BLOCK_ROWS).enumerate() {
                for (index, (weight, centre)) in direction.iter().zip(&self.centre).enumerate() {
                    let inputs = &features.column(index)[block * BLOCK_ROWS..];
                    sums.iter_mut().zip(inputs).for_each(|(sum, input)| *sum += weight * (input - centre));
                }
            }
        });
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            let message = "the projection of a row overflows";
            return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).row((place % rows) as u64 + 1));
        }
        Ok(Features::new(rows, self.names().into(), values))
    }

    fn validate(&self) -> Result<(), Failure> {
        let count = self.directions.len();
        let sizes = self.variances.len() == count
            && self.shares.len() == count
            && self.directions.iter().all(|direction| direction.len() == self.centre.len());
        let mut numbers = self.directions.iter().flatten().chain(&self.centre).chain(&self.variances);
        let finite = numbers.all(|number| number.is_finite());
        let shares = self.shares.iter().all(|share| (0.0..=1.0 + 1e-9).contains(share));
        let variances = self.variances.iter().all(|variance| *variance >= 0.0);
        if sizes && finite && shares && variances && !self.name.is_empty() {
            return Ok(());
        }
        Err(bad_transform("a projection with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        self.centre.len()
    }
}

/// Returns singular values and directions of the rows less `centre`. The entry of largest magnitude of each direction
/// is positive.
fn singular(features: &Features, centre: &[f64]) -> Result<Singular, Failure> {
    let mut matrix = Mat::zeros(features.rows(), features.columns());
    for (index, centre) in centre.iter().enumerate() {
        let entries = matrix.col_as_slice_mut(index).iter_mut();
        entries.zip(features.column(index)).for_each(|(entry, value)| *entry = value - centre);
    }
    let singular = Singular::of(matrix);
    let squares = |singular: &Singular| singular.values.iter().all(|value| (value * value).is_finite());
    let finite = |singular: &Singular| singular.vectors.iter().flatten().all(|entry| entry.is_finite());
    let Some(mut singular) = singular.filter(|singular| squares(singular) && finite(singular)) else {
        let message = "the squares of the columns overflow";
        return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).help("scale the columns"));
    };
    singular.vectors.iter_mut().for_each(|vector| settle_sign(vector));
    Ok(singular)
}

/// Makes the entry of largest magnitude positive.
fn settle_sign(direction: &mut [f64]) {
    let largest = direction.iter().fold(0.0_f64, |most, entry| if entry.abs() > most.abs() { *entry } else { most });
    if largest < 0.0 {
        direction.iter_mut().for_each(|entry| *entry = -*entry);
    }
}

/// Checks that there are no more components than rows or columns.
fn check_count(name: &str, count: usize, features: &Features) -> Result<(), Failure> {
    let (rows, columns) = (features.rows(), features.columns());
    if count > columns {
        let message =
            format!("`{name}[{count}]` of {columns} columns: there are at most as many components as columns");
        return Err(Failure::new(code::BAD_VALUE, message).help(format!("`{name}[{columns}]`, or fewer")));
    }
    if count > rows {
        let message = format!("`{name}[{count}]` of {rows} rows: there are at most as many components as rows");
        return Err(Failure::new(code::TOO_FEW_ROWS, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
