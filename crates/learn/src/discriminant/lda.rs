//! Linear discriminant analysis.

use super::{Grouped, Priors, difference, overflow};
use crate::data::{Dataset, Features, Outputs};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::linear::check_rows;
use crate::matrix::{Singular, solve_semidefinite};
use crate::mixed::normalise_logs;
use crate::summary::{LinearFunction, Summary};
use crate::sums::dot;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Linear discriminant analysis: the rows of each class are normally distributed, with the same covariance in all
/// classes (Fisher, "The use of multiple measurements in taxonomic problems", 1936; Hastie, Tibshirani, Friedman, "The
/// Elements of Statistical Learning", 2009, 4.3).
///
/// Without shrinkage, the covariance within classes is factorised by singular values and never formed, as in
/// scikit-learn's `solver="svd"`: directions in which rows of a class do not differ are left out, with a warning. With shrinkage it is that of `solver="lsqr"`. A row of weight 2
/// counts as the row twice.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target, discriminant::Lda};
/// let features = Features::from_rows(["x"], &[[-2.0], [-1.0], [1.0], [2.0]]);
/// let target = Target::Classes { codes: vec![0, 0, 1, 1], count: 2 };
/// let model = Lda::default().fit(&Dataset::new(features, target))?;
/// let outputs = model.predict(&Features::from_rows(["x"], &[[0.0], [1.5]]))?;
/// assert!((outputs.values()[0] - 0.5).abs() < 1e-12 && outputs.values()[3] > 0.99);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lda {
    /// How far the covariance is drawn towards that of independent columns of one variance.
    pub shrinkage: Shrinkage,
    /// The probability of each class before anything is known.
    pub priors: Priors,
}

/// How far a covariance is drawn towards that of independent columns: for many columns and few rows.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shrinkage {
    /// Not at all.
    #[default]
    None,
    /// By what the rows tell, for each class in units of the columns' deviations (Ledoit, Wolf, "A well-conditioned
    /// estimator for large-dimensional covariance matrices", 2004).
    Auto,
    /// By this share of the way, from 0 to 1, to the mean variance of the columns.
    Share(f64),
}

/// The fitted model of [`Lda`]: a linear function per class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdaModel {
    /// The functions are of the differences from these numbers, one per column.
    centre: Vec<f64>,
    priors: Vec<f64>,
    /// Per class its coefficients, in the units of the columns.
    coefficients: Vec<Vec<f64>>,
    /// Per class the function's value at the centre, without the prior.
    intercepts: Vec<f64>,
}

impl LdaModel {
    /// Returns the coefficients of each class, in the units of the columns. Only their differences matter.
    #[must_use]
    pub fn coefficients(&self) -> &[Vec<f64>] {
        &self.coefficients
    }
}

/// Deviation of a direction, in those of the columns, below which it is left out: as in scikit-learn.
const DEVIATION_MIN: f64 = 1e-4;

impl Learner for Lda {
    type Model = LdaModel;

    fn accepts(&self) -> Accepts {
        Accepts::DENSE.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<LdaModel, Failure> {
        if let Shrinkage::Share(share) = self.shrinkage
            && !(0.0..=1.0).contains(&share)
        {
            return Err(Failure::new(code::BAD_VALUE, format!("shrinkage is {share}; it must be from 0 to 1")));
        }
        check_rows(&train.features)?;
        let grouped = Grouped::new(train, &self.priors, "lda")?;
        let centre = grouped.centre();
        let mut units = grouped.units(&centre);
        if let Shrinkage::Share(_) = self.shrinkage {
            // A share of the mean variance has the units of all columns.
            let common = units.iter().copied().fold(0.0, f64::max);
            units.fill(common);
        }
        let scaled = Scaled::new(&grouped, &centre, &units);
        let (coefficients, intercepts) = match self.shrinkage {
            Shrinkage::None => scaled.by_singular_values(&grouped, fit)?,
            shrinkage => scaled.by_covariance(&grouped, shrinkage)?,
        };
        let in_own_units = |coefficients: Vec<f64>| {
            coefficients
                .iter()
                .zip(&units)
                .map(|(weight, unit)| if *unit > 0.0 { weight / unit } else { 0.0 })
                .collect()
        };
        let coefficients = coefficients.into_iter().map(in_own_units).collect();
        let model = LdaModel { centre, priors: grouped.priors, coefficients, intercepts };
        model.validate().map_err(|_| overflow())?;
        Ok(model)
    }
}

/// The means of the classes less the centre, and the rows less the mean of their class, both in units of the columns.
struct Scaled {
    means: Vec<Vec<f64>>,
    /// Column by column.
    deviations: Vec<Vec<f64>>,
}

/// Per class its coefficients and intercept.
type Functions = (Vec<Vec<f64>>, Vec<f64>);

impl Scaled {
    fn new(grouped: &Grouped<'_>, centre: &[f64], units: &[f64]) -> Scaled {
        let in_units = |value: f64, from: f64, unit: f64| if unit > 0.0 { difference(value, from, unit) } else { 0.0 };
        let mean = |means: &Vec<f64>| {
            means.iter().zip(centre).zip(units).map(|((mean, centre), unit)| in_units(*mean, *centre, *unit)).collect()
        };
        let deviation = |index: usize| {
            let own = |(row, value): (usize, &f64)| {
                in_units(*value, grouped.means[grouped.codes[row] as usize][index], units[index])
            };
            grouped.columns[index].iter().enumerate().map(own).collect()
        };
        Scaled {
            means: grouped.means.iter().map(mean).collect(),
            deviations: (0..units.len()).into_par_iter().map(deviation).collect(),
        }
    }

    fn by_singular_values(&self, grouped: &Grouped<'_>, fit: &Fit<'_>) -> Result<Functions, Failure> {
        let (rows, total, classes) = (grouped.codes.len(), grouped.total(), grouped.present().count());
        if rows <= classes {
            let message = format!("{rows} rows of {classes} classes do not tell how rows of a class differ");
            return Err(Failure::new(code::TOO_FEW_ROWS, message).help("use `shrinkage`"));
        }
        let roots: Vec<f64> = (0..rows).map(|row| (grouped.weight(row) / total).sqrt()).collect();
        let spread = |column: &Vec<f64>| {
            let square: f64 = column.iter().zip(&roots).map(|(value, root)| (value * root) * (value * root)).sum();
            if square == 0.0 { 1.0 } else { square.sqrt() }
        };
        let spreads: Vec<f64> = self.deviations.par_iter().map(spread).collect();
        let rows = Mat::from_fn(roots.len(), spreads.len(), |row, column| {
            self.deviations[column][row] / spreads[column] * roots[row]
        });
        let singular = Singular::of(rows).ok_or_else(overflow)?;
        let kept: Vec<usize> = (0..singular.values.len()).filter(|&at| singular.values[at] > DEVIATION_MIN).collect();
        if kept.len() < spreads.len() {
            let message = "rows of a class do not differ in some combinations of the columns, which are left out";
            let warning = Failure::warning(code::SINGULAR_WARNING, message);
            fit.progress.notice(warning.help("drop columns that repeat others, or use `shrinkage`"));
        }
        let function = |means: &Vec<f64>| {
            let means: Vec<f64> = means.iter().zip(&spreads).map(|(mean, spread)| mean / spread).collect();
            let (mut coefficients, mut square) = (vec![0.0; means.len()], 0.0);
            for &at in &kept {
                let along = dot(&singular.vectors[at], &means) / singular.values[at];
                square += along * along;
                let directions = singular.vectors[at].iter().zip(&mut coefficients);
                directions.for_each(|(part, weight)| *weight += along / singular.values[at] * part);
            }
            coefficients.iter_mut().zip(&spreads).for_each(|(weight, spread)| *weight /= spread);
            (coefficients, -0.5 * square)
        };
        Ok(self.means.iter().map(function).unzip())
    }

    fn by_covariance(&self, grouped: &Grouped<'_>, shrinkage: Shrinkage) -> Result<Functions, Failure> {
        let width = self.deviations.len();
        let mut covariance = Mat::zeros(width, width);
        for class in grouped.present().filter(|&class| grouped.priors[class] > 0.0) {
            let of_class = self.covariance(grouped, class, shrinkage);
            covariance += &of_class * faer::Scale(grouped.priors[class]);
        }
        if covariance.col_iter().any(|column| column.iter().any(|entry: &f64| !entry.is_finite())) {
            return Err(overflow());
        }
        let tolerance = width as f64 * f64::EPSILON;
        let function = |means: &Vec<f64>| {
            let mut coefficients = means.clone();
            solve_semidefinite(covariance.as_ref(), tolerance, &mut coefficients);
            let intercept = -0.5 * dot(&coefficients, means);
            (coefficients, intercept)
        };
        Ok(self.means.iter().map(function).unzip())
    }

    /// The shrunken covariance of the rows of a class.
    fn covariance(&self, grouped: &Grouped<'_>, class: usize, shrinkage: Shrinkage) -> Mat<f64> {
        let (rows, width) = (grouped.rows_of(class), self.deviations.len());
        let roots: Vec<f64> = rows.iter().map(|&row| (grouped.weight(row) / grouped.totals[class]).sqrt()).collect();
        let mut values = Mat::from_fn(rows.len(), width, |row, column| self.deviations[column][rows[row]] * roots[row]);
        let spreads = match shrinkage {
            Shrinkage::Auto => standardise(&mut values),
            _ => vec![1.0; width],
        };
        let mut covariance = Mat::zeros(width, width);
        matmul(covariance.as_mut(), Accum::Replace, values.transpose(), values.as_ref(), 1.0, Par::Seq);
        let share = match shrinkage {
            Shrinkage::Share(share) => share,
            _ => share_of_ledoit_and_wolf(&values, &covariance, &roots, grouped.totals[class]),
        };
        let mean = (0..width).map(|at| covariance[(at, at)]).sum::<f64>() / width as f64;
        for column in 0..width {
            for row in 0..width {
                let target = if row == column { share * mean } else { 0.0 };
                let shrunken = (1.0 - share) * covariance[(row, column)] + target;
                covariance[(row, column)] = shrunken * spreads[row] * spreads[column];
            }
        }
        covariance
    }
}

/// Divides columns by their deviation, which is returned; 1 for a column of zeros.
fn standardise(values: &mut Mat<f64>) -> Vec<f64> {
    let width = values.ncols();
    let of = |column: usize| {
        let column = values.col_as_slice_mut(column);
        let square = dot(column, column);
        let spread = if square == 0.0 { 1.0 } else { square.sqrt() };
        column.iter_mut().for_each(|value| *value /= spread);
        spread
    };
    (0..width).map(of).collect()
}

/// How far to shrink, from rows multiplied by the roots of their shares, which sum to 1: formula 14 and lemma 3.2–3.4 of
/// Ledoit and Wolf (2004).
fn share_of_ledoit_and_wolf(values: &Mat<f64>, covariance: &Mat<f64>, roots: &[f64], total: f64) -> f64 {
    let width = values.ncols() as f64;
    let mean = (0..values.ncols()).map(|at| covariance[(at, at)]).sum::<f64>() / width;
    let squares: f64 = covariance.col_iter().flat_map(|column| column.iter()).map(|entry| entry * entry).sum();
    let fourth = |(row, root): (usize, &f64)| {
        let square: f64 = values.row(row).iter().map(|value| value * value).sum();
        (square / root) * (square / root)
    };
    let fourths: f64 = roots.iter().enumerate().map(fourth).sum();
    let beta = (fourths - squares) / (width * total);
    let delta = squares / width - mean * mean;
    let beta = beta.min(delta);
    if beta <= 0.0 { 0.0 } else { (beta / delta).min(1.0) }
}

/// The largest term of a sum of scores: sums of many do not overflow.
const TERM_MAX: f64 = 1e290;

/// Rows whose scores are summed together.
const BLOCK_ROWS: usize = 1024;

impl Model for LdaModel {
    const ACCEPTS: Accepts = Accepts::DENSE;

    fn outputs(&self, features: &Features) -> Outputs {
        let classes = self.priors.len();
        let start: Vec<f64> = self.priors.iter().zip(&self.intercepts).map(|(prior, own)| prior.ln() + own).collect();
        let mut values = start.repeat(features.rows());
        values.par_chunks_mut(BLOCK_ROWS * classes).enumerate().for_each(|(block, scores)| {
            for (index, centre) in self.centre.iter().enumerate() {
                let column = &features.column(index)[block * BLOCK_ROWS..];
                for (value, scores) in column.iter().zip(scores.chunks_exact_mut(classes)) {
                    let value = (value - centre).clamp(-f64::MAX, f64::MAX);
                    for (score, coefficients) in scores.iter_mut().zip(&self.coefficients) {
                        *score += (coefficients[index] * value).clamp(-TERM_MAX, TERM_MAX);
                    }
                }
            }
            scores.chunks_exact_mut(classes).for_each(normalise_logs);
        });
        Outputs::Probabilities { values, classes }
    }

    fn validate(&self) -> Result<(), Failure> {
        let classes = self.priors.len();
        let finite = |numbers: &[f64], count: usize| numbers.len() == count && numbers.iter().all(|n| n.is_finite());
        let priors = self.priors.iter().all(|prior| (0.0..=1.0).contains(prior));
        let functions = self.coefficients.len() == classes
            && self.coefficients.iter().all(|weights| finite(weights, self.centre.len()))
            && finite(&self.intercepts, classes);
        if priors
            && self.priors.iter().any(|prior| *prior > 0.0)
            && functions
            && finite(&self.centre, self.centre.len())
        {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "a discriminant with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        self.centre.len()
    }

    /// Of two classes there is one function: the log-odds of the second one.
    fn summary(&self) -> Summary {
        let present: Vec<usize> = (0..self.priors.len()).filter(|&class| self.priors[class] > 0.0).collect();
        let function = |class: usize| {
            let weights = self.coefficients[class].clone();
            let intercept = self.priors[class].ln() + self.intercepts[class] - dot(&weights, &self.centre);
            LinearFunction { class: Some(class), quantile: None, intercept, weights, inference: None }
        };
        let mut functions: Vec<LinearFunction> = present.into_iter().map(function).collect();
        if functions.len() == 2 {
            let first = functions.remove(0);
            functions[0].intercept -= first.intercept;
            functions[0].weights.iter_mut().zip(first.weights).for_each(|(weight, other)| *weight -= other);
        }
        Summary::Coefficients(functions)
    }
}
