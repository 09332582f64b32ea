//! The training of machines: each on all its rows, and on parts of them for the probabilities.

use super::kernel::{Points, Settled};
use super::linear::{Descent, Rows};
use super::smo::{Problem, Search};
use super::{Functions, Kernel, Svm, Watch, scaled_rows};
use crate::calibrate::Sigmoid;
use crate::data::{Dataset, Target};
use pipewright_diagnostic::Failure;
use pipewright_world::random::Key;
use rayon::prelude::*;

/// What one machine learns.
pub(super) struct Job {
    /// Its rows among all.
    pub(super) rows: Vec<u32>,
    /// The number of each, or 1 or -1 for the side that it is on.
    pub(super) targets: Vec<f64>,
    pub(super) is_of_classes: bool,
}

/// Parts that rows are dealt out to for the probabilities.
const FOLDS: usize = 5;

/// Passes of a linear machine over its rows.
const EPOCHS: u32 = 10_000;

/// Trains machines.
pub(super) struct Trainer<'a> {
    options: Svm,
    rows: Form,
    weights: Option<&'a [f64]>,
    /// C for each row.
    costs: Vec<f64>,
    key: Key,
    watch: &'a Watch<'a>,
}

enum Form {
    Linear(Rows),
    Kernel { scale: f64, kernel: Settled, points: Points },
}

/// A machine as trained.
enum Machine {
    Linear(Vec<f64>, f64),
    Kernel(Vec<(u32, f64)>, f64),
}

/// All machines as trained.
pub(super) struct Trained {
    pub(super) functions: Functions,
    pub(super) sigmoids: Vec<Sigmoid>,
    pub(super) converged: bool,
}

impl<'a> Trainer<'a> {
    pub(super) fn new(
        options: &Svm,
        train: &'a Dataset,
        key: Key,
        watch: &'a Watch<'a>,
    ) -> Result<Trainer<'a>, Failure> {
        let rows = match options.kernel {
            Kernel::Linear => Form::Linear(Rows::of(&train.features)),
            _ => {
                let (scale, kernel) = options.settle(train)?;
                Form::Kernel { scale, kernel, points: Points::new(kernel, scaled_rows(&train.features, scale)) }
            }
        };
        let costs = costs(options, train);
        Ok(Trainer { options: *options, rows, weights: train.weights(), costs, key, watch })
    }

    /// Trains all machines. Each, and each of its parts, is a task of its own.
    pub(super) fn train(&self, jobs: &[Job]) -> Result<Trained, Failure> {
        let parts = |job: &Job| if job.is_of_classes { FOLDS } else { 0 };
        let folds: Vec<Vec<usize>> = jobs.iter().map(|job| self.deal(job)).collect();
        let tasks: Vec<(usize, Option<usize>)> = (0..jobs.len())
            .flat_map(|at| std::iter::once((at, None)).chain((0..parts(&jobs[at])).map(move |fold| (at, Some(fold)))))
            .collect();
        let run = |&(at, fold): &(usize, Option<usize>)| {
            let (job, folds) = (&jobs[at], &folds[at]);
            match fold {
                None => self.fit(job, &|_| true).map(Done::Whole),
                Some(fold) => self.held_out(job, folds, fold).map(Done::Part),
            }
        };
        let done: Vec<Result<Done, Failure>> = tasks.par_iter().map(run).collect();
        let (mut machines, mut values) = (Vec::new(), vec![Vec::new(); jobs.len()]);
        let mut converged = true;
        for (&(at, _), done) in tasks.iter().zip(done) {
            match done? {
                Done::Whole((machine, sound)) => {
                    converged &= sound;
                    machines.push(machine);
                }
                Done::Part(part) => values[at].extend(part),
            }
        }
        let sigmoids =
            jobs.iter().zip(values).filter(|(job, _)| job.is_of_classes).map(|(job, values)| self.sigmoid(job, values));
        Ok(Trained { sigmoids: sigmoids.collect(), functions: self.functions(machines), converged })
    }

    /// Deals the rows of each side out to folds, at random.
    fn deal(&self, job: &Job) -> Vec<usize> {
        let mut folds = vec![0; job.rows.len()];
        for (side, name) in [(1.0, "above"), (-1.0, "below")] {
            let mut places: Vec<usize> = (0..folds.len()).filter(|&place| job.targets[place] == side).collect();
            self.key.child(name).shuffle(&mut places);
            places.iter().enumerate().for_each(|(at, &place)| folds[place] = at % FOLDS);
        }
        folds
    }

    fn weight(&self, row: u32) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row as usize])
    }

    /// The values of the rows of a fold, from a machine that did not see them, each with its place in the job.
    fn held_out(&self, job: &Job, folds: &[usize], fold: usize) -> Result<Vec<(usize, f64)>, Failure> {
        let held: Vec<usize> = (0..folds.len()).filter(|&place| folds[place] == fold).collect();
        let kept = |place: usize| folds[place] != fold;
        let has = |sign: f64| (0..folds.len()).any(|place| kept(place) && job.targets[place] == sign);
        let only = match (has(1.0), has(-1.0)) {
            (true, true) => None,
            (true, false) => Some(1.0),
            (false, true) => Some(-1.0),
            (false, false) => Some(0.0),
        };
        if let Some(value) = only {
            return Ok(held.into_iter().map(|place| (place, value)).collect());
        }
        let (machine, _) = self.fit(job, &kept)?;
        let rows: Vec<u32> = held.iter().map(|&place| job.rows[place]).collect();
        Ok(held.into_iter().zip(self.values(&machine, &rows)).collect())
    }

    fn values(&self, machine: &Machine, rows: &[u32]) -> Vec<f64> {
        match (machine, &self.rows) {
            (Machine::Linear(weights, intercept), Form::Linear(all)) => {
                rows.iter().map(|&row| all.times(row, weights) + intercept).collect()
            }
            (Machine::Kernel(terms, bias), Form::Kernel { points, .. }) => {
                let (support, weights): (Vec<u32>, Vec<f64>) = terms.iter().copied().unzip();
                let sums = points.take(&support).sums(&points.take(rows), &weights);
                sums.into_iter().map(|sum| sum + bias).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Trains on the rows of a job at some places. Returns whether the minimum was reached, too.
    fn fit(&self, job: &Job, kept: &(dyn Fn(usize) -> bool + Sync)) -> Result<(Machine, bool), Failure> {
        let places: Vec<usize> = (0..job.rows.len()).filter(|&place| kept(place)).collect();
        let rows: Vec<u32> = places.iter().map(|&place| job.rows[place]).collect();
        let targets: Vec<f64> = places.iter().map(|&place| job.targets[place]).collect();
        let costs: Vec<f64> = rows.iter().map(|&row| self.costs[row as usize]).collect();
        let squared = self.options.squared && matches!(self.rows, Form::Linear(_));
        let problem = problem(targets, &costs, squared, (!job.is_of_classes).then_some(self.options.epsilon));
        match &self.rows {
            Form::Linear(all) => {
                let ridges = costs.iter().map(|cost| if squared { 0.5 / cost } else { 0.0 }).collect::<Vec<f64>>();
                let descent = Descent {
                    tolerance: self.options.tolerance,
                    epochs: EPOCHS,
                    key: self.key.child("order"),
                    watch: self.watch,
                };
                let line = problem.descend(all, &rows, &ridges, descent)?;
                Ok((Machine::Linear(line.weights, line.intercept), line.converged))
            }
            Form::Kernel { points, .. } => {
                let search = Search {
                    tolerance: self.options.tolerance,
                    cache_bytes: self.options.cache_bytes,
                    watch: self.watch,
                };
                let solution = problem.solve(&points.take(&rows), search)?;
                let terms = rows.into_iter().zip(solution.betas).filter(|(_, beta)| *beta != 0.0).collect();
                Ok((Machine::Kernel(terms, solution.bias), solution.converged))
            }
        }
    }

    fn sigmoid(&self, job: &Job, values: Vec<(usize, f64)>) -> Sigmoid {
        let weights: Vec<f64> = values.iter().map(|&(place, _)| self.weight(job.rows[place])).collect();
        let signs: Vec<f64> = values.iter().map(|&(place, _)| job.targets[place]).collect();
        Sigmoid::fit(&values.into_iter().map(|(_, value)| value).collect::<Vec<f64>>(), &signs, &weights)
    }

    /// The functions of all machines, with each vector once.
    fn functions(&self, machines: Vec<Machine>) -> Functions {
        let Form::Kernel { scale, kernel, points } = &self.rows else {
            let line = |machine| match machine {
                Machine::Linear(weights, intercept) => Some((weights, intercept)),
                Machine::Kernel(..) => None,
            };
            let (weights, intercepts) = machines.into_iter().filter_map(line).unzip();
            return Functions::Linear { weights, intercepts };
        };
        let mut place_of: Vec<Option<u32>> = vec![None; points.len()];
        let (mut vectors, mut all_terms, mut intercepts) = (Vec::new(), Vec::new(), Vec::new());
        for machine in machines {
            let Machine::Kernel(terms, bias) = machine else { continue };
            let mut own = Vec::with_capacity(terms.len());
            for (row, weight) in terms {
                let place = *place_of[row as usize].get_or_insert_with(|| {
                    vectors.push(points.point(row as usize));
                    vectors.len() as u32 - 1
                });
                own.push((place, weight));
            }
            all_terms.push(own);
            intercepts.push(bias);
        }
        Functions::Kernel { kernel: *kernel, scale: *scale, vectors, terms: all_terms, intercepts }
    }
}

/// C for each row: times its weight, and over the share of its class times their number if classes are balanced.
fn costs(options: &Svm, train: &Dataset) -> Vec<f64> {
    let weight = |row: usize| train.weights().map_or(1.0, |weights| weights[row]);
    let mut costs: Vec<f64> = (0..train.rows()).map(|row| options.c * weight(row)).collect();
    if let (true, Target::Classes { codes, count }) = (options.balanced, train.target()) {
        let mut totals = vec![0.0; *count];
        codes.iter().enumerate().for_each(|(row, &code)| totals[code as usize] += weight(row));
        let present = totals.iter().filter(|total| **total > 0.0).count() as f64;
        let mean = totals.iter().sum::<f64>() / present;
        costs.iter_mut().zip(codes).for_each(|(cost, &code)| *cost *= mean / totals[code as usize]);
    }
    costs
}

/// What a task gave.
enum Done {
    Whole((Machine, bool)),
    Part(Vec<(usize, f64)>),
}

/// The problem of classes, or that of numbers with a tube. A squared loss has no upper bound.
pub(super) fn problem(targets: Vec<f64>, costs: &[f64], squared: bool, tube: Option<f64>) -> Problem {
    let bound = |cost: &f64| if squared { f64::INFINITY } else { *cost };
    let bounds = |is_open: &dyn Fn(f64) -> bool| -> Vec<f64> {
        targets.iter().zip(costs).map(|(target, cost)| if is_open(*target) { bound(cost) } else { 0.0 }).collect()
    };
    let highest = bounds(&|target| tube.is_some() || target > 0.0);
    let lowest = bounds(&|target| tube.is_some() || target < 0.0).into_iter().map(|bound| -bound).collect();
    Problem { targets, lowest, highest, tube: tube.unwrap_or(0.0) }
}
