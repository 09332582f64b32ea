//! How good a clustering is: by the distances of the rows, or against another one.
//!
//! Rows without a cluster are left out of scores by distances; in comparisons of two clusterings they count as one.

pub use super::agreement::{VMeasure, adjusted_mutual_information, adjusted_rand, v_measure};

use super::Label;
use super::frame::{Points, points_of};
use super::lanes::{LANES, Lanes, square};
use crate::data::Features;
use pipewright_diagnostic::{Bounds, Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// Rows up to which silhouettes are those of all rows.
pub const SILHOUETTE_ROWS: usize = 10_000;

/// A mean silhouette.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Silhouette {
    /// From -1 to 1, larger is better.
    pub mean: f64,
    /// The number of rows that it is the mean of.
    pub rows: usize,
    /// Is this a random part of the rows, because there are more than [`SILHOUETTE_ROWS`]?
    pub sampled: bool,
}

/// The mean silhouette: (b - a) / max(a, b), where a is the mean distance of a row to the others of its cluster, and b
/// that to the rows of the nearest other cluster; 0 for a row that is alone (Rousseeuw, "Silhouettes: a graphical aid to
/// the interpretation and validation of cluster analysis", 1987).
///
/// All pairs of rows are compared; of more than [`SILHOUETTE_ROWS`] rows, that many chosen by `key`.
///
/// ```
/// use pipewright_learn::{Features, Key, cluster::score::silhouette};
/// let features = Features::from_rows(["x"], &[[0.0], [1.0], [9.0], [10.0]]);
/// let found = silhouette(&features, &[Some(0), Some(0), Some(1), Some(1)], Key::new(0))?;
/// assert!((found.mean - 0.8885448916408669).abs() < 1e-15 && !found.sampled);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
///
/// # Errors
/// [`code::TOO_FEW_ROWS`] without two clusters, or if each row is a cluster; as
/// [`Clusterer::fit`](super::Clusterer::fit) for unfit columns.
///
/// # Panics
/// If there is not a label per row.
pub fn silhouette(features: &Features, labels: &[Label], key: Key) -> Result<Silhouette, Failure> {
    let (points, labels, _) = labelled(features, labels)?;
    let sample = Sample::of(&points, key);
    let rows = sample.rows.len();
    let mean = sample.silhouette(&labels)?.ok_or_else(|| without_score("a sample of the rows has only one cluster"))?;
    Ok(Silhouette { mean, rows, sampled: rows < points.len() })
}

/// The rows whose silhouettes are computed.
pub(super) struct Sample<'a> {
    points: &'a Points,
    rows: Vec<u32>,
}

impl<'a> Sample<'a> {
    pub(super) fn of(points: &'a Points, key: Key) -> Sample<'a> {
        let mut rows: Vec<u32> = match points.len() > SILHOUETTE_ROWS {
            true => key.permutation(points.len()),
            false => (0..points.len() as u32).collect(),
        };
        rows.truncate(SILHOUETTE_ROWS);
        rows.sort_unstable();
        Sample { points, rows }
    }

    /// The mean silhouette weighted by the rows; `None` if all rows of the sample are of one cluster, or each of its own.
    pub(super) fn silhouette(&self, labels: &[u32]) -> Result<Option<f64>, Failure> {
        let labels: Vec<u32> = self.rows.iter().map(|&row| labels[row as usize]).collect();
        let weights: Vec<f64> = self.rows.iter().map(|&row| self.points.weight(row as usize)).collect();
        let count = labels.iter().max().map_or(0, |most| *most as usize + 1);
        let mut masses = vec![0.0; count];
        labels.iter().zip(&weights).for_each(|(&label, weight)| masses[label as usize] += weight);
        let mut distinct = labels.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < 2 || distinct.len() == labels.len() {
            return Ok(None);
        }
        let rows: Vec<&[f64]> = self.rows.iter().map(|&row| self.points.row(row as usize)).collect();
        let others = Others { lanes: Lanes::new(self.points.width, rows.iter().copied()), labels, weights, masses };
        let bounds = Bounds::current();
        let of = |place: usize| {
            bounds.go_on()?;
            Ok(others.weights[place] * others.silhouette(rows[place], place))
        };
        let each: Vec<f64> = (0..rows.len()).into_par_iter().map(of).collect::<Result<_, Failure>>()?;
        Ok(Some(each.iter().sum::<f64>() / others.weights.iter().sum::<f64>()))
    }
}

/// The rows that one is compared with.
struct Others {
    lanes: Lanes,
    labels: Vec<u32>,
    weights: Vec<f64>,
    /// The weight of each cluster.
    masses: Vec<f64>,
}

impl Others {
    fn silhouette(&self, point: &[f64], place: usize) -> f64 {
        let mut sums = vec![0.0; self.masses.len()];
        let parts = self.labels.chunks(LANES).zip(self.weights.chunks(LANES));
        for (squares, (labels, weights)) in self.lanes.squares(point).zip(parts) {
            let distances = squares.map(f64::sqrt);
            for ((distance, &label), weight) in distances.iter().zip(labels).zip(weights) {
                sums[label as usize] += distance * weight;
            }
        }
        let own = self.labels[place] as usize;
        // A row of weight w is w rows, and is not compared with itself.
        let mates = self.masses[own] - 1.0;
        if mates <= 0.0 {
            return 0.0;
        }
        let within = sums[own] / mates;
        let others = sums.iter().zip(&self.masses).enumerate().filter(|(at, (_, mass))| *at != own && **mass > 0.0);
        let nearest = others.map(|(_, (sum, mass))| sum / mass).fold(f64::INFINITY, f64::min);
        let most = within.max(nearest);
        if most > 0.0 { (nearest - within) / most } else { 0.0 }
    }
}

/// The Calinski–Harabasz index: the variance between clusters divided by that within, each by its degrees of freedom;
/// larger is better (Calinski, Harabasz, "A dendrite method for cluster analysis", 1974). It is 1 if all rows of each
/// cluster are equal, as in scikit-learn.
///
/// # Errors
/// As [`silhouette`].
///
/// # Panics
/// As [`silhouette`].
pub fn calinski_harabasz(features: &Features, labels: &[Label]) -> Result<f64, Failure> {
    let (points, labels, count) = labelled(features, labels)?;
    let groups = Groups::new(&points, &labels, count);
    let centre = groups.centre();
    let within: f64 = labels.iter().enumerate().map(|(row, &label)| square(points.row(row), groups.mean(label))).sum();
    let of = |cluster: usize| groups.rows[cluster] * square(groups.mean(cluster as u32), &centre);
    let between: f64 = (0..count).map(of).sum();
    if within == 0.0 {
        return Ok(1.0);
    }
    Ok((between / within * ((labels.len() - count) as f64 / (count as f64 - 1.0))).min(f64::MAX))
}

/// The Davies–Bouldin index: for each cluster the largest ratio of the spreads of it and another one to the distance of
/// their means, and the mean of that; smaller is better (Davies, Bouldin, "A cluster separation measure", 1979). The
/// spread is the mean distance to the mean. Clusters with the same mean are not compared, as in scikit-learn.
///
/// # Errors
/// As [`silhouette`].
///
/// # Panics
/// As [`silhouette`].
pub fn davies_bouldin(features: &Features, labels: &[Label]) -> Result<f64, Failure> {
    let (points, labels, count) = labelled(features, labels)?;
    let groups = Groups::new(&points, &labels, count);
    let mut spreads = vec![0.0; count];
    for (row, &label) in labels.iter().enumerate() {
        spreads[label as usize] += square(points.row(row), groups.mean(label)).sqrt();
    }
    spreads.iter_mut().zip(&groups.rows).for_each(|(spread, rows)| *spread /= rows);
    let ratio = |one: usize, other: usize| {
        let distance = square(groups.mean(one as u32), groups.mean(other as u32)).sqrt();
        if distance > 0.0 { ((spreads[one] + spreads[other]) / distance).min(f64::MAX) } else { 0.0 }
    };
    let worst =
        |one: usize| (0..count).filter(|&other| other != one).map(|other| ratio(one, other)).fold(0.0, f64::max);
    Ok((0..count).map(|cluster| worst(cluster) / count as f64).sum())
}

/// The rows that have a cluster, their labels counted from 0 without gaps, and the number of clusters.
fn labelled(features: &Features, labels: &[Label]) -> Result<(Points, Vec<u32>, usize), Failure> {
    assert_eq!(features.rows(), labels.len(), "a label per row");
    let rows: Vec<u32> = (0..).zip(labels).filter(|(_, label)| label.is_some()).map(|(row, _)| row).collect();
    let labels: Vec<u32> = labels.iter().flatten().copied().collect();
    let mut names = labels.clone();
    names.sort_unstable();
    names.dedup();
    if names.len() < 2 || names.len() == labels.len() {
        let (clusters, rows) = (names.len(), labels.len());
        return Err(without_score(&format!("there are {clusters} clusters of {rows} rows")));
    }
    let (_, points) = points_of(&features.take(&rows), None)?;
    let place = |label: &u32| names.binary_search(label).unwrap_or(0) as u32;
    Ok((points, labels.iter().map(place).collect(), names.len()))
}

fn without_score(problem: &str) -> Failure {
    let message = format!("{problem}; a score needs at least 2 clusters, and fewer than rows");
    Failure::new(code::TOO_FEW_ROWS, message)
}

/// The means of clusters that have rows.
struct Groups {
    width: usize,
    means: Vec<f64>,
    rows: Vec<f64>,
}

impl Groups {
    fn new(points: &Points, labels: &[u32], count: usize) -> Groups {
        let width = points.width;
        let (mut means, mut rows) = (vec![0.0; count * width], vec![0.0; count]);
        for (row, &label) in labels.iter().enumerate() {
            let sums = means[label as usize * width..].iter_mut();
            sums.zip(points.row(row)).for_each(|(sum, value)| *sum += value);
            rows[label as usize] += 1.0;
        }
        for (means, rows) in means.chunks_exact_mut(width).zip(&rows) {
            means.iter_mut().for_each(|mean| *mean /= rows);
        }
        Groups { width, means, rows }
    }

    fn mean(&self, cluster: u32) -> &[f64] {
        &self.means[cluster as usize * self.width..][..self.width]
    }

    /// The mean of all rows.
    fn centre(&self) -> Vec<f64> {
        let total: f64 = self.rows.iter().sum();
        let of = |column: usize| {
            let terms = self.rows.iter().enumerate().map(|(at, rows)| rows * self.means[at * self.width + column]);
            terms.sum::<f64>() / total
        };
        (0..self.width).map(of).collect()
    }
}
