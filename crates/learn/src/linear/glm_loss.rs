//! Half the deviance of a Tweedie family with a logarithmic link, and its derivatives.
//!
//! For a row with f = b + w·x, mean μ = exp(f) and variance power p:
//!
//! ```text
//!   loss = c(y) - y·μ^(1-p) / (1-p) + μ^(2-p) / (2-p),    d loss / d f = μ^(2-p) - y·μ^(1-p)
//! ```
//!
//! with the limits for p = 1 and p = 2; c(y) makes the loss 0 where μ is y. For p from 1 to 2 it is convex; elsewhere the
//! expected second derivative μ^(2-p) takes the place of the actual one wherever that is not positive (Fisher scoring).

use super::blocks::{BLOCK_ROWS, Inputs, RowInputs, add_products, sum_blocks};
use super::glm::Glm;
use super::newton::{Objective, Slope};
use super::scaled::Scaled;
use super::unit::scale_of;
use crate::matrix::{inverse_positive_definite, solve_positive_definite};
use crate::twofold::Twofold;
use faer::{Mat, MatMut, MatRef};

pub(super) struct GlmLoss {
    blocks: Vec<Block>,
    power: f64,
    /// The penalty on the square of each parameter.
    penalties: Vec<f64>,
    /// The target is multiplied by this.
    scale: f64,
    /// The logarithm of the mean of the scaled target.
    level: f64,
    /// Σ ω·(1 + |c(y)|).
    cancelling: f64,
}

struct Block {
    inputs: Inputs,
    target: Vec<f64>,
    /// c(y) of each row.
    constants: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Block {
    fn cancelling(&self) -> f64 {
        self.constants.iter().enumerate().map(|(row, constant)| self.weight(row) * (1.0 + constant.abs())).sum()
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}

impl GlmLoss {
    pub(super) fn new(
        scaled: &Scaled,
        keep_sparse: bool,
        config: &Glm,
        target: &[f64],
        weights: Option<&[f64]>,
    ) -> GlmLoss {
        let power = config.family.power();
        // Only an intercept makes up for another unit of the target.
        let scale = if config.intercept { scale_of(target) } else { 1.0 };
        let rows = RowInputs::new(&scaled.features, keep_sparse, config.intercept);
        let block = |(index, target): (usize, &[f64])| {
            let range = index * BLOCK_ROWS..index * BLOCK_ROWS + target.len();
            let target: Vec<f64> = target.iter().map(|y| y * scale).collect();
            Block {
                weights: weights.map(|weights| weights[range.clone()].to_vec()),
                constants: target.iter().map(|y| constant(power, *y)).collect(),
                inputs: rows.of(range),
                target,
            }
        };
        let first = if config.intercept { 0.0 } else { 1.0 };
        let unit = scale.powf(2.0 - power);
        let total = |of: fn(f64) -> f64| {
            Twofold::sum(target.iter().enumerate().map(|(row, y)| weights.map_or(1.0, |w| w[row]) * of(*y)))
        };
        let mean = total(|y| y) * scale / total(|_| 1.0);
        let blocks: Vec<Block> = target.chunks(BLOCK_ROWS).enumerate().map(block).collect();
        GlmLoss {
            cancelling: blocks.iter().map(Block::cancelling).sum(),
            blocks,
            power,
            penalties: std::iter::once(first).chain(scaled.penalties.iter().map(|penalty| penalty * unit)).collect(),
            scale,
            level: if config.intercept && mean > 0.0 { mean.ln() } else { 0.0 },
        }
    }

    /// The parameters of the best constant mean.
    pub(super) fn start(&self, size: usize) -> Vec<f64> {
        let mut start = vec![0.0; size];
        start[0] = self.level;
        start
    }

    /// What is added to the intercept for the scale of the target.
    pub(super) fn offset(&self) -> f64 {
        -self.scale.ln()
    }

    fn functions(block: &Block, at: &[f64]) -> Mat<f64> {
        block.inputs.times(MatRef::from_column_major_slice(at, at.len(), 1))
    }

    fn loss(&self, block: &Block, functions: &Mat<f64>) -> f64 {
        let losses = block.target.iter().zip(&block.constants).enumerate();
        Twofold::sum(losses.map(|(row, (y, constant))| {
            block.weight(row) * (constant + varying(self.power, *y, functions[(row, 0)])).max(0.0)
        }))
    }

    fn penalty(&self, at: &[f64]) -> f64 {
        at.iter().zip(&self.penalties).map(|(parameter, penalty)| 0.5 * penalty * parameter * parameter).sum()
    }

    /// The expected second derivative of a row's loss.
    fn expected(&self, function: f64) -> f64 {
        ((2.0 - self.power) * function).exp()
    }

    /// The second derivative of a row's loss, or the expected one where all are not surely positive.
    fn bend(&self, y: f64, function: f64) -> f64 {
        let is_convex = (1.0..=2.0).contains(&self.power);
        if is_convex { self.actual(y, function) } else { self.expected(function) }
    }

    fn actual(&self, y: f64, function: f64) -> f64 {
        let (power, expected) = (self.power, self.expected(function));
        // 0 · ∞ counts as 0.
        let part = |share: f64, of: f64| if share == 0.0 { 0.0 } else { share * of };
        part(2.0 - power, expected) + part((power - 1.0) * y, ((1.0 - power) * function).exp())
    }
}

impl GlmLoss {
    /// Σ bend·x·xᵀ over the rows, and the penalties.
    fn products(&self, point: &[Mat<f64>], bend: impl Fn(f64, f64) -> f64 + Sync) -> Mat<f64> {
        let size = self.penalties.len();
        let sum = sum_blocks(&self.blocks, size * size, |index, block, sum| {
            let of_row = |row: usize| block.weight(row) * bend(block.target[row], point[index][(row, 0)]);
            let into = MatMut::from_column_major_slice_mut(sum, size, size);
            add_products(&block.inputs.to_dense(size), of_row, into);
        });
        let mut products = MatRef::from_column_major_slice(&sum, size, size).to_owned();
        self.penalties.iter().enumerate().for_each(|(index, penalty)| products[(index, index)] += penalty);
        products
    }

    /// The covariance of the parameters without penalties: the inverse of the expected information times the dispersion,
    /// which is 1 for counts and otherwise Pearson's χ² by the degrees of freedom (McCullagh and Nelder, "Generalized
    /// linear models", 1989, 8.3). `None` if there is none.
    pub(super) fn covariance(&self, at: &[f64], freedom: f64) -> Option<Mat<f64>> {
        let point: Vec<Mat<f64>> = self.blocks.iter().map(|block| Self::functions(block, at)).collect();
        let inverse = inverse_positive_definite(self.products(&point, |_, function| self.expected(function)))?;
        let pearson = sum_blocks(&self.blocks, 1, |index, block, sum| {
            for (row, y) in block.target.iter().enumerate() {
                let mean = point[index][(row, 0)].exp();
                sum[0] += block.weight(row) * (y - mean).powi(2) / mean.powf(self.power);
            }
        });
        let dispersion = if self.power == 1.0 { self.scale } else { pearson[0] / freedom };
        Some(inverse * faer::Scale(dispersion))
    }
}

/// The unit deviance, with its limits.
pub(super) fn deviance(power: f64, y: f64, mean: f64) -> f64 {
    if y == mean { 0.0 } else { (2.0 * (constant(power, y) + varying(power, y, mean.ln()))).max(0.0) }
}

/// c(y), but for p = 0, where squares are better not torn apart.
fn constant(power: f64, y: f64) -> f64 {
    if power == 0.0 {
        0.0
    } else if power == 1.0 {
        if y == 0.0 { 0.0 } else { y * y.ln() - y }
    } else if power == 2.0 {
        -y.ln() - 1.0
    } else if y == 0.0 {
        0.0
    } else {
        y.powf(2.0 - power) / ((1.0 - power) * (2.0 - power))
    }
}

fn varying(power: f64, y: f64, function: f64) -> f64 {
    if power == 0.0 {
        return 0.5 * (y - function.exp()).powi(2);
    }
    if power == 1.0 {
        return function.exp() - if y == 0.0 { 0.0 } else { y * function };
    }
    if power == 2.0 {
        return y * (-function).exp() + function;
    }
    let of_target = if y == 0.0 { 0.0 } else { -y * ((1.0 - power) * function).exp() / (1.0 - power) };
    of_target + ((2.0 - power) * function).exp() / (2.0 - power)
}

fn derivative(power: f64, y: f64, function: f64) -> f64 {
    let of_target = if y == 0.0 { 0.0 } else { y * ((1.0 - power) * function).exp() };
    ((2.0 - power) * function).exp() - of_target
}

impl Objective for GlmLoss {
    /// The values of the functions in each block.
    type Point = Vec<Mat<f64>>;

    fn size(&self) -> usize {
        self.penalties.len()
    }

    fn cancelling(&self) -> f64 {
        self.cancelling
    }

    fn value(&self, at: &[f64]) -> f64 {
        let add = |_: usize, block: &Block, sum: &mut [f64]| sum[0] += self.loss(block, &Self::functions(block, at));
        sum_blocks(&self.blocks, 1, add)[0] + self.penalty(at)
    }

    fn slope(&self, at: &[f64]) -> Slope<Vec<Mat<f64>>> {
        let point: Vec<Mat<f64>> = self.blocks.iter().map(|block| Self::functions(block, at)).collect();
        let size = self.size();
        let mut gradient = sum_blocks(&self.blocks, size + 1, |index, block, sum| {
            let slope =
                |row: usize, _| block.weight(row) * derivative(self.power, block.target[row], point[index][(row, 0)]);
            let slopes = Mat::from_fn(block.target.len(), 1, slope);
            let into = MatMut::from_column_major_slice_mut(&mut sum[..size], size, 1);
            block.inputs.add_transposed_times(slopes.as_ref(), into);
            sum[size] += self.loss(block, &point[index]);
        });
        let value = gradient.pop().unwrap_or(0.0) + self.penalty(at);
        for ((slope, parameter), penalty) in gradient.iter_mut().zip(at).zip(&self.penalties) {
            *slope += penalty * parameter;
        }
        Slope { value, gradient, point }
    }

    fn curvature(&self, point: &Vec<Mat<f64>>) -> Mat<f64> {
        let actual = self.products(point, |y, function| self.actual(y, function));
        let is_convex = (1.0..=2.0).contains(&self.power);
        if is_convex || solve_positive_definite(actual.clone(), &mut vec![0.0; self.size()]) {
            return actual;
        }
        self.products(point, |_, function| self.expected(function))
    }

    fn curvature_times(&self, point: &Vec<Mat<f64>>, direction: &[f64]) -> Vec<f64> {
        let size = self.size();
        let mut product = sum_blocks(&self.blocks, size, |index, block, sum| {
            let mut values = Self::functions(block, direction);
            for row in 0..values.nrows() {
                values[(row, 0)] *= block.weight(row) * self.bend(block.target[row], point[index][(row, 0)]);
            }
            block.inputs.add_transposed_times(values.as_ref(), MatMut::from_column_major_slice_mut(sum, size, 1));
        });
        for ((product, direction), penalty) in product.iter_mut().zip(direction).zip(&self.penalties) {
            *product += penalty * direction;
        }
        product
    }

    fn rough_diagonal(&self, point: &Vec<Mat<f64>>) -> Vec<f64> {
        let total = sum_blocks(&self.blocks, self.size(), |index, block, sum| {
            let bend = |row: usize| block.weight(row) * self.bend(block.target[row], point[index][(row, 0)]);
            block.inputs.add_squares(bend, sum);
        });
        total.into_iter().zip(&self.penalties).map(|(sum, penalty)| sum + penalty).collect()
    }
}
