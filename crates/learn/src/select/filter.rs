//! Filters for uninformative or redundant columns; the target is not used.

use super::Choice;
use crate::data::{Features, Target};
use crate::linear::check_rows;
use crate::matrix::product;
use crate::sums::{centred, dot};
use crate::transform::Transformer;
use faer::{Mat, MatRef};
use pipewright_diagnostic::Failure;
use pipewright_world::random::Key;
use rayon::prelude::*;

/// Variance threshold: keeps the columns whose variance (with divisor n) is above it; 0 drops constant columns.
///
/// ```
/// use pipewright_learn::select::Variance;
/// use pipewright_learn::{Features, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned()].into();
/// let features = Features::new(2, names, vec![7.0, 7.0, 1.0, 3.0]);
/// let choice = Variance { above: 0.0 }.fit(&features, None, Key::new(0)).unwrap();
/// assert_eq!((choice.kept(), choice.scores()), (&[1][..], &[0.0, 1.0][..]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variance {
    /// The threshold, at least 0.
    pub above: f64,
}

impl Transformer for Variance {
    type Transform = Choice;

    fn fit(&self, features: &Features, _: Option<&Target>, _: Key) -> Result<Choice, Failure> {
        check_rows(features)?;
        let variance = |index: usize| {
            let (values, _) = centred(features.column(index));
            (dot(&values, &values) / features.rows() as f64).min(f64::MAX)
        };
        let scores: Vec<f64> = (0..features.columns()).into_par_iter().map(variance).collect();
        let kept = (0..scores.len()).filter(|&index| scores[index] > self.above).collect();
        Ok(Choice::new(scores, kept))
    }
}

/// Correlation filter: drops every column whose absolute correlation with an earlier kept column is above a threshold.
/// The score of a column is its largest |r| with an earlier kept column.
///
/// ```
/// use pipewright_learn::select::Correlated;
/// use pipewright_learn::{Features, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned(), "z".to_owned()].into();
/// let features = Features::new(3, names, vec![1.0, 2.0, 3.0, -2.0, -4.0, -6.1, 1.0, 0.0, 1.0]);
/// let choice = Correlated { above: 0.95 }.fit(&features, None, Key::new(0)).unwrap();
/// assert_eq!(choice.kept(), [0, 2]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlated {
    /// The threshold for |r|.
    pub above: f64,
}

/// Number of columns compared with all earlier ones at a time.
const BLOCK_COLUMNS: usize = 64;

impl Transformer for Correlated {
    type Transform = Choice;

    fn fit(&self, features: &Features, _: Option<&Target>, _: Key) -> Result<Choice, Failure> {
        check_rows(features)?;
        let (rows, count) = (features.rows(), features.columns());
        let units: Vec<f64> = (0..count).into_par_iter().flat_map_iter(|index| unit(features.column(index))).collect();
        let matrix = |columns: std::ops::Range<usize>| {
            MatRef::from_column_major_slice(&units[columns.start * rows..columns.end * rows], rows, columns.len())
        };
        let blocks: Vec<usize> = (0..count).step_by(BLOCK_COLUMNS).collect();
        let products: Vec<Mat<f64>> = blocks
            .par_iter()
            .map(|&start| {
                let end = (start + BLOCK_COLUMNS).min(count);
                let mut into = Mat::zeros(end, end - start);
                product(matrix(0..end).transpose(), matrix(start..end), into.as_mut());
                into
            })
            .collect();
        let mut kept: Vec<usize> = Vec::new();
        let mut scores = Vec::with_capacity(count);
        for index in 0..count {
            let correlations = products[index / BLOCK_COLUMNS].col_as_slice(index % BLOCK_COLUMNS);
            let score = kept.iter().fold(0.0, |most: f64, &other| most.max(correlations[other].abs())).min(1.0);
            scores.push(score);
            if score <= self.above {
                kept.push(index);
            }
        }
        Ok(Choice::new(scores, kept))
    }
}

/// Returns the centred values with norm 1; all 0 if they are constant.
pub(super) fn unit(column: &[f64]) -> Vec<f64> {
    let (mut values, _) = centred(column);
    let largest = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    if largest == 0.0 {
        return values;
    }
    // For magnitudes far from 1, squares would overflow or underflow.
    if !(1e-100..1e100).contains(&largest) {
        values.iter_mut().for_each(|value| *value /= largest);
    }
    let length = dot(&values, &values).sqrt();
    values.iter_mut().for_each(|value| *value /= length);
    values
}
