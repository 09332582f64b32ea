//! Linear machines: one multiplier at a time.
//!
//! Sources: C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. S. Keerthi, S. Sundararajan, "A dual coordinate descent method for
//! large-scale linear SVM" (2008); C.-H. Ho, C.-J. Lin, "Large-scale linear support vector regression" (2012).

use super::Watch;
use super::smo::Problem;
use crate::data::Features;
use crate::sparse_rows::SparseRows;
use crate::sums::dot;
use pipewright_diagnostic::Failure;
use pipewright_world::random::Key;

/// Rows of numbers.
pub(super) enum Rows {
    /// Row by row, this many numbers each.
    Dense(Vec<f64>, usize),
    Sparse(SparseRows, usize),
}

impl Rows {
    pub(super) fn of(features: &Features) -> Rows {
        let width = features.columns();
        if features.has_sparse() {
            return Rows::Sparse(SparseRows::of(features), width);
        }
        let columns: Vec<&[f64]> = (0..width).map(|index| features.column(index)).collect();
        let values = (0..features.rows()).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        Rows::Dense(values, width)
    }

    pub(super) fn width(&self) -> usize {
        match self {
            Rows::Dense(_, width) | Rows::Sparse(_, width) => *width,
        }
    }

    pub(super) fn times(&self, row: u32, weights: &[f64]) -> f64 {
        match self {
            Rows::Dense(values, width) => dot(&values[row as usize * width..(row as usize + 1) * width], weights),
            Rows::Sparse(rows, _) => rows.row(row as usize).map(|(column, value)| value * weights[column]).sum(),
        }
    }

    fn square(&self, row: u32) -> f64 {
        match self {
            Rows::Dense(values, width) => {
                let own = &values[row as usize * width..(row as usize + 1) * width];
                dot(own, own)
            }
            Rows::Sparse(rows, _) => rows.row(row as usize).map(|(_, value)| value * value).sum(),
        }
    }

    fn add_to(&self, row: u32, share: f64, weights: &mut [f64]) {
        match self {
            Rows::Dense(values, width) => {
                let own = &values[row as usize * width..(row as usize + 1) * width];
                weights.iter_mut().zip(own).for_each(|(weight, value)| *weight += share * value);
            }
            Rows::Sparse(rows, _) => {
                rows.row(row as usize).for_each(|(column, value)| weights[column] += share * value)
            }
        }
    }
}

/// The minimum: f(x) = `weights`·x + `intercept`.
pub(super) struct Line {
    pub(super) weights: Vec<f64>,
    pub(super) intercept: f64,
    pub(super) converged: bool,
}

/// Options of the descent.
#[derive(Clone, Copy)]
pub(super) struct Descent<'a> {
    /// By how much the conditions of the minimum may be missed.
    pub(super) tolerance: f64,
    pub(super) epochs: u32,
    /// The order of the rows.
    pub(super) key: Key,
    pub(super) watch: &'a Watch<'a>,
}

impl Problem {
    /// Minimises ½·βᵀ(XXᵀ + 1 + diag(`ridges`))β - Σ t·β + `tube`·Σ |β|, each β within its bounds: the intercept is a
    /// weight of a column of ones. `chosen` are the rows of X.
    pub(super) fn descend(
        &self,
        rows: &Rows,
        chosen: &[u32],
        ridges: &[f64],
        descent: Descent<'_>,
    ) -> Result<Line, Failure> {
        let squares: Vec<f64> = chosen.iter().zip(ridges).map(|(&row, ridge)| rows.square(row) + 1.0 + ridge).collect();
        let mut betas = vec![0.0; chosen.len()];
        let (mut weights, mut intercept) = (vec![0.0; rows.width()], 0.0);
        let mut active: Vec<u32> = (0..chosen.len() as u32).collect();
        let (mut converged, mut before) = (false, f64::INFINITY);
        for epoch in 0..descent.epochs {
            descent.watch.go_on()?;
            descent.key.index(u64::from(epoch)).shuffle(&mut active);
            let (mut most, is_all) = (0.0_f64, active.len() == chosen.len());
            active.retain(|&place| {
                let at = place as usize;
                let beta = betas[at];
                let slope = rows.times(chosen[at], &weights) + intercept + ridges[at] * beta;
                let (rise, fall) = (self.rise(at, beta) - slope, self.fall(at, beta) - slope);
                if rise < -before && fall > before {
                    return false;
                }
                most = most.max(rise).max(-fall);
                let moved = self.best(at, beta, slope, squares[at]);
                if moved != beta {
                    betas[at] = moved;
                    rows.add_to(chosen[at], moved - beta, &mut weights);
                    intercept += moved - beta;
                }
                true
            });
            before = most;
            if most <= descent.tolerance {
                if is_all && active.len() == chosen.len() {
                    converged = true;
                    break;
                }
                active = (0..chosen.len() as u32).collect();
                before = f64::INFINITY;
            }
        }
        Ok(Line { weights, intercept, converged })
    }

    /// The β that minimises the objective while all others stay.
    fn best(&self, index: usize, beta: f64, slope: f64, square: f64) -> f64 {
        let free = beta - (slope - self.targets[index]) / square;
        let outside = (free.abs() - self.tube / square).max(0.0).copysign(free);
        outside.clamp(self.lowest[index], self.highest[index])
    }
}
