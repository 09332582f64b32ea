//! Sequential minimal optimisation: two multipliers at a time.
//!
//! Sources: J. Platt, "Fast training of support vector machines using sequential minimal optimization" (1998); R.-E. Fan,
//! P.-H. Chen, C.-J. Lin, "Working set selection using second order information for training support vector machines"
//! (2005); C.-C. Chang, C.-J. Lin, "LIBSVM: a library for support vector machines" (2011), for shrinking.

use super::Watch;
use super::cache::Cache;
use super::kernel::Points;
use pipewright_diagnostic::Failure;

/// Minimises ½·βᵀKβ - Σ t·β + `tube`·Σ |β| with Σ β = 0, each β within its bounds.
///
/// For classes, t is 1 or -1, β has the sign of t and is at most C in size, and there is no tube. For numbers, t is the
/// number, and β is within ±C. No β moves beyond 0 in one step, so that the objective is quadratic in each.
pub(super) struct Problem {
    pub(super) targets: Vec<f64>,
    pub(super) lowest: Vec<f64>,
    pub(super) highest: Vec<f64>,
    pub(super) tube: f64,
}

/// Options of the search.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    /// By how much the conditions of the minimum may be missed.
    pub(super) tolerance: f64,
    pub(super) cache_bytes: u64,
    pub(super) watch: &'a Watch<'a>,
}

/// The minimum: f(x) = Σ β·K(x, ·) + `bias`.
pub(super) struct Solution {
    pub(super) betas: Vec<f64>,
    pub(super) bias: f64,
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests look at it"))]
    pub(super) objective: f64,
    pub(super) converged: bool,
}

/// Curvature of a step between points whose kernels are equal.
const CURVATURE_MIN: f64 = 1e-12;

/// Steps after which points at their bounds are left out for a while.
const SHRINK_STEPS: usize = 1000;

impl Problem {
    pub(super) fn solve(&self, points: &Points, search: Search<'_>) -> Result<Solution, Failure> {
        let steps_max = 10_000_000.max(100 * points.len());
        let mut state = State { betas: vec![0.0; points.len()], sums: vec![0.0; points.len()] };
        let (mut steps, mut converged) = (0, false);
        while !converged && steps < steps_max {
            let mut active = Active::new(self, points, &state, search);
            let complete = active.run(&mut state, &mut steps, steps_max)?;
            active.write(&mut state);
            converged = complete;
            if !complete {
                active.fill_sums(points, &mut state);
            }
        }
        Ok(self.solution(state, converged))
    }

    fn solution(&self, state: State, converged: bool) -> Solution {
        let State { betas, sums } = state;
        let is_free = |index: &usize| {
            let beta = betas[*index];
            beta != 0.0 && self.lowest[*index] < beta && beta < self.highest[*index]
        };
        let free: Vec<f64> = (0..betas.len()).filter(is_free).map(|at| self.rise(at, betas[at]) - sums[at]).collect();
        let bias = if free.is_empty() {
            let highest =
                (0..betas.len()).map(|at| self.rise(at, betas[at]) - sums[at]).fold(f64::NEG_INFINITY, f64::max);
            let lowest = (0..betas.len()).map(|at| self.fall(at, betas[at]) - sums[at]).fold(f64::INFINITY, f64::min);
            (highest + lowest) / 2.0
        } else {
            free.iter().sum::<f64>() / free.len() as f64
        };
        let terms = betas.iter().zip(&sums).zip(&self.targets);
        let objective =
            terms.map(|((beta, sum), target)| beta * (0.5 * sum - target) + self.tube * beta.abs()).sum::<f64>();
        Solution { betas, bias, objective, converged }
    }

    /// How fast the objective falls as β rises, but for the sum over the kernel; -∞ if it cannot rise.
    pub(super) fn rise(&self, index: usize, beta: f64) -> f64 {
        match () {
            () if beta >= self.highest[index] => f64::NEG_INFINITY,
            () if beta < 0.0 => self.targets[index] + self.tube,
            () => self.targets[index] - self.tube,
        }
    }

    /// How fast the objective rises as β falls, but for the sum over the kernel; ∞ if it cannot fall.
    pub(super) fn fall(&self, index: usize, beta: f64) -> f64 {
        match () {
            () if beta <= self.lowest[index] => f64::INFINITY,
            () if beta > 0.0 => self.targets[index] - self.tube,
            () => self.targets[index] + self.tube,
        }
    }
}

/// Every β, and Σ β·K for every point.
struct State {
    betas: Vec<f64>,
    sums: Vec<f64>,
}

/// The points that the search looks at.
struct Active<'a> {
    problem: &'a Problem,
    search: Search<'a>,
    cache: Cache,
    /// The points' places among all.
    places: Vec<u32>,
    betas: Vec<f64>,
    sums: Vec<f64>,
    diagonal: Vec<f64>,
    rises: Vec<f64>,
    falls: Vec<f64>,
    is_all: bool,
}

impl<'a> Active<'a> {
    fn new(problem: &'a Problem, points: &Points, state: &State, search: Search<'a>) -> Active<'a> {
        let each = || state.betas.iter().copied().enumerate();
        Active {
            problem,
            search,
            cache: Cache::new(points.clone(), search.cache_bytes),
            places: (0..points.len() as u32).collect(),
            betas: state.betas.clone(),
            sums: state.sums.clone(),
            diagonal: points.diagonal(),
            rises: each().map(|(at, beta)| problem.rise(at, beta)).collect(),
            falls: each().map(|(at, beta)| problem.fall(at, beta)).collect(),
            is_all: true,
        }
    }

    /// Searches until the conditions hold for all points looked at. Returns whether these are all points.
    fn run(&mut self, state: &mut State, steps: &mut usize, steps_max: usize) -> Result<bool, Failure> {
        let period = SHRINK_STEPS.min(self.betas.len().max(1));
        while *steps < steps_max {
            let (first, highest, lowest) = self.extremes();
            if highest - lowest <= self.search.tolerance {
                return Ok(self.is_all);
            }
            if (*steps + 1).is_multiple_of(period) {
                self.search.watch.go_on()?;
                self.shrink(state, highest, lowest);
            } else {
                self.step(first, highest);
            }
            *steps += 1;
        }
        Ok(false)
    }

    /// The point whose β would gain most by rising, that gain, and the least loss of one that falls.
    fn extremes(&self) -> (usize, f64, f64) {
        let (mut first, mut highest, mut lowest) = (0, f64::NEG_INFINITY, f64::INFINITY);
        for (index, ((rise, fall), sum)) in self.rises.iter().zip(&self.falls).zip(&self.sums).enumerate() {
            if rise - sum > highest {
                (first, highest) = (index, rise - sum);
            }
            lowest = lowest.min(fall - sum);
        }
        (first, highest, lowest)
    }

    /// Raises one β and lowers the one with which the objective falls most.
    fn step(&mut self, first: usize, highest: f64) {
        let row = self.cache.row(first);
        let (mut second, mut most) = (first, 0.0);
        let others = self.falls.iter().zip(&self.sums).zip(&self.diagonal).zip(row.iter());
        for (index, (((fall, sum), diagonal), kernel)) in others.enumerate() {
            let slope = highest - (fall - sum);
            let curvature = (self.diagonal[first] + diagonal - 2.0 * kernel).max(CURVATURE_MIN);
            if slope > 0.0 && slope * slope > most * curvature {
                (second, most) = (index, slope * slope / curvature);
            }
        }
        let other = self.cache.row(second);
        let curvature = (self.diagonal[first] + self.diagonal[second] - 2.0 * row[second]).max(CURVATURE_MIN);
        let wanted = (highest - (self.falls[second] - self.sums[second])) / curvature;
        let moved = wanted.min(self.room_above(first)).min(self.room_below(second));
        self.move_to(first, self.betas[first] + moved, moved == self.room_above(first), true);
        self.move_to(second, self.betas[second] - moved, moved == self.room_below(second), false);
        for ((sum, one), two) in self.sums.iter_mut().zip(row.iter()).zip(other.iter()) {
            *sum += moved * (one - two);
        }
    }

    /// How far β may rise to 0 or its bound.
    fn room_above(&self, index: usize) -> f64 {
        let beta = self.betas[index];
        if beta < 0.0 { -beta } else { self.problem.highest[self.places[index] as usize] - beta }
    }

    /// How far β may fall to 0 or its bound.
    fn room_below(&self, index: usize) -> f64 {
        let beta = self.betas[index];
        if beta > 0.0 { beta } else { beta - self.problem.lowest[self.places[index] as usize] }
    }

    /// Sets a β; exactly to 0 or its bound where it got there.
    fn move_to(&mut self, index: usize, beta: f64, arrived: bool, rising: bool) {
        let (place, before) = (self.places[index] as usize, self.betas[index]);
        let end = match rising {
            true if before < 0.0 => 0.0,
            true => self.problem.highest[place],
            false if before > 0.0 => 0.0,
            false => self.problem.lowest[place],
        };
        let beta = if arrived { end } else { beta };
        self.betas[index] = beta;
        self.rises[index] = self.problem.rise(place, beta);
        self.falls[index] = self.problem.fall(place, beta);
    }

    /// Leaves out the points that cannot be chosen for a step now, if they are many.
    fn shrink(&mut self, state: &mut State, highest: f64, lowest: f64) {
        /// The share of points that is worth it to be left out.
        const SHARE: f64 = 0.2;
        let moves = |index: &usize| {
            self.rises[*index] - self.sums[*index] >= lowest || self.falls[*index] - self.sums[*index] <= highest
        };
        let kept: Vec<u32> = (0..self.betas.len()).filter(moves).map(|index| index as u32).collect();
        if kept.len() as f64 > (1.0 - SHARE) * self.betas.len() as f64 {
            return;
        }
        self.write(state);
        self.cache.narrow(&kept);
        for numbers in [&mut self.betas, &mut self.sums, &mut self.diagonal, &mut self.rises, &mut self.falls] {
            *numbers = kept.iter().map(|&index| numbers[index as usize]).collect();
        }
        self.places = kept.iter().map(|&index| self.places[index as usize]).collect();
        self.is_all = false;
    }

    /// Writes what was found to the state of all points.
    fn write(&self, state: &mut State) {
        for ((&place, beta), sum) in self.places.iter().zip(&self.betas).zip(&self.sums) {
            (state.betas[place as usize], state.sums[place as usize]) = (*beta, *sum);
        }
    }

    /// Computes the sums of the points that were left out.
    fn fill_sums(&self, points: &Points, state: &mut State) {
        let mut is_left_out = vec![true; points.len()];
        self.places.iter().for_each(|&place| is_left_out[place as usize] = false);
        let places = |chosen: &dyn Fn(usize) -> bool| -> Vec<u32> {
            (0..points.len()).filter(|&place| chosen(place)).map(|place| place as u32).collect()
        };
        let (left_out, support) = (places(&|place| is_left_out[place]), places(&|place| state.betas[place] != 0.0));
        let weights: Vec<f64> = support.iter().map(|&place| state.betas[place as usize]).collect();
        let sums = points.take(&support).sums(&points.take(&left_out), &weights);
        left_out.iter().zip(sums).for_each(|(&place, sum)| state.sums[place as usize] = sum);
    }
}
