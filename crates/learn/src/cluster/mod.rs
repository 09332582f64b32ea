//! Clustering: groups of rows that are alike, found without a target.
//!
//! A [`Clusterer`] is a configuration; it learns [`Clusters`] from rows and, if given, their weights. Clusters number
//! new rows. Clusters are counted from 0 in the order of the first training row in each, so that the number of a cluster
//! does not depend on the way it was found.

mod agreement;
mod covariance;
mod dbscan;
mod frame;
mod hierarchical;
mod kmeans;
mod lanes;
mod linkage;
mod lloyd;
mod mixture;
mod near;
pub mod score;
mod start;

pub use covariance::Covariance;
pub use dbscan::{Dbscan, DbscanClusters};
pub use hierarchical::{Cut, Hierarchical, HierarchicalClusters};
pub use kmeans::{KMeans, KMeansClusters};
pub use linkage::Linkage;
pub use mixture::{GaussianMixture, MixtureClusters};

use crate::data::Features;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The cluster of a row, counted from 0; `None` for a row that belongs to none.
pub type Label = Option<u32>;

/// A configuration of a clustering.
pub trait Clusterer: Send + Sync {
    /// What is learned.
    type Clusters: Clusters;

    /// Finds clusters of `rows` × `columns` finite numbers; `weights` has one number per row, and all randomness comes
    /// from `key`. A row of weight 0 does not count.
    ///
    /// # Errors
    /// [`code::TOO_FEW_ROWS`] for fewer rows than clusters, [`code::NO_FEATURES`] without columns, [`code::NON_FINITE`]
    /// and [`code::UNENCODED_COLUMN`] for columns that are not finite numbers, [`code::BAD_WEIGHT`] for weights that are
    /// not, [`code::BAD_VALUE`] for a bad configuration, [`code::CANCELLED`] if the run was stopped.
    ///
    /// # Panics
    /// If there are weights, but not one per row.
    fn fit(&self, features: &Features, weights: Option<&[f64]>, key: Key) -> Result<Self::Clusters, Failure>;
}

/// Fitted clusters: plain data that tells the cluster of a row.
pub trait Clusters: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Returns the cluster of every row; the columns must be those of the training features, in the same order. The
    /// result for a row is independent of the other rows.
    ///
    /// # Errors
    /// [`code::WRONG_WIDTH`] for another number of columns; [`code::NON_FINITE`] naming column and row of a value that is
    /// not a finite number.
    fn assign(&self, features: &Features) -> Result<Vec<Label>, Failure>;

    /// The number of clusters.
    fn count(&self) -> usize;

    /// The number of input columns.
    fn inputs(&self) -> usize;

    /// Validates clusters that came from a file: sizes agree, numbers are finite.
    ///
    /// # Errors
    /// [`code::BAD_BUNDLE`] with the problem.
    fn validate(&self) -> Result<(), Failure>;
}

/// The number of clusters to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Count {
    /// This many, at least 1.
    Exactly(usize),
    /// The best of all numbers up to this one.
    Best(usize),
}

impl Count {
    /// The largest number that is tried unless another one is given.
    pub const MOST: usize = 10;

    fn check(self, rows: usize) -> Result<(), Failure> {
        let (count, least) = match self {
            Count::Exactly(count) => (count, 1),
            Count::Best(most) => (most, 2),
        };
        if count < least {
            let message = format!("the number of clusters is {count}; it must be at least {least}");
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        match self {
            Count::Exactly(count) if count > rows => Err(too_few(count, rows)),
            _ => Ok(()),
        }
    }
}

fn too_few(count: usize, rows: usize) -> Failure {
    let message = format!("{rows} rows cannot form {count} clusters");
    Failure::new(code::TOO_FEW_ROWS, message).help(format!("ask for {rows} clusters at most"))
}

fn too_few_distinct(count: usize, distinct: usize) -> Failure {
    let message = format!("only {distinct} of the rows differ; they cannot form {count} clusters");
    Failure::new(code::TOO_FEW_ROWS, message).help(format!("ask for {distinct} clusters at most"))
}

/// The clusters in the order of their first rows; those without rows last.
fn by_first_row(labels: &[u32], count: usize) -> Vec<usize> {
    let mut firsts = vec![usize::MAX; count];
    for (row, &label) in labels.iter().enumerate() {
        let first = &mut firsts[label as usize];
        *first = row.min(*first);
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&cluster| firsts[cluster]);
    order
}

/// Numbers the clusters of some rows in the order of their first rows.
fn renumbered(labels: &[Label], count: usize) -> Vec<Label> {
    let present: Vec<u32> = labels.iter().flatten().copied().collect();
    let mut places = vec![0; count];
    by_first_row(&present, count).into_iter().zip(0..).for_each(|(cluster, place)| places[cluster] = place);
    labels.iter().map(|label| label.map(|label| places[label as usize])).collect()
}

fn bad_clusters() -> Failure {
    Failure::new(code::BAD_BUNDLE, "clusters with inconsistent sizes or numbers")
}

#[cfg(test)]
mod tests;
