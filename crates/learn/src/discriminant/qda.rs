//! Quadratic discriminant analysis.

use super::{Grouped, Priors, difference, overflow};
use crate::data::{Dataset, Features, Outputs};
use crate::learner::{Accepts, Fit, Learner, Model};
use crate::linear::check_rows;
use crate::matrix::Singular;
use crate::mixed::normalise_logs;
use crate::summary::Summary;
use crate::sums::dot;
use faer::Mat;
use pipewright_diagnostic::{Failure, code};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Quadratic discriminant analysis: the rows of each class are normally distributed, with a covariance of their own
/// (Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 2009, 4.3).
///
/// The covariance of each class is factorised by singular values and never formed. A class needs more rows than there
/// are columns, or `reg` above 0. Columns that are the same in all rows are left out. A row of weight 2 counts as the row
/// twice.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target, discriminant::Qda};
/// let features = Features::from_rows(["x"], &[[-1.0], [1.0], [-9.0], [9.0]]);
/// let target = Target::Classes { codes: vec![0, 0, 1, 1], count: 2 };
/// let model = Qda::default().fit(&Dataset::new(features, target))?;
/// let outputs = model.predict(&Features::from_rows(["x"], &[[0.0], [5.0], [-5.0]]))?;
/// assert_eq!(outputs.labels(), [0, 1, 1]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qda {
    /// Each covariance S becomes (1 - `reg`)·S + `reg`·I, from 0 to 1: scikit-learn's `reg_param`. Scale the columns
    /// first.
    pub reg: f64,
    /// The probability of each class before anything is known.
    pub priors: Priors,
}

/// The fitted model of [`Qda`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QdaModel {
    priors: Vec<f64>,
    /// The unit of each column; 0 for a column that says nothing.
    units: Vec<f64>,
    /// `None` for a class without rows.
    classes: Vec<Option<Ellipsoid>>,
}

/// The normal distribution of a class, in units of the columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ellipsoid {
    /// In the columns' own units.
    mean: Vec<f64>,
    /// Orthogonal directions, and the variance along each.
    directions: Vec<Vec<f64>>,
    variances: Vec<f64>,
    /// The variance along all other directions, if there are any.
    rest: Option<f64>,
}

impl Learner for Qda {
    type Model = QdaModel;

    fn accepts(&self) -> Accepts {
        Accepts::DENSE.and_weights()
    }

    fn learn(&self, train: &Dataset, _: &Fit<'_>) -> Result<QdaModel, Failure> {
        if !(0.0..=1.0).contains(&self.reg) {
            return Err(Failure::new(code::BAD_VALUE, format!("reg is {}; it must be from 0 to 1", self.reg)));
        }
        check_rows(&train.features)?;
        let grouped = Grouped::new(train, &self.priors, "qda")?;
        let first: Vec<f64> = grouped.columns.iter().map(|column| column[0]).collect();
        let mut units = grouped.units(&first);
        let common = units.iter().copied().fold(0.0, f64::max);
        if self.reg > 0.0 {
            // The identity has the units of all columns.
            units.iter_mut().filter(|unit| **unit > 0.0).for_each(|unit| *unit = common);
        }
        let added = if self.reg > 0.0 { (self.reg / common / common).min(VARIANCE_MAX) } else { 0.0 };
        let shrunken = |square: f64| (1.0 - self.reg) * square + added;
        let classes: Vec<usize> = (0..grouped.totals.len()).collect();
        let ellipsoid = |&class: &usize| match grouped.totals[class] > 0.0 {
            true => Ellipsoid::new(&grouped, class, &units, shrunken).map(Some),
            false => Ok(None),
        };
        let classes = classes.par_iter().map(ellipsoid).collect::<Vec<Result<_, Failure>>>();
        let classes = classes.into_iter().collect::<Result<Vec<_>, Failure>>()?;
        let model = QdaModel { priors: grouped.priors, units, classes };
        model.validate().map_err(|_| overflow())?;
        Ok(model)
    }
}

/// A variance that is to be divided by is not larger.
const VARIANCE_MAX: f64 = 1e280;

impl Ellipsoid {
    fn new(
        grouped: &Grouped<'_>,
        class: usize,
        units: &[f64],
        shrunken: impl Fn(f64) -> f64,
    ) -> Result<Ellipsoid, Failure> {
        let used: Vec<usize> = (0..units.len()).filter(|&index| units[index] > 0.0).collect();
        let (rows, mean) = (grouped.rows_of(class), grouped.means[class].clone());
        let values = Mat::from_fn(rows.len(), used.len(), |place, at| {
            let (row, index) = (rows[place], used[at]);
            let root = (grouped.weight(row) / grouped.totals[class]).sqrt();
            difference(grouped.columns[index][row], mean[index], units[index]) * root
        });
        let Singular { values, vectors } = Singular::of(values).ok_or_else(overflow)?;
        let variances: Vec<f64> = values.iter().map(|value| shrunken(value * value)).collect();
        let rest = (vectors.len() < used.len()).then(|| shrunken(0.0));
        // Singular values are known to this share of the largest.
        let known = used.len().max(rows.len()) as f64 * f64::EPSILON;
        let largest = variances.iter().copied().fold(0.0, f64::max);
        if variances.iter().chain(&rest).any(|variance| variance.is_nan() || *variance <= known * known * largest) {
            return Err(singular(rows.len(), used.len()));
        }
        Ok(Ellipsoid { mean, directions: vectors, variances, rest })
    }

    /// Half the log of the determinant of the covariance.
    fn half_log_volume(&self, width: usize) -> f64 {
        let rest = self.rest.map_or(0.0, |rest| (width - self.variances.len()) as f64 * rest.ln());
        0.5 * (self.variances.iter().map(|variance| variance.ln()).sum::<f64>() + rest)
    }

    /// Half the squared distance of a difference from the mean, in deviations. The difference becomes what is beyond all
    /// directions.
    fn half_square(&self, difference: &mut [f64]) -> f64 {
        /// Sums of many do not overflow.
        const TERM_MAX: f64 = 1e290;
        let mut sum = 0.0;
        for (direction, variance) in self.directions.iter().zip(&self.variances) {
            let along = dot(direction, difference);
            sum += (along * along / variance).min(TERM_MAX);
            if self.rest.is_some() {
                difference.iter_mut().zip(direction).for_each(|(part, of)| *part -= along * of);
            }
        }
        let beyond = self.rest.map_or(0.0, |rest| (dot(difference, difference) / rest).min(TERM_MAX));
        0.5 * (sum + beyond)
    }

    fn is_sound(&self, columns: usize, width: usize) -> bool {
        let finite = |numbers: &[f64], count: usize| numbers.len() == count && numbers.iter().all(|n| n.is_finite());
        let above_0 = self.variances.iter().chain(&self.rest).all(|variance| *variance > 0.0 && variance.is_finite());
        let sizes = self.directions.len() == self.variances.len()
            && self.directions.len() <= width
            && (self.directions.len() == width || self.rest.is_some());
        sizes
            && above_0
            && finite(&self.mean, columns)
            && self.directions.iter().all(|direction| finite(direction, width))
    }
}

fn singular(rows: usize, columns: usize) -> Failure {
    let help = "use `reg` above 0, fewer columns, or `lda`";
    if rows <= columns {
        let message = format!("a class has {rows} rows, which do not determine a covariance of {columns} columns");
        return Failure::new(code::TOO_FEW_ROWS, message).help(help);
    }
    let message = "within a class, a column is constant or a combination of others: its covariance is singular";
    Failure::new(code::VALUE_OUT_OF_RANGE, message).help(help)
}

/// Rows whose scores are computed together.
const BLOCK_ROWS: usize = 256;

impl Model for QdaModel {
    const ACCEPTS: Accepts = Accepts::DENSE;

    fn outputs(&self, features: &Features) -> Outputs {
        let classes = self.classes.len();
        let used: Vec<usize> = (0..self.units.len()).filter(|&index| self.units[index] > 0.0).collect();
        let start = |(prior, ellipsoid): (&f64, &Option<Ellipsoid>)| {
            prior.ln() - ellipsoid.as_ref().map_or(0.0, |ellipsoid| ellipsoid.half_log_volume(used.len()))
        };
        let mut values = self.priors.iter().zip(&self.classes).map(start).collect::<Vec<f64>>().repeat(features.rows());
        values.par_chunks_mut(BLOCK_ROWS * classes).enumerate().for_each(|(block, scores)| {
            let mut differences = vec![0.0; used.len()];
            for (place, scores) in scores.chunks_exact_mut(classes).enumerate() {
                let row = block * BLOCK_ROWS + place;
                for (score, ellipsoid) in scores.iter_mut().zip(&self.classes) {
                    let Some(ellipsoid) = ellipsoid else { continue };
                    for (part, &index) in differences.iter_mut().zip(&used) {
                        *part = difference(features.column(index)[row], ellipsoid.mean[index], self.units[index]);
                    }
                    *score -= ellipsoid.half_square(&mut differences);
                }
                normalise_logs(scores);
            }
        });
        Outputs::Probabilities { values, classes }
    }

    fn validate(&self) -> Result<(), Failure> {
        let units = self.units.iter().all(|unit| *unit >= 0.0 && unit.is_finite());
        let width = self.units.iter().filter(|unit| **unit > 0.0).count();
        let sound = |(prior, ellipsoid): (&f64, &Option<Ellipsoid>)| match ellipsoid {
            Some(ellipsoid) => (0.0..=1.0).contains(prior) && ellipsoid.is_sound(self.units.len(), width),
            None => *prior == 0.0,
        };
        let classes = self.priors.len() == self.classes.len() && self.priors.iter().zip(&self.classes).all(sound);
        if units && classes && self.priors.iter().any(|prior| *prior > 0.0) {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "a quadratic discriminant with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        self.units.len()
    }

    fn summary(&self) -> Summary {
        let used = self.units.iter().filter(|unit| **unit > 0.0).count();
        Summary::Sizes(vec![
            ("classes", self.classes.iter().flatten().count()),
            ("columns", used),
            ("columns that say nothing", self.units.len() - used),
        ])
    }
}
