//! Gradient descent on the layers of a network, one epoch at a time.

use super::architecture::{Architecture, TrainingGraph};
use super::class_weights::row_weights;
use super::gradients::Gradients;
use super::head::Head;
use super::layer::{self, Layer, Running};
use super::optimizer::{Group, Optimizer, OptimizerConfig};
use super::rows::{Batch, Rows};
use super::trainer::{Best, Checkpoint, Epoch, Source};
use super::{Training, mixup, order};
use crate::learner::Fit;
use pipewright_diagnostic::{Failure, Progress, code, room_for};
use pipewright_tensor::{Program, vectorised};
use pipewright_world::random::Key;

/// A training of layers in progress.
#[derive(Debug)]
pub(super) struct Descent {
    training: Training,
    architecture: Architecture,
    key: Key,
    train: Rows,
    validation: Option<Rows>,
    /// Outputs: the loss, the statistics of the batch for each of [`Descent::running`], the gradients of all parameters.
    step: Program<f32>,
    /// Is the number of the step an input of a step?
    takes_step: bool,
    /// Output: the loss of predictions.
    score: Program<f32>,
    batch: Batch,
    gradients: Gradients,
    /// The parameters as the optimiser takes them: together, or kernel by kernel.
    groups: Vec<Group>,
    running: Vec<Running>,
    /// Memory for the weights to predict with.
    settled: Vec<f32>,
    order: Vec<u32>,
    steps_between_looks: usize,
    state: Checkpoint,
}

/// Rows per validation batch.
const VALIDATION_ROWS: usize = 1024;
/// Numbers of steps, which random layers are given in single precision, start again here.
const STEPS_END: u64 = 1 << 24;
/// Operations between two checks for cancellation: about 10 ms.
const COST_BETWEEN_LOOKS: u64 = 500_000_000;

impl Descent {
    /// Prepares the training of layers whose last has `outputs` outputs.
    pub(super) fn start(
        layers: Vec<Layer>,
        outputs: usize,
        training: &Training,
        (train, validation): (Source<'_>, Option<Source<'_>>),
        key: Key,
    ) -> Result<Descent, Failure> {
        let rows = train.labels().rows();
        if rows == 0 || train.columns() == 0 {
            return Err(Failure::new(code::EMPTY_DATA, "there are no rows or no columns to learn from"));
        }
        let head = Head::new(train.labels(), outputs, training.loss)?;
        let loss = head.loss(training.loss)?;
        training.check(loss, head.units().is_none())?;
        layer::check(&layers, train.columns(), head.outputs())?;
        let factors = training.class_weights.factors(train.labels())?;
        let architecture = Architecture { inputs: train.columns(), layers, head };

        let batch_rows = training.batch.clamp(1, rows);
        check_room(&architecture, batch_rows)?;
        let validation = validation.filter(|rows| training.early_stop.is_some() && rows.labels().rows() > 0);
        let weighted = [Some(train), validation].into_iter().flatten().any(|rows| rows.labels().weights().is_some());
        let weighted = weighted || factors.is_some();
        let weights = |rows: Source<'_>| weighted.then(|| row_weights(rows.labels(), factors.as_deref()));
        let TrainingGraph { graph, loss: mean, statistics, gradients, takes_step } =
            architecture.training(loss, weighted, key);
        let outputs: Vec<_> = [mean].into_iter().chain(statistics.into_iter().flatten()).chain(gradients).collect();
        let step = Program::new(&graph, &outputs, batch_rows);
        let step_cost = graph.cost(batch_rows).max(1);

        let validation = validation.map(|rows| Rows::new(rows, head, weights(rows), 0.0));
        let score_rows = validation.as_ref().map_or(0, |rows| rows.count().min(VALIDATION_ROWS));
        let (graph, mean) = architecture.score(loss, weighted);
        let score = Program::new(&graph, &[mean], score_rows);

        let parameters = architecture.initial_parameters(key);
        let running = architecture.running();
        let statistics = running.iter().flat_map(|running| running.start()).collect();
        let optimizer = Optimizer::new(training.optimizer, parameters.len());
        let groups = match training.optimizer {
            OptimizerConfig::Muon(_) => architecture.groups(),
            _ => vec![Group::all(parameters.len())],
        };
        Ok(Descent {
            training: training.clone(),
            architecture,
            key,
            train: Rows::new(train, head, weights(train), training.label_smoothing),
            validation,
            step,
            takes_step,
            score,
            batch: Batch::default(),
            gradients: Gradients::new(training, parameters.len()),
            groups,
            running,
            settled: Vec::new(),
            order: Vec::new(),
            steps_between_looks: usize::try_from(COST_BETWEEN_LOOKS / step_cost).unwrap_or(usize::MAX).max(1),
            state: Checkpoint {
                epoch: 0,
                steps: 0,
                parameters,
                optimizer,
                average: Vec::new(),
                statistics,
                best: None,
            },
        })
    }

    /// Goes on from a checkpoint of the same training.
    ///
    /// # Errors
    /// If it is of another network, or contains a number that is not finite.
    pub(super) fn resume(&mut self, checkpoint: Checkpoint) -> Result<(), Failure> {
        let count = self.state.parameters.len();
        let best = checkpoint.best.as_ref().map(|best| &best.parameters);
        let average = (!checkpoint.average.is_empty()).then_some(&checkpoint.average);
        let statistics = self.state.statistics.len();
        let all = [
            (Some(&checkpoint.parameters), count),
            (average, count),
            (Some(&checkpoint.statistics), statistics),
            (best, count + statistics),
        ];
        let fits = all
            .into_iter()
            .all(|(numbers, count)| numbers.is_none_or(|numbers| numbers.len() == count && all_finite(numbers)));
        let is_averaged = self.training.ema.is_some() && checkpoint.steps > 0;
        if !fits || average.is_some() != is_averaged || !checkpoint.optimizer.is_valid(count) {
            return Err(Failure::new(code::BAD_BUNDLE, "the checkpoint does not belong to this network"));
        }
        self.state = checkpoint;
        Ok(())
    }

    /// The state after the last epoch.
    pub(super) fn state(&self) -> &Checkpoint {
        &self.state
    }

    /// Are all epochs done, or has training stopped early?
    pub(super) fn is_done(&self) -> bool {
        let is_patience_over = match (self.training.early_stop, &self.state.best) {
            (Some(patience), Some(best)) => self.state.epoch >= best.epoch + patience.max(1),
            _ => false,
        };
        self.state.epoch >= self.training.epochs || is_patience_over
    }

    /// Processes all training rows once, in a new random order.
    pub(super) fn epoch(&mut self, progress: &dyn Progress) -> Result<Epoch, Failure> {
        // On a thread of the pool from the start: large products are split across the pool, and entering it for each
        // would take longer than some of them.
        rayon::scope(|_| self.epoch_in_pool(progress))
    }

    fn epoch_in_pool(&mut self, progress: &dyn Progress) -> Result<Epoch, Failure> {
        let number = self.state.epoch + 1;
        let key = self.key.child("shuffle").index(self.state.epoch as u64);
        let (mut total, mut step) = (0.0, 0);
        let batch_rows = self.training.batch.clamp(1, self.train.count());
        for (window_number, window) in order::windows(self.train.blocks(), key).iter().enumerate() {
            order::rows(self.train.blocks(), window, window_number, key, &mut self.order);
            self.train.load(window)?;
            for order in self.order.chunks(batch_rows) {
                if step % self.steps_between_looks == 0 && progress.cancelled() {
                    return Err(Failure::new(code::CANCELLED, format!("stopped in epoch {number}")));
                }
                step += 1;
                self.train.gather(order, &mut self.batch);
                if let Some(alpha) = self.training.mixup {
                    self.batch.mix(mixup::share(alpha, self.key.child("mixup").index(self.state.steps)));
                }
                let place = [(self.state.steps % STEPS_END) as f32];
                let (inputs, count) = self.batch.inputs(self.takes_step.then_some(&place));
                self.step.run(order.len(), &inputs[..count], &self.state.parameters);
                let loss = self.step.output(0)[0];
                if !loss.is_finite() {
                    return Err(self.diverged(number, Some(step)));
                }
                total += f64::from(loss) * order.len() as f64;
                self.state.steps += 1;
                update(&self.running, &mut self.state.statistics, &self.step, order.len());
                let gradient = self.step.flat_outputs(1 + 2 * self.running.len());
                if let Some(gradient) = self.gradients.add(gradient, order.len()) {
                    self.state.take_step(gradient, &self.groups, self.training.ema);
                }
            }
        }
        if let Some(gradient) = self.gradients.rest() {
            self.state.take_step(gradient, &self.groups, self.training.ema);
        }
        if !all_finite(&self.state.parameters) || !all_finite(&self.state.statistics) {
            return Err(self.diverged(number, None));
        }
        self.state.epoch = number;
        let loss = total / self.train.count() as f64;
        let validation_loss = self.validation_loss()?;
        self.remember_best(validation_loss.unwrap_or(loss))?;
        Ok(Epoch { number, loss, validation_loss })
    }

    /// Returns the network and its weights: of the best epoch if training stops early, otherwise of the last.
    pub(super) fn finish(self) -> (Architecture, Vec<f32>) {
        let weights = match self.state.best {
            Some(best) => best.parameters,
            None => self.state.to_predict(&mut Vec::new()).to_vec(),
        };
        (self.architecture, weights)
    }

    fn validation_loss(&mut self) -> Result<Option<f64>, Failure> {
        let Some(rows) = self.validation.as_mut() else { return Ok(None) };
        let parameters = self.state.to_predict(&mut self.settled);
        let mut total = 0.0;
        for block in 0..rows.blocks().count() {
            rows.load(&[block as u32])?;
            let order: Vec<u32> = rows.blocks().range(block).map(|row| row as u32).collect();
            for order in order.chunks(VALIDATION_ROWS) {
                rows.gather(order, &mut self.batch);
                let (inputs, count) = self.batch.inputs(None);
                self.score.run(order.len(), &inputs[..count], parameters);
                total += f64::from(self.score.output(0)[0]) * order.len() as f64;
            }
        }
        Ok(Some(total / rows.count() as f64))
    }

    fn remember_best(&mut self, loss: f64) -> Result<(), Failure> {
        if self.training.early_stop.is_none() {
            return Ok(());
        }
        if !loss.is_finite() {
            return Err(self.diverged(self.state.epoch, None));
        }
        if self.state.best.as_ref().is_none_or(|best| loss < best.loss) {
            let parameters = self.state.to_predict(&mut self.settled).to_vec();
            self.state.best = Some(Best { epoch: self.state.epoch, loss, parameters });
        }
        Ok(())
    }

    fn diverged(&self, epoch: usize, step: Option<usize>) -> Failure {
        let place = step.map_or(String::new(), |step| format!(", step {step}"));
        Failure::new(code::DIVERGED, format!("the loss or a weight is no longer finite in epoch {epoch}{place}"))
            .help(format!("try a smaller `lr` than {}, or `scale` before `train`", self.training.optimizer.lr()))
    }
}

/// Is there room for the training of a network with this many rows at a time?
fn check_room(architecture: &Architecture, batch_rows: usize) -> Result<(), Failure> {
    let what = || format!("a network of {} weights, trained on {batch_rows} rows at a time,", architecture.weights());
    let bytes = architecture.training_bytes(batch_rows);
    if bytes > isize::MAX as u128 {
        return Err(Failure::new(code::LIMIT_REACHED, format!("{} is larger than any memory", what())));
    }
    room_for(bytes, what)
}

/// Updates running statistics by those of a batch, which follow the loss in the outputs of a step.
fn update(running: &[Running], statistics: &mut [f32], step: &Program<f32>, rows: usize) {
    let mut rest = statistics;
    for (place, own) in running.iter().enumerate() {
        let (values, others) = rest.split_at_mut(2 * own.width);
        own.update(values, step.output(1 + 2 * place), step.output(2 + 2 * place), rows);
        rest = others;
    }
}

/// Is every number finite? Checks the exponent's bits without a branch per number.
pub(super) fn all_finite(values: &[f32]) -> bool {
    let largest = vectorised(
        #[inline(always)]
        || values.iter().fold(0, |largest, value| largest.max(value.to_bits() & 0x7fff_ffff)),
    );
    largest < f32::INFINITY.to_bits()
}

/// Trains layers from start to end.
pub(super) fn train<'a, Rows>(
    (layers, outputs): (Vec<Layer>, usize),
    training: &Training,
    train: &'a Rows,
    fit: &Fit<'a, Rows>,
) -> Result<(Architecture, Vec<f32>), Failure>
where
    Source<'a>: From<&'a Rows>,
{
    let train = Source::from(train);
    let rows = (train, fit.validation.map(Source::from));
    let mut descent = Descent::start(layers, outputs, training, rows, fit.key)?;
    if let Some(warning) = train.scale_warning() {
        fit.progress.notice(warning);
    }
    while !descent.is_done() {
        let epoch = descent.epoch(fit.progress)?;
        fit.progress.report(epoch.number as u64, training.epochs as u64);
    }
    Ok(descent.finish())
}
