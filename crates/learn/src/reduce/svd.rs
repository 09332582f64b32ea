//! Truncated singular value decomposition, without centring.

use super::{Projection, check_count, singular};
use crate::data::{Features, Target};
use crate::linear::check_rows;
use crate::transform::{Transform, Transformer};
use pipewright_diagnostic::Failure;
use pipewright_world::random::Key;

/// Truncated SVD: the directions of the largest singular values of the rows without centring; latent semantic analysis,
/// if the columns are counts of words (Deerwester et al., 1990).
///
/// ```
/// use pipewright_learn::reduce::Svd;
/// use pipewright_learn::{Features, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned()].into();
/// let features = Features::new(2, names, vec![3.0, 6.0, 4.0, 8.0]);
/// let svd = Svd::first(1).fit(&features, None, Key::new(0)).unwrap();
/// assert!((svd.directions()[0][0] - 0.6).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Svd {
    /// Number of directions.
    pub count: usize,
    /// Prefix of the names of the new columns, before their numbers.
    pub name: String,
}

impl Svd {
    /// Keeps the first `count` directions; the columns are named `svd 1`, `svd 2`, ….
    #[must_use]
    pub fn first(count: usize) -> Svd {
        Svd { count, name: "svd".to_owned() }
    }
}

impl Transformer for Svd {
    type Transform = Projection;

    fn fit(&self, features: &Features, _: Option<&Target>, _: Key) -> Result<Projection, Failure> {
        check_rows(features)?;
        check_count(&self.name, self.count, features)?;
        let centre = vec![0.0; features.columns()];
        let mut directions = singular(features, &centre)?.vectors;
        directions.truncate(self.count);
        let blank = vec![0.0; self.count];
        let mut projection =
            Projection { name: self.name.clone(), centre, directions, variances: blank.clone(), shares: blank };
        let projected = projection.apply(features)?;
        projection.variances = (0..self.count).map(|index| variance(projected.column(index))).collect();
        let total: f64 = (0..features.columns()).map(|index| variance(features.column(index))).sum();
        let share = |variance: &f64| if total > 0.0 { (variance / total).min(1.0) } else { 0.0 };
        projection.shares = projection.variances.iter().map(share).collect();
        Ok(projection)
    }
}

/// With divisor n.
fn variance(column: &[f64]) -> f64 {
    let rows = column.len() as f64;
    let mean = column.iter().sum::<f64>() / rows;
    column.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / rows
}
