//! Principal components.

use super::{Projection, check_count, singular};
use crate::data::{Features, Target};
use crate::linear::check_rows;
use crate::sums::centred;
use crate::transform::Transformer;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;

/// Principal component analysis (Pearson, 1901): the directions of largest variance of the centred rows.
///
/// Computed from the singular values of the centred matrix, not of its covariance, so that small components keep their
/// digits. The entry of largest magnitude of each direction is positive, which settles the signs as in scikit-learn.
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
        let centre: Vec<f64> = (0..features.columns()).map(|index| centred(features.column(index)).1).collect();
        let found = singular(features, &centre)?;
        let mut variances: Vec<f64> = found.values.iter().map(|value| value * value / (rows - 1.0)).collect();
        let total: f64 = variances.iter().sum();
        let mut shares: Vec<f64> =
            variances.iter().map(|variance| if total > 0.0 { variance / total } else { 0.0 }).collect();
        let count = match self.keep {
            Keep::First(count) => count,
            Keep::Share(share) => {
                let reached = shares.iter().scan(0.0, |sum, part| {
                    *sum += part;
                    Some(*sum)
                });
                (reached.take_while(|reached| *reached <= share).count() + 1).min(shares.len())
            }
        };
        variances.truncate(count);
        shares.truncate(count);
        let mut directions = found.vectors;
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
