//! Training: the members of the ensemble, each on its own rows.

use super::layers::{Layers, Training, TrainingGraph};
use super::model::{Member, RealMlpModel, Score, probabilities};
use super::prepare::Preparation;
use super::{Curve, Keep, RealMlp, start};
use crate::calibrate::{Calibration, Calibrator};
use crate::data::{Dataset, Labels, Outputs, Target};
use crate::held_out::Folds;
use crate::learner::{Fit, Model};
use crate::mixed::check_width;
use crate::net::descent::all_finite;
use crate::net::head::{Head, mean_and_deviation};
use crate::net::optimizer::{Group, Now, Optimizer};
use crate::net::rows::mean_one;
use pipewright_diagnostic::{Bounds, Failure, Progress, code, room_for};
use pipewright_tensor::Program;
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows per block of held-out rows.
const BLOCK_ROWS: usize = 512;
/// Operations between two checks for cancellation: about 10 ms.
const COST_BETWEEN_LOOKS: u64 = 500_000_000;

/// Fits a model.
pub(super) fn train(mlp: &RealMlp, train: &Dataset, fit: &Fit<'_>) -> Result<RealMlpModel, Failure> {
    let rows = train.rows();
    if rows == 0 || train.features.columns() == 0 {
        return Err(Failure::new(code::EMPTY_DATA, "there are no rows or no columns to learn from"));
    }
    let head = head_of(&train.labels)?;
    let preparation = Preparation::learn(&train.features, train.weights(), mlp.one_hot);
    let layers = layers_of(mlp, &preparation, head);
    let table = Table::new(&preparation, train, head)?;
    let apart = fit.validation.filter(|rows| rows.rows() > 0);
    let apart = apart.map(|rows| Table::new(&preparation, rows, head)).transpose()?;
    check_room(mlp, &layers, rows)?;

    let folds = match apart {
        None if mlp.validation > 0.0 => {
            let count = (1.0 / mlp.validation).round() as usize;
            Folds::of_rows(count, train.target(), train.groups(), fit.key.child("folds"))
        }
        _ => None,
    };
    let run = Run { mlp, layers: &layers, table: &table, progress: fit.progress, done: AtomicU64::new(0) };
    let bounds = Bounds::current();
    let member = |member: usize| {
        let key = fit.key.child("member").index(member as u64);
        let all = || (0..rows as u32).collect();
        let [learned, held] = match &folds {
            Some(folds) => folds.split(member % folds.count, rows, train.groups()),
            None => [all(), Vec::new()],
        };
        let held = match &apart {
            Some(table) => Held { table, rows: (0..table.rows() as u32).collect() },
            None => Held { table: &table, rows: held },
        };
        bounds.around(|| run.member(&learned, &held, key))
    };
    let trained = (0..mlp.members).into_par_iter().map(member).collect::<Result<Vec<Trained>, _>>()?;
    let calibration = if mlp.calibrate { calibration(&trained, head) } else { None };
    let model = RealMlpModel {
        preparation,
        head,
        range: if mlp.clamp { range_of(train, fit.validation) } else { None },
        calibration,
        members: trained.into_iter().map(|trained| trained.member).collect(),
        layers,
    };
    model.validate().map_err(|_| Failure::new(code::VALUE_OUT_OF_RANGE, "training overflowed; scale the target"))?;
    Ok(model)
}

fn head_of(labels: &Labels) -> Result<Head, Failure> {
    match labels.target() {
        Target::Classes { count: 0 | 1, .. } => Err(Failure::new(code::ONE_CLASS, "the target has only one class")),
        Target::Classes { count, .. } => Ok(Head::Classes { count: *count }),
        Target::Numbers(values) => {
            let (mean, deviation) = mean_and_deviation(values, labels.weights());
            if !(mean.is_finite() && deviation.is_finite()) {
                return Err(Failure::new(code::VALUE_OUT_OF_RANGE, "the target's values are too large to sum"));
            }
            Ok(Head::Number { mean, deviation: if deviation > 0.0 { deviation } else { 1.0 } })
        }
    }
}

fn layers_of(mlp: &RealMlp, preparation: &Preparation, head: Head) -> Layers {
    let natural = if matches!(head, Head::Number { .. }) { Curve::Mish } else { Curve::Selu };
    Layers {
        numbers: preparation.numbers(),
        others: preparation.others(),
        tables: preparation.tables(),
        table_width: mlp.level_width,
        hidden: mlp.hidden.clone(),
        outputs: head.outputs(),
        curve: mlp.curve.unwrap_or(natural),
        periodic: mlp.periodic,
        scaling: mlp.scaling,
        parametric: mlp.parametric,
    }
}

/// Is there room for the prepared rows and the weights of all members?
fn check_room(mlp: &RealMlp, layers: &Layers, rows: usize) -> Result<(), Failure> {
    // Of each weight: its value, its gradient, two moments, and the best one so far.
    const PER_WEIGHT: u128 = 5;
    let numbers = rows as u128 * (layers.numbers + layers.others + layers.tables.len()) as u128;
    let weights = layers.parameter_count().map_or(u128::MAX / 64, |count| count as u128);
    let units: usize = layers.hidden.iter().sum();
    let step = 12 * units as u128 * mlp.batch_for(rows) as u128;
    let at_once = mlp.members.min(rayon::current_num_threads()) as u128;
    let needed = 4 * (numbers + at_once * (PER_WEIGHT * weights + step));
    room_for(needed, || format!("a network of {weights} weights on {rows} rows"))
}

/// The least and the largest target of the training and the validation rows.
fn range_of(train: &Dataset, validation: Option<&Dataset>) -> Option<[f64; 2]> {
    let numbers = |rows: &Dataset| match rows.target() {
        Target::Numbers(values) => values.clone(),
        Target::Classes { .. } => Vec::new(),
    };
    let all = numbers(train).into_iter().chain(validation.map(numbers).unwrap_or_default());
    all.fold(None, |range, value| {
        let [low, high] = range.unwrap_or([value; 2]);
        Some([value.min(low), value.max(high)])
    })
}

/// The temperature that makes the members' probabilities of their held-out rows the most likely.
fn calibration(trained: &[Trained], head: Head) -> Option<Calibration> {
    let Head::Classes { count } = head else { return None };
    let logits: Vec<f32> = trained.iter().flat_map(|trained| trained.held.iter().copied()).collect();
    let codes: Vec<u32> = trained.iter().flat_map(|trained| trained.codes.iter().copied()).collect();
    let weights = trained.iter().flat_map(|trained| trained.weights.iter().map(|&weight| f64::from(weight))).collect();
    // As if one more row had been predicted wrongly.
    let share = 1.0 / (codes.len() as f64 + 2.0);
    let outputs = Outputs::Probabilities { values: probabilities(&logits, count), classes: count };
    let truth = Labels::weighted(Target::Classes { codes, count }, weights).ok()?;
    // Without held-out rows of two classes there is nothing to learn, and the probabilities stay as they are.
    Calibrator::smoothed_temperature(&outputs, &truth, share).ok()
}

/// Prepared rows with their target.
struct Table {
    /// Row-major.
    rows: Vec<f32>,
    width: usize,
    truth: Truth,
    /// Sample weights, 1 on average; `None` if rows are not weighted.
    weights: Option<Vec<f32>>,
}

enum Truth {
    Classes {
        codes: Vec<u32>,
        count: usize,
    },
    /// Standardised.
    Numbers(Vec<f32>),
}

impl Table {
    fn new(preparation: &Preparation, data: &Dataset, head: Head) -> Result<Table, Failure> {
        check_width(preparation.inputs(), &data.features)?;
        let mut rows = Vec::new();
        preparation.reader(&data.features).read(0..data.rows(), &mut rows);
        let truth = match (data.target(), head) {
            (Target::Classes { codes, .. }, Head::Classes { count })
                if codes.iter().all(|&code| (code as usize) < count) =>
            {
                Truth::Classes { codes: codes.clone(), count }
            }
            (Target::Numbers(values), Head::Number { mean, deviation }) => {
                Truth::Numbers(values.iter().map(|value| ((value - mean) / deviation) as f32).collect())
            }
            _ => return Err(Failure::new(code::WRONG_TASK, "the validation rows have another target")),
        };
        let weights = data.weights().map(|_| mean_one(&data.labels));
        Ok(Table { rows, width: preparation.width(), truth, weights })
    }

    fn rows(&self) -> usize {
        match &self.truth {
            Truth::Classes { codes, .. } => codes.len(),
            Truth::Numbers(values) => values.len(),
        }
    }

    fn weight(&self, row: u32) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| f64::from(weights[row as usize]))
    }

    /// Copies rows, reusing the memory of `into`.
    fn gather(&self, order: &[u32], smoothing: f32, into: &mut Batch) {
        self.gather_inputs(order, &mut into.rows);
        match &self.truth {
            Truth::Numbers(values) => {
                into.target.clear();
                into.target.extend(order.iter().map(|&row| values[row as usize]));
            }
            Truth::Classes { codes, count } => {
                into.target.clear();
                into.target.resize(order.len() * count, smoothing / *count as f32);
                for (target, &row) in into.target.chunks_exact_mut(*count).zip(order) {
                    target[codes[row as usize] as usize] += 1.0 - smoothing;
                }
            }
        }
        if let Some(weights) = &self.weights {
            into.weights.clear();
            into.weights.extend(order.iter().map(|&row| weights[row as usize]));
        }
    }

    fn gather_inputs(&self, order: &[u32], into: &mut Vec<f32>) {
        let width = self.width;
        into.resize(order.len() * width, 0.0);
        for (place, &row) in into.chunks_exact_mut(width).zip(order) {
            place.copy_from_slice(&self.rows[row as usize * width..][..width]);
        }
    }
}

/// A batch of rows: the inputs of the training graph.
#[derive(Default)]
struct Batch {
    rows: Vec<f32>,
    target: Vec<f32>,
    weights: Vec<f32>,
}

/// Held-out rows of a table.
struct Held<'a> {
    table: &'a Table,
    rows: Vec<u32>,
}

/// A trained member, with its outputs for the held-out rows.
struct Trained {
    member: Member,
    held: Vec<f32>,
    /// The classes of the held-out rows; empty for numbers.
    codes: Vec<u32>,
    weights: Vec<f32>,
}

/// What all members share.
struct Run<'a> {
    mlp: &'a RealMlp,
    layers: &'a Layers,
    table: &'a Table,
    progress: &'a dyn Progress,
    /// Epochs done by all members.
    done: AtomicU64,
}

impl Run<'_> {
    fn member(&self, learned: &[u32], held: &Held<'_>, key: Key) -> Result<Trained, Failure> {
        let mut training = Trainer::new(self, learned, held, key);
        let epochs = self.mlp.epochs_for(learned.len());
        let total = (epochs * self.mlp.members) as u64;
        for epoch in 0..epochs {
            training.epoch(epoch, epochs)?;
            let is_over = self.mlp.early_stop.is_some_and(|patience| epoch >= training.best.epoch + patience.max(1));
            let done = if is_over { epochs - epoch } else { 1 } as u64;
            self.progress.report(done + self.done.fetch_add(done, Ordering::Relaxed), total);
            if is_over {
                break;
            }
        }
        Ok(training.finish())
    }
}

/// The training of a member.
struct Trainer<'a> {
    run: &'a Run<'a>,
    held: &'a Held<'a>,
    key: Key,
    step: Program<f32>,
    score: Program<f32>,
    optimizer: Optimizer<f32>,
    groups: Vec<Group>,
    parameters: Vec<f32>,
    order: Vec<u32>,
    batch: Batch,
    /// The parameters to predict with, if the optimiser averages them.
    settled: Vec<f32>,
    batch_rows: usize,
    steps_between_looks: usize,
    /// The outputs of the held-out rows after the last epoch.
    outputs: Vec<f32>,
    history: Vec<Score>,
    best: Best,
}

/// The weights to keep.
struct Best {
    epoch: usize,
    score: f64,
    parameters: Vec<f32>,
    outputs: Vec<f32>,
}

impl<'a> Trainer<'a> {
    fn new(run: &'a Run<'a>, learned: &[u32], held: &'a Held<'a>, key: Key) -> Trainer<'a> {
        let Run { mlp, layers, table, .. } = run;
        let classes = matches!(table.truth, Truth::Classes { .. });
        let dropout = (mlp.dropout > 0.0).then(|| key.child("dropout").bits(0));
        let TrainingGraph { graph, loss, gradients } =
            layers.training(Training { classes, weighted: table.weights.is_some(), dropout });
        let batch_rows = mlp.batch_for(learned.len());
        let outputs: Vec<_> = [loss].into_iter().chain(gradients).collect();
        let step = Program::new(&graph, &outputs, batch_rows);
        let cost = graph.cost(batch_rows).max(1);
        let recorded = layers.prediction();
        let last = &recorded.sums[recorded.sums.len() - 1..];
        let score = Program::new(&recorded.graph, last, held.rows.len().min(BLOCK_ROWS));

        let mut sample = learned.to_vec();
        key.child("sample").shuffle(&mut sample);
        sample.truncate(start::ROWS);
        let mut rows = Vec::new();
        table.gather_inputs(&sample, &mut rows);
        let parameters = start::parameters(layers, &rows, sample.len(), mlp.start_by_data, key.child("start"));
        let lr = mlp.lr.unwrap_or(if classes { 0.04 } else { 0.2 });
        Trainer {
            run,
            held,
            key: key.child("shuffle"),
            step,
            score,
            optimizer: Optimizer::new(mlp.optimizer.with_lr(lr), parameters.len()),
            groups: layers.groups(mlp),
            best: Best { epoch: 0, score: f64::INFINITY, parameters: parameters.clone(), outputs: Vec::new() },
            parameters,
            order: learned.to_vec(),
            batch: Batch::default(),
            settled: Vec::new(),
            batch_rows,
            steps_between_looks: usize::try_from(COST_BETWEEN_LOOKS / cost).unwrap_or(usize::MAX).max(1),
            outputs: Vec::new(),
            history: Vec::new(),
        }
    }

    /// Processes all rows once, in a new random order, in batches of equal size.
    fn epoch(&mut self, epoch: usize, epochs: usize) -> Result<(), Failure> {
        let mlp = self.run.mlp;
        self.key.index(epoch as u64).shuffle(&mut self.order);
        let (rows, steps) = (self.order.len(), self.order.len().div_ceil(self.batch_rows));
        let smoothing = mlp.label_smoothing as f32;
        let mut total = 0.0;
        for step in 0..steps {
            if step % self.steps_between_looks == 0 && self.run.progress.cancelled() {
                return Err(Failure::new(code::CANCELLED, format!("stopped in epoch {}", epoch + 1)));
            }
            let order = &self.order[rows * step / steps..rows * (step + 1) / steps];
            let count = order.len();
            let number = epoch * steps + step;
            let time = number as f64 / (epochs * steps) as f64;
            self.run.table.gather(order, smoothing, &mut self.batch);
            let rate = (mlp.dropout * mlp.dropout_schedule.factor(time)) as f32;
            let loss = f64::from(self.run_step(count, number, rate));
            if !loss.is_finite() {
                return Err(self.diverged(epoch));
            }
            total += loss * count as f64;
            let now = Now { lr: mlp.schedule.factor(time), decay: mlp.decay_schedule.factor(time) };
            self.optimizer.step_groups(&mut self.parameters, self.step.flat_outputs(1), &self.groups, now);
        }
        if !all_finite(&self.parameters) {
            return Err(self.diverged(epoch));
        }
        self.judge(epoch, total / rows as f64)
    }

    /// Runs the graph of a step on the batch; returns the loss.
    fn run_step(&mut self, rows: usize, number: usize, rate: f32) -> f32 {
        let Batch { rows: inputs, target, weights } = &self.batch;
        let (step, rate) = ([number as f32], [rate]);
        let all: [(bool, &[f32]); 5] = [
            (true, inputs),
            (self.run.mlp.dropout > 0.0, &step),
            (self.run.mlp.dropout > 0.0, &rate),
            (true, target),
            (self.run.table.weights.is_some(), weights),
        ];
        let (mut there, mut count) = ([&[][..]; 5], 0);
        for (_, input) in all.into_iter().filter(|(is_there, _)| *is_there) {
            there[count] = input;
            count += 1;
        }
        self.step.run(rows, &there[..count], &self.parameters);
        self.step.output(0)[0]
    }

    /// Judges the weights by the held-out rows, and remembers the best.
    fn judge(&mut self, epoch: usize, loss: f64) -> Result<(), Failure> {
        let keep = self.run.mlp.keep;
        let mut score = Score { loss, validation_loss: None, validation_errors: None };
        if !self.held.rows.is_empty() {
            self.predict_held();
            (score.validation_loss, score.validation_errors) = losses(self.held, &self.outputs);
        }
        if score.validation_loss.is_some_and(|loss| !loss.is_finite()) {
            return Err(self.diverged(epoch));
        }
        self.history.push(score);
        let judged = match keep {
            Keep::Last => None,
            Keep::Loss => score.validation_loss,
            Keep::Errors => score.validation_errors.or(score.validation_loss),
        };
        // The later of equal ones; the last, if nothing tells.
        if judged.is_none_or(|judged| judged <= self.best.score) {
            self.best.epoch = epoch;
            self.best.score = judged.unwrap_or(self.best.score);
            let parameters = self.optimizer.settled(&self.parameters, &mut self.settled);
            self.best.parameters.copy_from_slice(parameters);
            self.best.outputs.clone_from(&self.outputs);
        }
        Ok(())
    }

    /// Computes the outputs of the held-out rows.
    fn predict_held(&mut self) {
        self.outputs.clear();
        let parameters = self.optimizer.settled(&self.parameters, &mut self.settled);
        for order in self.held.rows.chunks(BLOCK_ROWS) {
            self.held.table.gather_inputs(order, &mut self.batch.rows);
            self.score.run(order.len(), &[&self.batch.rows], parameters);
            self.outputs.extend_from_slice(self.score.output(0));
        }
    }

    fn finish(self) -> Trained {
        let Held { table, rows } = self.held;
        let codes = match &table.truth {
            Truth::Classes { codes, .. } => rows.iter().map(|&row| codes[row as usize]).collect(),
            Truth::Numbers(_) => Vec::new(),
        };
        Trained {
            member: Member { parameters: self.best.parameters, history: self.history, epoch: self.best.epoch + 1 },
            held: self.best.outputs,
            codes,
            weights: rows.iter().map(|&row| table.weight(row) as f32).collect(),
        }
    }

    fn diverged(&self, epoch: usize) -> Failure {
        let message = format!("the loss or a weight is no longer finite in epoch {}", epoch + 1);
        let lr = self.run.mlp.lr.map_or("the default".to_owned(), |lr| lr.to_string());
        Failure::new(code::DIVERGED, message)
            .help(format!("try a smaller `lr` than {lr}, or fewer extreme values of the target"))
    }
}

/// The mean loss of held-out rows, and for classes the share of errors.
fn losses(held: &Held<'_>, outputs: &[f32]) -> (Option<f64>, Option<f64>) {
    let (table, rows) = (held.table, &held.rows);
    let total: f64 = rows.iter().map(|&row| table.weight(row)).sum();
    match &table.truth {
        Truth::Numbers(values) => {
            let square = |(&row, &output): (&u32, &f32)| {
                table.weight(row) * (f64::from(output) - f64::from(values[row as usize])).powi(2)
            };
            (Some(rows.iter().zip(outputs).map(square).sum::<f64>() / total), None)
        }
        Truth::Classes { codes, count } => {
            let (mut loss, mut errors) = (0.0, 0.0);
            for (&row, logits) in rows.iter().zip(outputs.chunks_exact(*count)) {
                let (weight, truth) = (table.weight(row), codes[row as usize] as usize);
                let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f64 = logits.iter().map(|&logit| f64::from(logit - most).exp()).sum();
                loss += weight * (sum.ln() - f64::from(logits[truth] - most));
                errors += weight * f64::from(logits[truth] < most);
            }
            (Some(loss / total), Some(errors / total))
        }
    }
}
