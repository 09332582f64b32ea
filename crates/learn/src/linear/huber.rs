//! Huber regression: least squares that outliers do not pull.

use super::blocks::{BLOCK_ROWS, Inputs, RowInputs, add_products, sum_blocks};
use super::logistic::warn;
use super::newton::{End, Limits, Objective, Slope, minimise};
use super::scaled::{DENSE_SIZE_MAX, Scaled};
use super::unit::scale_of;
use super::{LinearModel, Ridge, check_finite, check_penalty, check_room, check_rows};
use crate::data::{Dataset, Target};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::twofold::Twofold;
use faer::{Mat, MatMut, MatRef};
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Huber regression (Huber and Ronchetti, "Robust Statistics", 2009, 7.7): minimises Σ (σ + H((y - b - w·x) / σ)·σ) +
/// `l2`·Σ w² over b, w and the scale σ > 0, where H(z) is z² for |z| up to `epsilon` and 2·`epsilon`·|z| - `epsilon`²
/// beyond. This is scikit-learn's `HuberRegressor`; `l2` is its `alpha`.
///
/// Solved by Newton steps with a line search.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Target, linear::Huber};
/// let rows: Vec<[f64; 1]> = (0..20).map(|x| [f64::from(x)]).collect();
/// let target = (0..20).map(|x| if x == 7 { 1000.0 } else { f64::from(2 * x + x % 2) }).collect();
/// let model = Huber::default().fit(&Dataset::new(Features::from_rows(["x"], &rows), Target::Numbers(target)))?;
/// assert!((model.coefficients()[0] - 2.0).abs() < 0.1);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Huber {
    /// Residuals beyond this many scales σ count by their size, not by their square; at least 1.
    pub epsilon: f64,
    /// Penalty on w², at least 0.
    pub l2: f64,
    /// Is there an intercept? It is not penalised.
    pub intercept: bool,
    /// Maximum number of Newton steps.
    pub max_iterations: u32,
}

impl Default for Huber {
    fn default() -> Huber {
        Huber { epsilon: 1.35, l2: 1e-4, intercept: true, max_iterations: 200 }
    }
}

impl Learner for Huber {
    type Model = LinearModel;

    fn accepts(&self) -> Accepts {
        LinearModel::ACCEPTS.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LinearModel, Failure> {
        self.fit_with_scale(train, fit).map(|(model, _)| model)
    }
}

impl Huber {
    /// Learns from rows that are accepted; also returns the scale σ of the residuals.
    pub(super) fn fit_with_scale(&self, train: &Dataset, fit: &Fit<'_>) -> Result<(LinearModel, f64), Failure> {
        check_penalty("l2", self.l2)?;
        if !(self.epsilon >= 1.0 && self.epsilon.is_finite()) {
            let message = format!("epsilon is {}; it must be a finite number, at least 1", self.epsilon);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        let Target::Numbers(target) = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "`huber` predicts numbers, but the target is a class"));
        };
        check_rows(&train.features)?;
        check_finite(target, "the target")?;
        check_room(&train.features, 3, train.features.columns() + 2)?;
        let ridge = Ridge { l2: self.l2, intercept: self.intercept }.learn(train, &Fit::new())?;
        let scaled = Scaled::new(train, self.l2, self.intercept, true);
        let loss = HuberLoss::new(self, &scaled, target, train.weights());
        let start = loss.start(&ridge, &scaled);
        // A loss this small per row means that all rows but outliers are met exactly.
        let floor = 1e-12 * train.labels.total_weight();
        let limits = Limits { iterations: self.max_iterations, floor, dense_size: DENSE_SIZE_MAX };
        let found = minimise(&loss, start, &[], &limits, fit.progress)?;
        if found.end != End::Floor {
            warn(found.end, fit.progress);
        }
        let (parameters, sigma) = found.at.split_at(found.at.len() - 1);
        let (weights, intercept) = scaled.in_own_units(parameters);
        let coefficients = weights.into_iter().map(|weight| weight / loss.unit).collect();
        let model = LinearModel::new(coefficients, intercept / loss.unit).checked()?;
        Ok((model, sigma[0] / loss.unit))
    }
}

/// Half of the objective over scaled columns and target; the last parameter is the scale σ.
struct HuberLoss {
    blocks: Vec<Block>,
    epsilon: f64,
    /// The penalty on the square of each parameter but σ.
    penalties: Vec<f64>,
    /// What the target is multiplied by.
    unit: f64,
}

struct Block {
    inputs: Inputs,
    target: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Block {
    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}

impl HuberLoss {
    fn new(config: &Huber, scaled: &Scaled, target: &[f64], weights: Option<&[f64]>) -> HuberLoss {
        let unit = scale_of(target);
        let rows = RowInputs::new(&scaled.features, false, config.intercept);
        let block = |(index, target): (usize, &[f64])| {
            let range = index * BLOCK_ROWS..index * BLOCK_ROWS + target.len();
            Block {
                weights: weights.map(|weights| weights[range.clone()].to_vec()),
                inputs: rows.of(range),
                target: target.iter().map(|y| y * unit).collect(),
            }
        };
        let first = if config.intercept { 0.0 } else { 1.0 };
        // The loss is in units of the target, the penalty in units of its square.
        let penalties = scaled.penalties.iter().map(|penalty| penalty / unit);
        HuberLoss {
            blocks: target.chunks(BLOCK_ROWS).enumerate().map(block).collect(),
            epsilon: config.epsilon,
            penalties: std::iter::once(first).chain(penalties).collect(),
            unit,
        }
    }

    /// The ridge regression, and the root mean square of its residuals.
    fn start(&self, ridge: &LinearModel, scaled: &Scaled) -> Vec<f64> {
        let mut intercept = ridge.intercept() * self.unit;
        let mut start = vec![0.0];
        for (unit, weight) in scaled.units.iter().zip(ridge.coefficients()) {
            let parameter = weight * self.unit / unit.scale / unit.stretch / scaled.spread;
            start.push(parameter);
            intercept += parameter * scaled.spread * unit.stretch * unit.shift;
        }
        start[0] = intercept;
        let squares = |_: usize, block: &Block, sum: &mut [f64]| {
            for (row, residual) in self.residuals(block, &start).into_iter().enumerate() {
                sum[0] += block.weight(row) * residual * residual;
                sum[1] += block.weight(row);
            }
        };
        let sums = sum_blocks(&self.blocks, 2, squares);
        start.push((sums[0] / sums[1]).sqrt().max(1e-10));
        start
    }

    fn residuals(&self, block: &Block, at: &[f64]) -> Vec<f64> {
        let inputs = self.penalties.len();
        let values = block.inputs.times(MatRef::from_column_major_slice(&at[..inputs], inputs, 1));
        block.target.iter().enumerate().map(|(row, y)| y - values[(row, 0)]).collect()
    }

    /// Half the loss of a block.
    fn loss(&self, block: &Block, residuals: &[f64], sigma: f64) -> f64 {
        let epsilon = self.epsilon;
        Twofold::sum(residuals.iter().enumerate().map(|(row, residual)| {
            let size = residual.abs();
            let beyond = size > epsilon * sigma;
            let of_row = if beyond { 2.0 * epsilon * size - epsilon * epsilon * sigma } else { size * (size / sigma) };
            0.5 * block.weight(row) * (sigma + of_row)
        }))
    }

    fn penalty(&self, at: &[f64]) -> f64 {
        at.iter().zip(&self.penalties).map(|(parameter, penalty)| 0.5 * penalty * parameter * parameter).sum()
    }

    /// Adds to a vector the inputs of each row times the first number of a row, and the second number.
    fn add(&self, block: &Block, of_row: impl Fn(usize) -> (f64, f64), sum: &mut [f64]) {
        let inputs = self.penalties.len();
        let mut values = Mat::zeros(block.target.len(), 1);
        for row in 0..block.target.len() {
            let (of_inputs, of_sigma) = of_row(row);
            values[(row, 0)] = of_inputs;
            sum[inputs] += of_sigma;
        }
        let into = MatMut::from_column_major_slice_mut(&mut sum[..inputs], inputs, 1);
        block.inputs.add_transposed_times(values.as_ref(), into);
    }

    /// The weight of a row's second derivatives: they are those of ω/σ times (x, z)·(x, z)ᵀ, where z = r/σ.
    fn bend(&self, block: &Block, row: usize, z: f64, sigma: f64) -> f64 {
        if z.abs() <= self.epsilon { block.weight(row) / sigma } else { 0.0 }
    }
}

/// The scale and the residuals of each block in units of it.
struct Residuals {
    sigma: f64,
    in_sigma: Vec<Vec<f64>>,
}

impl Objective for HuberLoss {
    type Point = Residuals;

    fn size(&self) -> usize {
        self.penalties.len() + 1
    }

    fn value(&self, at: &[f64]) -> f64 {
        let sigma = at[at.len() - 1];
        if sigma <= 0.0 {
            return f64::INFINITY;
        }
        let add = |_: usize, block: &Block, sum: &mut [f64]| {
            sum[0] += self.loss(block, &self.residuals(block, at), sigma);
        };
        sum_blocks(&self.blocks, 1, add)[0] + self.penalty(at)
    }

    fn slope(&self, at: &[f64]) -> Slope<Residuals> {
        let sigma = at[at.len() - 1];
        let residuals: Vec<Vec<f64>> = self.blocks.par_iter().map(|block| self.residuals(block, at)).collect();
        let losses = self.blocks.iter().zip(&residuals).map(|(block, residuals)| self.loss(block, residuals, sigma));
        let value = Twofold::sum(losses) + self.penalty(at);
        let in_sigma: Vec<Vec<f64>> =
            residuals.into_iter().map(|block| block.into_iter().map(|residual| residual / sigma).collect()).collect();
        let mut gradient = sum_blocks(&self.blocks, self.size(), |index, block, sum| {
            let of_row = |row: usize| {
                let (z, weight) = (in_sigma[index][row], block.weight(row));
                let inside = z.clamp(-self.epsilon, self.epsilon);
                (-weight * inside, 0.5 * weight * (1.0 - inside * inside))
            };
            self.add(block, of_row, sum);
        });
        for ((slope, parameter), penalty) in gradient.iter_mut().zip(at).zip(&self.penalties) {
            *slope += penalty * parameter;
        }
        Slope { value, gradient, point: Residuals { sigma, in_sigma } }
    }

    fn curvature(&self, point: &Residuals) -> Mat<f64> {
        let (size, inputs) = (self.size(), self.penalties.len());
        let sum = sum_blocks(&self.blocks, size * size, |index, block, sum| {
            let z = &point.in_sigma[index];
            let dense = block.inputs.to_dense(inputs);
            let rows =
                Mat::from_fn(z.len(), size, |row, column| if column == inputs { z[row] } else { dense[(row, column)] });
            let bend = |row: usize| self.bend(block, row, z[row], point.sigma);
            // What is not inside has no second derivative, and may be too large to be multiplied by 0.
            let rows =
                Mat::from_fn(z.len(), size, |row, column| if bend(row) > 0.0 { rows[(row, column)] } else { 0.0 });
            add_products(&rows, bend, MatMut::from_column_major_slice_mut(sum, size, size));
        });
        let mut curvature = MatRef::from_column_major_slice(&sum, size, size).to_owned();
        self.penalties.iter().enumerate().for_each(|(index, penalty)| curvature[(index, index)] += penalty);
        curvature
    }

    fn curvature_times(&self, point: &Residuals, direction: &[f64]) -> Vec<f64> {
        let (inputs, of_sigma) = (self.penalties.len(), direction[self.penalties.len()]);
        let mut product = sum_blocks(&self.blocks, self.size(), |index, block, sum| {
            let values = block.inputs.times(MatRef::from_column_major_slice(&direction[..inputs], inputs, 1));
            let of_row = |row: usize| {
                let z = point.in_sigma[index][row];
                let bend = self.bend(block, row, z, point.sigma);
                let along = if bend > 0.0 { bend * (values[(row, 0)] + z * of_sigma) } else { 0.0 };
                (along, if bend > 0.0 { along * z } else { 0.0 })
            };
            self.add(block, of_row, sum);
        });
        for ((product, direction), penalty) in product.iter_mut().zip(direction).zip(&self.penalties) {
            *product += penalty * direction;
        }
        product
    }

    fn rough_diagonal(&self, point: &Residuals) -> Vec<f64> {
        let inputs = self.penalties.len();
        let mut total = sum_blocks(&self.blocks, self.size(), |index, block, sum| {
            let z = &point.in_sigma[index];
            let bend = |row: usize| self.bend(block, row, z[row], point.sigma);
            block.inputs.add_squares(bend, &mut sum[..inputs]);
            sum[inputs] += (0..z.len()).map(|row| (bend(row) * z[row]) * z[row].clamp(-1e3, 1e3)).sum::<f64>();
        });
        total.iter_mut().zip(&self.penalties).for_each(|(sum, penalty)| *sum += penalty);
        total
    }
}
