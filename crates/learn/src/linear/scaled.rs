//! Columns brought to one scale, so that methods that form second derivatives keep their digits.

use super::inference::StandardErrors;
use super::unit::Unit;
use crate::data::{Column, Dataset, Features};
use crate::twofold::Twofold;

/// Number of parameters above which the Hessian is not formed.
pub(super) const DENSE_SIZE_MAX: usize = 2000;

/// The columns at one scale.
pub(super) struct Scaled {
    pub(super) units: Vec<Unit>,
    /// Scaled columns have norm near 1; √rows of them have a spread near 1.
    pub(super) spread: f64,
    pub(super) features: Features,
    /// The penalty on the square of each column's parameter.
    pub(super) penalties: Vec<f64>,
}

impl Scaled {
    /// Dense columns are centred too; sparse columns that are to stay sparse keep their zeros.
    pub(super) fn new(train: &Dataset, l2: f64, intercept: bool, is_dense: bool) -> Scaled {
        let features = &train.features;
        let spread = (train.rows() as f64).sqrt();
        let column = |index: usize| match features.stored(index) {
            Column::Sparse(sparse) if !is_dense => {
                let unit = Unit::uncentred(sparse.values(), l2);
                let values = sparse.values().iter().map(|x| x * unit.scale * unit.stretch * spread).collect();
                (unit, Column::Sparse(sparse.with_values(values)))
            }
            _ => {
                let unit = Unit::of(features.column(index), l2, None, intercept);
                let scaled = |x: &f64| (x * unit.scale - unit.shift) * unit.stretch * spread;
                let values: Vec<f64> = features.column(index).iter().map(scaled).collect();
                (unit, Column::Dense(values.into()))
            }
        };
        let (units, columns): (Vec<Unit>, Vec<Column>) = (0..features.columns()).map(column).unzip();
        let penalties = units.iter().map(|unit| (unit.penalty * spread).powi(2)).collect();
        Scaled {
            features: Features::from_columns(train.rows(), features.names().clone(), columns),
            units,
            spread,
            penalties,
        }
    }

    /// The weights and the intercept of a function with these parameters, the first of which is the intercept, in the
    /// units of the original columns.
    pub(super) fn in_own_units(&self, function: &[f64]) -> (Vec<f64>, f64) {
        let mut intercept = Twofold::from(function[0]);
        let mut weights = Vec::with_capacity(self.units.len());
        for (unit, parameter) in self.units.iter().zip(&function[1..]) {
            let weight = parameter * self.spread * unit.stretch;
            intercept = intercept.minus(Twofold::product(weight, unit.shift));
            weights.push(weight * unit.scale);
        }
        (weights, intercept.value())
    }

    /// The standard errors of the weights and the intercept of a function whose parameters have this covariance.
    pub(super) fn errors(
        &self,
        freedom: Option<f64>,
        covariance: impl Fn(usize, usize) -> f64,
        intercept: bool,
    ) -> Option<StandardErrors> {
        let units: Vec<f64> = self.units.iter().map(|unit| self.spread * unit.stretch * unit.scale).collect();
        let shifts: Vec<f64> = self.units.iter().map(|unit| self.spread * unit.stretch * unit.shift).collect();
        StandardErrors::of_covariance(freedom, covariance, &units, intercept.then_some(&*shifts))
    }
}
