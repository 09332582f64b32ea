//! Cyclic coordinate descent for ½·Σ ω (y - b - w·x)² + Σ absolute·|w| + ½·Σ square·w².
//!
//! Columns and target are centred, multiplied by the roots of the weights, and scaled by powers of two; sparse columns
//! keep their zeros, and their centring is implied. With rows enough, the descent works on the products of all pairs of
//! columns, so that a step does not depend on the number of rows; the slopes are then computed anew from the residuals
//! whenever the duality gap is, which removes what the products have lost to rounding.

use super::unit::{Unit, mean, scale_of};
use crate::data::{Column, Features, Sparse};
use crate::learner::Progress;
use crate::sums::dot;
use crate::twofold::Twofold;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;

/// Most columns of which the products of all pairs are formed.
const PAIRED_MAX: usize = 500;
/// Rows per task.
const BLOCK_ROWS: usize = 2048;
/// Tasks with partial sums of their own.
const GROUPS: usize = 8;
/// Rounds between two checks whether the fit was cancelled.
const ROUNDS_PER_CHECK: u32 = 100;

/// The penalty on every coefficient, in the units of the columns: `absolute`·Σ|w| + ½·`square`·Σ w².
pub(super) struct Penalty {
    pub(super) absolute: f64,
    pub(super) square: f64,
}

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

/// What a column was before it was scaled: its coefficient is that of the scaled column times `unit`.
struct Origin {
    unit: f64,
    /// The mean of the scaled column.
    mean: f64,
}

/// The problem, and the current coefficients of the scaled columns.
pub(super) struct Descent {
    columns: Vec<Centred>,
    origins: Vec<Origin>,
    /// Σ v² of each centred column.
    squares: Vec<f64>,
    /// The root of the weight of each row; `None` if all weigh 1.
    roots: Option<Vec<f64>>,
    total_weight: f64,
    target: Vec<f64>,
    target_scale: f64,
    target_mean: f64,
    weights: Vec<f64>,
    /// Current residuals of the target, to which `shift` times the root of each row's weight is to be added.
    rest: Vec<f64>,
    shift: f64,
    paired: Option<Paired>,
}

/// The products of all pairs of columns, and the slopes Σ v·rest that they keep up to date.
struct Paired {
    products: Mat<f64>,
    slopes: Vec<f64>,
}

/// The penalties in the units of the scaled columns.
struct Scaled {
    absolute: Vec<f64>,
    square: Vec<f64>,
}

impl Descent {
    /// `target` and all columns are finite, with at least one row.
    pub(super) fn new(features: &Features, target: &[f64], weights: Option<&[f64]>, intercept: bool) -> Descent {
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
        let mut descent = Descent {
            weights: vec![0.0; columns.len()],
            paired: None,
            rest: target.clone(),
            shift: 0.0,
            columns,
            origins,
            squares,
            roots,
            total_weight,
            target,
            target_scale,
            target_mean,
        };
        descent.paired = descent.pairs();
        descent
    }

    /// The products of all pairs of columns, if they are few, dense, and far fewer than the rows.
    fn pairs(&self) -> Option<Paired> {
        let dense = |column: &Centred| matches!(column, Centred::Dense(_));
        let (rows, count) = (self.target.len(), self.columns.len());
        if count == 0 || count > PAIRED_MAX || rows < 2 * count || !self.columns.iter().all(dense) {
            return None;
        }
        let group_rows = rows.div_ceil(BLOCK_ROWS).div_ceil(GROUPS) * BLOCK_ROWS;
        let starts: Vec<usize> = (0..rows).step_by(group_rows).collect();
        let parts: Vec<Mat<f64>> =
            starts.into_par_iter().map(|start| self.products(start, rows.min(start + group_rows))).collect();
        let products = parts.into_iter().reduce(|sum, part| sum + part).unwrap_or_else(|| Mat::zeros(count, count));
        Some(Paired { products, slopes: self.slopes_of_rows() })
    }

    /// The products over some of the rows.
    fn products(&self, from: usize, to: usize) -> Mat<f64> {
        let count = self.columns.len();
        let mut sum = Mat::zeros(count, count);
        let mut block = Vec::with_capacity(BLOCK_ROWS * count);
        for start in (from..to).step_by(BLOCK_ROWS) {
            let end = to.min(start + BLOCK_ROWS);
            block.clear();
            for column in &self.columns {
                if let Centred::Dense(values) = column {
                    block.extend_from_slice(&values[start..end]);
                }
            }
            let block = MatRef::from_column_major_slice(&block, end - start, count);
            matmul(sum.as_mut(), Accum::Add, block.transpose(), block, 1.0, Par::Seq);
        }
        sum
    }

    /// The smallest `absolute` at which all coefficients are 0.
    pub(super) fn smallest_to_vanish(&self) -> f64 {
        let slope = |column: usize| {
            let unit = self.origins[column].unit * self.target_scale;
            let slope = dot_with(&self.columns[column], &self.target, 0.0, self.total_weight).abs();
            if slope == 0.0 { 0.0 } else { slope / unit }
        };
        (0..self.columns.len()).map(slope).fold(0.0, f64::max)
    }

    /// Descends from the current coefficients; false if the rounds run out before convergence: the largest step is
    /// below `tolerance` of the largest coefficient, and the duality gap below `tolerance` of Σ (y - mean)².
    pub(super) fn solve(
        &mut self,
        penalty: &Penalty,
        tolerance: f64,
        rounds_max: u32,
        progress: &dyn Progress,
    ) -> Result<bool, Failure> {
        let scaled = Scaled {
            absolute: self.origins.iter().map(|origin| penalty.absolute * origin.unit * self.target_scale).collect(),
            square: self.origins.iter().map(|origin| penalty.square * origin.unit * origin.unit).collect(),
        };
        let enough = tolerance * dot(&self.target, &self.target);
        let countable = |column: usize| (self.squares[column] + scaled.square[column]).is_finite();
        let mut active: Vec<usize> = (0..self.columns.len())
            .filter(|&column| self.squares[column] > 0.0 && countable(column) && scaled.absolute[column].is_finite())
            .collect();
        if self.screen(&scaled, enough, &mut active) {
            return Ok(true);
        }
        for round in 0..rounds_max {
            if round % ROUNDS_PER_CHECK == 0 && progress.cancelled() {
                return Err(Failure::new(code::CANCELLED, "the fit was stopped"));
            }
            if self.round(&scaled, tolerance, &active) && self.screen(&scaled, enough, &mut active) {
                return Ok(true);
            }
        }
        Ok(self.screen(&scaled, enough, &mut active))
    }

    /// Optimises each coefficient in turn: true if none has moved by more than `tolerance` of the largest.
    fn round(&mut self, penalty: &Scaled, tolerance: f64, active: &[usize]) -> bool {
        let (mut step, mut size) = (0.0_f64, 0.0_f64);
        for &column in active {
            step = step.max(self.descend(column, penalty));
            size = size.max(self.weights[column].abs());
        }
        step <= tolerance * size
    }

    /// Optimises one coefficient, and returns by how much it changed.
    fn descend(&mut self, column: usize, penalty: &Scaled) -> f64 {
        let old = self.weights[column];
        let slope = self.slope(column) + old * self.squares[column];
        let bend = self.squares[column] + penalty.square[column];
        let new = slope.signum() * (slope.abs() - penalty.absolute[column]).max(0.0) / bend;
        self.set(column, new);
        (new - old).abs()
    }

    /// Σ v·rest of a column.
    fn slope(&self, column: usize) -> f64 {
        match &self.paired {
            Some(paired) => paired.slopes[column],
            None => dot_with(&self.columns[column], &self.rest, self.shift, self.total_weight),
        }
    }

    fn set(&mut self, column: usize, weight: f64) {
        let change = weight - self.weights[column];
        if change == 0.0 {
            return;
        }
        self.weights[column] = weight;
        match &mut self.paired {
            Some(Paired { products, slopes }) => {
                slopes.iter_mut().zip(products.col_as_slice(column)).for_each(|(slope, p)| *slope -= change * p);
            }
            None => self.shift += subtract(&self.columns[column], change, &mut self.rest),
        }
    }

    /// Computes residuals and slopes from the coefficients where only the slopes were kept up to date.
    fn refresh(&mut self) -> Vec<f64> {
        if self.paired.is_some() {
            self.rest = self.residuals();
            let slopes = self.slopes_of_rows();
            self.paired.iter_mut().for_each(|paired| paired.slopes.copy_from_slice(&slopes));
            return slopes;
        }
        let shift = std::mem::take(&mut self.shift);
        match &self.roots {
            None => self.rest.iter_mut().for_each(|rest| *rest += shift),
            Some(roots) => self.rest.iter_mut().zip(roots).for_each(|(rest, root)| *rest += shift * root),
        }
        self.slopes_of_rows()
    }

    fn slopes_of_rows(&self) -> Vec<f64> {
        let columns = self.columns.par_iter();
        columns.map(|column| dot_with(column, &self.rest, self.shift, self.total_weight)).collect()
    }

    /// The residuals of dense columns.
    fn residuals(&self) -> Vec<f64> {
        let mut rest = self.target.clone();
        rest.par_chunks_mut(BLOCK_ROWS).enumerate().for_each(|(block, rest)| {
            for (column, &weight) in self.columns.iter().zip(&self.weights).filter(|(_, weight)| **weight != 0.0) {
                if let Centred::Dense(values) = column {
                    let values = &values[block * BLOCK_ROWS..];
                    rest.iter_mut().zip(values).for_each(|(rest, value)| *rest -= weight * value);
                }
            }
        });
        rest
    }

    /// Is the duality gap closed? If not, columns whose coefficient it proves to be 0 become inactive.
    fn screen(&mut self, penalty: &Scaled, enough: f64, active: &mut Vec<usize>) -> bool {
        let mut slopes = self.refresh();
        let (mut absolute, mut square, mut inside) = (0.0, 0.0, 1.0_f64);
        for &column in active.iter() {
            let weight = self.weights[column];
            slopes[column] -= penalty.square[column] * weight;
            absolute += penalty.absolute[column] * weight.abs();
            square += penalty.square[column] * weight * weight;
            if slopes[column].abs() > penalty.absolute[column] {
                inside = inside.min(penalty.absolute[column] / slopes[column].abs());
            }
        }
        let twice = 1.0 + inside * inside;
        let gap =
            0.5 * twice * (dot(&self.rest, &self.rest) + square) + absolute - inside * dot(&self.rest, &self.target);
        if gap <= enough {
            return true;
        }
        let radius = (2.0 * gap).sqrt();
        let (kept, gone): (Vec<usize>, Vec<usize>) = active.iter().copied().partition(|&column| {
            let length = (self.squares[column] + penalty.square[column]).sqrt();
            inside * slopes[column].abs() + radius * length >= penalty.absolute[column]
        });
        gone.into_iter().for_each(|column| self.set(column, 0.0));
        *active = kept;
        false
    }

    /// The coefficients in the units of the original columns, and the intercept.
    pub(super) fn solution(&self) -> (Vec<f64>, f64) {
        let parts = self.origins.iter().zip(&self.weights);
        let coefficients = parts
            .clone()
            .map(|(origin, weight)| if *weight == 0.0 { 0.0 } else { weight * origin.unit / self.target_scale });
        let intercept = parts.fold(Twofold::from(self.target_mean), |sum, (origin, weight)| {
            sum.minus(Twofold::product(*weight, origin.mean))
        });
        (coefficients.collect(), intercept.value() / self.target_scale)
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
