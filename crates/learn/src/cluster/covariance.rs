//! The shapes of normal distributions.

use super::frame::Points;
use super::lloyd::blocks_of;
use crate::matrix::product;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What the covariance of a component may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covariance {
    /// Anything; each component has its own.
    #[default]
    Full,
    /// Anything; all components have the same.
    Tied,
    /// A variance per column and component.
    Diagonal,
    /// A variance per component.
    Spherical,
}

impl Covariance {
    /// The number of free numbers in the covariances of some components.
    pub(super) fn parameters(self, components: usize, width: usize) -> f64 {
        let (components, width) = (components as f64, width as f64);
        match self {
            Covariance::Full => components * width * (width + 1.0) / 2.0,
            Covariance::Tied => width * (width + 1.0) / 2.0,
            Covariance::Diagonal => components * width,
            Covariance::Spherical => components,
        }
    }

    /// How many numbers the covariance of a component has.
    pub(super) fn numbers(self, width: usize) -> usize {
        match self {
            Covariance::Full | Covariance::Tied => width * width,
            Covariance::Diagonal | Covariance::Spherical => width,
        }
    }

    /// The covariance of each component around its mean: all numbers row by row, or the diagonal. `ridge` is added to
    /// the diagonal.
    pub(super) fn estimate(self, points: &Points, parts: &Parts<'_>, ridge: f64) -> Vec<Vec<f64>> {
        let mut scatters = self.scatters(points, parts);
        if self == Covariance::Tied {
            let mut all = vec![0.0; self.numbers(points.width)];
            scatters.iter().for_each(|scatter| add(&mut all, scatter));
            let total: f64 = parts.masses.iter().sum();
            scatters.fill(all.iter().map(|sum| sum / total).collect());
        } else {
            for (scatter, mass) in scatters.iter_mut().zip(parts.masses) {
                scatter.iter_mut().for_each(|sum| *sum /= mass);
            }
        }
        for covariance in &mut scatters {
            if self == Covariance::Spherical {
                let mean = covariance.iter().sum::<f64>() / points.width as f64;
                covariance.fill(mean);
            }
            let step = if covariance.len() > points.width { points.width + 1 } else { 1 };
            covariance.iter_mut().step_by(step).for_each(|variance| *variance += ridge);
        }
        scatters
    }

    /// Σ responsibility · (row - mean)·(row - mean)ᵀ of each component, or its diagonal.
    fn scatters(self, points: &Points, parts: &Parts<'_>) -> Vec<Vec<f64>> {
        let of_block = |rows: Range<usize>| {
            let scatter = |component| self.scatter(points, parts, component, rows.clone());
            (0..parts.means.len()).map(scatter).collect::<Vec<_>>()
        };
        let blocks: Vec<Vec<Vec<f64>>> = blocks_of(points.len()).into_par_iter().map(of_block).collect();
        let mut sums = vec![vec![0.0; self.numbers(points.width)]; parts.means.len()];
        blocks.iter().for_each(|block| sums.iter_mut().zip(block).for_each(|(sum, part)| add(sum, part)));
        sums
    }

    fn scatter(self, points: &Points, parts: &Parts<'_>, component: usize, rows: Range<usize>) -> Vec<f64> {
        let (mean, width) = (&parts.means[component], points.width);
        let mut differences = Vec::with_capacity(rows.len() * width);
        for row in rows.clone() {
            let root = parts.share(row, component).sqrt();
            differences.extend(points.row(row).iter().zip(mean).map(|(value, mean)| (value - mean) * root));
        }
        let mut scatter = vec![0.0; self.numbers(width)];
        if matches!(self, Covariance::Full | Covariance::Tied) {
            let differences = MatRef::from_column_major_slice(&differences, width, rows.len());
            let into = faer::MatMut::from_column_major_slice_mut(&mut scatter, width, width);
            matmul(into, Accum::Replace, differences, differences.transpose(), 1.0, Par::Seq);
        } else {
            for row in differences.chunks_exact(width) {
                scatter.iter_mut().zip(row).for_each(|(sum, difference)| *sum += difference * difference);
            }
        }
        scatter
    }
}

/// How much of each row belongs to each component.
pub(super) struct Parts<'a> {
    /// A number per component, row by row; weights of the rows are included.
    pub(super) shares: &'a [f64],
    pub(super) masses: &'a [f64],
    pub(super) means: &'a [Vec<f64>],
}

impl Parts<'_> {
    fn share(&self, row: usize, component: usize) -> f64 {
        self.shares[row * self.means.len() + component]
    }
}

fn add(sums: &mut [f64], others: &[f64]) {
    sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
}

/// A linear map that makes a covariance 1, and the logarithm of its determinant.
pub(super) struct Whitening {
    map: Map,
    log_determinant: f64,
}

enum Map {
    /// The inverse of the Cholesky factor.
    Matrix(Mat<f64>),
    /// The inverse deviation of each column.
    Scales(Vec<f64>),
}

impl Whitening {
    /// Inverts a covariance: all numbers, or the diagonal.
    ///
    /// # Errors
    /// [`code::VALUE_OUT_OF_RANGE`] if it is not positive definite.
    pub(super) fn new(covariance: &[f64], width: usize) -> Result<Whitening, Failure> {
        let whitening = match covariance.len() > width || width == 1 {
            true => inverse_factor(covariance, width).map(|(map, log)| (Map::Matrix(map), log)),
            false => scales(covariance).map(|(map, log)| (Map::Scales(map), log)),
        };
        let Some((map, log_determinant)) = whitening else {
            let message = "the covariance of a component is singular";
            let help = "raise `reg_covar`, use fewer components, or scale the columns";
            return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).help(help));
        };
        Ok(Whitening { map, log_determinant })
    }

    /// Writes the log density of some rows, one every `step` numbers. Densities that are too small are the least number.
    pub(super) fn log_densities(&self, rows: &[f64], mean: &[f64], into: &mut [f64], step: usize) {
        const SQUARE_MAX: f64 = 1e300;
        let width = mean.len();
        let constant = width as f64 * std::f64::consts::TAU.ln();
        let mut whitened: Vec<f64> =
            rows.chunks_exact(width).flat_map(|row| row.iter().zip(mean).map(|(value, mean)| value - mean)).collect();
        match &self.map {
            Map::Matrix(matrix) => {
                let mut image = Mat::zeros(width, whitened.len() / width);
                product(
                    matrix.as_ref(),
                    MatRef::from_column_major_slice(&whitened, width, image.ncols()),
                    image.as_mut(),
                );
                let columns = whitened.chunks_exact_mut(width).enumerate();
                columns.for_each(|(row, place)| place.copy_from_slice(image.col_as_slice(row)));
            }
            Map::Scales(scales) => {
                for row in whitened.chunks_exact_mut(width) {
                    row.iter_mut().zip(scales).for_each(|(value, scale)| *value *= scale);
                }
            }
        }
        for (row, place) in whitened.chunks_exact(width).zip(into.iter_mut().step_by(step)) {
            let square = row.iter().map(|value| value * value).sum::<f64>().min(SQUARE_MAX);
            *place = self.log_determinant - 0.5 * (constant + square);
        }
    }
}

/// 1/√v of each variance, and the logarithm of their product.
fn scales(variances: &[f64]) -> Option<(Vec<f64>, f64)> {
    let scales: Vec<f64> = variances.iter().map(|variance| 1.0 / variance.sqrt()).collect();
    let log = scales.iter().map(|scale| scale.ln()).sum::<f64>();
    (scales.iter().all(|scale| scale.is_finite()) && log.is_finite()).then_some((scales, log))
}

/// L⁻¹ of a covariance L·Lᵀ, and the logarithm of its determinant.
fn inverse_factor(covariance: &[f64], width: usize) -> Option<(Mat<f64>, f64)> {
    let factor = cholesky(covariance, width)?;
    let mut inverse = Mat::<f64>::zeros(width, width);
    let mut log = 0.0;
    for column in 0..width {
        log -= factor[(column, column)].ln();
        for row in column..width {
            let known: f64 = (column..row).map(|at| factor[(row, at)] * inverse[(at, column)]).sum();
            let one = f64::from(u8::from(row == column));
            inverse[(row, column)] = (one - known) / factor[(row, row)];
        }
    }
    let finite = inverse.col_iter().all(|column| column.iter().all(|number| number.is_finite()));
    (finite && log.is_finite()).then_some((inverse, log))
}

/// The lower triangle L of a matrix L·Lᵀ; `None` if it is not positive definite.
fn cholesky(matrix: &[f64], width: usize) -> Option<Mat<f64>> {
    let mut factor = Mat::<f64>::zeros(width, width);
    for row in 0..width {
        for column in 0..=row {
            let known: f64 = (0..column).map(|at| factor[(row, at)] * factor[(column, at)]).sum();
            let rest = matrix[row * width + column] - known;
            if row == column {
                if !(rest > 0.0 && rest.is_finite()) {
                    return None;
                }
                factor[(row, row)] = rest.sqrt();
            } else {
                factor[(row, column)] = rest / factor[(column, column)];
            }
        }
    }
    Some(factor)
}
