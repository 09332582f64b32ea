//! Batch normalisation.

use super::{Part, Purpose, Recorder, Rule, Start};
use pipewright_tensor::{Axis, Node, Size};
use serde::{Deserialize, Serialize};

/// Batch normalisation (S. Ioffe, C. Szegedy 2015): gain · (x − μ) / √(σ² + ε) + bias, with a gain and a bias per column.
///
/// In a step of training, μ and σ² are the mean and the variance of the column over the batch, whatever the weights of
/// its rows. Predictions use running ones, r ← (1 − m)·r + m·(that of the batch, the variance with divisor n − 1): as
/// PyTorch's `BatchNorm1d`. A batch of one row normalises to the bias, and leaves running values as they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNorm {
    /// The weight m of a batch in the running mean and variance.
    pub momentum: f64,
    /// ε, added to the variance.
    pub epsilon: f64,
}

impl Default for BatchNorm {
    fn default() -> BatchNorm {
        BatchNorm { momentum: 0.1, epsilon: 1e-5 }
    }
}

impl Rule for BatchNorm {
    fn check(&self) -> Result<(), String> {
        match self.momentum > 0.0 && self.momentum <= 1.0 && self.epsilon.is_finite() && self.epsilon > 0.0 {
            true => Ok(()),
            false => {
                Err("the momentum of batch normalisation is above 0 and at most 1, and epsilon above 0".to_owned())
            }
        }
    }

    fn parts(&self, inputs: usize, parts: &mut Vec<Part>) {
        parts.push(Part { sides: [1, inputs], start: Start::Ones });
        parts.push(Part { sides: [1, inputs], start: Start::Zeros });
    }

    fn running(&self, inputs: usize, running: &mut Vec<Running>) {
        running.push(Running { width: inputs, momentum: self.momentum });
    }

    fn record(&self, recorder: &mut Recorder<'_>, values: Node) -> Node {
        let (gain, bias) = (recorder.parameter(), recorder.parameter());
        if let Purpose::Training(_) = recorder.purpose {
            let mean = recorder.graph.mean_over(values, Axis::Rows);
            let deviation = recorder.graph.deviation(values, Axis::Rows, 0.0);
            recorder.batch_statistics.push([mean, deviation]);
            return recorder.graph.batch_norm(values, gain, bias, self.epsilon);
        }
        let [mean, variance] = recorder.running();
        let graph = &mut *recorder.graph;
        let row = graph.shape(mean);
        let epsilon = graph.constant(row, self.epsilon);
        let variance = graph.add(variance, epsilon);
        let deviation = graph.sqrt(variance);
        let factor = graph.divide(gain, deviation);
        let moved = graph.multiply(mean, factor);
        let shift = graph.subtract(bias, moved);
        let factors = graph.repeat_rows(factor, Size::Batch);
        let scaled = graph.multiply(values, factors);
        graph.add_row(scaled, shift)
    }
}

/// The running mean and variance of the columns of a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::net) struct Running {
    /// The number of columns.
    pub(in crate::net) width: usize,
    /// The weight of a batch.
    pub(in crate::net) momentum: f64,
}

impl Running {
    /// The values before the first batch: means of 0, and variances of 1.
    pub(in crate::net) fn start(self) -> impl Iterator<Item = f32> {
        std::iter::repeat_n(0.0, self.width).chain(std::iter::repeat_n(1.0, self.width))
    }

    /// Takes the mean and the standard deviation (divisor n) of the columns of a batch of rows into account.
    pub(in crate::net) fn update(self, running: &mut [f32], means: &[f32], deviations: &[f32], rows: usize) {
        if rows < 2 {
            return;
        }
        let share = self.momentum as f32;
        let unbiased = (rows as f64 / (rows as f64 - 1.0)) as f32;
        let (running_means, variances) = running.split_at_mut(self.width);
        for (running, &mean) in running_means.iter_mut().zip(means) {
            *running += share * (mean - *running);
        }
        for (running, &deviation) in variances.iter_mut().zip(deviations) {
            *running += share * (unbiased * deviation * deviation - *running);
        }
    }
}
