//! Training, one epoch at a time: it can be stopped, saved, and resumed with the same result.

use super::Network;
use super::descent::Descent;
use super::floats;
use super::model::NetworkModel;
use super::optimizer::{Group, Now, Optimizer};
use crate::data::{Dataset, Labels};
use crate::on_disk::OnDisk;
use crate::scales::Scales;
use pipewright_diagnostic::{Failure, Progress};
use pipewright_world::random::Key;
use serde::{Deserialize, Serialize};

/// A training in progress.
///
/// ```
/// use pipewright_learn::net::{Network, Trainer, Training};
/// use pipewright_learn::{Dataset, Features, NoProgress, Key, Model, Target};
/// let points: Vec<[f64; 1]> = (0..64).map(|i| [f64::from(i) / 32.0 - 1.0]).collect();
/// let target = points.iter().map(|[x]| 3.0 * x + 1.0).collect();
/// let train = Dataset::new(Features::from_rows(["x"], &points), Target::Numbers(target));
/// let training = Training { epochs: 5, ..Training::default() };
/// let network = Network { hidden: vec![8], training, ..Network::default() };
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
    descent: Descent,
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
    pub(super) fn scale_warning(self) -> Option<Failure> {
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
    pub(super) epoch: usize,
    /// Number of completed steps.
    #[serde(default)]
    pub(super) steps: u64,
    #[serde(with = "floats")]
    pub(super) parameters: Vec<f32>,
    pub(super) optimizer: Optimizer,
    /// The moving average of the parameters; empty without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "floats")]
    pub(super) average: Vec<f32>,
    /// The running statistics of layers; empty without such layers.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "floats")]
    pub(super) statistics: Vec<f32>,
    /// The best epoch so far, with early stopping.
    pub(super) best: Option<Best>,
}

impl Checkpoint {
    /// Takes a step of the optimiser, and updates the average of the weights with this decay.
    pub(super) fn take_step(&mut self, gradient: &[f32], groups: &[Group], ema: Option<f64>) {
        self.optimizer.step_groups(&mut self.parameters, gradient, groups, Now { lr: 1.0, decay: 1.0 });
        let Some(decay) = ema else { return };
        if self.average.is_empty() {
            self.average.extend_from_slice(&self.parameters);
            return;
        }
        let share = (1.0 - decay) as f32;
        for (average, &weight) in self.average.iter_mut().zip(&self.parameters) {
            *average += share * (weight - *average);
        }
    }

    /// Returns the weights to predict with: the parameters, averaged ones if there are, and the running statistics.
    /// Those that are nowhere as they are needed are put into `memory`.
    pub(super) fn to_predict<'a>(&'a self, memory: &'a mut Vec<f32>) -> &'a [f32] {
        if self.statistics.is_empty() {
            return self.parameters_to_predict(memory);
        }
        let mut settled = Vec::new();
        let parameters = self.parameters_to_predict(&mut settled);
        memory.clear();
        memory.extend(parameters.iter().chain(&self.statistics));
        memory
    }

    fn parameters_to_predict<'a>(&'a self, memory: &'a mut Vec<f32>) -> &'a [f32] {
        match self.average.is_empty() {
            false => &self.average,
            true => self.optimizer.settled(&self.parameters, memory),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Best {
    pub(super) epoch: usize,
    pub(super) loss: f64,
    #[serde(with = "floats")]
    pub(super) parameters: Vec<f32>,
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
        let rows = (train.into(), validation);
        let descent = Descent::start(network.layers(), network.outputs, &network.training, rows, key)?;
        Ok(Trainer { network: network.clone(), descent })
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
        trainer.descent.resume(checkpoint)?;
        Ok(trainer)
    }

    /// Returns the checkpoint to resume from.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        self.descent.state().clone()
    }

    /// Are all epochs done, or has training stopped early?
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.descent.is_done()
    }

    /// Runs one epoch: processes all training rows once, in a new random order.
    ///
    /// # Errors
    /// A [`Failure`] if it was cancelled, or a loss or weight is not finite.
    pub fn epoch(&mut self, progress: &dyn Progress) -> Result<Epoch, Failure> {
        self.descent.epoch(progress)
    }

    /// Returns the trained network: with the weights of the best epoch if training stops early, otherwise of the last.
    #[must_use]
    pub fn finish(self) -> NetworkModel {
        let (architecture, weights) = self.descent.finish();
        NetworkModel::new(&self.network, &architecture, &weights)
    }
}
