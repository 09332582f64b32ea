//! Coordinate descent on the residuals of all rows.
//!
//! Columns are centred, multiplied by the roots of the weights, and scaled by powers of two; sparse columns keep their
//! zeros, and their centring is implied.

use super::descent::{Origin, Origins, State};
use super::unit::{Unit, mean, scale_of};
use crate::data::{Column, Features, Sparse};
use crate::sums::dot;
use crate::twofold::Twofold;
use rayon::prelude::*;

/// A column of the scaled problem.
enum Centred {
    /// Centred and weighted.
    Dense(Vec<f64>),
    /// Weighted, not centred; the mean is that of the rows before weighting.
    Sparse { numbers: Sparse, mean: f64 },
}

impl Centred {
    fn square(&self, total_weight: f64) -> f64 {
        match self {
            Centred::Dense(values) => dot(values, values),
            Centred::Sparse { numbers, mean } => {
                (dot(numbers.values(), numbers.values()) - total_weight * mean * mean).max(0.0)
            }
        }
    }
}

/// The scaled columns, and the current residuals.
pub(super) struct ScaledRows {
    columns: Vec<Centred>,
    /// Σ v² of each centred column.
    squares: Vec<f64>,
    /// The root of the weight of each row; `None` if all weigh 1.
    roots: Option<Vec<f64>>,
    total_weight: f64,
    target: Vec<f64>,
    /// Current residuals of the target, to which `shift` times the root of each row's weight is to be added.
    rest: Vec<f64>,
    shift: f64,
}

impl ScaledRows {
    /// `target` and all columns are finite, with at least one row.
    pub(super) fn new(
        features: &Features,
        target: &[f64],
        weights: Option<&[f64]>,
        intercept: bool,
    ) -> (ScaledRows, Origins) {
        let roots: Option<Vec<f64>> = weights.map(|weights| weights.iter().map(|weight| weight.sqrt()).collect());
        let total_weight = weights.map_or(target.len() as f64, |weights| Twofold::sum(weights.iter().copied()));
        let scaling = Scaling { weights, roots: roots.as_deref(), total_weight, intercept };
        let scaled = (0..features.columns()).into_par_iter().map(|index| scaling.column(features.stored(index)));
        let (columns, origins): (Vec<Centred>, Vec<Origin>) = scaled.unzip();
        let target_scale = scale_of(target);
        let scaled_target = target.iter().map(|y| y * target_scale);
        let target_mean = if intercept { mean(scaled_target.clone(), weights) } else { 0.0 };
        let mut target: Vec<f64> = scaled_target.map(|y| y - target_mean).collect();
        scaling.weigh(&mut target);
        let squares = columns.par_iter().map(|column| column.square(total_weight)).collect();
        let origins = Origins { columns: origins, target_scale, target_mean };
        let rest = target.clone();
        (ScaledRows { columns, squares, roots, total_weight, target, rest, shift: 0.0 }, origins)
    }
}

impl State for ScaledRows {
    fn squares(&self) -> &[f64] {
        &self.squares
    }

    fn target_square(&self) -> f64 {
        dot(&self.target, &self.target)
    }

    fn slope(&self, column: usize) -> f64 {
        dot_with(&self.columns[column], &self.rest, self.shift, self.total_weight)
    }

    fn change(&mut self, column: usize, change: f64) {
        self.shift += subtract(&self.columns[column], change, &mut self.rest);
    }

    /// The residuals, too, are computed anew, so that rounding does not add up.
    fn refresh(&mut self, weights: &[f64]) -> (Vec<f64>, f64) {
        self.rest.copy_from_slice(&self.target);
        self.shift = 0.0;
        for (column, &weight) in self.columns.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
            self.shift += subtract(column, weight, &mut self.rest);
        }
        let shift = std::mem::take(&mut self.shift);
        match &self.roots {
            None => self.rest.iter_mut().for_each(|rest| *rest += shift),
            Some(roots) => self.rest.iter_mut().zip(roots).for_each(|(rest, root)| *rest += shift * root),
        }
        let columns = self.columns.par_iter();
        let slopes = columns.map(|column| dot_with(column, &self.rest, self.shift, self.total_weight)).collect();
        (slopes, dot(&self.rest, &self.rest))
    }
}

/// Σ v·(rest + shift·root) of a centred column, where the residuals are orthogonal to the roots.
fn dot_with(column: &Centred, rest: &[f64], shift: f64, total_weight: f64) -> f64 {
    match column {
        Centred::Dense(values) => dot(values, rest),
        Centred::Sparse { numbers, mean } => {
            let pairs = numbers.positions().iter().zip(numbers.values());
            pairs.map(|(&row, value)| value * rest[row as usize]).sum::<f64>() + shift * total_weight * mean
        }
    }
}

/// Subtracts `change` times a column from the residuals, and returns by how much the shift grows.
fn subtract(column: &Centred, change: f64, rest: &mut [f64]) -> f64 {
    match column {
        Centred::Dense(values) => {
            rest.iter_mut().zip(values).for_each(|(rest, value)| *rest -= change * value);
            0.0
        }
        Centred::Sparse { numbers, mean } => {
            let pairs = numbers.positions().iter().zip(numbers.values());
            pairs.for_each(|(&row, value)| rest[row as usize] -= change * value);
            change * mean
        }
    }
}

/// How columns are centred and weighted.
struct Scaling<'a> {
    weights: Option<&'a [f64]>,
    roots: Option<&'a [f64]>,
    total_weight: f64,
    intercept: bool,
}

impl Scaling<'_> {
    fn column(&self, column: &Column) -> (Centred, Origin) {
        match column {
            Column::Sparse(sparse) => self.sparse(sparse),
            Column::Dense(values) => self.dense(values),
            Column::Categories(_) => unreachable!("numbers were asked for"),
        }
    }

    fn dense(&self, column: &[f64]) -> (Centred, Origin) {
        let unit = Unit::of(column, 0.0, self.weights, self.intercept);
        let mut values: Vec<f64> = column.iter().map(|x| (x * unit.scale - unit.shift) * unit.stretch).collect();
        self.weigh(&mut values);
        (Centred::Dense(values), Origin { unit: unit.scale * unit.stretch, mean: unit.shift * unit.stretch })
    }

    fn sparse(&self, sparse: &Sparse) -> (Centred, Origin) {
        let unit = Unit::uncentred(sparse.values(), 0.0);
        let unit = unit.scale * unit.stretch;
        let weight = |row: u32| self.weights.map_or(1.0, |weights| weights[row as usize]);
        let root = |row: u32| self.roots.map_or(1.0, |roots| roots[row as usize]);
        let pairs = || sparse.positions().iter().zip(sparse.values());
        let sum = Twofold::sum(pairs().map(|(&row, value)| weight(row) * (value * unit)));
        let mean = if self.intercept { sum / self.total_weight } else { 0.0 };
        let numbers = sparse.with_values(pairs().map(|(&row, value)| value * unit * root(row)).collect());
        (Centred::Sparse { numbers, mean }, Origin { unit, mean })
    }

    fn weigh(&self, values: &mut [f64]) {
        if let Some(roots) = self.roots {
            values.iter_mut().zip(roots).for_each(|(value, root)| *value *= root);
        }
    }
}
