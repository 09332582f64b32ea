//! Missing values from the nearest rows.

use super::{MAGNITUDE_MAX, check_values, means};
use crate::data::{Features, Target};
use crate::matrix::product;
use crate::transform::{Transform, Transformer, bad_transform};
use faer::{Mat, MatRef};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Nearest-neighbour imputation: fills a missing value with the mean over the nearest training rows that have it
/// (Troyanskaya et al., "Missing value estimation methods for DNA microarrays", 2001).
///
/// The distance of two rows is √(Σ (x - y)² · columns / shared) over the columns present in both. On ties the earlier
/// row wins. Rows that share no column are not neighbours; if there are no neighbours, the column mean is used. As in
/// scikit-learn's `KNNImputer`, columns are not rescaled.
///
/// ```
/// use pipewright_learn::impute::Knn;
/// use pipewright_learn::{Features, Transform, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned()].into();
/// let features = Features::new(4, names, vec![1.0, 2.0, 9.0, 1.4, 10.0, 20.0, 90.0, f64::NAN]);
/// let filling = Knn::new(2).fit(&features, None, Key::new(0)).unwrap();
/// assert_eq!(filling.apply(&features).unwrap().column(1), [10.0, 20.0, 90.0, 15.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knn {
    /// Number of neighbours, at least 1.
    pub neighbours: usize,
    /// Weights of the neighbours.
    pub weights: Weights,
}

/// Weights of the neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// Equal weights.
    Uniform,
    /// Inverse distance; neighbours at distance 0, if any, are the only ones used.
    Distance,
}

impl Knn {
    /// Averages over `neighbours` neighbours with equal weights.
    #[must_use]
    pub fn new(neighbours: usize) -> Knn {
        Knn { neighbours, weights: Weights::Uniform }
    }
}

/// The training rows that [`Knn`] keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnnFilling {
    neighbours: usize,
    weights: Weights,
    means: Vec<f64>,
    /// Column-major; `None` where a value is missing.
    columns: Vec<Vec<Option<f64>>>,
}

impl Transformer for Knn {
    type Transform = KnnFilling;

    fn fit(&self, features: &Features, _: Option<&Target>, _: Key) -> Result<KnnFilling, Failure> {
        if self.neighbours == 0 {
            return Err(Failure::new(code::BAD_VALUE, "the number of neighbours is 0"));
        }
        check_values(features)?;
        let present = |value: &f64| (!value.is_nan()).then_some(*value);
        let columns = (0..features.columns()).map(|index| features.column(index).iter().map(present).collect());
        let (neighbours, weights) = (self.neighbours, self.weights);
        Ok(KnnFilling { neighbours, weights, means: means(features)?, columns: columns.collect() })
    }
}

impl Transform for KnnFilling {
    fn apply(&self, features: &Features) -> Result<Features, Failure> {
        assert_eq!(features.columns(), self.columns.len(), "the columns of the training features");
        check_values(features)?;
        let lacks = |row: &usize| (0..features.columns()).any(|index| features.column(index)[*row].is_nan());
        let rows: Vec<usize> = (0..features.rows()).filter(lacks).collect();
        let mut values = features.to_column_major();
        if !rows.is_empty() {
            let donors = Donors::new(self);
            let filled: Vec<Vec<(usize, f64)>> =
                rows.par_chunks(BLOCK_ROWS).map(|block| donors.fill(features, block)).collect();
            filled.into_iter().flatten().for_each(|(place, value)| values[place] = value);
        }
        Ok(Features::new(features.rows(), features.names().clone(), values))
    }

    fn validate(&self) -> Result<(), Failure> {
        let rows = self.columns.first().map_or(0, Vec::len);
        let fits = |value: f64| value.is_finite() && value.abs() <= MAGNITUDE_MAX;
        let sound = |column: &Vec<Option<f64>>| {
            column.len() == rows
                && column.iter().flatten().all(|value| fits(*value))
                && column.iter().any(Option::is_some)
        };
        let sizes = self.neighbours > 0 && self.means.len() == self.columns.len();
        if sizes && self.columns.iter().all(sound) && self.means.iter().all(|mean| fits(*mean)) {
            return Ok(());
        }
        Err(bad_transform("neighbours with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        self.columns.len()
    }
}

/// Number of rows compared with all donors at a time.
const BLOCK_ROWS: usize = 32;

/// The training rows, laid out so that one product gives all distances: with `x` centred and 0 where missing, and `m` 1
/// where present, Σ m·m'·(x - x')² is the sum of `(-2x)·x' + x²·m' + m·x'²` over the columns.
///
/// That sum suffers from cancellation, so it only selects candidates for the nearest rows; those are then compared
/// exactly. This makes the neighbours of a row independent of the rows in the same block.
struct Donors<'a> {
    filling: &'a KnnFilling,
    rows: usize,
    /// Per row: `x'`, `m'`, `x'²`.
    parts: Vec<f64>,
    /// Per row: `m'`.
    present: Vec<f64>,
    /// Σ x'² per row.
    sizes: Vec<f64>,
    /// For each column, the rows that have a value.
    having: Vec<Vec<u32>>,
}

impl<'a> Donors<'a> {
    fn new(filling: &'a KnnFilling) -> Donors<'a> {
        let (columns, rows) = (&filling.columns, filling.columns[0].len());
        let width = columns.len();
        let (mut parts, mut present) = (vec![0.0; 3 * width * rows], vec![0.0; width * rows]);
        let mut sizes = vec![0.0; rows];
        let mut having = vec![Vec::new(); width];
        for (index, column) in columns.iter().enumerate() {
            for (row, value) in column.iter().enumerate() {
                let Some(value) = value else { continue };
                let centred = value - filling.means[index];
                let part = &mut parts[row * 3 * width..];
                (part[index], part[width + index], part[2 * width + index]) = (centred, 1.0, centred * centred);
                present[row * width + index] = 1.0;
                sizes[row] += centred * centred;
                having[index].push(u32::try_from(row).expect("rows are counted in 32 bits"));
            }
        }
        Donors { filling, rows, parts, present, sizes, having }
    }

    /// Returns the fill values of some rows, each with its index among the values.
    fn fill(&self, features: &Features, block: &[usize]) -> Vec<(usize, f64)> {
        let width = features.columns();
        let (mut parts, mut present) = (vec![0.0; 3 * width * block.len()], vec![0.0; width * block.len()]);
        let mut sizes = vec![0.0; block.len()];
        for (place, &row) in block.iter().enumerate() {
            for index in 0..width {
                let value = features.column(index)[row];
                if value.is_nan() {
                    continue;
                }
                let centred = value - self.filling.means[index];
                let part = &mut parts[place * 3 * width..];
                (part[index], part[width + index], part[2 * width + index]) = (-2.0 * centred, centred * centred, 1.0);
                present[place * width + index] = 1.0;
                sizes[place] += centred * centred;
            }
        }
        let compare = |donors: &[f64], rows: &[f64], width: usize| {
            let mut into = Mat::<f64>::zeros(self.rows, block.len());
            let donors = MatRef::from_row_major_slice(donors, self.rows, width);
            product(donors, MatRef::from_column_major_slice(rows, width, block.len()), into.as_mut());
            into
        };
        let (squares, shared) = (compare(&self.parts, &parts, 3 * width), compare(&self.present, &present, width));
        let mut near = Near { lower: vec![0.0; self.rows], upper: vec![0.0; self.rows] };
        let mut filled = Vec::new();
        for (place, &row) in block.iter().enumerate() {
            let found = squares.col_as_slice(place).iter().zip(shared.col_as_slice(place));
            near.bound(width, sizes[place], found.zip(&self.sizes));
            for index in (0..width).filter(|&index| features.column(index)[row].is_nan()) {
                filled.push((index * features.rows() + row, self.value(features, row, index, &near)));
            }
        }
        filled
    }

    /// Returns the fill value of one missing value.
    fn value(&self, features: &Features, row: usize, index: usize, near: &Near) -> f64 {
        let wanted = self.filling.neighbours;
        let mut nearest: Vec<(f64, u32)> = near
            .candidates(&self.having[index], wanted)
            .into_iter()
            .map(|donor| (self.distance(features, row, donor as usize), donor))
            .filter(|(distance, _)| !distance.is_nan())
            .collect();
        nearest.sort_unstable_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        nearest.truncate(wanted);
        if nearest.is_empty() {
            return self.filling.means[index];
        }
        let touches = nearest[0].0 == 0.0;
        let weight = |distance: f64| match self.filling.weights {
            Weights::Uniform => 1.0,
            Weights::Distance if touches => f64::from(u8::from(distance == 0.0)),
            Weights::Distance => 1.0 / distance,
        };
        let (mut sum, mut total) = (0.0, 0.0);
        for (distance, donor) in nearest {
            let value = self.filling.columns[index][donor as usize].expect("a donor has the value");
            sum += weight(distance) * value;
            total += weight(distance);
        }
        sum / total
    }

    /// Returns the distance of a row to a donor, summed column by column; NaN if they share no column.
    fn distance(&self, features: &Features, row: usize, donor: usize) -> f64 {
        let (mut sum, mut shared) = (0.0, 0.0);
        for (index, column) in self.filling.columns.iter().enumerate() {
            let value = features.column(index)[row];
            if let Some(other) = column[donor].filter(|_| !value.is_nan()) {
                sum += (value - other) * (value - other);
                shared += 1.0;
            }
        }
        (sum / shared * self.filling.columns.len() as f64).sqrt()
    }
}

/// Bounds on the squared distance of one row to every donor; infinite if they share no column.
struct Near {
    lower: Vec<f64>,
    upper: Vec<f64>,
}

impl Near {
    /// Sets the bounds. The rounding error of `3 * width` summed products is at most that many units in the last place
    /// of the sum of their magnitudes (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, 3.1).
    fn bound<'a>(&mut self, width: usize, size: f64, found: impl Iterator<Item = ((&'a f64, &'a f64), &'a f64)>) {
        let lost = (8 * width + 32) as f64 * f64::EPSILON;
        for ((lower, upper), ((square, shared), other)) in self.lower.iter_mut().zip(&mut self.upper).zip(found) {
            let scale = width as f64 / shared;
            let slack = lost * (size + other);
            (*lower, *upper) = match *shared == 0.0 {
                true => (f64::INFINITY, f64::INFINITY),
                false => ((square - slack) * scale, (square + slack) * scale),
            };
        }
    }

    /// Returns the donors that may be among the nearest.
    fn candidates(&self, having: &[u32], wanted: usize) -> Vec<u32> {
        let mut bounds: Vec<f64> = Vec::with_capacity(wanted.min(having.len()) + 1);
        let mut most = f64::INFINITY;
        for &donor in having {
            let upper = self.upper[donor as usize];
            if upper < most {
                let place = bounds.partition_point(|bound| *bound <= upper);
                bounds.insert(place, upper);
                bounds.truncate(wanted);
                most = if bounds.len() == wanted { bounds[wanted - 1] } else { f64::INFINITY };
            }
        }
        having.iter().copied().filter(|&donor| self.lower[donor as usize] <= most).collect()
    }
}
