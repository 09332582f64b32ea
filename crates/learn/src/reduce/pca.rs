//! Principal components.

use super::{Projection, check_count, settle_sign, singular};
use crate::data::{Features, Target};
use crate::linear::{check_rows, columns_of};
use crate::matrix::{Singular, eigenvectors};
use crate::moments::{Moments, Weighed};
use crate::sums::centred;
use crate::transform::Transformer;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;

/// Principal component analysis (Pearson, 1901): the directions of largest variance of the centred rows.
///
/// Computed from the singular values of the centred matrix, so that small components keep their digits. With ten times
/// as many rows as columns, its covariance is decomposed instead if the smallest component kept has at least 10⁻⁴ of
/// the largest variance: rounding changes variances by about 10⁻¹⁶ of the largest, which leaves 12 digits of all kept.
/// The entry of largest magnitude of each direction is positive, which settles the signs as in scikit-learn.
///
/// ```
/// use pipewright_learn::reduce::Pca;
/// use pipewright_learn::{Features, Transform, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned()].into();
/// let features = Features::new(3, names, vec![0.0, 3.0, 6.0, 0.0, 4.0, 8.0]);
/// let pca = Pca::first(1).fit(&features, None, Key::new(0)).unwrap();
/// assert!((pca.directions()[0][1] - 0.8).abs() < 1e-15 && (pca.shares()[0] - 1.0).abs() < 1e-15);
/// assert!((pca.apply(&features).unwrap().column(0)[2] - 5.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    /// Number of components.
    pub keep: Keep,
    /// Scale the new columns to variance 1 (with divisor n - 1)?
    pub whiten: bool,
    /// Prefix of the names of the new columns, before their numbers.
    pub name: String,
}

/// Number of components to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Keep {
    /// This many components.
    First(usize),
    /// As many components as explain more than this fraction of the variance, above 0 and below 1.
    Share(f64),
}

impl Pca {
    /// Keeps the first `count` components, named `pca 1`, `pca 2`, ….
    #[must_use]
    pub fn first(count: usize) -> Pca {
        Pca { keep: Keep::First(count), whiten: false, name: "pca".to_owned() }
    }

    /// Keeps as many components as explain more than this fraction of the variance.
    #[must_use]
    pub fn share(share: f64) -> Pca {
        Pca { keep: Keep::Share(share), ..Pca::first(0) }
    }

    /// Enables whitening: new columns have variance 1.
    #[must_use]
    pub fn whitened(self) -> Pca {
        Pca { whiten: true, ..self }
    }
}

impl Transformer for Pca {
    type Transform = Projection;

    fn fit(&self, features: &Features, _: Option<&Target>, _: Key) -> Result<Projection, Failure> {
        check_rows(features)?;
        if features.rows() < 2 {
            return Err(Failure::new(code::TOO_FEW_ROWS, "principal components need two rows at least"));
        }
        if let Keep::First(count) = self.keep {
            check_count(&self.name, count, features)?;
        }
        let rows = features.rows() as f64;
        let found = match Components::of_covariance(features) {
            Some(found) if found.keeps_digits(self.keep.count(&found.shares())) => found,
            _ => Components::of_rows(features)?,
        };
        let mut shares = found.shares();
        let count = self.keep.count(&shares);
        let Components { centre, mut variances, mut directions } = found;
        variances.truncate(count);
        shares.truncate(count);
        directions.truncate(count);
        if self.whiten {
            // A component without variance stays as it is, near 0.
            let floor = variances.first().copied().unwrap_or(0.0) * f64::EPSILON * rows;
            for (direction, variance) in directions.iter_mut().zip(&variances).filter(|(_, v)| **v > floor) {
                direction.iter_mut().for_each(|entry| *entry /= variance.sqrt());
            }
        }
        Ok(Projection { name: self.name.clone(), centre, directions, variances, shares })
    }
}

impl Keep {
    /// The number of components, where each explains this share of the variance.
    fn count(self, shares: &[f64]) -> usize {
        match self {
            Keep::First(count) => count,
            Keep::Share(share) => {
                let reached = shares.iter().scan(0.0, |sum, part| {
                    *sum += part;
                    Some(*sum)
                });
                (reached.take_while(|reached| *reached <= share).count() + 1).min(shares.len())
            }
        }
    }
}

/// All components of some rows.
pub(super) struct Components {
    centre: Vec<f64>,
    /// Decreasing.
    pub(super) variances: Vec<f64>,
    pub(super) directions: Vec<Vec<f64>>,
}

impl Components {
    pub(super) fn of_rows(features: &Features) -> Result<Components, Failure> {
        let centre: Vec<f64> = (0..features.columns()).map(|index| centred(features.column(index)).1).collect();
        let Singular { values, vectors: directions } = singular(features, &centre)?;
        let freedom = features.rows() as f64 - 1.0;
        Ok(Components { centre, variances: values.iter().map(|value| value * value / freedom).collect(), directions })
    }

    /// The eigenvectors of the covariance; `None` without many more rows than columns, or where squares overflow.
    pub(super) fn of_covariance(features: &Features) -> Option<Components> {
        /// The covariance is decomposed in no time beside its computation.
        const ROWS_PER_COLUMN: usize = 10;
        if features.rows() < ROWS_PER_COLUMN * features.columns() {
            return None;
        }
        let Moments { means, products, .. } =
            Moments::new(Weighed { columns: &columns_of(features), roots: None }, true);
        let finite = products.col_iter().all(|column| column.iter().all(|product| product.is_finite()));
        let (values, vectors) = if finite { eigenvectors(products.as_ref())? } else { return None };
        let freedom = features.rows() as f64 - 1.0;
        let variances = values.iter().rev().map(|value| value.max(0.0) / freedom).collect();
        let mut directions: Vec<Vec<f64>> = vectors.into_iter().rev().collect();
        directions.iter_mut().for_each(|direction| settle_sign(direction));
        Some(Components { centre: means, variances, directions })
    }

    /// The explained variance ratio of each component.
    fn shares(&self) -> Vec<f64> {
        let total: f64 = self.variances.iter().sum();
        self.variances.iter().map(|variance| if total > 0.0 { variance / total } else { 0.0 }).collect()
    }

    /// Do the first components of a covariance keep 12 digits?
    pub(super) fn keeps_digits(&self, count: usize) -> bool {
        const SMALLEST: f64 = 1e-4;
        let kept = &self.variances[..count.min(self.variances.len())];
        kept.first().zip(kept.last()).is_some_and(|(first, last)| *first > 0.0 && *last >= SMALLEST * first)
    }
}
