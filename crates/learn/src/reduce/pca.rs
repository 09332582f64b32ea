//! Principal components.

use super::{Projection, check_count, singular};
use crate::data::{Features, Target};
use crate::linear::check_rows;
use crate::sums::centred;
use crate::transform::Transformer;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;

/// Principal components (Pearson, 1901): the directions along which the centred rows vary most.
///
/// Found by the singular values of the centred matrix, not of its covariance, so that small components keep their
/// digits. Of each direction the entry of largest size is positive, which settles the signs as scikit-learn does.
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
    /// How many components.
    pub keep: Keep,
    /// Should the new columns have variance 1 (by n - 1) each?
    pub whiten: bool,
    /// What the new columns are called, before their numbers.
    pub name: String,
}

/// How many components to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Keep {
    /// The first so many.
    First(usize),
    /// As many as are needed for more than this share of the variance, above 0 and below 1.
    Share(f64),
}

impl Pca {
    /// The first so many components, called `pca 1`, `pca 2`, ….
    #[must_use]
    pub fn first(count: usize) -> Pca {
        Pca { keep: Keep::First(count), whiten: false, name: "pca".to_owned() }
    }

    /// As many components as hold more than this share of the variance.
    #[must_use]
    pub fn share(share: f64) -> Pca {
        Pca { keep: Keep::Share(share), ..Pca::first(0) }
    }

    /// The same with columns of variance 1.
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
