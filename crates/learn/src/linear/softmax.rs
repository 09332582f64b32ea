//! The objective of logistic regression: softmax log loss plus the penalty, with its derivatives.
//!
//! With K classes there are K linear functions, or one where K is 2 (the other is 0). For a row with probabilities p,
//! class indicator y and inputs z (the first is 1):
//!
//! ```text
//!   loss = ln Σ exp(f) - f_y,    d loss / d θ_k = (p_k - y_k)·z,    d² loss / d θ_k d θ_l = p_k (δ_kl - p_l)·z zᵀ
//! ```
//!
//! Adding the same to all K functions changes no probability. The minimum sought is the one where they sum to 0; an
//! added curvature in that direction, where the loss has none, keeps the Hessian definite and every step inside the
//! subspace.
//!
//! Without intercept, the first input is 0, and a penalty on its parameter keeps that at 0.

use super::blocks::{BLOCK_ROWS, Inputs, RowInputs, add_products, sum_blocks};
use super::newton::{Objective, Slope};
use crate::data::Features;
use crate::twofold::Twofold;
use faer::{Mat, MatMut, MatRef};
use rayon::prelude::*;

/// Training rows.
pub(super) struct Labelled<'a> {
    /// The class of each row, below `classes`.
    pub(super) codes: &'a [u32],
    pub(super) classes: usize,
    /// Sample weights; `None` if all rows weigh 1.
    pub(super) weights: Option<&'a [f64]>,
    /// Is the first input of every row 1? Otherwise it is 0.
    pub(super) intercept: bool,
    /// Are the functions to sum to 0?
    pub(super) balanced: bool,
}

impl Labelled<'_> {
    /// The penalty on the parameter of the first input.
    fn first_penalty(&self) -> f64 {
        if self.intercept { 0.0 } else { 1.0 }
    }
}

/// Rows of inputs in blocks, and the class of each row.
pub(super) struct Softmax {
    blocks: Vec<Block>,
    /// Number of linear functions: 1 for two classes, otherwise one per class.
    functions: usize,
    /// Parameters per function: 1 + columns.
    inputs: usize,
    /// The penalty on the square of each input's parameter.
    penalties: Vec<f64>,
    /// Does the Hessian have an added curvature in the direction of all functions together?
    balanced: bool,
}

struct Block {
    inputs: Inputs,
    codes: Vec<u32>,
    weights: Option<Vec<f64>>,
}

impl Block {
    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}

impl Softmax {
    /// Creates the objective for columns, without the column of ones; `penalties` likewise, for ½·penalty·θ².
    pub(super) fn new(columns: &Features, keep_sparse: bool, labels: &Labelled<'_>, penalties: &[f64]) -> Softmax {
        let rows = RowInputs::new(columns, keep_sparse, labels.intercept);
        let block = |(index, codes): (usize, &[u32])| {
            let range = index * BLOCK_ROWS..index * BLOCK_ROWS + codes.len();
            let weights = labels.weights.map(|weights| weights[range.clone()].to_vec());
            Block { inputs: rows.of(range), codes: codes.to_vec(), weights }
        };
        let blocks = labels.codes.chunks(BLOCK_ROWS).enumerate().map(block).collect();
        let functions = if labels.classes == 2 { 1 } else { labels.classes };
        let inputs = columns.columns() + 1;
        let penalties = [&[labels.first_penalty()], penalties].concat();
        Softmax { blocks, functions, inputs, penalties, balanced: labels.balanced }
    }

    /// The values of the linear functions: rows × functions.
    fn evaluate(&self, block: &Block, at: &[f64]) -> Mat<f64> {
        block.inputs.times(MatRef::from_column_major_slice(at, self.inputs, self.functions))
    }

    /// Turns the values of the functions into probabilities, and returns the loss of the block.
    fn to_probabilities(&self, block: &Block, values: &mut Mat<f64>) -> f64 {
        let mut logits = vec![0.0; self.functions];
        Twofold::sum(block.codes.iter().enumerate().map(|(row, &code)| {
            for (function, logit) in logits.iter_mut().enumerate() {
                *logit = values[(row, function)];
            }
            // For two classes the first class has the constant function 0.
            let reference = if self.functions == 1 { 0.0 } else { f64::NEG_INFINITY };
            let most = logits.iter().fold(reference, |most: f64, logit| most.max(*logit));
            let of_truth = match (self.functions, code) {
                (1, 0) => 0.0,
                (1, _) => logits[0],
                _ => logits[code as usize],
            };
            let total = (reference - most).exp() + logits.iter().map(|logit| (logit - most).exp()).sum::<f64>();
            for (function, logit) in logits.iter().enumerate() {
                values[(row, function)] = (logit - most).exp() / total;
            }
            // ln(1 + rest) keeps the digits of losses near 0 if the true class leads.
            let loss =
                if of_truth == most { rest(&logits, reference, most).ln_1p() } else { total.ln() + (most - of_truth) };
            block.weight(row) * loss
        }))
    }

    fn penalty(&self, at: &[f64]) -> f64 {
        let squares = at.chunks_exact(self.inputs).flat_map(|of_function| of_function.iter().zip(&self.penalties));
        squares.map(|(parameter, penalty)| 0.5 * penalty * parameter * parameter).sum()
    }

    /// p_k (δ_kl - p_l) for a row.
    fn weight(probabilities: MatRef<'_, f64>, row: usize, k: usize, l: usize) -> f64 {
        let p = probabilities[(row, k)];
        if k == l { p * (1.0 - p) } else { -p * probabilities[(row, l)] }
    }

    fn is_class(&self, code: u32, function: usize) -> f64 {
        let class = if self.functions == 1 { 1 } else { function };
        f64::from(u8::from(code as usize == class))
    }

    /// The curvature given to the direction in which all functions move together.
    fn shared_curvature(&self) -> f64 {
        let weight = |block: &Block| (0..block.codes.len()).map(|row| block.weight(row)).sum::<f64>();
        let total: f64 = self.blocks.iter().map(weight).sum();
        if self.functions == 1 || !self.balanced { 0.0 } else { total / (self.functions * self.functions) as f64 }
    }
}

/// Σ exp(f - most) without one of the terms that are 1.
fn rest(logits: &[f64], reference: f64, most: f64) -> f64 {
    let mut left_out = false;
    let mut sum = 0.0;
    for &logit in [reference].iter().chain(logits) {
        if logit == most && !left_out {
            left_out = true;
        } else {
            sum += (logit - most).exp();
        }
    }
    sum
}

impl Objective for Softmax {
    /// The probabilities of each block: rows × functions.
    type Point = Vec<Mat<f64>>;

    fn size(&self) -> usize {
        self.functions * self.inputs
    }

    fn value(&self, at: &[f64]) -> f64 {
        let loss = sum_blocks(&self.blocks, 1, |_, block, sum| {
            sum[0] += self.to_probabilities(block, &mut self.evaluate(block, at))
        });
        loss[0] + self.penalty(at)
    }

    fn slope(&self, at: &[f64]) -> Slope<Vec<Mat<f64>>> {
        let (losses, point): (Vec<f64>, Vec<Mat<f64>>) = self
            .blocks
            .par_iter()
            .map(|block| {
                let mut values = self.evaluate(block, at);
                (self.to_probabilities(block, &mut values), values)
            })
            .unzip();
        let mut gradient = sum_blocks(&self.blocks, self.size(), |index, block, sum| {
            let errors = Mat::from_fn(block.codes.len(), self.functions, |row, function| {
                block.weight(row) * (point[index][(row, function)] - self.is_class(block.codes[row], function))
            });
            let sum = MatMut::from_column_major_slice_mut(sum, self.inputs, self.functions);
            block.inputs.add_transposed_times(errors.as_ref(), sum);
        });
        for (index, (slope, parameter)) in gradient.iter_mut().zip(at).enumerate() {
            *slope += self.penalties[index % self.inputs] * parameter;
        }
        Slope { value: Twofold::sum(losses) + self.penalty(at), gradient, point }
    }

    fn curvature(&self, point: &Vec<Mat<f64>>) -> Mat<f64> {
        let (size, inputs) = (self.size(), self.inputs);
        let sum = sum_blocks(&self.blocks, size * size, |index, block, sum| {
            let mut sum = MatMut::from_column_major_slice_mut(sum, size, size);
            let probabilities = point[index].as_ref();
            let matrix = block.inputs.to_dense(inputs);
            for k in 0..self.functions {
                for l in 0..=k {
                    let of_row = |row: usize| block.weight(row) * Softmax::weight(probabilities, row, k, l);
                    add_products(&matrix, of_row, sum.as_mut().submatrix_mut(k * inputs, l * inputs, inputs, inputs));
                }
            }
        });
        let mut curvature = MatRef::from_column_major_slice(&sum, size, size).to_owned();
        let shared = self.shared_curvature();
        for input in 0..inputs {
            for k in 0..self.functions {
                for l in 0..=k {
                    curvature[(k * inputs + input, l * inputs + input)] +=
                        shared + if k == l { self.penalties[input] } else { 0.0 };
                }
            }
        }
        curvature
    }

    fn curvature_times(&self, point: &Vec<Mat<f64>>, direction: &[f64]) -> Vec<f64> {
        let mut product = sum_blocks(&self.blocks, self.size(), |index, block, sum| {
            let mut values = self.evaluate(block, direction);
            for row in 0..values.nrows() {
                let mean: f64 = (0..self.functions).map(|k| point[index][(row, k)] * values[(row, k)]).sum();
                for k in 0..self.functions {
                    values[(row, k)] = block.weight(row) * (point[index][(row, k)] * (values[(row, k)] - mean));
                }
            }
            let sum = MatMut::from_column_major_slice_mut(sum, self.inputs, self.functions);
            block.inputs.add_transposed_times(values.as_ref(), sum);
        });
        let shared = self.shared_curvature();
        for input in 0..self.inputs {
            let together: f64 = direction.iter().skip(input).step_by(self.inputs).sum();
            for k in 0..self.functions {
                product[k * self.inputs + input] +=
                    self.penalties[input] * direction[k * self.inputs + input] + shared * together;
            }
        }
        product
    }

    fn together(&self) -> Option<usize> {
        (self.functions > 1).then_some(self.inputs)
    }

    /// For each input, the mean over the functions, which keeps the sum of the functions 0.
    fn rough_diagonal(&self, point: &Vec<Mat<f64>>) -> Vec<f64> {
        let total = sum_blocks(&self.blocks, self.inputs, |index, block, sum| {
            let of_row = |row: usize| {
                let weights = (0..self.functions).map(|k| Softmax::weight(point[index].as_ref(), row, k, k));
                block.weight(row) * weights.sum::<f64>()
            };
            block.inputs.add_squares(of_row, sum);
        });
        let of_input = |(sum, penalty): (f64, &f64)| sum / self.functions as f64 + penalty;
        let mean: Vec<f64> = total.into_iter().zip(&self.penalties).map(of_input).collect();
        mean.repeat(self.functions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::on_any_threads;

    fn features(columns: &[Vec<f64>]) -> Features {
        let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
        Features::new(columns[0].len(), names.into(), columns.concat())
    }

    fn problem(classes: u32) -> Softmax {
        let columns: Vec<Vec<f64>> =
            (0..3).map(|j| (0..2500).map(|i| f64::from((i * (j + 3) + j) % 17) / 8.0 - 1.0).collect()).collect();
        let codes: Vec<u32> = (0..2500).map(|i| (i * 7 / 3) % classes).collect();
        let labels =
            Labelled { codes: &codes, classes: classes as usize, weights: None, intercept: true, balanced: true };
        Softmax::new(&features(&columns), false, &labels, &[0.5, 1.0, 2.0])
    }

    fn point(size: usize) -> Vec<f64> {
        (0..size).map(|i| (i as f64 * 1.7).sin()).collect()
    }

    /// Central differences of the value give the gradient, and of the gradient the curvature.
    #[test]
    fn derivatives_are_those_of_the_value() {
        for classes in [2, 3, 4] {
            let softmax = problem(classes);
            let at = point(softmax.size());
            let slope = softmax.slope(&at);
            assert!((slope.value - softmax.value(&at)).abs() < 1e-10 * slope.value);
            let step = 1e-5;
            let moved = |index: usize, step: f64| {
                let mut there = at.clone();
                there[index] += step;
                there
            };
            let curvature = softmax.curvature(&slope.point);
            let rough = softmax.rough_diagonal(&slope.point);
            let trace: f64 = (0..at.len()).map(|i| curvature[(i, i)] - softmax.shared_curvature()).sum();
            assert!((rough.iter().sum::<f64>() / trace - 1.0).abs() < 1e-12);
            for i in 0..at.len() {
                let difference = (softmax.value(&moved(i, step)) - softmax.value(&moved(i, -step))) / (2.0 * step);
                assert!((difference - slope.gradient[i]).abs() < 1e-4, "{difference} {}", slope.gradient[i]);
                let (up, down) = (softmax.slope(&moved(i, step)), softmax.slope(&moved(i, -step)));
                let mut unit = vec![0.0; at.len()];
                unit[i] = 1.0;
                let column = softmax.curvature_times(&slope.point, &unit);
                for j in i..at.len() {
                    let same_input = i % softmax.inputs == j % softmax.inputs;
                    let shared = if same_input { softmax.shared_curvature() } else { 0.0 };
                    let difference = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                    assert!((difference + shared - curvature[(j, i)]).abs() < 1e-4, "{difference}");
                    assert!((column[j] - curvature[(j, i)]).abs() < 1e-9 * trace);
                }
            }
        }
    }

    /// At logits of ±800 nothing overflows, and a loss near 0 keeps its digits.
    #[test]
    fn extreme_logits_stay_finite() {
        let labels = Labelled { codes: &[1, 0], classes: 2, weights: None, intercept: true, balanced: true };
        let softmax = Softmax::new(&features(&[vec![1.0, -1.0]]), false, &labels, &[0.0]);
        assert_eq!(softmax.value(&[0.0, -800.0]), 1600.0);
        let small = softmax.value(&[0.0, 40.0]);
        assert!((small / (2.0 * (-40.0_f64).exp()) - 1.0).abs() < 1e-14, "{small}");
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let softmax = problem(3);
        let at = point(softmax.size());
        on_any_threads(|| {
            let slope = softmax.slope(&at);
            (slope.value.to_bits(), slope.gradient, softmax.curvature(&slope.point))
        });
    }
}
