//! k-means.

use super::frame::{Frame, Points, points_of};
use super::lanes::Lanes;
use super::lloyd::{Found, Lloyd};
use super::score::Sample;
use super::start::plus_plus;
use super::{Clusterer, Clusters, Count, Label, bad_clusters, by_first_row, too_few};
use crate::data::Features;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// k-means: clusters around centres, so that the squared distances of the rows to the nearest centre have the least sum
/// (MacQueen, "Some methods for classification and analysis of multivariate observations", 1967).
///
/// Begins `starts` times with rows that are far apart (k-means++) and keeps the best result. A row of weight 2 counts as
/// the row twice. Columns are not rescaled: scale them first, so that one counts as much as another.
///
/// [`Count::Best`] tries 2 clusters and more, and keeps the number whose mean silhouette is largest: see
/// [`score::silhouette`](super::score::silhouette).
///
/// ```
/// use pipewright_learn::cluster::{Clusterer, Clusters, KMeans};
/// use pipewright_learn::{Features, Key};
/// let features = Features::from_rows(["x"], &[[1.0], [2.0], [8.0], [9.0]]);
/// let clusters = KMeans::new(2).fit(&features, None, Key::new(0))?;
/// assert_eq!(clusters.centres(), [[1.5], [8.5]]);
/// assert_eq!(clusters.inertia(), 1.0);
/// assert_eq!(clusters.assign(&Features::from_rows(["x"], &[[7.0], [0.0]]))?, [Some(1), Some(0)]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// Number of clusters.
    pub count: Count,
    /// How often it begins anew, at least 1.
    pub starts: usize,
    /// Rounds of each start, at most.
    pub iterations: usize,
    /// Stops once the squared moves of the centres sum to less than this share of the mean variance of the columns; at
    /// least 0.
    pub tolerance: f64,
}

impl KMeans {
    /// This many clusters; 4 starts of at most 300 rounds, with tolerance 1e-4.
    #[must_use]
    pub fn new(count: usize) -> KMeans {
        KMeans { count: Count::Exactly(count), starts: 4, iterations: 300, tolerance: 1e-4 }
    }

    fn check(&self) -> Result<(), Failure> {
        let bad = |message: String| Err(Failure::new(code::BAD_VALUE, message));
        if self.starts == 0 || self.iterations == 0 {
            return bad("the numbers of starts and of iterations must be at least 1".to_owned());
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return bad(format!("the tolerance is {}; it must be a finite number, at least 0", self.tolerance));
        }
        Ok(())
    }

    /// The best of all starts.
    pub(super) fn best(&self, points: &Points, count: usize, key: Key) -> Result<Found, Failure> {
        let tolerance = self.tolerance * points.variances().iter().sum::<f64>() / points.width as f64;
        let mut best: Option<Found> = None;
        for start in 0..self.starts as u64 {
            let centres = plus_plus(points, count, key.index(start))?;
            let found = Lloyd::new(points, centres).run(self.iterations, tolerance)?;
            if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
                best = Some(found);
            }
        }
        best.ok_or_else(|| too_few(count, points.len()))
    }

    /// The number of clusters with the largest silhouette; 1 if the rows cannot form two.
    fn best_count(&self, points: &Points, most: usize, key: Key) -> Result<(usize, Found), Failure> {
        let sample = Sample::of(points, key.child("silhouette"));
        let mut best: Option<(f64, usize, Found)> = None;
        for count in 2..=most.min(points.len() - 1) {
            let found = match self.best(points, count, key) {
                Err(failure) if failure.code == code::TOO_FEW_ROWS => break,
                found => found?,
            };
            let Some(score) = sample.silhouette(&found.labels)? else { continue };
            if best.as_ref().is_none_or(|best| score > best.0) {
                best = Some((score, count, found));
            }
        }
        match best {
            Some((_, count, found)) => Ok((count, found)),
            None => Ok((1, self.best(points, 1, key)?)),
        }
    }
}

impl Clusterer for KMeans {
    type Clusters = KMeansClusters;

    fn fit(&self, features: &Features, weights: Option<&[f64]>, key: Key) -> Result<KMeansClusters, Failure> {
        self.check()?;
        let (frame, points) = points_of(features, weights)?;
        self.count.check(points.len())?;
        let (count, found) = match self.count {
            Count::Exactly(count) => (count, self.best(&points, count, key)?),
            Count::Best(most) => self.best_count(&points, most, key)?,
        };
        let order = by_first_row(&found.labels, count);
        let centre = |&cluster: &usize| found.centres[cluster * points.width..][..points.width].to_vec();
        Ok(KMeansClusters {
            centres: order.iter().map(centre).collect(),
            inertia: found.inertia,
            iterations: found.iterations,
            converged: found.converged,
            frame,
        })
    }
}

/// The fitted clusters of [`KMeans`]: their centres.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KMeansClusters {
    frame: Frame,
    /// At the common scale, as is the inertia.
    centres: Vec<Vec<f64>>,
    inertia: f64,
    iterations: usize,
    converged: bool,
}

impl KMeansClusters {
    /// The centre of each cluster: a number per column, in its units.
    #[must_use]
    pub fn centres(&self) -> Vec<Vec<f64>> {
        self.centres.iter().map(|centre| self.frame.outside(centre)).collect()
    }

    /// Σ weight · squared distance to the nearest centre over the training rows; [`f64::MAX`] if that overflows.
    #[must_use]
    pub fn inertia(&self) -> f64 {
        self.frame.square_outside(self.inertia)
    }

    /// Rounds of the best start.
    #[must_use]
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Did the best start converge?
    #[must_use]
    pub fn converged(&self) -> bool {
        self.converged
    }
}

impl Clusters for KMeansClusters {
    fn assign(&self, features: &Features) -> Result<Vec<Label>, Failure> {
        let points = self.frame.new_points(features)?;
        let lanes = Lanes::new(points.width, self.centres.iter().map(Vec::as_slice));
        Ok(points.values.par_chunks(points.width).map(|row| Some(lanes.nearest(row).0)).collect())
    }

    fn count(&self) -> usize {
        self.centres.len()
    }

    fn inputs(&self) -> usize {
        self.frame.width()
    }

    fn validate(&self) -> Result<(), Failure> {
        let sound = |centre: &Vec<f64>| centre.len() == self.frame.width() && self.frame.are_sound(centre);
        let inertia = self.inertia.is_finite() && self.inertia >= 0.0;
        match self.frame.is_sound() && !self.centres.is_empty() && self.centres.iter().all(sound) && inertia {
            true => Ok(()),
            false => Err(bad_clusters()),
        }
    }
}
