//! The fitted model of RealMLP.

use super::layers::{Layers, Recorded};
use super::prepare::Preparation;
use crate::calibrate::Calibration;
use crate::data::{Features, Outputs};
use crate::learner::{Accepts, Model};
use crate::mixed::normalise_logs;
use crate::net::descent::all_finite;
use crate::net::floats;
use crate::net::head::Head;
use crate::summary::Summary;
use pipewright_diagnostic::{Failure, code};
use pipewright_tensor::Program;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The fitted model of [`RealMlp`](super::RealMlp).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealMlpModel {
    pub(super) preparation: Preparation,
    pub(super) layers: Layers,
    pub(super) head: Head,
    /// The least and the largest prediction.
    pub(super) range: Option<[f64; 2]>,
    pub(super) calibration: Option<Calibration>,
    pub(super) members: Vec<Member>,
}

/// A network of the ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    #[serde(with = "floats")]
    pub(super) parameters: Vec<f32>,
    /// The scores of its training, epoch by epoch.
    pub history: Vec<Score>,
    /// The epoch whose weights it has, from 1.
    pub epoch: usize,
}

/// Losses after an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The mean loss of the training rows, each computed when its batch was processed, with dropout and label
    /// smoothing.
    pub loss: f64,
    /// The mean loss of the held-out rows: cross-entropy, or the squared error in units of the target's variance.
    pub validation_loss: Option<f64>,
    /// The share of the held-out rows whose predicted class is wrong.
    pub validation_errors: Option<f64>,
}

/// Rows per block; a constant, so that results do not depend on threads.
const BLOCK_ROWS: usize = 512;

impl RealMlpModel {
    /// The networks, with the history of their training.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Returns the outputs of every row, the mean of all members: probabilities, or numbers.
    fn run(&self, features: &Features) -> Vec<f64> {
        let (rows, width) = (features.rows(), self.layers.outputs);
        let Recorded { graph, sums } = self.layers.prediction();
        let program = Program::<f32>::new(&graph, &sums[sums.len() - 1..], rows.min(BLOCK_ROWS));
        let reader = self.preparation.reader(features);
        let mut outputs = vec![0.0; rows * width];
        outputs.par_chunks_mut(BLOCK_ROWS * width).enumerate().for_each_init(
            || (program.clone(), Vec::new()),
            |(program, memory), (block, outputs)| {
                let (start, count) = (block * BLOCK_ROWS, outputs.len() / width);
                reader.read(start..start + count, memory);
                for member in &self.members {
                    program.run(count, &[memory], &member.parameters);
                    let own = self.decoded(program.output(0));
                    outputs.iter_mut().zip(own).for_each(|(sum, value)| *sum += value);
                }
                outputs.iter_mut().for_each(|sum| *sum /= self.members.len() as f64);
            },
        );
        outputs
    }

    /// Probabilities or numbers from the outputs of a member.
    fn decoded(&self, outputs: &[f32]) -> Vec<f64> {
        match self.head.units() {
            Some((mean, deviation)) => {
                let [low, high] = self.range.unwrap_or([f64::MIN, f64::MAX]);
                outputs.iter().map(|&value| (mean + deviation * f64::from(value)).clamp(low, high)).collect()
            }
            None => {
                let probabilities = probabilities(outputs, self.layers.outputs);
                let Some(calibration) = &self.calibration else { return probabilities };
                let outputs = Outputs::Probabilities { values: probabilities, classes: self.layers.outputs };
                match calibration.apply(&outputs) {
                    Ok(Outputs::Probabilities { values, .. }) => values,
                    _ => outputs.values().to_vec(),
                }
            }
        }
    }
}

/// The softmax of rows of logits, in double precision.
pub(super) fn probabilities(logits: &[f32], classes: usize) -> Vec<f64> {
    let mut values: Vec<f64> = logits.iter().map(|&logit| f64::from(logit)).collect();
    values.chunks_exact_mut(classes.max(1)).for_each(normalise_logs);
    values
}

impl Model for RealMlpModel {
    const ACCEPTS: Accepts = Accepts::ANYTHING;

    fn outputs(&self, features: &Features) -> Outputs {
        let values = self.run(features);
        match self.head.units() {
            Some(_) => Outputs::Numbers(values),
            None => Outputs::Probabilities { values, classes: self.layers.outputs },
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        let damaged = |what: &str| Err(Failure::new(code::BAD_BUNDLE, format!("a network with {what}")));
        self.preparation.validate()?;
        let layers = &self.layers;
        let reads = layers.numbers == self.preparation.numbers()
            && layers.others == self.preparation.others()
            && layers.tables == self.preparation.tables();
        if !reads || !layers.is_sound() {
            return damaged("layers that are inconsistent");
        }
        let head = match self.head {
            Head::Number { mean, deviation } => {
                layers.outputs == 1 && mean.is_finite() && deviation.is_finite() && deviation > 0.0
            }
            Head::Classes { count } => count >= 2 && layers.outputs == count,
            Head::Binary | Head::Positive { .. } => false,
        };
        let range = self.range.is_none_or(|[low, high]| low <= high && low.is_finite() && high.is_finite());
        if !head || !range {
            return damaged("outputs that do not match its head");
        }
        if let Some(calibration) = &self.calibration {
            calibration.validate()?;
            if calibration.classes() != layers.outputs {
                return damaged("a calibration of other classes");
            }
        }
        let count = layers.parameter_count();
        let finite = |member: &Member| Some(member.parameters.len()) == count && all_finite(&member.parameters);
        if self.members.is_empty() || !self.members.iter().all(finite) {
            return damaged("weights that do not match its layers");
        }
        let scored = |score: &Score| {
            let all = [Some(score.loss), score.validation_loss, score.validation_errors];
            all.into_iter().flatten().all(f64::is_finite)
        };
        if !self.members.iter().flat_map(|member| &member.history).all(scored) {
            return damaged("a history that is not finite");
        }
        Ok(())
    }

    fn inputs(&self) -> usize {
        self.preparation.inputs()
    }

    fn summary(&self) -> Summary {
        let last = if matches!(self.head, Head::Number { .. }) { "linear" } else { "softmax" };
        Summary::Layers(self.layers.summary(last))
    }
}
