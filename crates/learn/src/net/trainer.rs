//! Training, one epoch at a time: it can be stopped, saved, and resumed with the same result.

use super::architecture::{Architecture, Head};
use super::floats;
use super::model::NetworkModel;
use super::optimizer::{Group, Now, Optimizer, OptimizerConfig};
use super::rows::{Batch, Rows};
use super::{Network, order};
use crate::data::{Dataset, Labels};
use crate::learner::Fit;
use crate::on_disk::OnDisk;
use crate::scales::Scales;
use pipewright_diagnostic::{Failure, Progress, code, room_for};
use pipewright_tensor::{Program, vectorised};
use pipewright_world::random::Key;
use serde::{Deserialize, Serialize};

/// A training in progress.
///
/// ```
/// use pipewright_learn::net::{Network, Trainer};
/// use pipewright_learn::{Dataset, Features, NoProgress, Key, Model, Target};
/// let points: Vec<[f64; 1]> = (0..64).map(|i| [f64::from(i) / 32.0 - 1.0]).collect();
/// let target = points.iter().map(|[x]| 3.0 * x + 1.0).collect();
/// let train = Dataset::new(Features::from_rows(["x"], &points), Target::Numbers(target));
/// let network = Network { hidden: vec![8], epochs: 5, ..Network::default() };
/// let mut trainer = Trainer::start(&network, &train, None, Key::new(0))?;
/// while !trainer.is_done() {
///     trainer.epoch(&NoProgress)?;
/// }
/// assert_eq!(trainer.finish().inputs(), 1);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    network: Network,
    architecture: Architecture,
    key: Key,
    train: Rows,
    validation: Option<Rows>,
    /// Outputs: the loss, then the gradients of all parameters.
    step: Program<f32>,
    /// Output: the loss.
    score: Program<f32>,
    batch: Batch,
    /// The parameters as the optimiser takes them: together, or kernel by kernel.
    groups: Vec<Group>,
    /// The parameters to predict with, if the optimiser averages them.
    settled: Vec<f32>,
    order: Vec<u32>,
    steps_between_looks: usize,
    state: Checkpoint,
}

/// Training rows: in memory or on disk. Rows with a weight of 0 must not be among them.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// In memory.
    Memory(&'a Dataset),
    /// On disk.
    OnDisk(&'a OnDisk),
}

impl<'a> From<&'a Dataset> for Source<'a> {
    fn from(rows: &'a Dataset) -> Source<'a> {
        Source::Memory(rows)
    }
}

impl<'a> From<&'a OnDisk> for Source<'a> {
    fn from(rows: &'a OnDisk) -> Source<'a> {
        Source::OnDisk(rows)
    }
}

impl<'a> Source<'a> {
    pub(super) fn labels(self) -> &'a Labels {
        match self {
            Source::Memory(rows) => &rows.labels,
            Source::OnDisk(rows) => &rows.labels,
        }
    }

    pub(super) fn columns(self) -> usize {
        match self {
            Source::Memory(rows) => rows.features.columns(),
            Source::OnDisk(rows) => rows.names.len(),
        }
    }

    /// Returns a warning if the scales of the columns are very different.
    fn scale_warning(self) -> Option<Failure> {
        match self {
            Source::Memory(rows) => Scales::of(&rows.features).warning(rows.features.names()),
            Source::OnDisk(rows) => rows.scales.warning(&rows.names),
        }
    }
}

/// The whole state of a training between two epochs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Number of completed epochs.
    epoch: usize,
    #[serde(with = "floats")]
    parameters: Vec<f32>,
    optimizer: Optimizer,
    /// The best epoch so far, with early stopping.
    best: Option<Best>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Best {
    epoch: usize,
    loss: f64,
    #[serde(with = "floats")]
    parameters: Vec<f32>,
}

/// Result of an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// Number of the epoch, from 1.
    pub number: usize,
    /// Mean loss of the training rows, each computed when its batch was processed.
    pub loss: f64,
    /// Mean loss of the validation rows after the epoch, with early stopping and validation rows.
    pub validation_loss: Option<f64>,
}

/// Rows per validation batch.
const VALIDATION_ROWS: usize = 1024;
/// Operations between two checks for cancellation: about 10 ms.
const COST_BETWEEN_LOOKS: u64 = 500_000_000;

impl Trainer {
    /// Prepares a training on `train`; `validation` is used only for early stopping.
    ///
    /// # Errors
    /// A [`Failure`] if there is nothing to learn from, or the output width or the loss does not fit the target.
    pub fn start<'a>(
        network: &Network,
        train: impl Into<Source<'a>>,
        validation: Option<Source<'a>>,
        key: Key,
    ) -> Result<Trainer, Failure> {
        let train = train.into();
        let rows = train.labels().rows();
        if rows == 0 || train.columns() == 0 {
            return Err(Failure::new(code::EMPTY_DATA, "there are no rows or no columns to learn from"));
        }
        let head = Head::new(train.labels(), network.outputs)?;
        let loss = head.loss(network.loss)?;
        let widths = [&[train.columns()], network.hidden.as_slice(), &[network.outputs]].concat();
        let architecture = Architecture { widths, activation: network.activation, head };

        let batch_rows = network.batch.clamp(1, rows);
        room_for(architecture.training_bytes(batch_rows), || {
            format!("a network of {} weights, trained on {batch_rows} rows at a time,", architecture.weights())
        })?;
        let validation = validation.filter(|rows| network.early_stop.is_some() && rows.labels().rows() > 0);
        let weighted = [Some(train), validation].into_iter().flatten().any(|rows| rows.labels().weights().is_some());
        let training = architecture.training(loss, weighted);
        let outputs: Vec<_> = [training.loss].into_iter().chain(training.gradients).collect();
        let step = Program::new(&training.graph, &outputs, batch_rows);
        let step_cost = training.graph.cost(batch_rows).max(1);

        let validation = validation.map(|rows| Rows::new(rows, head, weighted));
        let score_rows = validation.as_ref().map_or(0, |rows| rows.count().min(VALIDATION_ROWS));
        let score = Program::new(&training.graph, &outputs[..1], score_rows);

        let parameters = architecture.initial_parameters(key);
        let optimizer = Optimizer::new(network.optimizer, parameters.len());
        let groups = match network.optimizer {
            OptimizerConfig::Muon(_) => architecture.groups(),
            _ => vec![Group::all(parameters.len())],
        };
        Ok(Trainer {
            network: network.clone(),
            architecture,
            key,
            train: Rows::new(train, head, weighted),
            validation,
            step,
            score,
            batch: Batch::default(),
            groups,
            settled: Vec::new(),
            order: Vec::new(),
            steps_between_looks: usize::try_from(COST_BETWEEN_LOOKS / step_cost).unwrap_or(usize::MAX).max(1),
            state: Checkpoint { epoch: 0, parameters, optimizer, best: None },
        })
    }

    /// Resumes from `checkpoint`, with the same network, data and key. The result is bit for bit that of an
    /// uninterrupted training.
    ///
    /// # Errors
    /// As [`Trainer::start`], and if the checkpoint is of another network or contains a number that is not finite.
    pub fn resume<'a>(
        network: &Network,
        train: impl Into<Source<'a>>,
        validation: Option<Source<'a>>,
        key: Key,
        checkpoint: Checkpoint,
    ) -> Result<Trainer, Failure> {
        let mut trainer = Trainer::start(network, train, validation, key)?;
        let count = trainer.state.parameters.len();
        let best = checkpoint.best.as_ref().map(|best| &best.parameters);
        let fits = [Some(&checkpoint.parameters), best]
            .into_iter()
            .flatten()
            .all(|parameters| parameters.len() == count && all_finite(parameters));
        if !fits || !checkpoint.optimizer.is_valid(count) {
            return Err(Failure::new(code::BAD_BUNDLE, "the checkpoint does not belong to this network"));
        }
        trainer.state = checkpoint;
        Ok(trainer)
    }

    /// Returns the checkpoint to resume from.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        self.state.clone()
    }

    /// Are all epochs done, or has training stopped early?
    #[must_use]
    pub fn is_done(&self) -> bool {
        let is_patience_over = match (self.network.early_stop, &self.state.best) {
            (Some(patience), Some(best)) => self.state.epoch >= best.epoch + patience.max(1),
            _ => false,
        };
        self.state.epoch >= self.network.epochs || is_patience_over
    }

    /// Runs one epoch: processes all training rows once, in a new random order.
    ///
    /// # Errors
    /// A [`Failure`] if it was cancelled, or a loss or weight is not finite.
    pub fn epoch(&mut self, progress: &dyn Progress) -> Result<Epoch, Failure> {
        // On a thread of the pool from the start: large products are split across the pool, and entering it for each
        // would take longer than some of them.
        rayon::scope(|_| self.epoch_in_pool(progress))
    }

    fn epoch_in_pool(&mut self, progress: &dyn Progress) -> Result<Epoch, Failure> {
        let number = self.state.epoch + 1;
        let key = self.key.child("shuffle").index(self.state.epoch as u64);
        let (mut total, mut step) = (0.0, 0);
        let batch_rows = self.network.batch.clamp(1, self.train.count());
        for (window_number, window) in order::windows(self.train.blocks(), key).iter().enumerate() {
            order::rows(self.train.blocks(), window, window_number, key, &mut self.order);
            self.train.load(window)?;
            for order in self.order.chunks(batch_rows) {
                if step % self.steps_between_looks == 0 && progress.cancelled() {
                    return Err(Failure::new(code::CANCELLED, format!("stopped in epoch {number}")));
                }
                step += 1;
                self.train.gather(order, &mut self.batch);
                let (inputs, count) = self.batch.inputs();
                self.step.run(order.len(), &inputs[..count], &self.state.parameters);
                let loss = self.step.output(0)[0];
                if !loss.is_finite() {
                    return Err(self.diverged(number, Some(step)));
                }
                total += f64::from(loss) * order.len() as f64;
                let Checkpoint { optimizer, parameters, .. } = &mut self.state;
                optimizer.step_groups(parameters, self.step.flat_outputs(1), &self.groups, Now { lr: 1.0, decay: 1.0 });
            }
        }
        if !all_finite(&self.state.parameters) {
            return Err(self.diverged(number, None));
        }
        self.state.epoch = number;
        let loss = total / self.train.count() as f64;
        let validation_loss = self.validation_loss()?;
        self.remember_best(validation_loss.unwrap_or(loss))?;
        Ok(Epoch { number, loss, validation_loss })
    }

    /// Returns the trained network: with the weights of the best epoch if training stops early, otherwise of the last.
    #[must_use]
    pub fn finish(self) -> NetworkModel {
        let Checkpoint { optimizer, parameters, best, .. } = &self.state;
        let mut memory = Vec::new();
        let parameters =
            best.as_ref().map_or_else(|| optimizer.settled(parameters, &mut memory), |best| &best.parameters);
        NetworkModel::new(&self.architecture, parameters)
    }

    fn validation_loss(&mut self) -> Result<Option<f64>, Failure> {
        let Some(rows) = self.validation.as_mut() else { return Ok(None) };
        let parameters = self.state.optimizer.settled(&self.state.parameters, &mut self.settled);
        let mut total = 0.0;
        for block in 0..rows.blocks().count() {
            rows.load(&[block as u32])?;
            let order: Vec<u32> = rows.blocks().range(block).map(|row| row as u32).collect();
            for order in order.chunks(VALIDATION_ROWS) {
                rows.gather(order, &mut self.batch);
                let (inputs, count) = self.batch.inputs();
                self.score.run(order.len(), &inputs[..count], parameters);
                total += f64::from(self.score.output(0)[0]) * order.len() as f64;
            }
        }
        Ok(Some(total / rows.count() as f64))
    }

    fn remember_best(&mut self, loss: f64) -> Result<(), Failure> {
        if self.network.early_stop.is_none() {
            return Ok(());
        }
        if !loss.is_finite() {
            return Err(self.diverged(self.state.epoch, None));
        }
        if self.state.best.as_ref().is_none_or(|best| loss < best.loss) {
            let parameters = self.state.optimizer.settled(&self.state.parameters, &mut self.settled).to_vec();
            self.state.best = Some(Best { epoch: self.state.epoch, loss, parameters });
        }
        Ok(())
    }

    fn diverged(&self, epoch: usize, step: Option<usize>) -> Failure {
        let place = step.map_or(String::new(), |step| format!(", step {step}"));
        Failure::new(code::DIVERGED, format!("the loss or a weight is no longer finite in epoch {epoch}{place}"))
            .help(format!("try a smaller `lr` than {}, or `scale` before `train`", self.network.optimizer.lr()))
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

/// Runs a training from start to end.
pub(super) fn train<'a, Rows>(network: &Network, train: &'a Rows, fit: &Fit<'a, Rows>) -> Result<NetworkModel, Failure>
where
    Source<'a>: From<&'a Rows>,
{
    let train = Source::from(train);
    let mut trainer = Trainer::start(network, train, fit.validation.map(Source::from), fit.key)?;
    if let Some(warning) = train.scale_warning() {
        fit.progress.notice(warning);
    }
    while !trainer.is_done() {
        let epoch = trainer.epoch(fit.progress)?;
        fit.progress.report(epoch.number as u64, network.epochs as u64);
    }
    Ok(trainer.finish())
}
