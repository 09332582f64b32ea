//! The linear program of quantile regression.
//!
//! Minimises Σ ρ(y - x·β) over rows x, each multiplied by its weight. A penalty c·|β| is two rows more, (c, 0) and
//! (-c, 0). The dual program is: maximise yᵀa where Xᵀa = (1 - q)·Xᵀ1 and 0 ≤ a ≤ 1. It is solved by the predictor and
//! corrector steps of Mehrotra, as in S. Portnoy, R. Koenker, "The Gaussian hare and the Laplacian tortoise" (1997), and
//! R. Koenker's package quantreg. Then the rows that are nearly met are met exactly, and simplex steps (I. Barrodale,
//! F. Roberts, "An improved algorithm for discrete l1 linear approximation", 1973) follow the edges that still descend.

use super::blocks::{BLOCK_ROWS, sum_blocks};
use super::quantile::Quantile;
use super::scaled::Scaled;
use super::unit::scale_of;
use crate::learner::Progress;
use crate::matrix::{Qr, solve_positive_definite, solve_semidefinite, solve_upper, solve_upper_transposed};
use crate::sums::dot;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;

const INTERIOR_STEPS_MAX: usize = 100;
/// The interior-point method ends when the duality gap is below this share of the objective.
const GAP: f64 = 1e-9;
/// How far a step goes on the way to the boundary.
const BACK_OFF: f64 = 0.9995;
/// Tolerance on multipliers of the rows that are met.
const OPTIMAL: f64 = 1e-9;

pub(super) struct Pinball {
    quantile: f64,
    /// Rows × parameters, in blocks of the rows.
    blocks: Vec<Mat<f64>>,
    /// The first row of each block.
    starts: Vec<usize>,
    target: Vec<f64>,
    size: usize,
    /// What the target was multiplied by.
    unit: f64,
}

impl Pinball {
    /// The parameters are the intercept, if there is one, and the weights of these scaled columns.
    pub(super) fn new(
        config: &Quantile,
        scaled: &Scaled,
        columns: &[usize],
        target: &[f64],
        weights: Option<&[f64]>,
    ) -> Pinball {
        let unit = scale_of(target);
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let first = usize::from(config.intercept);
        let size = first + columns.len();
        let block = |start: usize| {
            let rows = BLOCK_ROWS.min(target.len() - start);
            Mat::from_fn(rows, size, |row, place| {
                let row = start + row;
                let value = if place < first { 1.0 } else { scaled.features.column(columns[place - first])[row] };
                value * weight(row)
            })
        };
        let mut blocks: Vec<Mat<f64>> = (0..target.len()).step_by(BLOCK_ROWS).map(block).collect();
        let mut target: Vec<f64> = target.iter().enumerate().map(|(row, y)| y * unit * weight(row)).collect();
        if config.l1 > 0.0 {
            let penalty = |column: usize| {
                let of = &scaled.units[column];
                config.l1 * (of.scale * of.stretch * scaled.spread)
            };
            let penalties: Vec<f64> = columns.iter().map(|&column| penalty(column).min(1e100)).collect();
            blocks.push(Mat::from_fn(2 * columns.len(), size, |row, place| {
                let sign = if row % 2 == 0 { 1.0 } else { -1.0 };
                if place == first + row / 2 { sign * penalties[row / 2] } else { 0.0 }
            }));
            target.resize(target.len() + 2 * columns.len(), 0.0);
        }
        let next = |start: &mut usize, block: &Mat<f64>| Some(std::mem::replace(start, *start + block.nrows()));
        let starts = blocks.iter().scan(0, next).collect();
        Pinball { quantile: config.quantile, blocks, starts, target, size, unit }
    }

    pub(super) fn unit(&self) -> f64 {
        self.unit
    }

    /// Returns the parameters, and whether they are proved to be optimal.
    pub(super) fn solve(&self, progress: &dyn Progress) -> Result<(Vec<f64>, bool), Failure> {
        if self.size == 0 {
            return Ok((Vec::new(), true));
        }
        let near = self.interior(progress)?;
        let Some(vertex) = Vertex::near(self, &near) else { return Ok((near, false)) };
        self.descend(vertex, progress)
    }

    /// X·β.
    fn times(&self, vector: &[f64]) -> Vec<f64> {
        let parts: Vec<Vec<f64>> = self
            .blocks
            .par_iter()
            .map(|block| {
                let mut product = vec![0.0; block.nrows()];
                for (column, share) in vector.iter().enumerate() {
                    let values = block.col_as_slice(column);
                    product.iter_mut().zip(values).for_each(|(product, value)| *product += share * value);
                }
                product
            })
            .collect();
        parts.concat()
    }

    /// Xᵀ·v.
    fn transposed_times(&self, vector: &[f64]) -> Vec<f64> {
        sum_blocks(&self.blocks, self.size, |index, block, sum| {
            let rows = &vector[self.starts[index]..];
            for (column, sum) in sum.iter_mut().enumerate() {
                *sum += dot(block.col_as_slice(column), &rows[..block.nrows()]);
            }
        })
    }

    /// Xᵀ·diag(q)·X.
    fn products(&self, factors: &[f64]) -> Mat<f64> {
        let size = self.size;
        let sum = sum_blocks(&self.blocks, size * size, |index, block, sum| {
            let factors = &factors[self.starts[index]..];
            let mut weighted = block.clone();
            for column in 0..size {
                weighted.col_as_slice_mut(column).iter_mut().zip(factors).for_each(|(value, q)| *value *= q);
            }
            let into = MatMut::from_column_major_slice_mut(sum, size, size);
            matmul(into, Accum::Add, block.transpose(), weighted.as_ref(), 1.0, Par::Seq);
        });
        MatRef::from_column_major_slice(&sum, size, size).to_owned()
    }

    fn row(&self, row: usize) -> Vec<f64> {
        let block = self.starts.partition_point(|&start| start <= row) - 1;
        (0..self.size).map(|column| self.blocks[block][(row - self.starts[block], column)]).collect()
    }

    fn interior(&self, progress: &dyn Progress) -> Result<Vec<f64>, Failure> {
        let ones = vec![1.0; self.target.len()];
        let mut beta: Vec<f64> = self.transposed_times(&self.target);
        solve(self.products(&ones), &mut beta);
        let mut state = Interior::new(self, beta);
        for _ in 0..INTERIOR_STEPS_MAX {
            if progress.cancelled() {
                return Err(Failure::new(code::CANCELLED, "the fit was stopped"));
            }
            let size: f64 = self.target.iter().map(|y| y.abs()).sum();
            if state.gap() <= GAP * size.min(1.0 + state.objective(self).abs()) {
                break;
            }
            let before = state.beta.clone();
            state.step(self);
            if !state.beta.iter().all(|value| value.is_finite()) {
                return Ok(before);
            }
        }
        Ok(state.beta)
    }

    /// Simplex steps until the multipliers prove optimality.
    fn descend(&self, mut vertex: Vertex, progress: &dyn Progress) -> Result<(Vec<f64>, bool), Failure> {
        let moves_max = 1000 + 10 * self.size;
        for _ in 0..moves_max {
            if progress.cancelled() {
                return Err(Failure::new(code::CANCELLED, "the fit was stopped"));
            }
            let Some((place, sign, slope)) = vertex.steepest(self) else { return Ok((vertex.beta, true)) };
            let Some(next) = vertex.moved(self, place, sign, slope) else { break };
            vertex = next;
        }
        Ok((vertex.beta, false))
    }
}

/// `vector` becomes H⁻¹·`vector`, or H⁺·`vector`.
fn solve(matrix: Mat<f64>, vector: &mut [f64]) {
    let given = vector.to_vec();
    if solve_positive_definite(matrix.clone(), vector) && vector.iter().all(|value| value.is_finite()) {
        return;
    }
    vector.copy_from_slice(&given);
    if matrix.col_iter().all(|column| column.iter().all(|entry| entry.is_finite())) {
        solve_semidefinite(matrix.as_ref(), f64::EPSILON * given.len() as f64, vector);
    }
}

/// A point inside of the dual program: a and its distance 1 - a, and the multipliers of both bounds.
struct Interior {
    a: Vec<f64>,
    rest: Vec<f64>,
    beta: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

/// A direction of the unknowns of [`Interior`]; that of `rest` is -a.
struct Direction {
    a: Vec<f64>,
    beta: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Interior {
    fn new(problem: &Pinball, beta: Vec<f64>) -> Interior {
        const SMALL: f64 = 1e-3;
        let count = problem.target.len();
        let fitted = problem.times(&beta);
        // The multipliers of a minus those of 1 - a are the negative residuals.
        let gaps: Vec<f64> = fitted.iter().zip(&problem.target).map(|(fitted, y)| fitted - y).collect();
        let lift = SMALL * gaps.iter().fold(f64::MIN_POSITIVE, |most: f64, gap| most.max(gap.abs()));
        Interior {
            a: vec![1.0 - problem.quantile; count],
            rest: vec![problem.quantile; count],
            low: gaps.iter().map(|gap| gap.max(0.0) + lift).collect(),
            high: gaps.iter().map(|gap| (-gap).max(0.0) + lift).collect(),
            beta,
        }
    }

    /// The sum of the products of each bound's distance and multiplier.
    fn gap(&self) -> f64 {
        dot(&self.low, &self.a) + dot(&self.high, &self.rest)
    }

    fn objective(&self, problem: &Pinball) -> f64 {
        let residuals = problem.target.iter().zip(problem.times(&self.beta)).map(|(y, fitted)| y - fitted);
        residuals.map(|r| if r >= 0.0 { problem.quantile * r } else { (problem.quantile - 1.0) * r }).sum()
    }

    fn step(&mut self, problem: &Pinball) {
        let count = self.a.len();
        let q: Vec<f64> = (0..count).map(|i| 1.0 / (self.low[i] / self.a[i] + self.high[i] / self.rest[i])).collect();
        let matrix = problem.products(&q);
        let gaps: Vec<f64> = (0..count).map(|i| self.low[i] - self.high[i]).collect();
        let affine = self.direction(problem, &q, &matrix, &gaps, None);
        let (primal, dual) = (self.length(&affine), self.multiplier_length(&affine));
        if primal.min(dual) >= 1.0 {
            return self.advance(&affine, primal, dual);
        }
        let gap = self.gap();
        let after: f64 = (0..count)
            .map(|i| {
                (self.low[i] + dual * affine.low[i]) * (self.a[i] + primal * affine.a[i])
                    + (self.high[i] + dual * affine.high[i]) * (self.rest[i] - primal * affine.a[i])
            })
            .sum();
        let centre = gap * (after / gap).powi(3) / (2 * count) as f64;
        let corrected = self.direction(problem, &q, &matrix, &gaps, Some((&affine, centre)));
        let (primal, dual) = (self.length(&corrected), self.multiplier_length(&corrected));
        self.advance(&corrected, primal, dual);
    }

    /// The direction to the optimum of the linearised conditions; corrected by the products of an earlier one and towards
    /// the central path.
    fn direction(
        &self,
        problem: &Pinball,
        q: &[f64],
        matrix: &Mat<f64>,
        gaps: &[f64],
        correction: Option<(&Direction, f64)>,
    ) -> Direction {
        let count = self.a.len();
        let (of_low, of_high): (Vec<f64>, Vec<f64>) = (0..count)
            .map(|i| match correction {
                None => (0.0, 0.0),
                Some((affine, centre)) => (
                    (centre - affine.a[i] * affine.low[i]) / self.a[i],
                    (centre + affine.a[i] * affine.high[i]) / self.rest[i],
                ),
            })
            .unzip();
        let wanted: Vec<f64> = (0..count).map(|i| q[i] * (gaps[i] - of_low[i] + of_high[i])).collect();
        // With d = -β as the multipliers of the equations, X'·diag(q)·X·dd = X'·wanted.
        let mut dual = problem.transposed_times(&wanted);
        solve(matrix.clone(), &mut dual);
        let along = problem.times(&dual);
        let a: Vec<f64> = (0..count).map(|i| q[i] * along[i] - wanted[i]).collect();
        let low = (0..count).map(|i| of_low[i] - self.low[i] - self.low[i] / self.a[i] * a[i]).collect();
        let high = (0..count).map(|i| of_high[i] - self.high[i] + self.high[i] / self.rest[i] * a[i]).collect();
        Direction { a, beta: dual.into_iter().map(|d| -d).collect(), low, high }
    }

    /// How far a and 1 - a may go, at most 1.
    fn length(&self, direction: &Direction) -> f64 {
        let of = |(i, step): (usize, &f64)| match *step < 0.0 {
            true => -self.a[i] / step,
            false if *step > 0.0 => self.rest[i] / step,
            false => f64::INFINITY,
        };
        (BACK_OFF * direction.a.iter().enumerate().map(of).fold(f64::INFINITY, f64::min)).min(1.0)
    }

    /// How far the multipliers may go, at most 1.
    fn multiplier_length(&self, direction: &Direction) -> f64 {
        let all = self.low.iter().zip(&direction.low).chain(self.high.iter().zip(&direction.high));
        let lengths = all.filter(|(_, step)| **step < 0.0).map(|(value, step)| -value / step);
        (BACK_OFF * lengths.fold(f64::INFINITY, f64::min)).min(1.0)
    }

    fn advance(&mut self, direction: &Direction, primal: f64, dual: f64) {
        let add = |to: &mut [f64], step: &[f64], share: f64| {
            to.iter_mut().zip(step).for_each(|(to, step)| *to += share * step);
        };
        add(&mut self.a, &direction.a, primal);
        add(&mut self.rest, &direction.a, -primal);
        add(&mut self.beta, &direction.beta, dual);
        add(&mut self.low, &direction.low, dual);
        add(&mut self.high, &direction.high, dual);
    }
}

/// Parameters that meet as many rows as there are parameters.
struct Vertex {
    /// The rows that are met.
    basis: Vec<usize>,
    /// The decomposed rows of the basis.
    qr: Qr,
    beta: Vec<f64>,
    /// Exactly 0 for the rows of the basis, and where only rounding is left.
    residuals: Vec<f64>,
}

impl Vertex {
    /// The vertex of linearly independent rows that are met best; `None` if there are too few.
    fn near(problem: &Pinball, beta: &[f64]) -> Option<Vertex> {
        let fitted = problem.times(beta);
        let residual = |row: usize| (problem.target[row] - fitted[row]).abs();
        let mut order: Vec<usize> = (0..problem.target.len()).collect();
        order.sort_by(|&a, &b| residual(a).total_cmp(&residual(b)));
        let (mut basis, mut directions): (Vec<usize>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
        for row in order {
            let mut left = problem.row(row);
            let length = dot(&left, &left).sqrt();
            for _ in 0..2 {
                for direction in &directions {
                    let share = dot(direction, &left);
                    left.iter_mut().zip(direction).for_each(|(left, along)| *left -= share * along);
                }
            }
            let rest = dot(&left, &left).sqrt();
            if rest > 1e-9 * length {
                left.iter_mut().for_each(|left| *left /= rest);
                directions.push(left);
                basis.push(row);
            }
            if basis.len() == problem.size {
                return Vertex::of(problem, basis);
            }
        }
        None
    }

    fn of(problem: &Pinball, basis: Vec<usize>) -> Option<Vertex> {
        let rows: Vec<Vec<f64>> = basis.iter().map(|&row| problem.row(row)).collect();
        let qr = Qr::new(Mat::from_fn(basis.len(), basis.len(), |row, column| rows[row][column]));
        let mut beta: Vec<f64> = basis.iter().map(|&row| problem.target[row]).collect();
        qr.apply_transposed(&mut beta);
        solve_upper(qr.upper(), &mut beta);
        if !beta.iter().all(|value| value.is_finite()) {
            return None;
        }
        let mut residuals: Vec<f64> =
            problem.times(&beta).into_iter().zip(&problem.target).map(|(fitted, y)| y - fitted).collect();
        let size = problem.target.iter().fold(0.0, |most: f64, y| most.max(y.abs()));
        residuals.iter_mut().filter(|residual| residual.abs() <= 1e-14 * size).for_each(|residual| *residual = 0.0);
        basis.iter().for_each(|&row| residuals[row] = 0.0);
        Some(Vertex { basis, qr, beta, residuals })
    }

    /// The row of the basis along whose edge the objective descends most, the sign of its residual there, and the slope.
    fn steepest(&self, problem: &Pinball) -> Option<(usize, f64, f64)> {
        let quantile = problem.quantile;
        let mut slopes: Vec<f64> =
            self.residuals.iter().map(|r| if *r >= 0.0 { quantile } else { quantile - 1.0 }).collect();
        self.basis.iter().for_each(|&row| slopes[row] = 0.0);
        let mut multipliers = problem.transposed_times(&slopes);
        // The multipliers a of the basis: Xᵀa of the basis is minus that of the other rows.
        solve_upper_transposed(self.qr.upper(), &mut multipliers);
        self.qr.apply(&mut multipliers);
        let edges = multipliers.iter().enumerate().flat_map(|(place, negative)| {
            [(place, 1.0, quantile + negative), (place, -1.0, 1.0 - quantile - negative)]
        });
        edges.filter(|(_, _, slope)| *slope < -OPTIMAL).min_by(|a, b| a.2.total_cmp(&b.2))
    }

    /// The vertex at the end of the descent along an edge.
    fn moved(&self, problem: &Pinball, place: usize, sign: f64, mut slope: f64) -> Option<Vertex> {
        let mut edge = vec![0.0; problem.size];
        edge[place] = 1.0;
        self.qr.apply_transposed(&mut edge);
        solve_upper(self.qr.upper(), &mut edge);
        let changes = problem.times(&edge);
        let size = changes.iter().fold(0.0, |most: f64, change| most.max(change.abs()));
        let in_basis = |row: usize| self.basis.contains(&row);
        let crossing = |row: usize| {
            let (residual, change) = (self.residuals[row], sign * changes[row]);
            // A residual of 0 counts as positive.
            let meets = if residual >= 0.0 { change < 0.0 } else { change > 0.0 };
            (meets && change.abs() > 1e-11 * size && !in_basis(row)).then(|| (-residual / change, row))
        };
        let mut crossings: Vec<(f64, usize)> = (0..changes.len()).filter_map(crossing).collect();
        crossings.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (_, row) in crossings {
            slope += changes[row].abs();
            if slope >= 0.0 {
                let mut basis = self.basis.clone();
                basis[place] = row;
                return Vertex::of(problem, basis);
            }
        }
        None
    }
}
