//! The problem that a logistic regression solves: columns at one scale, rows of the classes that occur.

use super::inference::StandardErrors;
use super::logistic::{Logistic, LogisticModel};
use super::newton::{End, Limits, Minimum, Objective, minimise};
use super::scaled::{DENSE_SIZE_MAX, Scaled};
use super::softmax::{Labelled, Softmax};
use super::{check_room, check_rows};
use crate::data::{Dataset, Features, Target};
use crate::learner::Progress;
use crate::matrix::inverse_positive_definite;
use pipewright_diagnostic::{Failure, code};

/// Number of columns that may be admitted at once where absolute values are penalised.
const ADMITTED: usize = 50;

pub(super) struct Problem {
    scaled: Scaled,
    is_dense: bool,
    present: Vec<bool>,
    /// The class of each row, of those that occur.
    places: Vec<u32>,
    classes: usize,
    weights: Option<Vec<f64>>,
    intercept: bool,
}

impl Problem {
    pub(super) fn new(config: &Logistic, train: &Dataset) -> Result<Problem, Failure> {
        let Target::Classes { codes, count } = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "`logistic` predicts classes, but the target is a number"));
        };
        check_rows(&train.features)?;
        let (present, places) = present_classes(codes, *count);
        let classes = present.iter().filter(|present| **present).count();
        if classes < 2 {
            return Err(Failure::new(code::ONE_CLASS, "the training rows have only one class"));
        }
        let size = functions(classes) * (train.features.columns() + 1);
        let is_dense = size <= DENSE_SIZE_MAX || !train.features.has_sparse();
        if is_dense {
            check_room(&train.features, 3, size)?;
        }
        let weights = match config.balanced {
            true => Some(balanced(&places, classes, train.weights())),
            false => train.weights().map(<[f64]>::to_vec),
        };
        let scaled = Scaled::new(train, config.l2, config.intercept, is_dense);
        Ok(Problem { scaled, is_dense, present, places, classes, weights, intercept: config.intercept })
    }

    fn inputs(&self) -> usize {
        self.scaled.units.len() + 1
    }

    fn size(&self) -> usize {
        functions(self.classes) * self.inputs()
    }

    /// The objective, without penalties on absolute values, on some of the columns; `balanced` if the functions are to
    /// sum to 0.
    fn softmax(&self, columns: Option<&[usize]>, balanced: bool) -> Softmax {
        let labels = Labelled {
            codes: &self.places,
            classes: self.classes,
            weights: self.weights.as_deref(),
            intercept: self.intercept,
            balanced,
        };
        let objective =
            |features: &Features, penalties: &[f64]| Softmax::new(features, !self.is_dense, &labels, penalties);
        match columns {
            None => objective(&self.scaled.features, &self.scaled.penalties),
            Some(columns) => {
                let penalties: Vec<f64> = columns.iter().map(|&column| self.scaled.penalties[column]).collect();
                objective(&self.scaled.features.select(columns), &penalties)
            }
        }
    }

    pub(super) fn solve(&self, config: &Logistic, progress: &dyn Progress) -> Result<Minimum, Failure> {
        if config.l1 > 0.0 {
            return self.solve_sparse(vec![0.0; self.size()], config.l1, config.max_iterations, progress);
        }
        // Without a penalty, a mean loss this small means that the classes are separated.
        let total = self.weights.as_ref().map_or(self.places.len() as f64, |weights| weights.iter().sum());
        let floor = if config.l2 == 0.0 { 1e-8 * total } else { f64::NEG_INFINITY };
        let limits = Limits { iterations: config.max_iterations, floor, dense_size: DENSE_SIZE_MAX };
        minimise(&self.softmax(None, true), vec![0.0; self.size()], &[], &limits, progress)
    }

    /// The penalties on absolute values in the units of the scaled columns.
    fn absolute(&self, l1: f64) -> Vec<f64> {
        let scaled = &self.scaled;
        scaled.units.iter().map(|unit| l1 * (unit.scale * unit.stretch * scaled.spread)).collect()
    }

    /// Minimises with a penalty on absolute values. Only columns in which the loss is steeper than the penalty are
    /// looked at; more are admitted until there are none left.
    pub(super) fn solve_sparse(
        &self,
        start: Vec<f64>,
        l1: f64,
        iterations: u32,
        progress: &dyn Progress,
    ) -> Result<Minimum, Failure> {
        let (all, absolute, inputs) = (self.softmax(None, false), self.absolute(l1), self.inputs());
        let limits = Limits { iterations, floor: f64::NEG_INFINITY, dense_size: DENSE_SIZE_MAX };
        let mut found = Minimum { at: start, end: End::Converged, flat: false };
        let used = |at: &[f64], column: usize| at.iter().skip(column + 1).step_by(inputs).any(|weight| *weight != 0.0);
        let mut columns: Vec<usize> = match self.size() <= ADMITTED {
            true => (0..absolute.len()).collect(),
            false => (0..absolute.len()).filter(|&column| used(&found.at, column)).collect(),
        };
        loop {
            let places: Vec<usize> = std::iter::once(0).chain(columns.iter().map(|column| column + 1)).collect();
            let kept = |all: &[f64]| -> Vec<f64> {
                all.chunks_exact(inputs).flat_map(|function| places.iter().map(|&place| function[place])).collect()
            };
            let penalties = [&[0.0], &*absolute].concat().repeat(functions(self.classes));
            let part =
                minimise(&self.softmax(Some(&columns), false), kept(&found.at), &kept(&penalties), &limits, progress)?;
            found.at.fill(0.0);
            let functions = found.at.chunks_exact_mut(inputs).zip(part.at.chunks_exact(places.len()));
            functions.for_each(|(to, from)| places.iter().zip(from).for_each(|(&place, weight)| to[place] = *weight));
            found.end = part.end;
            let steeper = self.steeper(&all.slope(&found.at).gradient, &absolute, &columns);
            if steeper.is_empty() || part.end != End::Converged {
                return Ok(found);
            }
            let admitted = steeper.len().min(ADMITTED.max(columns.len()));
            columns.extend(&steeper[..admitted]);
            columns.sort_unstable();
        }
    }

    /// The columns, other than `known` ones, whose slope exceeds the penalty, steepest first.
    fn steeper(&self, gradient: &[f64], absolute: &[f64], known: &[usize]) -> Vec<usize> {
        const ROUNDING: f64 = 1e-9;
        let excess = |&column: &usize| {
            let slopes = gradient.iter().skip(column + 1).step_by(self.inputs());
            let steepest = slopes.fold(0.0, |most: f64, slope| most.max(slope.abs()));
            if absolute[column] > 0.0 { steepest / absolute[column] } else { f64::INFINITY }
        };
        let unknown = (0..absolute.len()).filter(|column| known.binary_search(column).is_err());
        let mut steeper: Vec<(usize, f64)> =
            unknown.map(|column| (column, excess(&column))).filter(|(_, excess)| *excess > 1.0 + ROUNDING).collect();
        steeper.sort_by(|a, b| b.1.total_cmp(&a.1));
        steeper.into_iter().map(|(column, _)| column).collect()
    }

    /// The smallest penalty on absolute values at which all weights are 0, and the parameters there.
    pub(super) fn smallest_to_vanish(&self, progress: &dyn Progress) -> Result<(f64, Vec<f64>), Failure> {
        let limits = Limits { iterations: 100, floor: f64::NEG_INFINITY, dense_size: DENSE_SIZE_MAX };
        let functions = functions(self.classes);
        let nothing = minimise(&self.softmax(Some(&[]), true), vec![0.0; functions], &[], &limits, progress)?;
        let mut at = vec![0.0; self.size()];
        at.iter_mut().step_by(self.inputs()).zip(nothing.at).for_each(|(to, intercept)| *to = intercept);
        let gradient = self.softmax(None, false).slope(&at).gradient;
        let units = self.absolute(1.0);
        let slopes = gradient.chunks_exact(self.inputs()).flat_map(|function| function[1..].iter().zip(&units));
        Ok((slopes.map(|(slope, unit)| slope.abs() / unit).fold(0.0, f64::max), at))
    }

    /// Subtracts from each parameter its mean over the functions, if there is more than one.
    pub(super) fn centre(&self, at: &mut [f64]) {
        let (inputs, functions) = (self.inputs(), functions(self.classes));
        for input in (0..inputs).filter(|_| functions > 1) {
            let mean = at.iter().skip(input).step_by(inputs).sum::<f64>() / functions as f64;
            at.iter_mut().skip(input).step_by(inputs).for_each(|parameter| *parameter -= mean);
        }
    }

    pub(super) fn in_own_units(&self, at: &[f64]) -> LogisticModel {
        let functions = at.chunks_exact(self.inputs()).map(|function| self.scaled.in_own_units(function));
        let (coefficients, mut intercepts): (Vec<Vec<f64>>, Vec<f64>) = functions.unzip();
        // Intercepts of several functions are free up to a number that is added to all.
        if intercepts.len() > 1 && self.intercept {
            let mean = intercepts.iter().sum::<f64>() / intercepts.len() as f64;
            intercepts.iter_mut().for_each(|intercept| *intercept -= mean);
        }
        LogisticModel {
            present: self.present.clone(),
            inputs: self.inputs() - 1,
            coefficients,
            intercepts,
            errors: Vec::new(),
        }
    }
}

impl Problem {
    /// The standard errors of each function at the minimum without penalties, from the inverse of the second derivatives;
    /// empty if there is none. Those of several functions that sum to 0 are from the pseudo-inverse: the curvature that
    /// was added in the direction of all together is taken out again.
    pub(super) fn errors(&self, at: &[f64]) -> Vec<StandardErrors> {
        if at.len() > DENSE_SIZE_MAX {
            return Vec::new();
        }
        let softmax = self.softmax(None, true);
        let Some(inverse) = inverse_positive_definite(softmax.curvature(&softmax.slope(at).point)) else {
            return Vec::new();
        };
        let inputs = self.inputs();
        let total: f64 = self.weights.as_ref().map_or(self.places.len() as f64, |weights| weights.iter().sum());
        let added = if functions(self.classes) > 1 { 1.0 / total } else { 0.0 };
        let of = |function: usize| {
            let covariance = |row: usize, column: usize| {
                let entry = inverse[(function * inputs + row, function * inputs + column)];
                if row == column { entry - added } else { entry }
            };
            self.scaled.errors(None, covariance, self.intercept)
        };
        (0..functions(self.classes)).map(of).collect::<Option<Vec<_>>>().unwrap_or_default()
    }
}

/// Number of linear functions: one for two classes, otherwise one per class.
fn functions(classes: usize) -> usize {
    if classes == 2 { 1 } else { classes }
}

/// The weight of each row so that all classes count the same, and all rows as much as before.
fn balanced(places: &[u32], classes: usize, weights: Option<&[f64]>) -> Vec<f64> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let mut totals = vec![0.0; classes];
    places.iter().enumerate().for_each(|(row, &place)| totals[place as usize] += weight(row));
    let share = totals.iter().sum::<f64>() / classes as f64;
    places.iter().enumerate().map(|(row, &place)| weight(row) * (share / totals[place as usize])).collect()
}

/// Returns which classes occur, and for each row the index of its class among those.
fn present_classes(codes: &[u32], count: usize) -> (Vec<bool>, Vec<u32>) {
    let mut present = vec![false; count];
    for &code in codes {
        present[code as usize] = true;
    }
    let places: Vec<u32> = present
        .iter()
        .scan(0, |next, &present| {
            let place = *next;
            *next += u32::from(present);
            Some(place)
        })
        .collect();
    (present, codes.iter().map(|&code| places[code as usize]).collect())
}
