//! Support vector machines: classes and numbers from the rows at the margin.

mod cache;
mod couple;
mod kernel;
mod linear;
mod machine;
mod smo;

use crate::calibrate::Sigmoid;
use crate::data::{Dataset, Features, Outputs, Target};
use crate::learner::{Accepts, Fit, Learner, Model, Progress};
use crate::linear::{check_finite, check_rows};
use crate::mixed::classes_of;
use crate::summary::Summary;
use couple::couple;
use faer::Mat;
use kernel::{DEGREE_MAX, Points, Settled};
use machine::{Job, Trainer};
use pipewright_diagnostic::{Bounds, Failure, code, room_for};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A support vector machine: minimises ½·‖w‖² + `c`·Σ loss (Cortes, Vapnik, "Support-vector networks", 1995).
///
/// Classes are told apart by the hinge loss; numbers are met within ±`epsilon` (Drucker et al., "Support vector regression
/// machines", 1997). Scale the columns first: a column counts as much as it is large.
///
/// With [`Kernel::Linear`], the intercept is penalised like a weight, and more than two classes have a machine each
/// against the rest, as in scikit-learn's `LinearSVC` and `LinearSVR`. With other kernels, the intercept is free, and each
/// two classes have a machine, as in `SVC` and `SVR`.
///
/// Probabilities are those of Platt's sigmoid on the values of rows that were held out in five folds, made one from all
/// pairs by coupling, or divided by their sum for classes against the rest. So the machines are trained six times. A row
/// of weight 2 counts as the row twice, but for the folds.
///
/// ```
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target, svm::Svm};
/// let rows: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10) - 4.5, f64::from(i / 10) - 4.5]).collect();
/// let codes = rows.iter().map(|[x, y]| u32::from(x * x + y * y < 9.0)).collect();
/// let train = Dataset::new(Features::from_rows(["x", "y"], &rows), Target::Classes { codes, count: 2 });
/// let model = Svm::default().fit(&train)?;
/// let outputs = model.predict(&Features::from_rows(["x", "y"], &[[0.0, 0.0], [4.0, -4.0]]))?;
/// assert_eq!(outputs.labels(), [1, 0]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Svm {
    /// The similarity of rows.
    pub kernel: Kernel,
    /// How much the loss counts beside the size of the weights, above 0.
    pub c: f64,
    /// How far numbers may be missed for nothing, at least 0.
    pub epsilon: f64,
    /// The square of the loss instead of the loss, with [`Kernel::Linear`].
    pub squared: bool,
    /// Does each class count the same, however many rows it has?
    pub balanced: bool,
    /// By how much the conditions of the minimum may be missed.
    pub tolerance: f64,
    /// Bytes of kernel values that each machine keeps while it is trained.
    pub cache_bytes: u64,
}

/// The similarity of rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Kernel {
    /// x·y
    Linear,
    /// exp(-gamma·‖x - y‖²)
    Rbf {
        /// Above 0; by default 1 / (columns · variance of all values), as scikit-learn's "scale".
        gamma: Option<f64>,
    },
    /// (gamma·x·y + coef0)^degree
    Polynomial {
        /// From 1 to 100.
        degree: u32,
        /// As for the other kernel.
        gamma: Option<f64>,
        /// What is added to the product.
        coef0: f64,
    },
}

impl Default for Svm {
    fn default() -> Svm {
        Svm {
            kernel: Kernel::Rbf { gamma: None },
            c: 1.0,
            epsilon: 0.1,
            squared: false,
            balanced: false,
            tolerance: 1e-3,
            cache_bytes: 100 << 20,
        }
    }
}

/// The fitted model of [`Svm`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SvmModel {
    inputs: usize,
    functions: Functions,
    answer: Answer,
}

/// The functions of the machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Functions {
    Linear {
        weights: Vec<Vec<f64>>,
        intercepts: Vec<f64>,
    },
    Kernel {
        kernel: Settled,
        /// What rows are multiplied by before the kernel.
        scale: f64,
        /// The rows at the margin, scaled.
        vectors: Vec<Vec<f64>>,
        /// For each function its vectors and their coefficients.
        terms: Vec<Vec<(u32, f64)>>,
        intercepts: Vec<f64>,
    },
}

/// What the functions mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Answer {
    /// The one function is the number.
    Number,
    /// A function for each pair of the classes that had rows, positive for the first.
    Pairs { present: Vec<bool>, sigmoids: Vec<Sigmoid> },
    /// A function for each class that had rows, positive for it.
    Rest { present: Vec<bool>, sigmoids: Vec<Sigmoid> },
}

/// Is the work still wanted? Machines are trained on several threads, but bounds belong to one.
struct Watch<'a> {
    bounds: Bounds,
    progress: &'a dyn Progress,
}

impl Watch<'_> {
    fn go_on(&self) -> Result<(), Failure> {
        if self.progress.cancelled() {
            return Err(Failure::new(code::CANCELLED, "the fit was stopped"));
        }
        self.bounds.go_on()
    }
}

/// What each machine learns; which classes there are; and whether machines are for pairs of them.
type Jobs = (Vec<Job>, Option<Vec<bool>>, bool);

/// The largest number whose square is finite.
const MAGNITUDE_MAX: f64 = 1e150;

impl Learner for Svm {
    type Model = SvmModel;

    fn accepts(&self) -> Accepts {
        Accepts { sparse: self.kernel == Kernel::Linear, ..Accepts::NUMBERS }.and_weights()
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<SvmModel, Failure> {
        self.check()?;
        check_rows(&train.features)?;
        self.check_values(&train.features)?;
        let watch = Watch { bounds: Bounds::current(), progress: fit.progress };
        let trainer = Trainer::new(self, train, fit.key, &watch)?;
        let (jobs, present, pairs) = self.jobs(train)?;
        let trained = trainer.train(&jobs)?;
        if !trained.converged {
            let message = "the maximum number of steps was reached before convergence";
            fit.progress.notice(Failure::warning(code::NOT_FULLY_CONVERGED, message).help("scale the columns"));
        }
        let sigmoids = trained.sigmoids;
        let answer = match (present, pairs) {
            (None, _) => Answer::Number,
            (Some(present), true) => Answer::Pairs { present, sigmoids },
            (Some(present), false) => Answer::Rest { present, sigmoids },
        };
        let model = SvmModel { inputs: train.features.columns(), functions: trained.functions, answer };
        model.validate().map_err(|_| {
            Failure::new(code::VALUE_OUT_OF_RANGE, "the kernel or the coefficients overflow").help("scale the columns")
        })?;
        Ok(model)
    }
}

impl Svm {
    fn check(&self) -> Result<(), Failure> {
        let above_0 = |number: f64| number.is_finite() && number > 0.0;
        let gamma = match self.kernel {
            Kernel::Linear => None,
            Kernel::Rbf { gamma } | Kernel::Polynomial { gamma, .. } => gamma,
        };
        let (degree, coef0) = match self.kernel {
            Kernel::Polynomial { degree, coef0, .. } => (degree, coef0),
            _ => (1, 0.0),
        };
        let problem = match () {
            () if !above_0(self.c) => format!("c is {}; it must be a finite number above 0", self.c),
            () if !(self.epsilon.is_finite() && self.epsilon >= 0.0) => {
                format!("epsilon is {}; it must be a finite number, at least 0", self.epsilon)
            }
            () if !above_0(self.tolerance) => format!("tolerance is {}; it must be a number above 0", self.tolerance),
            () if !gamma.is_none_or(above_0) => "gamma must be a finite number above 0".to_owned(),
            () if !(1..=DEGREE_MAX).contains(&degree) => {
                format!("degree is {degree}; it must be from 1 to {DEGREE_MAX}")
            }
            () if !coef0.is_finite() => "coef0 must be a finite number".to_owned(),
            () => return Ok(()),
        };
        Err(Failure::new(code::BAD_VALUE, problem))
    }

    fn check_values(&self, features: &Features) -> Result<(), Failure> {
        for (index, name) in features.names().iter().enumerate() {
            let mut large = false;
            crate::sparse_rows::for_each_number(features, index, |_, value| large |= value.abs() > MAGNITUDE_MAX);
            if large {
                let message = format!("`{name}` contains a value whose square overflows");
                return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).column(name).help("scale the columns"));
            }
        }
        let numbers = match self.kernel {
            Kernel::Linear if features.has_sparse() => crate::sparse_rows::stored_count(features),
            _ => features.rows() * features.columns(),
        };
        room_for(2 * numbers as u128 * size_of::<f64>() as u128, || format!("machines on {} rows", features.rows()))
    }

    fn jobs(&self, train: &Dataset) -> Result<Jobs, Failure> {
        let all: Vec<u32> = (0..train.rows() as u32).collect();
        if let Target::Numbers(numbers) = train.target() {
            check_finite(numbers, "the target")?;
            return Ok((vec![Job { rows: all, targets: numbers.clone(), is_of_classes: false }], None, false));
        }
        let (codes, count) = classes_of(train.target(), "svm")?;
        let mut present = vec![false; count];
        codes.iter().for_each(|&code| present[code as usize] = true);
        let classes: Vec<u32> = (0..count as u32).filter(|&class| present[class as usize]).collect();
        if classes.len() < 2 {
            return Err(Failure::new(code::ONE_CLASS, "the training rows have only one class"));
        }
        let sign = |code: u32, class: u32| if code == class { 1.0 } else { -1.0 };
        let pairs = classes.len() == 2 || self.kernel != Kernel::Linear;
        let job = |first: u32, second: Option<u32>| {
            let is_in = |row: &u32| {
                let code = codes[*row as usize];
                second.is_none_or(|second| code == first || code == second)
            };
            let rows: Vec<u32> = all.iter().copied().filter(is_in).collect();
            let targets = rows.iter().map(|&row| sign(codes[row as usize], first)).collect();
            Job { rows, targets, is_of_classes: true }
        };
        let after = |first: u32| classes.iter().copied().filter(move |&second| second > first);
        let jobs = match pairs {
            true => classes
                .iter()
                .flat_map(|&first| after(first).map(move |second| (first, second)))
                .map(|(first, second)| job(first, Some(second)))
                .collect(),
            false => classes.iter().map(|&class| job(class, None)).collect(),
        };
        Ok((jobs, Some(present), pairs))
    }

    /// The factor that brings rows to a common scale, and the kernel of the scaled rows.
    fn settle(&self, train: &Dataset) -> Result<(f64, Settled), Failure> {
        let largest = (0..train.features.columns())
            .flat_map(|index| train.features.column(index))
            .fold(0.0_f64, |most, value| most.max(value.abs()));
        let scale =
            if largest == 0.0 { 1.0 } else { 2.0_f64.powi(-(largest.log2().floor() as i32).clamp(-1000, 1000)) };
        let settled = |gamma: Option<f64>| match gamma {
            Some(gamma) => (gamma / scale / scale).min(f64::MAX),
            None => gamma_of(train, scale),
        };
        Ok(match self.kernel {
            Kernel::Linear => return Err(Failure::new(code::BUG, "a linear machine has no kernel to settle")),
            Kernel::Rbf { gamma } => (scale, Settled::Rbf { gamma: settled(gamma) }),
            Kernel::Polynomial { degree, gamma, coef0 } => {
                (scale, Settled::Polynomial { gamma: settled(gamma), coef0, degree })
            }
        })
    }
}

/// 1 / (columns · variance of all scaled values); 1 if they are all the same.
fn gamma_of(train: &Dataset, scale: f64) -> f64 {
    let (rows, width) = (train.rows(), train.features.columns());
    let weight = |row: usize| train.weights().map_or(1.0, |weights| weights[row]) / train.labels.total_weight();
    let mean_of = |of: &dyn Fn(f64) -> f64| -> f64 {
        let column = |index: usize| {
            let values = train.features.column(index).iter().enumerate();
            values.map(|(row, value)| of(value * scale) * weight(row)).sum::<f64>() / width as f64
        };
        (0..width).map(column).sum()
    };
    let mean = mean_of(&|value| value);
    let variance = mean_of(&|value| (value - mean) * (value - mean));
    let differs =
        (0..rows * width).any(|at| train.features.column(at / rows)[at % rows] != train.features.column(0)[0]);
    if differs && variance > 0.0 { 1.0 / (width as f64 * variance) } else { 1.0 }
}

/// Rows at a common scale, in a form for kernels. Values beyond all training rows are cut off.
fn scaled_rows(features: &Features, scale: f64) -> Mat<f64> {
    const FAR: f64 = 1e100;
    let mut values = Mat::zeros(features.rows(), features.columns());
    for index in 0..features.columns() {
        let scaled = features.column(index).iter().map(|value| (value * scale).clamp(-FAR, FAR));
        values.col_as_slice_mut(index).iter_mut().zip(scaled).for_each(|(place, value)| *place = value);
    }
    values
}

impl SvmModel {
    /// Returns the values of the machines for every row: positive on the side of the first class of a pair, or of a class
    /// against the rest; or the number itself.
    ///
    /// # Panics
    /// If there are not as many columns as in training.
    #[must_use]
    pub fn decisions(&self, features: &Features) -> Vec<Vec<f64>> {
        match &self.functions {
            Functions::Linear { weights, intercepts } => {
                let mut values = vec![intercepts.clone(); features.rows()];
                for index in 0..self.inputs {
                    crate::sparse_rows::for_each_number(features, index, |row, value| {
                        let sums = values[row].iter_mut().zip(weights);
                        sums.for_each(|(sum, weights)| *sum += (weights[index] * value).clamp(-TERM_MAX, TERM_MAX));
                    });
                }
                values
            }
            Functions::Kernel { kernel, scale, vectors, terms, intercepts } => {
                let vectors = Mat::from_fn(vectors.len(), self.inputs, |row, column| vectors[row][column]);
                let others = Points::new(*kernel, scaled_rows(features, *scale));
                let mut values = Points::new(*kernel, vectors).sums_of(&others, terms);
                let add = |values: &mut Vec<f64>| values.iter_mut().zip(intercepts).for_each(|(sum, own)| *sum += own);
                values.iter_mut().for_each(add);
                values
            }
        }
    }
}

/// The largest term of a sum: sums of many do not overflow.
const TERM_MAX: f64 = 1e290;

/// The probabilities of all classes, from those of the classes that had rows.
fn spread(present: &[bool], shares: &[f64]) -> Vec<f64> {
    let mut shares = shares.iter();
    present.iter().map(|present| if *present { shares.next().copied().unwrap_or(0.0) } else { 0.0 }).collect()
}

/// Probabilities of classes, each judged alone: they are divided by their sum.
fn divided(shares: Vec<f64>) -> Vec<f64> {
    let total: f64 = shares.iter().sum();
    let even = 1.0 / shares.len() as f64;
    shares.into_iter().map(|share| if total > 0.0 { share / total } else { even }).collect()
}

impl Model for SvmModel {
    const ACCEPTS: Accepts = Accepts::NUMBERS;

    fn outputs(&self, features: &Features) -> Outputs {
        let decisions = self.decisions(features);
        let each = |sigmoids: &[Sigmoid], values: &[f64]| -> Vec<f64> {
            sigmoids.iter().zip(values).map(|(sigmoid, value)| sigmoid.probability(*value)).collect()
        };
        let (present, shares): (&[bool], Vec<Vec<f64>>) = match &self.answer {
            Answer::Number => return Outputs::Numbers(decisions.into_iter().map(|values| values[0]).collect()),
            Answer::Pairs { present, sigmoids } => {
                let classes = present.iter().filter(|present| **present).count();
                let of = |values: &Vec<f64>| match each(sigmoids, values).as_slice() {
                    [share] => vec![*share, 1.0 - share],
                    shares => couple(shares, classes),
                };
                (present, decisions.par_iter().map(of).collect())
            }
            Answer::Rest { present, sigmoids } => {
                (present, decisions.iter().map(|values| divided(each(sigmoids, values))).collect())
            }
        };
        let values = shares.iter().flat_map(|shares| spread(present, shares)).collect();
        Outputs::Probabilities { values, classes: present.len() }
    }

    fn validate(&self) -> Result<(), Failure> {
        let count = |present: &[bool]| present.iter().filter(|present| **present).count();
        let (functions, sigmoids): (usize, &[Sigmoid]) = match &self.answer {
            Answer::Number => (1, &[]),
            Answer::Pairs { present, sigmoids } => {
                let classes = count(present);
                (classes * classes.saturating_sub(1) / 2, sigmoids)
            }
            Answer::Rest { present, sigmoids } => (count(present), sigmoids),
        };
        let sigmoids_fit = matches!(self.answer, Answer::Number) || sigmoids.len() == functions;
        let sound = sigmoids.iter().all(|sigmoid| sigmoid.is_sound());
        if functions > 0 && sigmoids_fit && sound && self.functions.is_sound(functions, self.inputs) {
            return Ok(());
        }
        Err(Failure::new(code::BAD_BUNDLE, "a support vector machine with inconsistent sizes or numbers"))
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn summary(&self) -> Summary {
        match &self.functions {
            Functions::Linear { weights, .. } => {
                Summary::Sizes(vec![("machines", weights.len()), ("columns", self.inputs)])
            }
            Functions::Kernel { vectors, terms, .. } => Summary::Sizes(vec![
                ("machines", terms.len()),
                ("columns", self.inputs),
                ("support vectors", vectors.len()),
            ]),
        }
    }
}

impl Functions {
    fn is_sound(&self, count: usize, inputs: usize) -> bool {
        let finite = |numbers: &[f64], count: usize| numbers.len() == count && numbers.iter().all(|n| n.is_finite());
        match self {
            Functions::Linear { weights, intercepts } => {
                weights.len() == count && weights.iter().all(|own| finite(own, inputs)) && finite(intercepts, count)
            }
            Functions::Kernel { kernel, scale, vectors, terms, intercepts } => {
                let term = |(place, weight): &(u32, f64)| (*place as usize) < vectors.len() && weight.is_finite();
                kernel.is_sound()
                    && scale.is_finite()
                    && *scale > 0.0
                    && vectors.iter().all(|vector| finite(vector, inputs))
                    && terms.len() == count
                    && terms.iter().flatten().all(term)
                    && finite(intercepts, count)
            }
        }
    }
}

#[cfg(test)]
mod tests;
