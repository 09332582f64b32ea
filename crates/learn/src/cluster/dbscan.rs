//! DBSCAN.

use super::frame::{Frame, Points, plain_points_of};
use super::near::Near;
use super::{Clusterer, Clusters, Label, bad_clusters, renumbered};
use crate::data::Features;
use pipewright_diagnostic::{Bounds, Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// DBSCAN: clusters are regions where rows are dense; rows elsewhere belong to none (Ester, Kriegel, Sander, Xu, "A
/// density-based algorithm for discovering clusters in large spatial databases with noise", 1996).
///
/// A row with at least `min_rows` rows within the distance `eps`, itself included, is a core row. Core rows within `eps`
/// of each other are of one cluster. Another row, also a new one, is of the cluster of its nearest core row, the first of
/// equally near ones, if that is within `eps`. So the clusters do not depend on the order of the rows; other programs
/// give rows on the border of two clusters to the one they find first.
///
/// A row of weight 2 counts as the row twice. Columns are not rescaled: scale them first.
///
/// ```
/// use pipewright_learn::cluster::{Clusterer, Clusters, Dbscan};
/// use pipewright_learn::{Features, Key};
/// let features = Features::from_rows(["x"], &[[1.0], [2.0], [50.0], [7.0], [8.0]]);
/// let clusters = Dbscan { eps: 1.0, min_rows: 2 }.fit(&features, None, Key::new(0))?;
/// assert_eq!(clusters.assign(&features)?, [Some(0), Some(0), None, Some(1), Some(1)]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dbscan {
    /// Distance up to which rows are neighbours, above 0.
    pub eps: f64,
    /// Neighbours of a core row, itself included; at least 1.
    pub min_rows: usize,
}

/// Rows whose neighbours are held at a time.
const BATCH_ROWS: usize = 512;

impl Clusterer for Dbscan {
    type Clusters = DbscanClusters;

    fn fit(&self, features: &Features, weights: Option<&[f64]>, _: Key) -> Result<DbscanClusters, Failure> {
        if !(self.eps.is_finite() && self.eps > 0.0) {
            let message = format!("eps is {}; it must be a finite number above 0", self.eps);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        if self.min_rows == 0 {
            return Err(Failure::new(code::BAD_VALUE, "min_rows must be at least 1"));
        }
        let (frame, points) = plain_points_of(features, weights)?;
        let limit = limit_of(frame.length_inside(self.eps));
        let core = self.core_rows(&points, limit)?;
        let values: Vec<f64> = core.iter().flat_map(|&row| points.row(row as usize)).copied().collect();
        let near = Near::new(points.width, &values);
        let parents = joined(&near, &values, limit)?;
        let mut clusters = DbscanClusters { frame, limit, values, labels: parents, count: 0 };
        clusters.number(&near, &points);
        Ok(clusters)
    }
}

/// The square of a length at the common scale; a number that every row is within if it overflows.
fn limit_of(eps: f64) -> f64 {
    (eps * eps).min(f64::MAX)
}

impl Dbscan {
    fn core_rows(&self, points: &Points, limit: f64) -> Result<Vec<u32>, Failure> {
        let near = Near::new(points.width, &points.values);
        let bounds = Bounds::current();
        let is_core = |row: usize| {
            bounds.go_on()?;
            let mut mass = 0.0;
            near.within(points.row(row), limit, |other, _| mass += points.weight(other as usize));
            Ok(mass >= self.min_rows as f64)
        };
        let core: Vec<bool> = (0..points.len()).into_par_iter().map(is_core).collect::<Result<_, Failure>>()?;
        Ok((0..).zip(core).filter(|(_, core)| *core).map(|(row, _)| row).collect())
    }
}

/// For each core row the first of its cluster.
fn joined(near: &Near, values: &[f64], limit: f64) -> Result<Vec<u32>, Failure> {
    let (width, bounds) = (near.width(), Bounds::current());
    let rows = (values.len() / width) as u32;
    let mut parents: Vec<u32> = (0..rows).collect();
    for start in (0..rows).step_by(BATCH_ROWS) {
        let earlier = |row: u32| {
            bounds.go_on()?;
            let mut found = Vec::new();
            near.within(&values[row as usize * width..][..width], limit, |other, _| {
                if other < row {
                    found.push(other);
                }
            });
            Ok((row, found))
        };
        let batch: Vec<(u32, Vec<u32>)> = (start..rows.min(start + BATCH_ROWS as u32))
            .into_par_iter()
            .map(earlier)
            .collect::<Result<_, Failure>>()?;
        for (row, others) in batch {
            others.into_iter().for_each(|other| join(&mut parents, row, other));
        }
    }
    Ok((0..rows).map(|row| root(&mut parents, row)).collect())
}

/// The first row of a row's set. Paths are halved on the way.
pub(super) fn root(parents: &mut [u32], mut row: u32) -> u32 {
    while parents[row as usize] != row {
        parents[row as usize] = parents[parents[row as usize] as usize];
        row = parents[row as usize];
    }
    row
}

/// Makes two sets one; the earlier first row becomes that of both.
pub(super) fn join(parents: &mut [u32], one: u32, other: u32) {
    let (one, other) = (root(parents, one), root(parents, other));
    parents[one.max(other) as usize] = one.min(other);
}

/// The fitted clusters of [`Dbscan`]: the core rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbscanClusters {
    frame: Frame,
    /// The square of `eps` at the common scale.
    limit: f64,
    /// The core rows one after the other, at the common scale.
    values: Vec<f64>,
    labels: Vec<u32>,
    count: usize,
}

impl DbscanClusters {
    /// The number of core rows.
    #[must_use]
    pub fn core_rows(&self) -> usize {
        self.labels.len()
    }

    /// Numbers the clusters in the order of their first rows, which need not be core rows.
    fn number(&mut self, near: &Near, points: &Points) {
        let of = self.labels_of(near, points);
        let core = self.labels.iter().map(|&label| Some(label)).collect::<Vec<Label>>();
        let rows = self.labels.len();
        let all: Vec<Label> = of.into_iter().chain(core).collect();
        let numbered = renumbered(&all, rows);
        self.labels = numbered[numbered.len() - rows..].iter().flatten().copied().collect();
        self.count = self.labels.iter().max().map_or(0, |most| *most as usize + 1);
    }

    fn labels_of(&self, near: &Near, points: &Points) -> Vec<Label> {
        let label = |row: &[f64]| near.nearest(row, self.limit).map(|(_, core)| self.labels[core as usize]);
        points.values.par_chunks(points.width).map(label).collect()
    }
}

impl Clusters for DbscanClusters {
    fn assign(&self, features: &Features) -> Result<Vec<Label>, Failure> {
        let points = self.frame.new_points(features)?;
        Ok(self.labels_of(&Near::new(points.width, &self.values), &points))
    }

    fn count(&self) -> usize {
        self.count
    }

    fn inputs(&self) -> usize {
        self.frame.width()
    }

    fn validate(&self) -> Result<(), Failure> {
        let sizes = self.frame.is_sound() && self.values.len() == self.labels.len() * self.frame.width();
        let numbers = self.limit.is_finite() && self.limit >= 0.0 && self.frame.are_sound(&self.values);
        let labels = self.labels.iter().all(|label| (*label as usize) < self.count) && self.count <= self.labels.len();
        if sizes && numbers && labels { Ok(()) } else { Err(bad_clusters()) }
    }
}
