//! Discriminant analysis: the rows of each class are normally distributed over all columns.

mod lda;
mod qda;

pub use lda::{Lda, LdaModel, Shrinkage};
pub use qda::{Qda, QdaModel};

use crate::data::{Dataset, Features};
use crate::linear::columns_of;
use crate::mixed::classes_of;
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code, room_for};
use serde::{Deserialize, Serialize};

/// The probability of each class before anything is known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Priors {
    /// Its share of the training rows.
    #[default]
    Shares,
    /// The same for every class that has rows.
    Uniform,
    /// A number per class, at least 0; they are divided by their sum. A class without rows must have 0.
    Given(Vec<f64>),
}

impl Priors {
    fn of(&self, totals: &[f64]) -> Result<Vec<f64>, Failure> {
        let numbers = match self {
            Priors::Shares => totals.to_vec(),
            Priors::Uniform => totals.iter().map(|total| f64::from(u8::from(*total > 0.0))).collect(),
            Priors::Given(priors) => priors.clone(),
        };
        let sum: f64 = numbers.iter().sum();
        let sound = numbers.len() == totals.len()
            && numbers.iter().zip(totals).all(|(prior, total)| *prior >= 0.0 && (*prior == 0.0 || *total > 0.0))
            && sum > 0.0
            && sum.is_finite();
        if !sound {
            let message = "priors must be numbers, at least 0, one per class, and 0 for a class without rows";
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        Ok(numbers.iter().map(|prior| prior / sum).collect())
    }
}

/// The training rows by class.
struct Grouped<'a> {
    codes: &'a [u32],
    weights: Option<&'a [f64]>,
    /// The weight of each class.
    totals: Vec<f64>,
    priors: Vec<f64>,
    /// For each class the mean of each column.
    means: Vec<Vec<f64>>,
    columns: Vec<&'a [f64]>,
}

impl<'a> Grouped<'a> {
    /// Groups the rows of a data set with at least two classes.
    fn new(train: &'a Dataset, priors: &Priors, model: &str) -> Result<Grouped<'a>, Failure> {
        let (codes, classes) = classes_of(train.target(), model)?;
        let weights = train.weights();
        let mut totals = vec![Twofold::default(); classes];
        for (row, &code) in codes.iter().enumerate() {
            totals[code as usize] = totals[code as usize].plus(weights.map_or(1.0, |weights| weights[row]));
        }
        let totals: Vec<f64> = totals.into_iter().map(Twofold::value).collect();
        if totals.iter().filter(|total| **total > 0.0).count() < 2 {
            return Err(Failure::new(code::ONE_CLASS, "the training rows have only one class"));
        }
        check_room(&train.features)?;
        let priors = priors.of(&totals)?;
        let mut grouped =
            Grouped { codes, weights, totals, priors, means: Vec::new(), columns: columns_of(&train.features) };
        grouped.means = grouped.means_by_class();
        if grouped.means.iter().flatten().any(|mean| !mean.is_finite()) {
            return Err(overflow());
        }
        Ok(grouped)
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    fn total(&self) -> f64 {
        self.totals.iter().sum()
    }

    fn present(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.totals.len()).filter(|&class| self.totals[class] > 0.0)
    }

    fn rows_of(&self, class: usize) -> Vec<usize> {
        (0..self.codes.len()).filter(|&row| self.codes[row] as usize == class).collect()
    }

    /// Means are summed as differences from the first row of the class, so that the mean of equal values is that value.
    fn means_by_class(&self) -> Vec<Vec<f64>> {
        let first = |class: usize| self.codes.iter().position(|&code| code as usize == class);
        let firsts: Vec<usize> = (0..self.totals.len()).map(|class| first(class).unwrap_or(0)).collect();
        let mut means = vec![vec![0.0; self.columns.len()]; self.totals.len()];
        for (index, column) in self.columns.iter().enumerate() {
            let mut sums = vec![Twofold::default(); self.totals.len()];
            for (row, value) in column.iter().enumerate() {
                let class = self.codes[row] as usize;
                // Divided first, so that no sum overflows.
                let share = self.weight(row) / self.totals[class];
                sums[class] = sums[class].plus((value - column[firsts[class]]) * share);
            }
            for (class, sum) in sums.into_iter().enumerate() {
                means[class][index] = column[firsts[class]] + sum.value();
            }
        }
        means
    }

    /// The means of the columns over the classes, each of which counts as much as its prior.
    fn centre(&self) -> Vec<f64> {
        let of =
            |index: usize| Twofold::sum(self.priors.iter().zip(&self.means).map(|(prior, means)| prior * means[index]));
        (0..self.columns.len()).map(of).collect()
    }

    /// For each column a power of 2 near its largest difference from a number; 0 for a column that does not differ.
    fn units(&self, from: &[f64]) -> Vec<f64> {
        let largest = |(column, from): (&&[f64], &f64)| match column.iter().all(|value| *value == column[0]) {
            true => 0.0,
            false => column.iter().map(|value| (value - from).abs()).fold(0.0_f64, f64::max).min(f64::MAX),
        };
        self.columns.iter().zip(from).map(largest).map(power_of_2).collect()
    }
}

/// The power of 2 at or below a number; 0 for 0.
fn power_of_2(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { 2.0_f64.powi((number.log2().floor() as i32).clamp(-1000, 1000)) }
}

/// The difference of two numbers in a unit, cut off where it is beyond all training rows.
fn difference(value: f64, from: f64, unit: f64) -> f64 {
    const FAR: f64 = 1e140;
    (value / unit - from / unit).clamp(-FAR, FAR)
}

fn overflow() -> Failure {
    Failure::new(code::VALUE_OUT_OF_RANGE, "the sums of the columns overflow or underflow").help("scale the columns")
}

/// Is there room for some copies of the columns, and for squares of each pair of columns?
fn check_room(features: &Features) -> Result<(), Failure> {
    const COPIES: u128 = 3;
    let (rows, columns) = (features.rows(), features.columns());
    let numbers = COPIES * columns as u128 * (rows as u128 + columns as u128);
    room_for(numbers * size_of::<f64>() as u128, || format!("a fit to {columns} columns of {rows} rows"))
}

#[cfg(test)]
mod tests;
