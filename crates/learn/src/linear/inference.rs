//! Standard errors of coefficients, and what follows from them.

use crate::distribution::{NORMAL_975, normal_two_sided, student_975, student_two_sided};
use crate::summary::{Estimate, Inference};
use serde::{Deserialize, Serialize};

/// The standard errors of a linear function's parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardErrors {
    /// The degrees of freedom of Student's t distribution; `None` for the normal distribution.
    freedom: Option<f64>,
    /// `None` if there is no intercept.
    intercept: Option<f64>,
    weights: Vec<f64>,
}

impl StandardErrors {
    /// `None` if they are not finite numbers above 0, as where all rows are met exactly.
    pub(super) fn new(freedom: Option<f64>, intercept: Option<f64>, weights: Vec<f64>) -> Option<StandardErrors> {
        let errors = StandardErrors { freedom, intercept, weights };
        errors.is_sound(errors.weights.len()).then_some(errors)
    }

    /// Those of the parameters with this covariance, of which the first is the intercept: the parameters p belong to
    /// weights `units`·p and to the intercept p₀ - Σ `shifts`·p.
    pub(super) fn of_covariance(
        freedom: Option<f64>,
        covariance: impl Fn(usize, usize) -> f64,
        units: &[f64],
        shifts: Option<&[f64]>,
    ) -> Option<StandardErrors> {
        let intercept = shifts.map(|shifts| {
            let share = |place: usize| if place == 0 { 1.0 } else { -shifts[place - 1] };
            let mut variance = 0.0;
            for row in 0..=shifts.len() {
                for column in 0..=shifts.len() {
                    variance += share(row) * covariance(row, column) * share(column);
                }
            }
            variance.sqrt()
        });
        let weight = |(place, unit): (usize, &f64)| covariance(place + 1, place + 1).sqrt() * unit;
        StandardErrors::new(freedom, intercept, units.iter().enumerate().map(weight).collect())
    }

    /// Returns the standard error of the intercept; `None` if there is no intercept.
    #[must_use]
    pub fn intercept(&self) -> Option<f64> {
        self.intercept
    }

    /// Returns the standard error of each weight.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The degrees of freedom of Student's t distribution; `None` for the normal distribution.
    #[must_use]
    pub fn freedom(&self) -> Option<f64> {
        self.freedom
    }

    /// Are there as many as columns, and are all numbers finite and above 0?
    pub(super) fn is_sound(&self, columns: usize) -> bool {
        let positive = |number: &f64| number.is_finite() && *number > 0.0;
        self.weights.len() == columns && self.weights.iter().chain(&self.intercept).chain(&self.freedom).all(positive)
    }

    /// The statistics of a function with these parameters.
    pub(super) fn inference(&self, intercept: f64, weights: &[f64]) -> Inference {
        let reach = self.freedom.map_or(NORMAL_975, student_975);
        let estimate = |value: f64, std_error: f64| {
            let statistic = (value / std_error).clamp(-f64::MAX, f64::MAX);
            let p_value = match self.freedom {
                None => normal_two_sided(statistic),
                Some(freedom) => student_two_sided(statistic, freedom),
            };
            let end = |sign: f64| (value + sign * reach * std_error).clamp(-f64::MAX, f64::MAX);
            Estimate { std_error, statistic, p_value, low: end(-1.0), high: end(1.0) }
        };
        Inference {
            freedom: self.freedom,
            intercept: self.intercept.map(|error| estimate(intercept, error)),
            weights: weights.iter().zip(&self.weights).map(|(weight, error)| estimate(*weight, *error)).collect(),
        }
    }
}
