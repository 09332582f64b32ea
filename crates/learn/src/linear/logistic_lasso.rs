//! Sparse (L1-penalised) logistic regression of one class against the rest.

use crate::sums::dot;

/// Minimises Σ -ln p(true) + `penalty`·Σ|w| over centred or scaled columns; the intercept is not penalised.
///
/// Each step minimises a quadratic model of the loss by coordinate descent, then a line search follows it as far as the
/// loss decreases (Yuan, Ho, Lin, "An improved GLMNET for L1-regularized logistic regression", 2012).
pub(crate) struct LogisticLasso<'a> {
    columns: &'a [Vec<f64>],
    /// Does the row belong to the class?
    truth: Vec<f64>,
    intercept: f64,
    weights: Vec<f64>,
    /// The log-odds of each row.
    scores: Vec<f64>,
}

const STEPS_MAX: usize = 100;
const ROUNDS_MAX: usize = 1000;
/// Lower bound on curvatures, so that rows with certain predictions do not stall a step.
const CURVATURE_MIN: f64 = 1e-10;

impl<'a> LogisticLasso<'a> {
    /// Starts with all weights 0; both classes must have rows.
    pub(crate) fn new(columns: &'a [Vec<f64>], truth: Vec<f64>) -> LogisticLasso<'a> {
        let share = truth.iter().sum::<f64>() / truth.len() as f64;
        let intercept = (share / (1.0 - share)).ln();
        let scores = vec![intercept; truth.len()];
        LogisticLasso { columns, truth, intercept, weights: vec![0.0; columns.len()], scores }
    }

    /// The smallest penalty at which all weights are 0.
    pub(crate) fn penalty_max(&self) -> f64 {
        let errors = self.errors();
        self.columns.iter().map(|column| dot(column, &errors).abs()).fold(0.0, f64::max)
    }

    /// The weight of each column.
    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// p - truth of each row.
    fn errors(&self) -> Vec<f64> {
        self.scores.iter().zip(&self.truth).map(|(score, truth)| probability(*score) - truth).collect()
    }

    fn loss(&self, scores: impl Iterator<Item = f64>) -> f64 {
        let losses = scores.zip(&self.truth).map(|(score, truth)| {
            // ln(1 + e^score) - truth·score, without overflow.
            score.max(0.0) + (-score.abs()).exp().ln_1p() - truth * score
        });
        losses.sum()
    }

    /// Descends from the current weights.
    pub(crate) fn solve(&mut self, penalty: f64) {
        for _ in 0..STEPS_MAX {
            let errors = self.errors();
            let curvatures: Vec<f64> = self
                .scores
                .iter()
                .map(|score| (probability(*score) * probability(-*score)).max(CURVATURE_MIN))
                .collect();
            let step = self.quadratic(&errors, &curvatures, penalty);
            if !self.advance(&step, &errors, penalty) {
                return;
            }
        }
    }

    /// Returns the minimum of the quadratic model, as a step from the current weights.
    fn quadratic(&self, errors: &[f64], curvatures: &[f64], penalty: f64) -> Step {
        let mut step = Step { intercept: 0.0, weights: vec![0.0; self.weights.len()], scores: vec![0.0; errors.len()] };
        let total: f64 = curvatures.iter().sum();
        let squares: Vec<f64> =
            self.columns.iter().map(|column| column.iter().zip(curvatures).map(|(x, h)| x * x * h).sum()).collect();
        // The slope of the model at each row's score.
        let mut slopes = errors.to_vec();
        let mut active: Vec<usize> = (0..self.columns.len()).filter(|&column| squares[column] > 0.0).collect();
        let all = active.clone();
        let mut complete = true;
        for _ in 0..ROUNDS_MAX {
            let shift = -slopes.iter().sum::<f64>() / total;
            step.intercept += shift;
            for ((slope, h), score) in slopes.iter_mut().zip(curvatures).zip(&mut step.scores) {
                *slope += shift * h;
                *score += shift;
            }
            let (mut most, mut size) = (shift.abs(), step.intercept.abs().max(self.intercept.abs()));
            for &column in &active {
                let values = &self.columns[column];
                let here = self.weights[column] + step.weights[column];
                let target = here - dot(values, &slopes) / squares[column];
                let new = target.signum() * (target.abs() - penalty / squares[column]).max(0.0);
                let change = new - here;
                size = size.max(new.abs());
                if change == 0.0 {
                    continue;
                }
                most = most.max(change.abs());
                step.weights[column] += change;
                for (((slope, h), score), x) in slopes.iter_mut().zip(curvatures).zip(&mut step.scores).zip(values) {
                    *slope += change * x * h;
                    *score += change * x;
                }
            }
            if most <= 1e-9 * size {
                if complete {
                    break;
                }
                (active, complete) = (all.clone(), true);
            } else {
                // Until these converge, only the active columns.
                active.retain(|&column| self.weights[column] + step.weights[column] != 0.0);
                complete = false;
            }
        }
        step
    }

    /// Line search along the step; false if nothing is gained any more.
    fn advance(&mut self, step: &Step, errors: &[f64], penalty: f64) -> bool {
        let absolute = |along: f64| -> f64 {
            self.weights.iter().zip(&step.weights).map(|(weight, step)| (weight + along * step).abs()).sum()
        };
        let here = self.loss(self.scores.iter().copied()) + penalty * absolute(0.0);
        let promise = dot(errors, &step.scores) + penalty * (absolute(1.0) - absolute(0.0));
        if promise >= -1e-14 * here.abs() {
            return false;
        }
        let mut along = 1.0;
        while along > 1e-10 {
            let scores = self.scores.iter().zip(&step.scores).map(|(score, step)| score + along * step);
            if self.loss(scores) + penalty * absolute(along) <= here + 0.01 * along * promise {
                self.scores.iter_mut().zip(&step.scores).for_each(|(score, step)| *score += along * step);
                self.weights.iter_mut().zip(&step.weights).for_each(|(weight, step)| *weight += along * step);
                self.intercept += along * step.intercept;
                return true;
            }
            along /= 2.0;
        }
        false
    }
}

/// A change of all parameters.
struct Step {
    intercept: f64,
    weights: Vec<f64>,
    scores: Vec<f64>,
}

fn probability(score: f64) -> f64 {
    if score >= 0.0 { 1.0 / (1.0 + (-score).exp()) } else { score.exp() / (1.0 + score.exp()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_world::random::Key;

    /// At the minimum the slope of each weight that is not 0 balances the penalty, and the others are no steeper.
    #[test]
    fn the_conditions_of_the_minimum_hold() {
        let noise = |stream: u64| (0..150).map(move |row| Key::new(9).index(stream).uniform(row) * 2.0 - 1.0);
        let columns: Vec<Vec<f64>> = (0..12).map(|stream| noise(stream).collect()).collect();
        let truth: Vec<f64> = noise(50).zip(&columns[3]).map(|(e, x)| f64::from(u8::from(e + 2.0 * x > 0.3))).collect();
        let mut lasso = LogisticLasso::new(&columns, truth);
        let largest = lasso.penalty_max();
        lasso.solve(largest * 1.0001);
        assert!(lasso.weights().iter().all(|weight| *weight == 0.0));
        for share in [0.8, 0.3, 0.05] {
            lasso.solve(largest * share);
            let errors = lasso.errors();
            assert!(errors.iter().sum::<f64>().abs() < 1e-6);
            for (column, weight) in columns.iter().zip(lasso.weights()) {
                let slope = -dot(column, &errors);
                if *weight == 0.0 {
                    assert!(slope.abs() <= largest * share * (1.0 + 1e-6));
                } else {
                    assert!((slope - weight.signum() * largest * share).abs() < 1e-6 * largest, "{slope} {weight}");
                }
            }
        }
        assert!(lasso.weights()[3] > 1.0);
    }
}
