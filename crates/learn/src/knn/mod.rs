//! Nearest neighbours: the answer for a row is that of the training rows most like it.

mod nearest;
mod rows;
mod tree;

pub use crate::impute::Weights;

use crate::data::{Categories, Column, Dataset, Features, Outputs, Target};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::mixed::{are_sound_codes, check_kinds, check_width, codes_among};
use crate::summary::Summary;
use crate::twofold::Twofold;
use nearest::Nearest;
use pipewright_diagnostic::{Failure, code, room_for};
use rayon::prelude::*;
use rows::{Lane, Rows};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// Nearest neighbours: class shares among, or the mean of, the `k` training rows nearest to a row (Fix, Hodges,
/// "Discriminatory analysis: nonparametric discrimination", 1951).
///
/// The distance of two rows is √(Σ d² · columns / shared) over the columns present in both. For numbers, d is their
/// difference; for categories, 1 if they differ and 0 if not. Without missing values and categories it is the Euclidean
/// distance; with missing values it is that of scikit-learn's `nan_euclidean_distances`. Columns are not rescaled: scale
/// numbers first, so that a column counts as much as others, and as much as categories do. A category that did not occur
/// in training differs from all others.
///
/// On ties the earlier training row wins. If there are fewer than `k` rows, all are neighbours. Rows that share no
/// column are not neighbours; a row without any neighbour gets the class shares, or the mean, of all training rows.
///
/// A training row of weight w takes w of the `k` places and has w votes; the last neighbour takes the places that are
/// left. Thus a weight of 2 is the row twice, also for rows on the verge.
///
/// Complete rows of up to 8 numbers are searched by a k-d tree, others by comparing them with all training rows, in
/// products of matrices where they are complete. All ways give exactly the same neighbours.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target, knn::Neighbors};
/// let features = Features::from_rows(["x"], &[[0.0], [1.0], [2.0], [10.0]]);
/// let target = Target::Classes { codes: vec![0, 0, 1, 1], count: 2 };
/// let model = Neighbors::new(3).fit(&Dataset::new(features, target))?;
/// let outputs = model.predict(&Features::from_rows(["x"], &[[0.4], [9.0]]))?;
/// assert_eq!(outputs.labels(), [0, 1]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbors {
    /// Number of neighbours, at least 1.
    pub k: usize,
    /// Weights of the neighbours.
    pub weights: Weights,
}

impl Default for Neighbors {
    fn default() -> Neighbors {
        Neighbors::new(5)
    }
}

impl Neighbors {
    /// `k` neighbours with equal weights.
    #[must_use]
    pub fn new(k: usize) -> Neighbors {
        Neighbors { k, weights: Weights::Uniform }
    }
}

/// The fitted model of [`Neighbors`]: the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeighborsModel {
    k: usize,
    weights: Weights,
    columns: Vec<Kept>,
    answers: Answers,
    /// The weights of the training rows, unless all are 1.
    sample_weights: Option<Vec<f64>>,
    #[serde(skip)]
    prepared: Prepared,
}

/// A column of the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Kept {
    /// `None` where a value is missing.
    Numbers(Vec<Option<f64>>),
    Categories {
        codes: Vec<u32>,
        levels: Vec<String>,
    },
}

/// The targets of the training rows, and the answer without neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Answers {
    Classes { codes: Vec<u32>, shares: Vec<f64> },
    Numbers { values: Vec<f64>, mean: f64 },
}

/// What is derived from the training rows on first use.
#[derive(Debug, Clone, Default)]
struct Prepared(OnceLock<Arc<(f64, Rows)>>);

impl PartialEq for Prepared {
    fn eq(&self, _: &Prepared) -> bool {
        true
    }
}

/// Rows searched together.
const BLOCK_ROWS: usize = 64;

/// Exponents of the common scale: squares of scaled numbers, and of 1, neither overflow nor vanish.
const EXPONENTS: std::ops::RangeInclusive<i32> = -500..=530;

/// The largest scaled number of a row to predict: its differences from all training rows are equal to it long before.
const SCALED_MAX: f64 = 1e150;

impl Learner for Neighbors {
    type Model = NeighborsModel;

    fn accepts(&self) -> Accepts {
        NeighborsModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, _: &Fit<'_>) -> Result<NeighborsModel, Failure> {
        if self.k == 0 {
            return Err(Failure::new(code::BAD_VALUE, "the number of neighbours is 0"));
        }
        if train.rows() == 0 {
            return Err(Failure::new(code::TOO_FEW_ROWS, "there are no rows to learn from"));
        }
        let (rows, columns) = (train.rows(), train.features.columns());
        // As kept, as searched, and row by row for a product or a tree.
        let numbers = 5 * rows as u128 * columns as u128;
        room_for(numbers * size_of::<f64>() as u128, || format!("neighbours among {rows} rows of {columns} columns"))?;
        let model = NeighborsModel {
            k: self.k,
            weights: self.weights,
            columns: (0..columns).map(|index| Kept::of(&train.features, index)).collect(),
            answers: Answers::of(train),
            sample_weights: train.weights().map(<[f64]>::to_vec),
            prepared: Prepared::default(),
        };
        model
            .validate()
            .map_err(|_| Failure::new(code::VALUE_OUT_OF_RANGE, "the target or the weights have no finite mean"))?;
        Ok(model)
    }
}

impl Kept {
    fn of(features: &Features, index: usize) -> Kept {
        match features.stored(index) {
            Column::Categories(categories) => {
                Kept::Categories { codes: categories.codes().to_vec(), levels: categories.levels().to_vec() }
            }
            _ => {
                let present = |number: &f64| (!number.is_nan()).then_some(*number);
                Kept::Numbers(features.column(index).iter().map(present).collect())
            }
        }
    }

    /// The column at the common scale.
    fn lane(&self, scale: f64) -> Lane {
        match self {
            Kept::Numbers(numbers) => {
                Lane::Numbers(numbers.iter().map(|number| number.map_or(f64::NAN, |number| number * scale)).collect())
            }
            Kept::Categories { codes, .. } => Lane::Codes(codes.clone()),
        }
    }

    /// The same column of other rows, at the common scale.
    fn query(&self, features: &Features, index: usize, scale: f64) -> Lane {
        match self {
            Kept::Numbers(_) => {
                let scaled = |number: &f64| (number * scale).clamp(-SCALED_MAX, SCALED_MAX);
                Lane::Numbers(features.column(index).iter().map(scaled).collect())
            }
            Kept::Categories { levels, .. } => Lane::Codes(codes_among(levels, features, index)),
        }
    }

    fn is_sound(&self, rows: usize) -> bool {
        match self {
            Kept::Numbers(numbers) => {
                numbers.len() == rows && numbers.iter().flatten().all(|number| number.is_finite())
            }
            Kept::Categories { codes, levels } => codes.len() == rows && are_sound_codes(codes, levels),
        }
    }

    fn largest(&self) -> f64 {
        match self {
            Kept::Numbers(numbers) => numbers.iter().flatten().fold(0.0, |most, number| most.max(number.abs())),
            Kept::Categories { .. } => 0.0,
        }
    }
}

impl Answers {
    fn of(train: &Dataset) -> Answers {
        let total = train.labels.total_weight();
        let weight = |row: usize| train.weights().map_or(1.0, |weights| weights[row]);
        match train.target() {
            Target::Classes { codes, count } => {
                let mut sums = vec![Twofold::default(); *count];
                for (row, &code) in codes.iter().enumerate() {
                    sums[code as usize] = sums[code as usize].plus(weight(row));
                }
                let shares = sums.into_iter().map(|sum| (sum.value() / total).min(1.0)).collect();
                Answers::Classes { codes: codes.clone(), shares }
            }
            Target::Numbers(values) => {
                let weighted = values.iter().enumerate().map(|(row, value)| value * (weight(row) / total));
                Answers::Numbers { values: values.clone(), mean: Twofold::sum(weighted) }
            }
        }
    }

    fn rows(&self) -> usize {
        match self {
            Answers::Classes { codes, .. } => codes.len(),
            Answers::Numbers { values, .. } => values.len(),
        }
    }

    /// How many numbers answer a row.
    fn width(&self) -> usize {
        match self {
            Answers::Classes { shares, .. } => shares.len(),
            Answers::Numbers { .. } => 1,
        }
    }

    /// Writes the answer of some rows and their shares, which sum to 1.
    fn write(&self, neighbours: &[(f64, u32)], into: &mut [f64]) {
        match self {
            Answers::Classes { shares, .. } if neighbours.is_empty() => into.copy_from_slice(shares),
            Answers::Classes { codes, .. } => {
                neighbours.iter().for_each(|&(share, row)| into[codes[row as usize] as usize] += share);
            }
            Answers::Numbers { mean, .. } if neighbours.is_empty() => into[0] = *mean,
            Answers::Numbers { values, .. } => into[0] = mean_of(values, neighbours),
        }
    }

    fn is_sound(&self) -> bool {
        match self {
            Answers::Classes { codes, shares } => {
                let sound = |share: &f64| (0.0..=1.0).contains(share);
                codes.iter().all(|&code| (code as usize) < shares.len()) && shares.iter().all(sound)
            }
            Answers::Numbers { values, mean } => values.iter().chain([mean]).all(|value| value.is_finite()),
        }
    }
}

/// The mean of some rows by their shares. Rounding leads to no value beyond them.
fn mean_of(values: &[f64], neighbours: &[(f64, u32)]) -> f64 {
    let of = |row: u32| values[row as usize];
    let mean: f64 = neighbours.iter().map(|&(share, row)| share * of(row)).sum();
    let lowest = neighbours.iter().map(|&(_, row)| of(row)).fold(f64::INFINITY, f64::min);
    mean.clamp(lowest, neighbours.iter().map(|&(_, row)| of(row)).fold(f64::NEG_INFINITY, f64::max))
}

impl NeighborsModel {
    fn prepared(&self) -> &(f64, Rows) {
        self.prepared.0.get_or_init(|| {
            let scale = scale_for(self.columns.iter().map(Kept::largest).fold(0.0, f64::max));
            let lanes = self.columns.iter().map(|column| column.lane(scale)).collect();
            Arc::new((scale, Rows::new(self.answers.rows(), lanes, scale)))
        })
    }

    /// The neighbours and the share of each in the answer.
    fn shares(&self, nearest: &Nearest<'_>) -> Vec<(f64, u32)> {
        let found = nearest.found();
        let least = found.first().map_or(0.0, |found| found.0);
        let by_distance = |square: f64| match self.weights {
            Weights::Uniform => 1.0,
            Weights::Distance if least == 0.0 => f64::from(u8::from(square == 0.0)),
            // Relative to the nearest, so that no inverse overflows.
            Weights::Distance => (least / square).sqrt(),
        };
        let mut places = self.k as f64;
        let mut shares: Vec<(f64, u32)> = Vec::with_capacity(found.len());
        for &(square, row) in found {
            let taken = self.sample_weights.as_ref().map_or(1.0, |weights| weights[row as usize]).min(places);
            places -= taken;
            shares.push((taken * by_distance(square), row));
        }
        // A weight may be too small to count beside others, but not beside itself.
        let most = shares.iter().fold(0.0_f64, |most, share| most.max(share.0));
        let total: f64 = shares.iter().map(|share| share.0 / most).sum();
        shares.iter_mut().for_each(|share| share.0 = share.0 / most / total);
        shares
    }
}

/// A power of 2 that brings numbers of at most this size near 1. It changes no digit.
fn scale_for(largest: f64) -> f64 {
    if largest == 0.0 {
        return 1.0;
    }
    let exponent = largest.log2().floor() as i32;
    2.0_f64.powi(-exponent.clamp(*EXPONENTS.start(), *EXPONENTS.end()))
}

impl Model for NeighborsModel {
    const ACCEPTS: Accepts = Accepts { sparse: false, ..Accepts::ANYTHING };

    fn outputs(&self, features: &Features) -> Outputs {
        let (scale, rows) = self.prepared();
        let query = |(index, column): (usize, &Kept)| column.query(features, index, *scale);
        let queries: Vec<Lane> = self.columns.iter().enumerate().map(query).collect();
        let width = self.answers.width();
        let mut values = vec![0.0; features.rows() * width];
        values.par_chunks_mut(BLOCK_ROWS * width.max(1)).enumerate().for_each(|(block, answers)| {
            let start = block * BLOCK_ROWS;
            let mut each = vec![Nearest::new(self.k, self.sample_weights.as_deref()); answers.len() / width];
            rows.search(&queries, start..start + each.len(), &mut each);
            for (nearest, answer) in each.iter().zip(answers.chunks_exact_mut(width)) {
                self.answers.write(&self.shares(nearest), answer);
            }
        });
        match &self.answers {
            Answers::Classes { .. } => Outputs::Probabilities { values, classes: width },
            Answers::Numbers { .. } => Outputs::Numbers(values),
        }
    }

    /// # Errors
    /// As in the trait; [`code::KIND_CHANGED`] if a column of numbers holds categories, or the reverse.
    fn predict(&self, features: &Features) -> Result<Outputs, Failure> {
        check_width(self.inputs(), features)?;
        check_kinds(features, |index| Some(matches!(self.columns[index], Kept::Categories { .. })))?;
        Ok(self.outputs(features))
    }

    fn validate(&self) -> Result<(), Failure> {
        let rows = self.answers.rows();
        let sound_weight = |weight: &f64| weight.is_finite() && *weight > 0.0;
        let weights = self.sample_weights.as_ref();
        let sizes = self.k > 0 && rows > 0 && weights.is_none_or(|weights| weights.len() == rows);
        let weighted = weights.is_none_or(|weights| weights.iter().all(sound_weight));
        if sizes && weighted && self.answers.is_sound() && self.columns.iter().all(|column| column.is_sound(rows)) {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "neighbours with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        self.columns.len()
    }

    fn summary(&self) -> Summary {
        let missing = |column: &Kept| match column {
            Kept::Numbers(numbers) => numbers.iter().filter(|number| number.is_none()).count(),
            Kept::Categories { codes, .. } => codes.iter().filter(|code| **code == Categories::MISSING).count(),
        };
        Summary::Sizes(vec![
            ("neighbours", self.k),
            ("rows kept", self.answers.rows()),
            ("columns kept", self.columns.len()),
            ("values missing", self.columns.iter().map(missing).sum()),
        ])
    }
}

#[cfg(test)]
mod tests;
