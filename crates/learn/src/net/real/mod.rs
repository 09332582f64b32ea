//! A strong network for tables with any columns, that needs no preparation: RealMLP.
//!
//! The recipe is that of D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by Default: Strong Pre-Tuned MLPs and
//! Boosted Trees on Tabular Data" (NeurIPS 2024), `RealMLP-TD`. Its parts, each a field of [`RealMlp`] that can be
//! turned off:
//!
//! | part | what it does |
//! |---|---|
//! | preparation | medians for missing numbers, with a mark; levels one-hot or embedded; robust scaling, smooth clip |
//! | [`Periodic`] | embeds each number x as x and linear functions of cos(2π·w·x + b) |
//! | scaling layer | a learned factor per input, which learns fast: a soft selection of inputs |
//! | bend | a learned weight of each unit's activation against the identity |
//! | start | sums of each unit have variance 1 on the training rows |
//! | NTP | step sizes that do not depend on the width of a layer |
//! | [`Schedule`]s | of the learning rate, of dropout and of weight decay |
//! | label smoothing | targets of a share ε evenly among the classes |
//! | [`Keep`] | the weights of the epoch that is best on held-out rows |
//! | calibration | one temperature for all logits, from the held-out rows |
//!
//! Where it differs from the paper: there are fewer epochs for many rows, since a CPU does a step in milliseconds;
//! batches of an epoch are equally long; the epoch of the best log loss is kept, without label smoothing, and
//! probabilities are calibrated, since the paper's choice, for accuracy alone, makes probabilities worse; members of an
//! ensemble hold out different folds.
//!
//! A member's training runs on one thread, except for large products; members run in parallel. Results have the same
//! bits for any number of threads.

mod layers;
mod member;
mod model;
mod prepare;
mod start;
#[cfg(test)]
mod tests;

pub use layers::{Curve, Periodic};
pub use model::{Member, RealMlpModel, Score};

use super::optimizer::{Adam, AdamW, OptimizerConfig};
use super::schedule::Schedule;
use crate::data::Dataset;
use crate::learner::{Accepts, Fit, Learner, Model};
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// The configuration of RealMLP.
///
/// ```
/// use pipewright_learn::net::RealMlp;
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target};
/// let rows: Vec<[f64; 2]> = (0..300).map(|row| [f64::from(row % 20), f64::from(row / 20)]).collect();
/// let target = rows.iter().map(|[a, b]| if *b < 7.0 { *a } else { -a }).collect();
/// let train = Dataset::new(Features::from_rows(["a", "b"], &rows), Target::Numbers(target));
/// let model = RealMlp { hidden: vec![64, 64], ..RealMlp::default() }.fit(&train)?;
/// assert!((model.predict(&train.features)?.values()[15] - 15.0).abs() < 2.0);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealMlp {
    /// The widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// The activation of the hidden layers; `None` for SELU with classes, Mish with numbers.
    pub curve: Option<Curve>,
    /// The embedding of numbers; `None` for numbers as they are.
    pub periodic: Option<Periodic>,
    /// Columns of up to this many levels are one-hot encoded; of two levels, as one column.
    pub one_hot: usize,
    /// The width of the embedding of columns with more levels.
    pub level_width: usize,
    /// Is there a learned factor per input, in front of the first layer?
    pub scaling: bool,
    /// Does each unit have a learned weight of its activation against the identity?
    pub parametric: bool,
    /// Are weights and biases at the start fitted to the training rows, without their target?
    pub start_by_data: bool,
    /// Neural tangent parametrisation: do the steps of kernels shrink with the root of the number of inputs?
    pub ntp: bool,
    /// The learning rate; `None` for 0.04 with classes, 0.2 with numbers.
    pub lr: Option<f64>,
    /// The optimiser, whose learning rate is [`RealMlp::lr`].
    pub optimizer: OptimizerConfig,
    /// The schedule of the learning rate.
    pub schedule: Schedule,
    /// The schedule of the weight decay.
    pub decay_schedule: Schedule,
    /// Factors on the learning rate.
    pub factors: Factors,
    /// The share of units that are dropped in a step of training.
    pub dropout: f64,
    /// The schedule of that share.
    pub dropout_schedule: Schedule,
    /// The share ε of the target that is spread evenly among all classes: 0.1 in the paper, for the best accuracy. The
    /// default is 0, for the best probabilities.
    pub label_smoothing: f64,
    /// Which weights are kept.
    pub keep: Keep,
    /// Are predicted numbers limited to the range of the training target?
    pub clamp: bool,
    /// Are probabilities calibrated by a temperature, fitted to the held-out rows?
    pub calibrate: bool,
    /// The share of the training rows that is held out, if no validation rows are given: 0 for none.
    pub validation: f64,
    /// Rows per step; `None` for a 16th of the rows, from 32 to 256.
    pub batch: Option<usize>,
    /// Early stopping: a member stops when the score of its held-out rows ([`RealMlp::keep`]) has not improved for this
    /// many epochs. Schedules are those of all epochs.
    pub early_stop: Option<usize>,
    /// Passes over the training rows; `None` for 256, and fewer for many rows: [`RealMlp::epochs_for`].
    pub epochs: Option<usize>,
    /// The number of networks whose mean predicts. Each holds out another part of the rows.
    pub members: usize,
}

/// Factors on the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factors {
    /// Of the scaling layer.
    pub scaling: f64,
    /// Of the embedding of numbers.
    pub embedding: f64,
    /// Of biases.
    pub bias: f64,
    /// Of the weights of activations.
    pub bend: f64,
}

/// Which weights a member keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Those of the last epoch.
    Last,
    /// Those of the epoch with the least share of wrong classes on the held-out rows, the last of equal ones; of
    /// numbers, with the least squared error.
    Errors,
    /// Those of the epoch with the least cross-entropy on the held-out rows; of numbers, with the least squared error.
    Loss,
}

impl Default for RealMlp {
    fn default() -> RealMlp {
        let adam = Adam { beta2: 0.95, ..Adam::default() };
        RealMlp {
            hidden: vec![256; 3],
            curve: None,
            periodic: Some(Periodic { frequencies: 16, width: 3, deviation: 0.1 }),
            one_hot: 8,
            level_width: 8,
            scaling: true,
            parametric: true,
            start_by_data: true,
            ntp: true,
            lr: None,
            optimizer: OptimizerConfig::AdamW(AdamW { adam, weight_decay: 0.02 }),
            schedule: Schedule::CosLog4,
            decay_schedule: Schedule::FlatCosine,
            factors: Factors { scaling: 6.0, embedding: 0.1, bias: 0.1, bend: 0.1 },
            dropout: 0.15,
            dropout_schedule: Schedule::FlatCosine,
            label_smoothing: 0.0,
            keep: Keep::Loss,
            clamp: true,
            calibrate: true,
            validation: 0.2,
            batch: None,
            early_stop: None,
            epochs: None,
            members: 1,
        }
    }
}

impl RealMlp {
    /// The number of rows per step for this many training rows.
    #[must_use]
    pub fn batch_for(&self, rows: usize) -> usize {
        self.batch.unwrap_or_else(|| (rows / 16).clamp(32, 256)).clamp(1, rows.max(1))
    }

    /// The number of passes over this many training rows.
    #[must_use]
    pub fn epochs_for(&self, rows: usize) -> usize {
        /// Steps of a default training on many rows.
        const STEPS: usize = 4096;
        let per_epoch = rows.div_ceil(self.batch_for(rows)).max(1);
        self.epochs.unwrap_or_else(|| (STEPS / per_epoch).clamp(16, 256)).max(1)
    }

    fn check(&self) -> Result<(), Failure> {
        let share = |value: f64| (0.0..1.0).contains(&value);
        let factor = |value: f64| value.is_finite() && value >= 0.0;
        let Factors { scaling, embedding, bias, bend } = self.factors;
        let sound = share(self.dropout)
            && share(self.label_smoothing)
            && (0.0..=0.5).contains(&self.validation)
            && [scaling, embedding, bias, bend].into_iter().all(factor)
            && self.lr.is_none_or(|lr| lr.is_finite() && lr > 0.0)
            && [self.schedule, self.decay_schedule, self.dropout_schedule].into_iter().all(Schedule::is_sound)
            && self.periodic.is_none_or(|own| own.frequencies > 0 && own.width > 0 && own.deviation.is_finite())
            && self.hidden.iter().all(|&width| width > 0)
            && self.level_width > 0
            && self.members > 0;
        match sound {
            true => Ok(()),
            false => Err(Failure::new(code::BAD_VALUE, "a parameter of the network is out of its range")),
        }
    }
}

impl Learner for RealMlp {
    type Model = RealMlpModel;

    fn accepts(&self) -> Accepts {
        Accepts { groups: true, ..RealMlpModel::ACCEPTS.and_weights() }
    }

    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<RealMlpModel, Failure> {
        self.check()?;
        member::train(self, train, fit)
    }
}
