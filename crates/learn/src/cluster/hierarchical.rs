//! Hierarchical clustering.

use super::dbscan::{join, root};
use super::frame::{Frame, Points, plain_points_of};
use super::linkage::{Linkage, Merge, merges};
use super::near::Near;
use super::{Clusterer, Clusters, Count, Label, bad_clusters, renumbered, too_few_distinct};
use crate::data::Features;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Hierarchical clustering: begins with a cluster per row, and merges the two nearest until few enough, or only distant
/// ones, are left.
///
/// A new row gets the cluster of the training row nearest to it, the first of equally near ones. So each training row
/// keeps its cluster.
///
/// It takes memory for the distances of all pairs of rows, and time in proportion. A row of weight 2 counts as the row
/// twice. Columns are not rescaled: scale them first.
///
/// ```
/// use pipewright_learn::cluster::{Clusterer, Clusters, Cut, Hierarchical, Linkage};
/// use pipewright_learn::{Features, Key};
/// let features = Features::from_rows(["x"], &[[1.0], [9.0], [2.0], [11.0]]);
/// let clusters = Hierarchical::new(2).fit(&features, None, Key::new(0))?;
/// assert_eq!(clusters.assign(&features)?, [Some(0), Some(1), Some(0), Some(1)]);
/// let single = Hierarchical { linkage: Linkage::Single, cut: Cut::Distance(2.0) };
/// let clusters = single.fit(&features, None, Key::new(0))?;
/// assert_eq!((clusters.count(), clusters.heights()), (3, vec![1.0, 2.0, 7.0]));
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hierarchical {
    /// The distance of two clusters.
    pub linkage: Linkage,
    /// Where it stops.
    pub cut: Cut,
}

/// Where the merging of clusters stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    /// When this many clusters are left.
    Count(usize),
    /// When no two clusters are nearer than this, above 0.
    Distance(f64),
}

impl Hierarchical {
    /// This many clusters, by Ward's distance.
    #[must_use]
    pub fn new(count: usize) -> Hierarchical {
        Hierarchical { linkage: Linkage::Ward, cut: Cut::Count(count) }
    }

    fn check(&self, rows: usize) -> Result<(), Failure> {
        match self.cut {
            Cut::Count(count) => Count::Exactly(count).check(rows),
            Cut::Distance(distance) if distance.is_finite() && distance > 0.0 => Ok(()),
            Cut::Distance(distance) => {
                let message = format!("the distance is {distance}; it must be a finite number above 0");
                Err(Failure::new(code::BAD_VALUE, message))
            }
        }
    }
}

impl Clusterer for Hierarchical {
    type Clusters = HierarchicalClusters;

    fn fit(&self, features: &Features, weights: Option<&[f64]>, _: Key) -> Result<HierarchicalClusters, Failure> {
        let (frame, points) = plain_points_of(features, weights)?;
        self.check(points.len())?;
        let merges = merges(&points, self.linkage)?;
        let made = match self.cut {
            Cut::Count(count) => points.len() - count,
            Cut::Distance(distance) => {
                let limit = frame.length_inside(distance);
                merges.iter().filter(|merge| merge.height < limit).count()
            }
        };
        if let (Cut::Count(count), Some(Merge { height: 0.0, .. })) = (self.cut, merges.get(made)) {
            let distinct = 1 + merges.iter().filter(|merge| merge.height > 0.0).count();
            return Err(too_few_distinct(count, distinct));
        }
        let labels = after(&merges[..made], points.len());
        let Points { values, .. } = points;
        let heights = merges.iter().map(|merge| merge.height).collect();
        Ok(HierarchicalClusters { frame, count: labels.len() - made, values, labels, heights })
    }
}

/// The cluster of each row after some merges.
fn after(merges: &[Merge], rows: usize) -> Vec<u32> {
    let mut parents: Vec<u32> = (0..rows as u32).collect();
    merges.iter().for_each(|merge| join(&mut parents, merge.one, merge.other));
    let roots: Vec<Label> = (0..rows as u32).map(|row| Some(root(&mut parents, row))).collect();
    renumbered(&roots, rows).into_iter().flatten().collect()
}

/// The fitted clusters of [`Hierarchical`]: the training rows and the cluster of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HierarchicalClusters {
    frame: Frame,
    /// The rows one after the other, at the common scale.
    values: Vec<f64>,
    labels: Vec<u32>,
    count: usize,
    /// At the common scale.
    heights: Vec<f64>,
}

impl HierarchicalClusters {
    /// The distance of the two clusters of each merge, ascending, also of those beyond the cut; in the units of the
    /// columns.
    #[must_use]
    pub fn heights(&self) -> Vec<f64> {
        self.heights.iter().map(|height| self.frame.length_outside(*height)).collect()
    }
}

impl Clusters for HierarchicalClusters {
    fn assign(&self, features: &Features) -> Result<Vec<Label>, Failure> {
        let points = self.frame.new_points(features)?;
        let near = Near::new(points.width, &self.values);
        let label = |row: &[f64]| near.nearest(row, f64::INFINITY).map(|(_, other)| self.labels[other as usize]);
        Ok(points.values.par_chunks(points.width).map(label).collect())
    }

    fn count(&self) -> usize {
        self.count
    }

    fn inputs(&self) -> usize {
        self.frame.width()
    }

    fn validate(&self) -> Result<(), Failure> {
        let rows = self.labels.len();
        let sizes = self.frame.is_sound()
            && self.values.len() == rows * self.frame.width()
            && rows > 0
            && self.heights.len() == rows - 1
            && (1..=rows).contains(&self.count);
        let numbers = self.frame.are_sound(&self.values) && self.heights.iter().all(|h| h.is_finite() && *h >= 0.0);
        let labels = self.labels.iter().all(|label| (*label as usize) < self.count);
        if sizes && numbers && labels { Ok(()) } else { Err(bad_clusters()) }
    }
}
