//! Gradients between batches and steps: accumulated over several batches, and clipped.

use super::Training;

/// The gradients of the batches since the last step.
#[derive(Debug, Clone, Default)]
pub(super) struct Gradients {
    /// Batches per step.
    accumulate: usize,
    /// The largest norm of a step's gradient.
    clip: Option<f64>,
    /// The sum of the gradients of all rows so far.
    sum: Vec<f32>,
    rows: usize,
    batches: usize,
}

impl Gradients {
    pub(super) fn new(training: &Training, count: usize) -> Gradients {
        let (accumulate, clip) = (training.accumulate.max(1), training.clip);
        let is_kept = accumulate > 1 || clip.is_some();
        Gradients { accumulate, clip, sum: vec![0.0; if is_kept { count } else { 0 }], rows: 0, batches: 0 }
    }

    /// Takes the gradient of the mean loss of a batch, and returns that of a step if it is time for one: of the mean loss
    /// over the rows of all its batches, as if they were one.
    pub(super) fn add<'a>(&'a mut self, gradient: &'a [f32], rows: usize) -> Option<&'a [f32]> {
        if self.sum.is_empty() {
            return Some(gradient);
        }
        if self.accumulate == 1 {
            self.sum.copy_from_slice(gradient);
            return Some(self.clipped());
        }
        if self.batches == 0 {
            self.sum.fill(0.0);
        }
        let count = rows as f32;
        self.sum.iter_mut().zip(gradient).for_each(|(sum, &gradient)| *sum += count * gradient);
        (self.rows, self.batches) = (self.rows + rows, self.batches + 1);
        if self.batches == self.accumulate { self.rest() } else { None }
    }

    /// Returns the gradient of the batches since the last step, if there are any.
    pub(super) fn rest(&mut self) -> Option<&[f32]> {
        if self.batches == 0 {
            return None;
        }
        let share = 1.0 / self.rows as f32;
        self.sum.iter_mut().for_each(|sum| *sum *= share);
        (self.rows, self.batches) = (0, 0);
        Some(self.clipped())
    }

    /// Scales the gradient so that its Euclidean norm is at most the limit, as PyTorch's `clip_grad_norm_`: R. Pascanu, T.
    /// Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks" (2013).
    fn clipped(&mut self) -> &[f32] {
        /// What is added to the norm, so that a gradient of zeros stays one.
        const EPSILON: f64 = 1e-6;
        if let Some(limit) = self.clip {
            let norm = self.sum.iter().map(|&gradient| f64::from(gradient) * f64::from(gradient)).sum::<f64>().sqrt();
            let factor = limit / (norm + EPSILON);
            if factor < 1.0 {
                self.sum.iter_mut().for_each(|gradient| *gradient = (f64::from(*gradient) * factor) as f32);
            }
        }
        &self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gradient_is_shortened_and_a_short_one_is_not() {
        let training = Training { clip: Some(2.0), ..Training::default() };
        let mut gradients = Gradients::new(&training, 2);
        let close = |found: &[f32], wanted: [f64; 2]| {
            found.iter().zip(wanted).all(|(found, wanted)| (f64::from(*found) - wanted).abs() < 1e-6)
        };
        assert!(close(gradients.add(&[3.0, -4.0], 1).unwrap(), [1.2, -1.6]), "of length 5 before, 2 after");
        assert_eq!(gradients.add(&[0.6, 0.8], 1).unwrap(), [0.6, 0.8]);
        assert_eq!(gradients.add(&[0.0, 0.0], 1).unwrap(), [0.0, 0.0]);
    }

    #[test]
    fn gradients_of_several_batches_are_the_mean_over_their_rows() {
        let training = Training { accumulate: 2, ..Training::default() };
        let mut gradients = Gradients::new(&training, 1);
        assert_eq!(gradients.add(&[1.0], 30), None);
        assert_eq!(gradients.add(&[5.0], 10).unwrap(), [2.0]);
        assert_eq!(gradients.rest(), None);
        assert_eq!(gradients.add(&[7.0], 3), None);
        assert_eq!(gradients.rest().unwrap(), [7.0], "what is left at the end of an epoch");
        let clipped = Training { clip: Some(1.0), ..training };
        let mut gradients = Gradients::new(&clipped, 1);
        assert_eq!(gradients.add(&[100.0], 1), None);
        assert_eq!(gradients.add(&[-99.5], 1).unwrap(), [0.25], "the mean is clipped, not its parts");
    }
}
