//! Exact minimisation of a smooth convex function: damped Newton steps, by Cholesky if the Hessian fits in memory,
//! otherwise by conjugate gradients.
//!
//! Sources: S. Boyd, L. Vandenberghe, "Convex Optimization" (2004), 9.5; J. Nocedal, S. Wright, "Numerical
//! Optimization" (2006), algorithm 7.1.

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

/// Minimises from 0.
///
/// # Errors
/// `CANCELLED` if the progress callback asks for it; `VALUE_OUT_OF_RANGE` if the curvature is not finite.
pub(super) fn minimise<O: Objective>(
    objective: &O,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<Minimum, Failure> {
    // Newton steps square the error: at this relative accuracy of the value, two or three steps reach full precision.
    const POLISHING_STEPS: u32 = 4;
    let mut at = vec![0.0; objective.size()];
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
        if objective.size() <= limits.dense_size {
            let curvature = objective.curvature(&slope.point);
            let is_finite = curvature.col_iter().all(|column| column.iter().all(|entry| entry.is_finite()));
            if !is_finite {
                let message = "the values or the penalty are too large: their products are not finite";
                return Err(
                    Failure::new(code::VALUE_OUT_OF_RANGE, message).help("scale the columns, or use a smaller penalty")
                );
            }
            flat |= newton_direction(curvature, &mut step);
        } else {
            conjugate_direction(objective, &slope, first_norm, &mut step);
        }
        let decrease = -dot(&slope.gradient, &step);
        if decrease / 2.0 > 1e-14 * slope.value {
            let Some(share) = search_line(objective, &at, &step, &slope, decrease) else {
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
        solve_semidefinite(curvature.as_ref(), size as f64 * f64::EPSILON, step);
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
fn search_line<O: Objective>(
    objective: &O,
    at: &[f64],
    step: &[f64],
    slope: &Slope<O::Point>,
    decrease: f64,
) -> Option<f64> {
    (0..50).map(|halvings| 0.5_f64.powi(halvings)).find(|&share| {
        let mut there = at.to_vec();
        add(&mut there, step, share);
        objective.value(&there) <= slope.value - 1e-4 * share * decrease
    })
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
