//! The tree-structured Parzen estimator.

use super::parzen::Parzen;
use super::ranked;
use super::space::{Point, Space, random};
use pipewright_world::random::Key;

/// The tree-structured Parzen estimator: the best tenth of the trials and the others each give a distribution of points, l
/// and g; of candidates drawn from l the one with the highest l / g is suggested.
///
/// J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for hyper-parameter optimization" (2011), with the defaults of
/// `TPESampler` in Optuna 5: 10 random trials first, the best ⌈0.1·n⌉ of n trials but at most 25, 24 candidates, a prior of
/// weight 1, kernels not narrower than the "magic clip", older trials weighing less, and distributions of all dimensions
/// together (`multivariate`): a kernel per trial, in which dimensions are independent. Whole numbers are whole steps of the
/// range, and logarithmic ranges are estimated on logarithms. Where a dimension is active in a candidate but was not in a
/// trial, that trial's kernel is the prior, so that conditional dimensions need no estimator of their own.
#[derive(Debug, Clone, Copy)]
pub struct Tpe<'a> {
    space: &'a Space,
    /// Number of random trials before the first suggestion.
    pub start: usize,
    /// Number of candidates.
    pub candidates: u64,
}

/// The best share of the trials, and the most of them.
const BEST_SHARE: f64 = 0.1;
const BEST_MAX: usize = 25;

impl<'a> Tpe<'a> {
    /// The estimator of a space with the default options.
    #[must_use]
    pub fn new(space: &'a Space) -> Tpe<'a> {
        Tpe { space, start: 10, candidates: 24 }
    }

    /// Suggests the point of trial `trial`, given the finished trials, oldest first, with their scores; lower is better.
    ///
    /// It is a function of the arguments alone. To run trials in parallel with the same results for any number of threads,
    /// suggest all points of a batch of fixed size from the trials before the batch, whichever of the batch finish first;
    /// the points of a batch differ by their trial numbers.
    ///
    /// # Panics
    /// If a point of the history is not of this space.
    #[must_use]
    pub fn suggest(&self, history: &[(Point, f64)], key: Key, trial: u64) -> Point {
        if history.len() < self.start {
            return random(self.space, key, trial);
        }
        let (best, others) = self.sides(history);
        let key = key.index(trial).child("tpe");
        let ratio = |point: &Point| best.ln_density(point) - others.ln_density(point);
        let mut chosen = best.draw(key.index(0));
        let mut highest = ratio(&chosen);
        for candidate in 1..self.candidates {
            let point = best.draw(key.index(candidate));
            let ratio = ratio(&point);
            if ratio > highest {
                (chosen, highest) = (point, ratio);
            }
        }
        chosen
    }

    /// Suggests one of these points, given the finished trials, by their places in `pool`, oldest first, with their scores;
    /// lower is better. The first ones are taken in order; then, of the points that were not tried, the one with the
    /// highest l / g. `None` if all were tried.
    ///
    /// # Panics
    /// If there is no point in the place of a trial, or a point is not of this space.
    #[must_use]
    pub fn pick(&self, pool: &[Point], history: &[(usize, f64)]) -> Option<usize> {
        let is_new = |place: &usize| history.iter().all(|(tried, _)| tried != place);
        let mut open = (0..pool.len()).filter(is_new);
        let first = open.next()?;
        if history.len() < self.start {
            return Some(first);
        }
        let known: Vec<(Point, f64)> = history.iter().map(|&(place, score)| (pool[place].clone(), score)).collect();
        let (best, others) = self.sides(&known);
        let ratio = |place: usize| best.ln_density(&pool[place]) - others.ln_density(&pool[place]);
        let mut chosen = (first, ratio(first));
        for place in open {
            let ratio = ratio(place);
            if ratio > chosen.1 {
                chosen = (place, ratio);
            }
        }
        Some(chosen.0)
    }

    /// The distributions of the best trials and of the others.
    fn sides(&self, history: &[(Point, f64)]) -> (Parzen<'a>, Parzen<'a>) {
        let best = ((history.len() as f64 * BEST_SHARE).ceil() as usize).min(BEST_MAX);
        let mut is_best = vec![false; history.len()];
        for place in ranked(history.iter().map(|(_, score)| *score)).into_iter().take(best) {
            is_best[place] = true;
        }
        let of = |best: bool| {
            let side = history.iter().zip(&is_best).filter(|(_, is_best)| **is_best == best);
            Parzen::of(self.space, &side.map(|((point, _), _)| point).collect::<Vec<&Point>>())
        };
        (of(true), of(false))
    }
}
