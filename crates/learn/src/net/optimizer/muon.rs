//! Muon.

use super::{Adam, Floor};
use pipewright_tensor::{Element, Factor, product, vectorised};
use serde::{Deserialize, Serialize};

/// Muon (Jordan and others 2024) for the kernels of layers: m ← μ·m + (1 − μ)·g, θ ← (1 − lr·λ)·θ −
/// lr·√max(1, outputs / inputs)·O, with O the nearest orthogonal matrix to (1 − μ)·g + μ·m, by five steps of the
/// Newton-Schulz iteration X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X from X / ‖X‖, (a, b, c) = (3.4445, −4.775, 2.0315). All other
/// parameters take steps of [`Adam`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Muon {
    /// The learning rate of kernels.
    pub lr: f64,
    /// Momentum μ.
    pub momentum: f64,
    /// Weight decay λ, relative to the learning rate.
    pub weight_decay: f64,
    /// Settings of the other parameters; their learning rate changes in proportion to that of kernels.
    pub others: Adam,
}

impl Default for Muon {
    fn default() -> Muon {
        Muon { lr: 0.02, momentum: 0.95, weight_decay: 0.0, others: Adam::default() }
    }
}

const STEPS: usize = 5;
const COEFFICIENTS: [f64; 3] = [3.4445, -4.775, 2.0315];

/// Memory of the iteration, which is kept from step to step. It is no part of the state.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch<T>([Vec<T>; 4]);

impl<T> PartialEq for Scratch<T> {
    fn eq(&self, _: &Scratch<T>) -> bool {
        true
    }
}

impl Muon {
    /// One step of a kernel of inputs × outputs.
    pub(super) fn step<T: Element>(
        &self,
        kept: f64,
        sides: [usize; 2],
        parameters: &mut [T],
        gradients: &[T],
        (means, scratch): (&mut [T], &mut Scratch<T>),
    ) {
        let [old, new] = [self.momentum, 1.0 - self.momentum].map(T::from_f64);
        let floor = Floor::new();
        let Scratch([direction, ..]) = scratch;
        direction.resize(parameters.len(), T::ZERO);
        vectorised(
            #[inline(always)]
            || {
                for ((mean, &gradient), direction) in means.iter_mut().zip(gradients).zip(direction.iter_mut()) {
                    *mean = floor.moment(*mean + new * (gradient - *mean));
                    *direction = gradient + old * (*mean - gradient);
                }
            },
        );
        orthogonalise(sides, scratch);
        let longer = (sides[1] as f64 / sides[0] as f64).max(1.0).sqrt();
        let [kept, rate] = [kept, self.lr * longer].map(T::from_f64);
        let Scratch([direction, ..]) = scratch;
        vectorised(
            #[inline(always)]
            || {
                for (parameter, &step) in parameters.iter_mut().zip(direction.iter()) {
                    *parameter = kept * *parameter - rate * step;
                }
            },
        );
    }
}

fn plain<T>(values: &[T]) -> Factor<'_, T> {
    Factor { values, transposed: false }
}

fn turned<T>(values: &[T]) -> Factor<'_, T> {
    Factor { values, transposed: true }
}

/// Makes the matrix at the start of the memory, rows × columns, nearly orthogonal.
fn orthogonalise<T: Element>([rows, columns]: [usize; 2], scratch: &mut Scratch<T>) {
    const EPSILON: f64 = 1e-7;
    let Scratch([matrix, squares, powers, next]) = scratch;
    let norm: f64 = matrix.iter().map(|value| value.to_f64().powi(2)).sum::<f64>().sqrt();
    let scale = T::from_f64(1.0 / norm.max(EPSILON));
    matrix.iter_mut().for_each(|value| *value *= scale);
    let [a, b, c] = COEFFICIENTS.map(T::from_f64);
    // The products are of the shorter side: XXᵀ·X of a wide matrix, X·XᵀX of a tall one.
    let side = rows.min(columns);
    let is_wide = rows <= columns;
    squares.resize(side * side, T::ZERO);
    powers.resize(side * side, T::ZERO);
    next.resize(rows * columns, T::ZERO);
    for _ in 0..STEPS {
        match is_wide {
            true => product([side, columns, side], plain(matrix), turned(matrix), squares),
            false => product([side, rows, side], turned(matrix), plain(matrix), squares),
        }
        product([side; 3], plain(squares), plain(squares), powers);
        powers.iter_mut().zip(squares.iter()).for_each(|(power, &square)| *power = b * square + c * *power);
        match is_wide {
            true => product([rows, side, columns], plain(powers), plain(matrix), next),
            false => product([rows, side, columns], plain(matrix), plain(powers), next),
        }
        matrix.iter_mut().zip(next.iter()).for_each(|(value, &next)| *value = a * *value + next);
    }
}
