//! Cyclic coordinate descent for ½·Σ ω (y - b - w·x)² + Σ absolute·|w| + ½·Σ square·w².
//!
//! Columns and target are centred, multiplied by the roots of the weights, and scaled by powers of two. With rows
//! enough, the descent works on the products of all pairs of columns ([`super::paired`]), so that a step does not
//! depend on the number of rows; else on the residuals of all rows ([`super::scaled_rows`]).
//!
//! A round visits a working set: the columns with a coefficient, and those whose slope was too steep when the duality
//! gap was last computed. The gap is that of all columns, and proves that no other one is missing.

use super::paired::Paired;
use super::scaled_rows::ScaledRows;
use crate::data::Features;
use crate::learner::Progress;
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code};

/// Rounds between two checks whether the fit was cancelled.
const ROUNDS_PER_CHECK: u32 = 100;

/// The penalty on every coefficient, in the units of the columns: `absolute`·Σ|w| + ½·`square`·Σ w².
pub(super) struct Penalty {
    pub(super) absolute: f64,
    pub(super) square: f64,
}

/// What a column was before it was scaled: its coefficient is that of the scaled column times `unit`.
pub(super) struct Origin {
    pub(super) unit: f64,
    /// The mean of the scaled column.
    pub(super) mean: f64,
}

/// What the problem was before it was scaled.
pub(super) struct Origins {
    pub(super) columns: Vec<Origin>,
    pub(super) target_scale: f64,
    /// The mean of the scaled target.
    pub(super) target_mean: f64,
}

/// The scaled problem, and what follows from its current coefficients.
pub(super) trait State {
    /// Σ v² of each column.
    fn squares(&self) -> &[f64];

    /// Σ y² of the target.
    fn target_square(&self) -> f64;

    /// Σ v·rest of a column, where the rest is what the coefficients leave of the target.
    fn slope(&self, column: usize) -> f64;

    /// Adds to the coefficient of a column.
    fn change(&mut self, column: usize, change: f64);

    /// Computes slopes anew, from these coefficients. Returns those of all columns, and Σ rest².
    fn refresh(&mut self, weights: &[f64]) -> (Vec<f64>, f64);
}

/// The problem, and the current coefficients of the scaled columns.
pub(super) struct Descent<'a> {
    state: Box<dyn State + 'a>,
    origins: Origins,
    weights: Vec<f64>,
}

/// The penalties in the units of the scaled columns.
struct Scaled {
    absolute: Vec<f64>,
    square: Vec<f64>,
}

/// The columns that are descended along.
struct Columns {
    /// Those whose coefficient may be other than 0.
    possible: Vec<usize>,
    /// Those that a round visits.
    working: Vec<usize>,
}

impl<'a> Descent<'a> {
    /// `target` and all columns are finite, with at least one row.
    pub(super) fn new(
        features: &'a Features,
        target: &'a [f64],
        weights: Option<&[f64]>,
        intercept: bool,
    ) -> Descent<'a> {
        let of =
            |state: Box<dyn State + 'a>, origins| Descent { state, origins, weights: vec![0.0; features.columns()] };
        match Paired::new(features, target, weights, intercept) {
            Some((paired, origins)) => of(Box::new(paired), origins),
            None => {
                let (rows, origins) = ScaledRows::new(features, target, weights, intercept);
                of(Box::new(rows), origins)
            }
        }
    }

    /// The smallest `absolute` at which all coefficients are 0.
    pub(super) fn smallest_to_vanish(&mut self) -> f64 {
        let (slopes, _) = self.state.refresh(&vec![0.0; self.weights.len()]);
        let slope = |(slope, origin): (f64, &Origin)| {
            if slope == 0.0 { 0.0 } else { slope.abs() / (origin.unit * self.origins.target_scale) }
        };
        slopes.into_iter().zip(&self.origins.columns).map(slope).fold(0.0, f64::max)
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
        let (origins, target_scale) = (&self.origins.columns, self.origins.target_scale);
        let scaled = Scaled {
            absolute: origins.iter().map(|origin| penalty.absolute * origin.unit * target_scale).collect(),
            square: origins.iter().map(|origin| penalty.square * origin.unit * origin.unit).collect(),
        };
        let enough = tolerance * self.state.target_square();
        let squares = self.state.squares();
        let countable = |column: usize| (squares[column] + scaled.square[column]).is_finite();
        let possible = (0..self.weights.len())
            .filter(|&column| squares[column] > 0.0 && countable(column) && scaled.absolute[column].is_finite());
        let mut columns = Columns { possible: possible.collect(), working: Vec::new() };
        if self.screen(&scaled, enough, &mut columns) {
            return Ok(true);
        }
        for round in 0..rounds_max {
            if round % ROUNDS_PER_CHECK == 0 && progress.cancelled() {
                return Err(Failure::new(code::CANCELLED, "the fit was stopped"));
            }
            if self.round(&scaled, tolerance, &columns.working) && self.screen(&scaled, enough, &mut columns) {
                return Ok(true);
            }
        }
        Ok(self.screen(&scaled, enough, &mut columns))
    }

    /// Optimises each coefficient in turn: true if none has moved by more than `tolerance` of the largest.
    fn round(&mut self, penalty: &Scaled, tolerance: f64, working: &[usize]) -> bool {
        let (mut step, mut size) = (0.0_f64, 0.0_f64);
        for &column in working {
            step = step.max(self.descend(column, penalty));
            size = size.max(self.weights[column].abs());
        }
        step <= tolerance * size
    }

    /// Optimises one coefficient, and returns by how much it changed.
    fn descend(&mut self, column: usize, penalty: &Scaled) -> f64 {
        let (old, square) = (self.weights[column], self.state.squares()[column]);
        let slope = self.state.slope(column) + old * square;
        let new =
            slope.signum() * (slope.abs() - penalty.absolute[column]).max(0.0) / (square + penalty.square[column]);
        self.set(column, new);
        (new - old).abs()
    }

    fn set(&mut self, column: usize, weight: f64) {
        let change = weight - self.weights[column];
        if change != 0.0 {
            self.weights[column] = weight;
            self.state.change(column, change);
        }
    }

    /// Is the duality gap closed? If not, columns whose coefficient it proves to be 0 become impossible, and those
    /// whose slope is too steep for a coefficient of 0 join the working set.
    fn screen(&mut self, penalty: &Scaled, enough: f64, columns: &mut Columns) -> bool {
        let (mut slopes, rest) = self.state.refresh(&self.weights);
        let (mut absolute, mut square, mut inside) = (0.0, 0.0, 1.0_f64);
        // Σ rest·target, since the target is the rest and what the coefficients explain.
        let explained: f64 = slopes.iter().zip(&self.weights).map(|(slope, weight)| slope * weight).sum();
        for &column in &columns.possible {
            let weight = self.weights[column];
            slopes[column] -= penalty.square[column] * weight;
            absolute += penalty.absolute[column] * weight.abs();
            square += penalty.square[column] * weight * weight;
            if slopes[column].abs() > penalty.absolute[column] {
                inside = inside.min(penalty.absolute[column] / slopes[column].abs());
            }
        }
        let gap = 0.5 * (1.0 + inside * inside) * (rest + square) + absolute - inside * (rest + explained);
        if gap <= enough {
            return true;
        }
        let (radius, squares) = ((2.0 * gap).sqrt(), self.state.squares());
        let (kept, gone): (Vec<usize>, Vec<usize>) = columns.possible.iter().copied().partition(|&column| {
            let length = (squares[column] + penalty.square[column]).sqrt();
            inside * slopes[column].abs() + radius * length >= penalty.absolute[column]
        });
        gone.into_iter().for_each(|column| self.set(column, 0.0));
        let steep = |column: &&usize| slopes[**column].abs() > penalty.absolute[**column];
        columns.working =
            kept.iter().filter(|column| self.weights[**column] != 0.0 || steep(column)).copied().collect();
        columns.possible = kept;
        false
    }

    /// The coefficients in the units of the original columns, and the intercept.
    pub(super) fn solution(&self) -> (Vec<f64>, f64) {
        let target_scale = self.origins.target_scale;
        let parts = self.origins.columns.iter().zip(&self.weights);
        let coefficients = parts
            .clone()
            .map(|(origin, weight)| if *weight == 0.0 { 0.0 } else { weight * origin.unit / target_scale });
        let intercept = parts.fold(Twofold::from(self.origins.target_mean), |sum, (origin, weight)| {
            sum.minus(Twofold::product(*weight, origin.mean))
        });
        (coefficients.collect(), intercept.value() / target_scale)
    }
}
