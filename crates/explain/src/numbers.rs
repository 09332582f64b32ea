//! What a function says about rows: numbers.

use pipewright_diagnostic::{Failure, code};
use pipewright_learn::Outputs;

/// Numbers of rows, row-major: what is explained. Predictions ([`Outputs`]) are such numbers; others, such as log-odds,
/// are made with [`Numbers::new`].
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    values: Vec<f64>,
    width: usize,
}

impl Numbers {
    /// Creates numbers from row-major values, `width` per row.
    ///
    /// # Panics
    /// If `width` is 0, or the number of values is not a multiple of it.
    #[must_use]
    pub fn new(values: Vec<f64>, width: usize) -> Numbers {
        assert!(width > 0 && values.len().is_multiple_of(width), "whole rows of numbers");
        Numbers { values, width }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// The number of numbers per row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The numbers of a row.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// All numbers, row-major.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One number of each row.
    pub(crate) fn column(&self, output: usize) -> Vec<f64> {
        self.values.iter().skip(output).step_by(self.width).copied().collect()
    }

    /// The means over each `size` consecutive rows.
    pub(crate) fn means(&self, size: usize) -> Numbers {
        let mut means = vec![0.0; self.values.len() / size.max(1)];
        let groups = means.chunks_exact_mut(self.width).zip(self.values.chunks_exact(size * self.width));
        for (mean, rows) in groups {
            for row in rows.chunks_exact(self.width) {
                mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value);
            }
            mean.iter_mut().for_each(|mean| *mean /= size as f64);
        }
        Numbers { values: means, width: self.width }
    }

    /// All numbers times a factor.
    pub(crate) fn times(mut self, factor: f64) -> Numbers {
        self.values.iter_mut().for_each(|value| *value *= factor);
        self
    }

    /// Adds rows below.
    pub(crate) fn append(&mut self, more: Numbers) -> Result<(), Failure> {
        if more.width != self.width {
            return Err(wrong_size("the function returns another number of numbers per row for some rows"));
        }
        self.values.extend(more.values);
        Ok(())
    }

    /// Checks that there are finite numbers for that many rows.
    pub(crate) fn checked(self, rows: usize) -> Result<Numbers, Failure> {
        if self.rows() != rows {
            return Err(wrong_size("the function returns numbers for another number of rows than it is given"));
        }
        match self.values.iter().all(|value| value.is_finite()) {
            true => Ok(self),
            false => Err(Failure::new(code::NON_FINITE, "the function returns a number that is not finite")),
        }
    }

    /// Checks that there is such an output.
    pub(crate) fn check_output(&self, output: usize) -> Result<(), Failure> {
        match output < self.width {
            true => Ok(()),
            false => {
                let message = format!("there is no output {output}; the function returns {} per row", self.width);
                Err(Failure::new(code::WRONG_WIDTH, message))
            }
        }
    }
}

fn wrong_size(message: &str) -> Failure {
    Failure::new(code::WRONG_WIDTH, message)
}

/// The predicted numbers, or the probabilities of all classes.
impl From<Outputs> for Numbers {
    fn from(outputs: Outputs) -> Numbers {
        match outputs {
            Outputs::Numbers(values) => Numbers { values, width: 1 },
            Outputs::Probabilities { values, classes } => Numbers { values, width: classes.max(1) },
        }
    }
}

/// A number per row.
impl From<Vec<f64>> for Numbers {
    fn from(values: Vec<f64>) -> Numbers {
        Numbers { values, width: 1 }
    }
}
