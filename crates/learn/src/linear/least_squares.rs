//! Least squares to full precision: QR decomposition, then refinement with residuals of twice the precision.
//!
//! The problem is: find b and w that minimise Σ (y - b - w·x)² + l2·Σ w². With residuals r = y - b - X·w it is the
//! linear system (Å. Björck, "Iterative refinement of linear least squares solutions I", BIT 7, 1967)
//!
//! ```text
//!   r + 1·b + X·w = y,    1ᵀr = 0,    Xᵀr - l2·w = 0
//! ```
//!
//! whose own residuals, in twofold precision and on the original columns, drive the refinement. The matrix that is
//! factorised only needs to be close: its columns are centred, and scaled by powers of two.
//!
//! Where rows have weights, every row of X, y and of the column of ones is multiplied by the root of its weight.

use super::inference::StandardErrors;
use super::normal;
use super::unit::{Unit, binary_scale, mean, scale_of};
use crate::matrix::{Qr, solve_upper, solve_upper_transposed};
use crate::twofold::Twofold;
use faer::Mat;
use rayon::prelude::*;
use std::borrow::Cow;

/// A least-squares problem: columns of equal length and a target, all finite, with at least one row.
pub(super) struct LeastSquares<'a> {
    pub(super) columns: Vec<&'a [f64]>,
    pub(super) target: &'a [f64],
    /// Sample weights, above 0; `None` if all rows weigh 1.
    pub(super) weights: Option<&'a [f64]>,
    pub(super) l2: f64,
    /// Is b free? Otherwise it is 0.
    pub(super) intercept: bool,
}

/// The solution of a least-squares problem.
pub(super) struct Solution {
    pub(super) coefficients: Vec<f64>,
    pub(super) intercept: f64,
    /// Columns that are constant or linear combinations of others; the coefficients are then those of least norm.
    pub(super) dependent: Vec<usize>,
    /// Without a penalty and without dependent columns.
    pub(super) errors: Option<StandardErrors>,
}

const REFINEMENTS_MAX: usize = 30;
const BLOCK_ROWS: usize = 512;

impl LeastSquares<'_> {
    pub(super) fn solve(&self) -> Solution {
        match self.columns.len() > self.target.len() {
            true => self.solve_wide(),
            false => normal::solve(self).unwrap_or_else(|| self.solve_tall()),
        }
    }

    /// At most as many columns as rows, to full precision.
    pub(super) fn solve_tall(&self) -> Solution {
        let system = System::new(self);
        let factors = Factors::new(&system);
        let refined = system.refine(&factors);
        let (weights, intercept) = if factors.dependent().is_empty() {
            (refined.weights.iter().map(|weight| weight.value()).collect(), refined.intercept)
        } else {
            let weights = factors.least_length(&refined.weights, &system.units);
            let shifts = system.units.iter().map(|unit| unit.shift * unit.stretch).zip(&weights);
            let centre = refined.centre(&system.units);
            let intercept = shifts.fold(centre, |sum, (shift, weight)| sum.minus(Twofold::product(shift, *weight)));
            (weights, intercept)
        };
        let own_unit = |(unit, weight): (&Unit, f64)| weight * unit.stretch * unit.scale / system.target_scale;
        Solution {
            coefficients: system.units.iter().zip(weights).map(own_unit).collect(),
            intercept: intercept.value() / system.target_scale,
            dependent: factors.dependent().to_vec(),
            errors: system.errors(&factors, &refined),
        }
    }

    /// What is subtracted from a scaled column: its mean, or nothing without an intercept.
    fn centre_of(&self, column: &[f64], scale: f64) -> f64 {
        if self.intercept { mean(column.iter().map(|x| x * scale), self.weights) } else { 0.0 }
    }

    /// More columns than rows: with the centred Xᵀ = Q·R, every candidate of least norm is w = Q·u, and u solves the
    /// small problem with the matrix Rᵀ; Q preserves norms.
    fn solve_wide(&self) -> Solution {
        let (rows, columns) = (self.target.len(), self.columns.len());
        let largest = self.columns.iter().flat_map(|column| column.iter()).fold(0.0, |most: f64, x| most.max(x.abs()));
        let scale = binary_scale(largest);
        let means: Vec<f64> = self.columns.iter().map(|column| self.centre_of(column, scale)).collect();
        let qr = Qr::new(Mat::from_fn(columns, rows, |column, row| self.columns[column][row] * scale - means[column]));
        let upper = qr.upper_owned();
        // Centred rows sum to 0, so the triangle has a row of rounding noise, which must not count as a column.
        let noise = columns as f64 * f64::EPSILON * upper.norm_l2();
        let reduced: Vec<Vec<f64>> = upper
            .row_iter()
            .map(|row| if row.norm_l2() > noise { row.iter().copied().collect() } else { vec![0.0; rows] })
            .collect();
        let inner = LeastSquares {
            columns: reduced.iter().map(Vec::as_slice).collect(),
            target: self.target,
            weights: self.weights,
            l2: self.l2 * scale * scale,
            intercept: self.intercept,
        }
        .solve_tall();
        let mut weights = inner.coefficients;
        weights.resize(columns, 0.0);
        qr.apply(&mut weights);
        let intercept = weights
            .iter()
            .zip(&means)
            .fold(Twofold::from(inner.intercept), |sum, (weight, mean)| sum.minus(Twofold::product(*weight, *mean)));
        Solution {
            coefficients: weights.into_iter().map(|weight| weight * scale).collect(),
            intercept: intercept.value(),
            dependent: if inner.dependent.is_empty() { Vec::new() } else { (0..columns).collect() },
            errors: None,
        }
    }
}

/// Returns the columns that are constant or linear combinations of others.
pub(super) fn dependent_columns(columns: Vec<&[f64]>) -> Vec<usize> {
    let target = vec![0.0; columns.first().map_or(0, |column| column.len())];
    LeastSquares { columns, target: &target, weights: None, l2: 0.0, intercept: true }.solve().dependent
}

/// The column of the intercept: 1 per row, or the root of the row's weight.
struct Ones {
    roots: Option<Vec<f64>>,
    /// The sum of its squares: of the weights, or the number of rows.
    total: f64,
    /// Is there an intercept? Otherwise nothing has a share of this column.
    is_free: bool,
}

impl Ones {
    fn new(problem: &LeastSquares<'_>) -> Ones {
        Ones {
            roots: problem.weights.map(|weights| weights.iter().map(|weight| weight.sqrt()).collect()),
            total: problem.weights.map_or(problem.target.len() as f64, |weights| Twofold::sum(weights.iter().copied())),
            is_free: problem.intercept,
        }
    }

    fn root(&self, row: usize) -> f64 {
        self.roots.as_ref().map_or(1.0, |roots| roots[row])
    }

    /// Returns the projection of a vector on this column.
    fn share_of(&self, vector: &[f64]) -> f64 {
        if !self.is_free {
            return 0.0;
        }
        let sum: f64 = match &self.roots {
            None => vector.iter().sum(),
            Some(roots) => vector.iter().zip(roots).map(|(value, root)| value * root).sum(),
        };
        sum / self.total
    }

    /// Adds a multiple of this column to a vector.
    fn add_to(&self, vector: &mut [f64], share: f64) {
        match &self.roots {
            None => vector.iter_mut().for_each(|value| *value += share),
            Some(roots) => vector.iter_mut().zip(roots).for_each(|(value, root)| *value += share * root),
        }
    }

    /// The residuals, each times the entry of this column.
    fn times<'r>(&self, residuals: &'r [Twofold]) -> Cow<'r, [Twofold]> {
        match &self.roots {
            None => Cow::Borrowed(residuals),
            Some(roots) => residuals.iter().zip(roots).map(|(residual, root)| residual.times(*root)).collect(),
        }
    }
}

/// The problem in units close to one.
struct System<'a> {
    problem: &'a LeastSquares<'a>,
    ones: Ones,
    units: Vec<Unit>,
    target_scale: f64,
}

impl<'a> System<'a> {
    fn new(problem: &'a LeastSquares<'a>) -> System<'a> {
        let target_scale = scale_of(problem.target);
        let unit = |column: &&[f64]| Unit::of(column, problem.l2, problem.weights, problem.intercept);
        let units = problem.columns.iter().map(unit).collect();
        System { problem, ones: Ones::new(problem), units, target_scale }
    }

    /// The standard errors: s²·(VᵀV)⁻¹ is the covariance of the weights of the centred columns V, where s² is the sum of
    /// squared residuals by the degrees of freedom. A weight of 2 counts as two rows.
    fn errors(&self, factors: &Factors, refined: &Refined) -> Option<StandardErrors> {
        let (columns, total) = (self.units.len(), self.ones.total);
        let freedom = total - (columns + usize::from(self.problem.intercept)) as f64;
        if self.problem.l2 > 0.0 || !factors.dependent().is_empty() || freedom <= 0.0 {
            return None;
        }
        let squares: f64 = refined.residuals.iter().map(|residual| residual.value().powi(2)).sum();
        let deviation = (squares / freedom).sqrt() / self.target_scale;
        let lengths = factors.inverse_lengths();
        let weight = |(unit, length): (&Unit, f64)| deviation * length * (unit.stretch * unit.scale);
        let shifts: Vec<f64> = self.units.iter().map(|unit| unit.shift * unit.stretch).collect();
        let intercept = (1.0 / total + factors.inverse_square(&shifts)).sqrt() * deviation;
        let intercept = self.problem.intercept.then_some(intercept);
        StandardErrors::new(Some(freedom), intercept, self.units.iter().zip(lengths).map(weight).collect())
    }

    fn refine(&self, factors: &Factors) -> Refined {
        let mut refined = Refined::zero(self.problem.target.len(), self.units.len());
        let mut last_change = f64::INFINITY;
        for pass in 0..REFINEMENTS_MAX {
            let misfit = Misfit { rows: self.row_misfit(&refined, factors), ..self.column_misfit(&refined, factors) };
            let correction = factors.correct(misfit, &self.ones);
            let change = correction.weights.iter().fold(0.0, |most: f64, weight| most.max(weight.abs()));
            // A correction that does not shrink is rounding noise.
            if pass > 1 && change > last_change / 2.0 {
                break;
            }
            refined.add(&correction, &self.units);
            let size = refined.weights.iter().fold(0.0, |most: f64, weight| most.max(weight.value().abs()));
            // The next correction would be smaller by the same factor again; 2^-75 leaves digits for small weights.
            if pass > 0 && change * (change / last_change) <= size * 2.0_f64.powi(-75) {
                break;
            }
            last_change = change;
        }
        refined
    }

    /// y - b - X·w - r, row by row.
    fn row_misfit(&self, refined: &Refined, factors: &Factors) -> Vec<f64> {
        let weights: Vec<(usize, Twofold)> = factors
            .basis()
            .iter()
            .map(|&column| (column, refined.weights[column].times(-self.units[column].stretch)))
            .collect();
        let mut misfit = vec![0.0; self.problem.target.len()];
        misfit.par_chunks_mut(BLOCK_ROWS).enumerate().for_each(|(block, misfit)| {
            let start = block * BLOCK_ROWS;
            let weighted = self.ones.roots.is_some();
            let mut sums: Vec<Twofold> = (start..start + misfit.len())
                .map(|row| {
                    let target = Twofold::from(self.problem.target[row] * self.target_scale);
                    let rest = target.minus(refined.intercept);
                    if weighted { rest } else { rest.minus(refined.residuals[row]) }
                })
                .collect();
            for &(column, weight) in &weights {
                let scale = self.units[column].scale;
                for (sum, x) in sums.iter_mut().zip(&self.problem.columns[column][start..]) {
                    *sum = sum.add(weight.times(x * scale));
                }
            }
            for (row, (misfit, sum)) in (start..).zip(misfit.iter_mut().zip(sums)) {
                let left = if weighted { sum.times(self.ones.root(row)).minus(refined.residuals[row]) } else { sum };
                *misfit = left.value();
            }
        });
        misfit
    }

    /// Returns how far the residuals are from being orthogonal to the ones and to the columns, and the misfit of the
    /// penalty rows.
    fn column_misfit(&self, refined: &Refined, factors: &Factors) -> Misfit {
        let residuals = self.ones.times(&refined.residuals);
        let total = residuals.iter().fold(Twofold::default(), |sum, residual| sum.add(*residual));
        let columns = factors
            .basis()
            .par_iter()
            .map(|&column| {
                let unit = &self.units[column];
                let values = self.problem.columns[column].iter().zip(&*residuals);
                let product =
                    values.fold(Twofold::default(), |sum, (x, residual)| sum.add(residual.times(x * unit.scale)));
                let data = product.minus(total.times(unit.shift)).times(unit.stretch);
                -data.add(refined.penalty_residuals[column].times(unit.penalty)).value()
            })
            .collect();
        let penalties = self.units.iter().zip(&refined.weights).zip(&refined.penalty_residuals);
        Misfit {
            rows: Vec::new(),
            total: -total.value(),
            columns,
            penalties: penalties
                .map(|((unit, weight), residual)| -weight.times(unit.penalty).add(*residual).value())
                .collect(),
        }
    }
}

/// What is left to explain in each equation.
struct Misfit {
    rows: Vec<f64>,
    total: f64,
    /// In the order of the basis.
    columns: Vec<f64>,
    penalties: Vec<f64>,
}

/// The unknowns, in twofold precision; weights are of the columns v.
struct Refined {
    weights: Vec<Twofold>,
    intercept: Twofold,
    residuals: Vec<Twofold>,
    penalty_residuals: Vec<Twofold>,
}

/// What a pass adds to the unknowns; the intercept is that of the centred columns.
struct Correction {
    weights: Vec<f64>,
    centre: f64,
    residuals: Vec<f64>,
    penalty_residuals: Vec<f64>,
}

impl Refined {
    fn zero(rows: usize, columns: usize) -> Refined {
        let zero = Twofold::default();
        Refined {
            weights: vec![zero; columns],
            intercept: zero,
            residuals: vec![zero; rows],
            penalty_residuals: vec![zero; columns],
        }
    }

    fn add(&mut self, correction: &Correction, units: &[Unit]) {
        let add = |numbers: &mut [Twofold], more: &[f64]| {
            for (number, more) in numbers.iter_mut().zip(more) {
                *number = number.plus(*more);
            }
        };
        add(&mut self.weights, &correction.weights);
        add(&mut self.residuals, &correction.residuals);
        add(&mut self.penalty_residuals, &correction.penalty_residuals);
        self.intercept = self.intercept.plus(correction.centre);
        for (unit, weight) in units.iter().zip(&correction.weights) {
            self.intercept = self.intercept.minus(Twofold::product(unit.shift * unit.stretch, *weight));
        }
    }

    /// The intercept of the centred columns.
    fn centre(&self, units: &[Unit]) -> Twofold {
        let parts = units.iter().zip(&self.weights);
        parts.fold(self.intercept, |sum, (unit, weight)| sum.add(weight.times(unit.shift * unit.stretch)))
    }
}

/// The decomposed columns v: first all rows to a triangle, then the triangle above the penalty rows, with pivoting.
struct Factors {
    rows: Qr,
    triangle: Qr,
    rank: usize,
}

impl Factors {
    fn new(system: &System<'_>) -> Factors {
        let (rows, columns) = (system.problem.target.len(), system.units.len());
        let first = Qr::new(Mat::from_fn(rows, columns, |row, column| {
            let unit = &system.units[column];
            (system.problem.columns[column][row] * unit.scale - unit.shift) * unit.stretch * system.ones.root(row)
        }));
        let upper = first.upper_owned();
        let penalties = if system.problem.l2 > 0.0 { columns } else { 0 };
        let triangle = Qr::pivoted(Mat::from_fn(columns + penalties, columns, |row, column| {
            if row < columns {
                upper[(row, column)]
            } else if row - columns == column {
                system.units[column].penalty
            } else {
                0.0
            }
        }));
        // A column depends on the columns before it if next to nothing is left of it beside them.
        let tolerance = rows.max(columns) as f64 * f64::EPSILON;
        let length = |column: usize| triangle.upper().col(column).get(..column + 1).norm_l2();
        let left = |column: usize| triangle.upper()[(column, column)].abs();
        let rank = (0..columns).take_while(|&column| left(column) > tolerance * length(column)).count();
        Factors { rows: first, triangle, rank }
    }

    fn basis(&self) -> &[usize] {
        &self.triangle.order[..self.rank]
    }

    /// The length of each row of R⁻¹: the root of the diagonal of (VᵀV)⁻¹. All columns are in the basis.
    fn inverse_lengths(&self) -> Vec<f64> {
        let mut squares = vec![0.0; self.rank];
        for place in 0..self.rank {
            let mut column = vec![0.0; self.rank];
            column[place] = 1.0;
            solve_upper(self.triangle.upper().get(..self.rank, ..self.rank), &mut column);
            self.basis().iter().zip(column).for_each(|(&of, entry)| squares[of] += entry * entry);
        }
        squares.into_iter().map(f64::sqrt).collect()
    }

    /// vᵀ·(VᵀV)⁻¹·v for a number per column.
    fn inverse_square(&self, vector: &[f64]) -> f64 {
        let mut vector: Vec<f64> = self.basis().iter().map(|&column| vector[column]).collect();
        solve_upper_transposed(self.triangle.upper().get(..self.rank, ..self.rank), &mut vector);
        vector.iter().map(|entry| entry * entry).sum()
    }

    fn dependent(&self) -> &[usize] {
        &self.triangle.order[self.rank..]
    }

    /// Solves the equations for a given misfit, in ordinary precision.
    fn correct(&self, misfit: Misfit, ones: &Ones) -> Correction {
        let Misfit { rows: mut vector, total, columns: mut slopes, penalties } = misfit;
        let columns = penalties.len();
        let upper = self.triangle.upper();
        let upper = upper.get(..self.rank, ..self.rank);
        let mean = ones.share_of(&vector);
        ones.add_to(&mut vector, -mean);
        self.rows.apply_transposed(&mut vector);
        let mut top = vector[..columns].to_vec();
        if self.triangle.rows() > columns {
            top.extend(&penalties);
        }
        self.triangle.apply_transposed(&mut top);
        solve_upper_transposed(upper, &mut slopes);
        let mut solved: Vec<f64> = top.iter().zip(&slopes).map(|(top, slope)| top - slope).collect();
        solve_upper(upper, &mut solved);
        top[..self.rank].copy_from_slice(&slopes);
        self.triangle.apply(&mut top);
        vector[..columns].copy_from_slice(&top[..columns]);
        self.rows.apply(&mut vector);
        let shared = if ones.is_free { total / ones.total } else { 0.0 };
        ones.add_to(&mut vector, shared);
        let mut weights = vec![0.0; columns];
        for (&column, weight) in self.basis().iter().zip(solved) {
            weights[column] = weight;
        }
        top.resize(2 * columns, 0.0);
        Correction { weights, centre: mean - shared, residuals: vector, penalty_residuals: top.split_off(columns) }
    }

    /// Of all weights with the same predictions, returns those whose coefficients, in the units of the original
    /// columns, have the least sum of squares.
    ///
    /// A dependent column is a combination of the basis, v_d = V_b·t. Weights predict the same when w_b + T·w_d stays
    /// what it is; in coefficients c = w·unit, that is M·c = w_b with M = [1/unit_b, T/unit_d], and the least c is
    /// Mᵀ(M·Mᵀ)⁻¹·w_b, by the QR decomposition of Mᵀ.
    fn least_length(&self, weights: &[Twofold], units: &[Unit]) -> Vec<f64> {
        let order = &self.triangle.order;
        let mut wanted: Vec<f64> = self.basis().iter().map(|&column| weights[column].value()).collect();
        let unit = |place: usize| units[order[place]].scale * units[order[place]].stretch;
        let upper = self.triangle.upper();
        let mut transposed = Mat::zeros(order.len(), self.rank);
        for place in 0..self.rank {
            transposed[(place, place)] = 1.0 / unit(place);
        }
        for place in self.rank..order.len() {
            let mut combination: Vec<f64> = (0..self.rank).map(|row| upper[(row, place)]).collect();
            solve_upper(upper.get(..self.rank, ..self.rank), &mut combination);
            for (row, share) in combination.into_iter().enumerate() {
                transposed[(place, row)] = share / unit(place);
            }
        }
        let qr = Qr::new(transposed);
        solve_upper_transposed(qr.upper().get(..self.rank, ..self.rank), &mut wanted);
        wanted.resize(order.len(), 0.0);
        qr.apply(&mut wanted);
        let mut least = vec![0.0; order.len()];
        for (place, coefficient) in wanted.into_iter().enumerate() {
            least[order[place]] = coefficient / unit(place);
        }
        least
    }
}
