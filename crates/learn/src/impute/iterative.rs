//! Missing values from iterated regressions on the other columns.

use super::{check_values, means};
use crate::data::{Features, Target};
use crate::linear::BayesianRidge;
use crate::transform::{Transform, Transformer, bad_transform};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use serde::{Deserialize, Serialize};

/// Iterative imputation: starts from the means, then regresses each column on all others, in order of missingness, and
/// fills it with the predictions, in rounds (van Buuren and Groothuis-Oudshoorn, "mice", 2011, without its random
/// draws). The regressions are Bayesian ridges, as in scikit-learn's `IterativeImputer`.
///
/// ```
/// use pipewright_learn::impute::Iterative;
/// use pipewright_learn::{Features, Transform, Transformer};
/// use pipewright_world::random::Key;
/// let names = vec!["x".to_owned(), "y".to_owned()].into();
/// let features = Features::new(5, names, vec![1.0, 2.0, 3.0, 4.0, 5.0, 2.0, 4.0, f64::NAN, 8.0, 10.0]);
/// let filling = Iterative::default().fit(&features, None, Key::new(0)).unwrap();
/// assert!((filling.apply(&features).unwrap().column(1)[2] - 6.0).abs() < 1e-3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iterative {
    /// Maximum number of rounds over all columns.
    pub rounds_max: usize,
    /// Convergence tolerance: stops when no row changes by more than this times the largest value, summed over its
    /// columns.
    pub tolerance: f64,
}

impl Default for Iterative {
    fn default() -> Iterative {
        Iterative { rounds_max: 10, tolerance: 1e-3 }
    }
}

/// The regressions of all rounds, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IterativeFilling {
    means: Vec<f64>,
    regressions: Vec<Regression>,
}

/// The regression of one column on all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Regression {
    column: usize,
    /// Coefficients of the other columns, in their order.
    coefficients: Vec<f64>,
    intercept: f64,
}

impl Transformer for Iterative {
    type Transform = IterativeFilling;

    fn fit(&self, features: &Features, _: Option<&Target>, _: Key) -> Result<IterativeFilling, Failure> {
        check_values(features)?;
        let means = means(features)?;
        let mut filling = IterativeFilling { means, regressions: Vec::new() };
        let (missing, mut filled) = filling.start(features);
        if filled.len() < 2 {
            return Ok(filling);
        }
        let mut order: Vec<usize> = (0..filled.len()).collect();
        order.sort_by_key(|&column| missing[column].len());
        let present = (0..features.columns()).flat_map(|index| features.column(index)).filter(|value| !value.is_nan());
        let tolerance = self.tolerance * present.fold(0.0, |most: f64, value| most.max(value.abs()));
        for _ in 0..self.rounds_max {
            let before = filled.clone();
            for &column in &order {
                let regression = regress(features, &missing[column], &filled, column)?;
                regression.fill(&mut filled, &missing[column]);
                filling.regressions.push(regression);
            }
            if largest_change(&before, &filled) < tolerance {
                break;
            }
        }
        Ok(filling)
    }
}

/// Regresses a column on the others, over the rows where it is present.
fn regress(features: &Features, missing: &[usize], filled: &[Vec<f64>], column: usize) -> Result<Regression, Failure> {
    let kept: Vec<usize> = match missing.is_empty() {
        true => (0..features.rows()).collect(),
        false => (0..features.rows()).filter(|&row| !features.column(column)[row].is_nan()).collect(),
    };
    let of_kept = |values: &[f64]| -> Vec<f64> { kept.iter().map(|&row| values[row]).collect() };
    let others = (0..filled.len()).filter(|&other| other != column);
    let others: Vec<Vec<f64>> = others.map(|other| of_kept(&filled[other])).collect();
    let others: Vec<&[f64]> = others.iter().map(Vec::as_slice).collect();
    let Some(found) = BayesianRidge::default().fit_columns(&others, &of_kept(&filled[column]), None) else {
        let name = &features.names()[column];
        let message = format!("the regression of `{name}` on the other columns overflows");
        return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).column(name).help("scale the columns"));
    };
    Ok(Regression { column, coefficients: found.coefficients().to_vec(), intercept: found.intercept() })
}

/// Returns the largest sum of a row's changes.
fn largest_change(before: &[Vec<f64>], after: &[Vec<f64>]) -> f64 {
    let mut sums = vec![0.0; before[0].len()];
    for (before, after) in before.iter().zip(after) {
        for (sum, (before, after)) in sums.iter_mut().zip(before.iter().zip(after)) {
            *sum += (after - before).abs();
        }
    }
    sums.into_iter().fold(0.0, f64::max)
}

impl Regression {
    /// Fills the missing rows of its column; each row is summed column by column.
    fn fill(&self, columns: &mut [Vec<f64>], missing: &[usize]) {
        let others: Vec<usize> = (0..columns.len()).filter(|&other| other != self.column).collect();
        for &row in missing {
            let parts = others.iter().zip(&self.coefficients);
            columns[self.column][row] =
                parts.fold(self.intercept, |sum, (&other, weight)| sum + weight * columns[other][row]);
        }
    }
}

impl IterativeFilling {
    /// Returns the missing rows of each column, and the columns filled with their means.
    fn start(&self, features: &Features) -> (Vec<Vec<usize>>, Vec<Vec<f64>>) {
        let missing = |column: &[f64]| (0..column.len()).filter(|&row| column[row].is_nan()).collect();
        let filled = |(index, mean): (usize, &f64)| {
            let column = features.column(index).iter();
            column.map(|value| if value.is_nan() { *mean } else { *value }).collect()
        };
        (
            (0..features.columns()).map(|index| missing(features.column(index))).collect(),
            self.means.iter().enumerate().map(filled).collect(),
        )
    }
}

impl Transform for IterativeFilling {
    fn apply(&self, features: &Features) -> Result<Features, Failure> {
        assert_eq!(features.columns(), self.means.len(), "the columns of the training features");
        check_values(features)?;
        let (missing, mut filled) = self.start(features);
        self.regressions.iter().for_each(|regression| regression.fill(&mut filled, &missing[regression.column]));
        for (column, values) in filled.iter().enumerate() {
            if let Some(row) = values.iter().position(|value| !value.is_finite()) {
                let name = &features.names()[column];
                let message = format!("the fill value of `{name}` overflows");
                return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).column(name).row(row as u64 + 1));
            }
        }
        Ok(Features::new(features.rows(), features.names().clone(), filled.concat()))
    }

    fn validate(&self) -> Result<(), Failure> {
        let columns = self.means.len();
        let sound = |regression: &Regression| {
            regression.column < columns
                && regression.coefficients.len() + 1 == columns
                && regression.intercept.is_finite()
                && regression.coefficients.iter().all(|weight| weight.is_finite())
        };
        if self.means.iter().all(|mean| mean.is_finite()) && self.regressions.iter().all(sound) {
            return Ok(());
        }
        Err(bad_transform("regressions with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        self.means.len()
    }
}
