//! Logistic regressions along a path of penalties.

use super::logistic::Logistic;
use super::logistic_problem::Problem;
use crate::data::Dataset;
use crate::learner::NoProgress;
use pipewright_diagnostic::Failure;

/// A logistic regression with a penalty on absolute values that is solved for one penalty after another, each from
/// where the last one ended.
pub(crate) struct LogisticPath {
    problem: Problem,
    at: Vec<f64>,
    penalty_max: f64,
}

const STEPS_MAX: u32 = 100;

impl LogisticPath {
    /// Starts with all weights 0.
    pub(crate) fn new(train: &Dataset) -> Result<LogisticPath, Failure> {
        let problem = Problem::new(&Logistic { l2: 0.0, ..Logistic::default() }, train)?;
        let (penalty_max, at) = problem.smallest_to_vanish(&NoProgress)?;
        Ok(LogisticPath { problem, at, penalty_max })
    }

    /// The smallest penalty at which all weights are 0.
    pub(crate) fn penalty_max(&self) -> f64 {
        self.penalty_max
    }

    /// Returns the largest |weight| of each column, over the linear functions.
    pub(crate) fn solve(&mut self, penalty: f64) -> Result<Vec<f64>, Failure> {
        let start = std::mem::take(&mut self.at);
        self.at = self.problem.solve_sparse(start, penalty, STEPS_MAX, &NoProgress)?.at;
        let model = self.problem.in_own_units(&self.at);
        let largest = |column: usize| model.coefficients.iter().fold(0.0, |most: f64, of| most.max(of[column].abs()));
        Ok((0..model.inputs).map(largest).collect())
    }
}
