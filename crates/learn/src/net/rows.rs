//! Training data as the network reads it: row after row, in single precision, gathered into batches.

use super::architecture::Head;
use crate::data::{Examples, Features, Target};

/// All rows of some examples.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    count: usize,
    width: usize,
    features: Vec<f32>,
    target: Truth,
}

/// The target as a head sees it.
#[derive(Debug, Clone)]
enum Truth {
    /// One number a row: 0 or 1 for classes, the standardised number otherwise.
    Numbers(Vec<f32>),
    /// The class of each row, to be spread over a column for each.
    Codes { codes: Vec<u32>, count: usize },
}

/// A batch of rows: what a run of the training graph reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    pub(super) features: Vec<f32>,
    pub(super) target: Vec<f32>,
}

impl Rows {
    pub(super) fn new(examples: &Examples, head: Head) -> Rows {
        let target = match (&examples.target, head) {
            (Target::Classes { codes, count }, Head::Classes { .. }) => {
                Truth::Codes { codes: codes.clone(), count: *count }
            }
            (Target::Classes { codes, .. }, _) => Truth::Numbers(codes.iter().map(|&code| code as f32).collect()),
            (Target::Numbers(values), Head::Number { mean, deviation }) => {
                Truth::Numbers(values.iter().map(|value| ((value - mean) / deviation) as f32).collect())
            }
            (Target::Numbers(values), _) => Truth::Numbers(values.iter().map(|&value| value as f32).collect()),
        };
        let mut features = vec![0.0; examples.features.values().len()];
        row_major(&examples.features, 0, &mut features);
        Rows { count: examples.rows(), width: examples.features.columns(), features, target }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Puts the rows of `order` into `batch`, whose memory is kept.
    pub(super) fn gather(&self, order: &[u32], batch: &mut Batch) {
        let width = self.width;
        batch.features.resize(order.len() * width, 0.0);
        for (slot, &row) in batch.features.chunks_exact_mut(width.max(1)).zip(order) {
            let start = row as usize * width;
            slot.copy_from_slice(&self.features[start..start + width]);
        }
        match &self.target {
            Truth::Numbers(values) => {
                batch.target.resize(order.len(), 0.0);
                for (slot, &row) in batch.target.iter_mut().zip(order) {
                    *slot = values[row as usize];
                }
            }
            Truth::Codes { codes, count } => {
                batch.target.clear();
                batch.target.resize(order.len() * count, 0.0);
                for (slot, &row) in batch.target.chunks_exact_mut(*count).zip(order) {
                    slot[codes[row as usize] as usize] = 1.0;
                }
            }
        }
    }
}

/// Writes the rows from `first` on, as many as `output` holds, row after row.
pub(super) fn row_major(features: &Features, first: usize, output: &mut [f32]) {
    // Rows that stay in the cache while all columns are written into them.
    const BLOCK: usize = 64;
    let columns = features.columns();
    for (index, block) in output.chunks_mut(BLOCK * columns.max(1)).enumerate() {
        let rows = block.len() / columns.max(1);
        let start = first + index * BLOCK;
        for column in 0..columns {
            for (row, &value) in features.column(column)[start..start + rows].iter().enumerate() {
                block[row * columns + column] = value as f32;
            }
        }
    }
}
