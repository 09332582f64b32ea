//! Coordinate descent on the products of all pairs of columns.

use super::descent::{Origin, Origins, State};
use super::normal::is_well_conditioned;
use super::unit::{binary_scale, scale_of};
use crate::data::{Column, Features};
use crate::linear::columns_of;
use crate::moments::{Moments, Weighed};
use faer::Mat;

/// Most columns of which the products of all pairs are formed.
const PAIRED_MAX: usize = 500;

/// The products of all pairs of scaled columns, and the slopes Σ v·rest that they keep up to date.
pub(super) struct Paired<'a> {
    /// With the target as last column.
    columns: Vec<&'a [f64]>,
    roots: Option<Vec<f64>>,
    means: Vec<f64>,
    /// The units of the scaled columns, and that of the target.
    units: Vec<f64>,
    products: Mat<f64>,
    squares: Vec<f64>,
    /// Σ v·y of each column.
    starts: Vec<f64>,
    target_square: f64,
    slopes: Vec<f64>,
    /// Do the products keep the digits, or are slopes and residuals to be computed from the rows again?
    is_exact: bool,
}

impl<'a> Paired<'a> {
    /// `None` unless the columns are few, dense, and far fewer than the rows.
    pub(super) fn new(
        features: &'a Features,
        target: &'a [f64],
        weights: Option<&[f64]>,
        intercept: bool,
    ) -> Option<(Paired<'a>, Origins)> {
        let count = features.columns();
        let dense = (0..count).all(|index| matches!(features.stored(index), Column::Dense(_)));
        if count == 0 || count > PAIRED_MAX || target.len() < 2 * count || !dense {
            return None;
        }
        let roots: Option<Vec<f64>> = weights.map(|weights| weights.iter().map(|weight| weight.sqrt()).collect());
        let columns: Vec<&[f64]> = columns_of(features).into_iter().chain([target]).collect();
        let moments = Moments::new(Weighed { columns: &columns, roots: roots.as_deref() }, intercept);
        let lengths = (0..count).map(|column| moments.products[(column, column)].sqrt());
        let units: Vec<f64> = lengths.map(binary_scale).chain([scale_of(target)]).collect();
        let product = |row: usize, column: usize| {
            moments.products[(row.max(column), row.min(column))] * units[row] * units[column]
        };
        let products = Mat::from_fn(count, count, product);
        let starts: Vec<f64> = (0..count).map(|column| product(count, column)).collect();
        let target_square = product(count, count);
        let finite = products.col_iter().all(|column| column.iter().all(|product| product.is_finite()));
        if !finite || !starts.iter().chain([&target_square]).all(|product| product.is_finite()) {
            return None;
        }
        let origin = |(unit, mean): (&f64, &f64)| Origin { unit: *unit, mean: mean * unit };
        let origins = Origins {
            columns: units.iter().zip(&moments.means).take(count).map(origin).collect(),
            target_scale: units[count],
            target_mean: moments.means[count] * units[count],
        };
        let squares = (0..count).map(|column| products[(column, column)]).collect();
        let is_exact = is_well_conditioned(&products);
        let means = moments.means;
        let slopes = starts.clone();
        Some((
            Paired { columns, roots, means, units, products, squares, starts, target_square, slopes, is_exact },
            origins,
        ))
    }
}

impl State for Paired<'_> {
    fn squares(&self) -> &[f64] {
        &self.squares
    }

    fn target_square(&self) -> f64 {
        self.target_square
    }

    fn slope(&self, column: usize) -> f64 {
        self.slopes[column]
    }

    fn change(&mut self, column: usize, change: f64) {
        let products = self.products.col_as_slice(column);
        self.slopes.iter_mut().zip(products).for_each(|(slope, product)| *slope -= change * product);
    }

    fn refresh(&mut self, weights: &[f64]) -> (Vec<f64>, f64) {
        if self.is_exact {
            self.slopes.copy_from_slice(&self.starts);
            for (column, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                self.change(column, weight);
            }
            let sums = weights.iter().zip(self.starts.iter().zip(&self.slopes));
            let explained: f64 = sums.map(|(weight, (start, slope))| weight * (start + slope)).sum();
            return (self.slopes.clone(), self.target_square - explained);
        }
        let target_unit = self.units[weights.len()];
        let own: Vec<f64> = weights.iter().zip(&self.units).map(|(weight, unit)| weight * unit / target_unit).collect();
        let columns = Weighed { columns: &self.columns, roots: self.roots.as_deref() };
        let (slopes, rest) = columns.rest(&self.means, &own);
        let scaled = slopes.iter().zip(&self.units).map(|(slope, unit)| slope * unit * target_unit);
        self.slopes = scaled.collect();
        (self.slopes.clone(), rest * target_unit * target_unit)
    }
}
