//! Exact minimisation of a smooth convex function, with or without penalties on absolute values: damped Newton steps, by
//! Cholesky if the Hessian fits in memory, otherwise by conjugate gradients; by coordinate descent where absolute values
//! are penalised.
//!
//! Sources: S. Boyd, L. Vandenberghe, "Convex Optimization" (2004), 9.5; J. Nocedal, S. Wright, "Numerical
//! Optimization" (2006), algorithm 7.1; G.-X. Yuan, C.-H. Ho, C.-J. Lin, "An improved GLMNET for L1-regularized logistic
//! regression" (2012).

use super::proximal::proximal_direction;
use crate::learner::Progress;
use crate::matrix::{solve_positive_definite, solve_semidefinite};
use faer::Mat;
use pipewright_diagnostic::{Failure, code};

/// A twice differentiable convex function.
pub(super) trait Objective {
    /// What is kept about a point to compute second derivatives there.
    type Point;

    fn size(&self) -> usize;
    fn value(&self, at: &[f64]) -> f64;
    /// Returns the value and its gradient.
    fn slope(&self, at: &[f64]) -> Slope<Self::Point>;
    /// Returns the Hessian; the lower triangle is enough.
    fn curvature(&self, point: &Self::Point) -> Mat<f64>;
    /// Returns the Hessian times a vector.
    fn curvature_times(&self, point: &Self::Point, direction: &[f64]) -> Vec<f64>;
    /// Returns an approximate diagonal of the Hessian: a preconditioner that keeps steps inside their subspace.
    fn rough_diagonal(&self, point: &Self::Point) -> Vec<f64>;
    /// The size of terms that cancel in the value: it has no digits below their rounding.
    fn cancelling(&self) -> f64 {
        0.0
    }
    /// The function hardly changes when all parameters at places equal modulo this number grow by the same.
    fn together(&self) -> Option<usize> {
        None
    }
}

pub(super) struct Slope<P> {
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    pub(super) point: P,
}

/// Stopping criteria.
pub(super) struct Limits {
    pub(super) iterations: u32,
    /// Value below which the function is taken to have no minimum and to decrease towards 0 without end.
    pub(super) floor: f64,
    /// Size above which the Hessian is never formed.
    pub(super) dense_size: usize,
}

/// The result of the search.
pub(super) struct Minimum {
    pub(super) at: Vec<f64>,
    pub(super) end: End,
    /// The second derivatives vanish in some direction.
    pub(super) flat: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The last step was below 1e-10 of the solution.
    Converged,
    /// The value no longer decreases, yet the point still moves.
    Drifting,
    /// The value fell below the floor.
    Floor,
    /// The iterations ran out.
    Iterations,
}

/// Minimises from `start`; `absolute` is the penalty on the absolute value of each parameter, or empty. With penalties
/// on absolute values, second derivatives are always formed.
///
/// # Errors
/// `CANCELLED` if the progress callback asks for it; `VALUE_OUT_OF_RANGE` if the curvature is not finite.
pub(super) fn minimise<O: Objective>(
    objective: &O,
    start: Vec<f64>,
    absolute: &[f64],
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<Minimum, Failure> {
    // Newton steps square the error: at this relative accuracy of the value, two or three steps reach full precision.
    const POLISHING_STEPS: u32 = 4;
    let mut at = start;
    let (mut flat, mut polishing, mut first_norm) = (false, 0, None);
    for iteration in 0..limits.iterations {
        if progress.cancelled() {
            return Err(Failure::new(code::CANCELLED, "the fit was stopped"));
        }
        progress.report(u64::from(iteration), u64::from(limits.iterations));
        let slope = objective.slope(&at);
        if slope.value < limits.floor {
            return Ok(Minimum { at, end: End::Floor, flat });
        }
        let first_norm = *first_norm.get_or_insert(norm(&slope.gradient));
        let mut step: Vec<f64> = slope.gradient.iter().map(|g| -g).collect();
        if !absolute.is_empty() {
            step = proximal_direction(
                &finite_curvature(objective, &slope)?,
                &slope.gradient,
                &at,
                absolute,
                objective.together(),
            );
        } else if objective.size() <= limits.dense_size {
            flat |= newton_direction(finite_curvature(objective, &slope)?, &mut step);
        } else {
            conjugate_direction(objective, &slope, first_norm, &mut step);
        }
        let decrease =
            penalised(&at, absolute) - penalised(&moved(&at, &step, 1.0), absolute) - dot(&slope.gradient, &step);
        let value = slope.value + penalised(&at, absolute);
        if decrease / 2.0 > 1e-14 * value.max(objective.cancelling()) {
            let there = |share| {
                let there = moved(&at, &step, share);
                objective.value(&there) + penalised(&there, absolute)
            };
            let Some(share) = search_line(there, value, decrease) else {
                return Ok(Minimum { at, end: End::Drifting, flat });
            };
            add(&mut at, &step, share);
            continue;
        }
        add(&mut at, &step, 1.0);
        if largest(&step) <= 1e-10 * largest(&at).max(1.0) {
            return Ok(Minimum { at, end: End::Converged, flat });
        }
        polishing += 1;
        if polishing == POLISHING_STEPS {
            return Ok(Minimum { at, end: End::Drifting, flat });
        }
    }
    Ok(Minimum { at, end: End::Iterations, flat })
}

/// The Hessian at a point; only the lower triangle is meaningful.
fn finite_curvature<O: Objective>(objective: &O, slope: &Slope<O::Point>) -> Result<Mat<f64>, Failure> {
    let curvature = objective.curvature(&slope.point);
    if curvature.col_iter().all(|column| column.iter().all(|entry| entry.is_finite())) {
        return Ok(curvature);
    }
    let message = "the values or the penalty are too large: their products are not finite";
    Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).help("scale the columns, or use a smaller penalty"))
}

/// Σ absolute·|at|.
fn penalised(at: &[f64], absolute: &[f64]) -> f64 {
    at.iter().zip(absolute).map(|(parameter, penalty)| penalty * parameter.abs()).sum()
}

fn moved(at: &[f64], step: &[f64], share: f64) -> Vec<f64> {
    at.iter().zip(step).map(|(at, step)| at + share * step).collect()
}

/// `step`, the negative gradient, becomes the Newton step. True if the curvature vanishes in some direction, in which
/// no step is taken.
fn newton_direction(curvature: Mat<f64>, step: &mut [f64]) -> bool {
    let size = curvature.nrows();
    let well_conditioned = {
        let given = step.to_vec();
        let solved = solve_positive_definite(curvature.clone(), step);
        let sensible = solved && step.iter().all(|value| value.is_finite());
        if !sensible {
            step.copy_from_slice(&given);
        }
        sensible
    };
    if !well_conditioned {
        // Huge entries would overflow in the decomposition.
        const HUGE: f64 = 1e100;
        let scale =
            |index: usize| if curvature[(index, index)] > HUGE { curvature[(index, index)].sqrt() } else { 1.0 };
        let scales: Vec<f64> = (0..size).map(scale).collect();
        let scaled = Mat::from_fn(size, size, |row, column| curvature[(row, column)] / scales[row] / scales[column]);
        step.iter_mut().zip(&scales).for_each(|(step, scale)| *step /= scale);
        solve_semidefinite(scaled.as_ref(), size as f64 * f64::EPSILON, step);
        step.iter_mut().zip(&scales).for_each(|(step, scale)| *step /= scale);
    }
    !well_conditioned
}

/// `step`, the negative gradient, becomes nearly the Newton step: conjugate gradients with the diagonal as
/// preconditioner, more exact near the minimum.
fn conjugate_direction<O: Objective>(objective: &O, slope: &Slope<O::Point>, first_norm: f64, step: &mut [f64]) {
    let gradient_norm = norm(step);
    let relative = (gradient_norm / first_norm).sqrt().clamp(1e-8, 0.1);
    let inverse: Vec<f64> = objective
        .rough_diagonal(&slope.point)
        .into_iter()
        .map(|entry| if entry > 0.0 { 1.0 / entry } else { 1.0 })
        .collect();
    let mut residual = step.to_vec();
    step.fill(0.0);
    let scaled = |residual: &[f64]| -> Vec<f64> { residual.iter().zip(&inverse).map(|(r, i)| r * i).collect() };
    let mut preconditioned = scaled(&residual);
    let mut direction = preconditioned.clone();
    let mut product = dot(&residual, &preconditioned);
    for _ in 0..2 * residual.len() {
        if norm(&residual) <= relative * gradient_norm {
            break;
        }
        let curved = objective.curvature_times(&slope.point, &direction);
        let bend = dot(&direction, &curved);
        if bend <= f64::EPSILON * dot(&direction, &direction) * f64::MIN_POSITIVE.sqrt() || !bend.is_finite() {
            break;
        }
        add(step, &direction, product / bend);
        add(&mut residual, &curved, -product / bend);
        preconditioned = scaled(&residual);
        let next = dot(&residual, &preconditioned);
        let share = next / product;
        product = next;
        for (direction, preconditioned) in direction.iter_mut().zip(&preconditioned) {
            *direction = preconditioned + share * *direction;
        }
    }
}

/// Backtracking line search: the longest of 1, ½, ¼ … of the step that satisfies the Armijo condition.
fn search_line(value_at: impl Fn(f64) -> f64, value: f64, decrease: f64) -> Option<f64> {
    let shares = (0..50).map(|halvings| 0.5_f64.powi(halvings));
    shares.into_iter().find(|&share| value_at(share) <= value - 1e-4 * share * decrease)
}

fn add(to: &mut [f64], step: &[f64], share: f64) {
    for (to, step) in to.iter_mut().zip(step) {
        *to += share * step;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

fn largest(vector: &[f64]) -> f64 {
    vector.iter().fold(0.0, |most, value| most.max(value.abs()))
}
