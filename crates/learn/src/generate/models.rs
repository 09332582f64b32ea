//! Data sets that follow a model: classes at the corners of a cube, a linear function, and that of Friedman.

use super::{Answers, Extent, Generate, Generated, add_noise, bounds, column, normal};
use pipewright_diagnostic::{Failure, code, go_on};
use pipewright_world::random::Key;
use std::collections::BTreeSet;
use std::f64::consts::PI;

/// Clusters of normally distributed points at the corners of a cube, some for each class. As `make_classification` of
/// scikit-learn (I. Guyon, "Design of experiments for the NIPS 2003 variable selection benchmark").
///
/// The first features are informative; redundant ones follow, which are random linear combinations of those; the others
/// are noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Classification {
    /// Number of rows, divided evenly among the clusters.
    pub rows: usize,
    /// Number of informative features: the dimensions of the cube.
    pub informative: usize,
    /// Number of redundant features.
    pub redundant: usize,
    /// Number of other features.
    pub useless: usize,
    /// Number of classes.
    pub classes: usize,
    /// Clusters per class.
    pub clusters_per_class: usize,
    /// Half of an edge of the cube.
    pub separation: f64,
    /// Share of the rows whose class is drawn at random.
    pub flip: f64,
}

impl Classification {
    /// Returns its number of features.
    fn features(&self) -> usize {
        self.informative.saturating_add(self.redundant).saturating_add(self.useless)
    }

    /// Returns the number of clusters.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] if the cube has fewer corners.
    pub fn clusters(&self) -> Result<usize, Failure> {
        let clusters = self.classes.saturating_mul(self.clusters_per_class);
        let corners = u32::try_from(self.informative).ok().and_then(|edges| 1_usize.checked_shl(edges));
        if corners.is_some_and(|corners| corners < clusters) {
            let (edges, classes, each) = (self.informative, self.classes, self.clusters_per_class);
            let message = format!(
                "{classes} classes of {each} clusters need more corners than a cube of {edges} informative features has"
            );
            return Err(Failure::new(code::BAD_VALUE, message).help("raise `informative`"));
        }
        Ok(clusters)
    }

    /// Different corners of the cube, one per cluster.
    fn corners(&self, count: usize, key: Key) -> Result<Vec<Vec<bool>>, Failure> {
        let mut taken = BTreeSet::new();
        let mut corners = Vec::new();
        for attempt in 0.. {
            if corners.len() == count {
                break;
            }
            go_on()?;
            let key = key.index(attempt);
            let corner: Vec<bool> = (0..self.informative).map(|edge| key.uniform(edge as u64) < 0.5).collect();
            if taken.insert(corner.clone()) {
                corners.push(corner);
            }
        }
        Ok(corners)
    }

    /// The informative features of a cluster: normal numbers, mixed by a random matrix, around its corner.
    fn cluster(&self, rows: std::ops::Range<usize>, key: Key, corner: &[bool]) -> Result<Vec<Vec<f64>>, Failure> {
        let count = self.informative;
        let plain: Vec<Vec<f64>> = (0..count)
            .map(|feature| column(rows.len(), |row| normal(key.child("plain").index(feature as u64), row)))
            .collect::<Result<_, _>>()?;
        corner
            .iter()
            .enumerate()
            .map(|(feature, &far)| {
                let center = if far { self.separation } else { -self.separation };
                combination(&plain, rows.len(), key.child("mix").index(feature as u64), center)
            })
            .collect()
    }

    fn answers(&self, clusters: &[usize], key: Key) -> Result<Vec<u32>, Failure> {
        column(self.rows, |row| {
            let is_flipped = key.child("flip").uniform(row as u64) < self.flip;
            let cluster = clusters.partition_point(|&start| start <= row) - 1;
            match is_flipped {
                true => key.child("flipped").below(row as u64, self.classes as u64) as u32,
                false => (cluster % self.classes) as u32,
            }
        })
    }
}

/// A linear combination of columns, with random weights from -1 to 1.
fn combination(columns: &[Vec<f64>], rows: usize, key: Key, start: f64) -> Result<Vec<f64>, Failure> {
    let mut sum = vec![start; rows];
    for (index, column) in columns.iter().enumerate() {
        go_on()?;
        let weight = 2.0 * key.uniform(index as u64) - 1.0;
        sum.iter_mut().zip(column).for_each(|(sum, value)| *sum += weight * value);
    }
    Ok(sum)
}

impl Generate for Classification {
    fn extent(&self) -> Extent {
        let corners = self.informative as u128 * self.classes as u128 * self.clusters_per_class as u128;
        let work = corners.saturating_add(self.rows as u128 * self.informative as u128);
        Extent { rows: self.rows, features: self.features(), classes: true, work }
    }

    fn make(&self, key: Key) -> Result<Generated, Failure> {
        let key = key.child("classification");
        let corners = self.corners(self.clusters()?, key.child("corners"))?;
        let bounds = bounds(self.rows, corners.len());
        let mut features: Vec<Vec<f64>> = (0..self.informative).map(|_| Vec::with_capacity(self.rows)).collect();
        for (index, corner) in corners.iter().enumerate() {
            let cluster = self.cluster(bounds[index]..bounds[index + 1], key.index(index as u64), corner)?;
            features.iter_mut().zip(cluster).for_each(|(feature, values)| feature.extend(values));
        }
        for index in 0..self.redundant {
            let weights = key.child("redundant").index(index as u64);
            features.push(combination(&features[..self.informative], self.rows, weights, 0.0)?);
        }
        for index in 0..self.useless {
            let key = key.child("useless").index(index as u64);
            features.push(column(self.rows, |row| normal(key, row))?);
        }
        let classes = self.answers(&bounds, key)?;
        let order = key.child("order").permutation(self.rows);
        for feature in &mut features {
            *feature = column(self.rows, |row| feature[order[row] as usize])?;
        }
        let classes = column(self.rows, |row| classes[order[row] as usize])?;
        Ok(Generated { features, answers: Answers::Classes(classes) })
    }
}

/// A linear function of the first features, which are all normally distributed. As `make_regression` of scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regression {
    /// Number of rows.
    pub rows: usize,
    /// Number of features.
    pub features: usize,
    /// Number of informative features; their coefficients are uniform from 0 to 100, those of others are 0.
    pub informative: usize,
    /// The constant.
    pub bias: f64,
    /// Standard deviation of the normal noise of the answers.
    pub noise: f64,
}

impl Generate for Regression {
    fn extent(&self) -> Extent {
        Extent { rows: self.rows, features: self.features, classes: false, work: 0 }
    }

    fn make(&self, key: Key) -> Result<Generated, Failure> {
        let key = key.child("regression");
        let feature = |index| column(self.rows, |row| normal(key.child("features").index(index), row));
        let features: Vec<Vec<f64>> = (0..self.features as u64).map(feature).collect::<Result<_, _>>()?;
        let mut answers = vec![self.bias; self.rows];
        for (index, feature) in features.iter().take(self.informative).enumerate() {
            go_on()?;
            let coefficient = 100.0 * key.child("coefficients").uniform(index as u64);
            answers.iter_mut().zip(feature).for_each(|(answer, value)| *answer += coefficient * value);
        }
        with_noise(features, answers, self.noise, key)
    }
}

/// The function of five uniform features 10 sin(π a b) + 20 (c - 1/2)² + 10 d + 5 e (J. H. Friedman, "Multivariate
/// Adaptive Regression Splines", 1991); other features have no effect. As `make_friedman1` of scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Friedman1 {
    /// Number of rows.
    pub rows: usize,
    /// Number of features without an effect, besides the five.
    pub useless: usize,
    /// Standard deviation of the normal noise of the answers.
    pub noise: f64,
}

impl Friedman1 {
    /// The function.
    pub(super) fn answer([a, b, c, d, e]: [f64; 5]) -> f64 {
        10.0 * libm::sin(PI * a * b) + 20.0 * (c - 0.5) * (c - 0.5) + 10.0 * d + 5.0 * e
    }
}

impl Generate for Friedman1 {
    fn extent(&self) -> Extent {
        Extent { rows: self.rows, features: self.useless.saturating_add(5), classes: false, work: 0 }
    }

    fn make(&self, key: Key) -> Result<Generated, Failure> {
        let key = key.child("friedman1");
        let feature = |index: usize| {
            let key = key.child("features").index(index as u64);
            column(self.rows, |row| key.uniform(row as u64))
        };
        let features: Vec<Vec<f64>> = (0..self.useless + 5).map(feature).collect::<Result<_, _>>()?;
        let answers = column(self.rows, |row| Friedman1::answer([0, 1, 2, 3, 4].map(|index| features[index][row])))?;
        with_noise(features, answers, self.noise, key)
    }
}

fn with_noise(features: Vec<Vec<f64>>, answers: Vec<f64>, noise: f64, key: Key) -> Result<Generated, Failure> {
    let mut answers = [answers];
    add_noise(&mut answers, noise, key)?;
    let [answers] = answers;
    Ok(Generated { features, answers: Answers::Numbers(answers) })
}
