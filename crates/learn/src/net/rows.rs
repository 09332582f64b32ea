//! Training data as the network reads it: row after row, in single precision, gathered into batches.

use super::architecture::Head;
use super::order::Blocks;
use super::trainer::Source;
use crate::data::{Features, Target};
use crate::spilled::Spilled;
use pipewright_diagnostic::{Failure, code};
use std::collections::HashMap;

/// All rows of some examples.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    blocks: Blocks,
    width: usize,
    features: Store,
    target: Truth,
}

/// Where the features are.
#[derive(Debug, Clone)]
enum Store {
    Memory(Vec<f32>),
    /// In a content, of which some blocks are in memory.
    Spilled {
        spilled: Spilled,
        loaded: Vec<f32>,
        /// Which of the loaded blocks each block is.
        slots: HashMap<u32, usize>,
        bytes: Vec<u8>,
    },
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
    pub(super) fn new(source: Source<'_>, head: Head) -> Rows {
        let target = match (source.target(), head) {
            (Target::Classes { codes, count }, Head::Classes { .. }) => {
                Truth::Codes { codes: codes.clone(), count: *count }
            }
            (Target::Classes { codes, .. }, _) => Truth::Numbers(codes.iter().map(|&code| code as f32).collect()),
            (Target::Numbers(values), Head::Number { mean, deviation }) => {
                Truth::Numbers(values.iter().map(|value| ((value - mean) / deviation) as f32).collect())
            }
            (Target::Numbers(values), _) => Truth::Numbers(values.iter().map(|&value| value as f32).collect()),
        };
        let features = match source {
            Source::Memory(examples) => {
                let mut features = vec![0.0; examples.features.values().len()];
                row_major(&examples.features, 0, &mut features);
                Store::Memory(features)
            }
            Source::Spilled(spilled) => Store::Spilled {
                spilled: spilled.clone(),
                loaded: Vec::new(),
                slots: HashMap::new(),
                bytes: Vec::new(),
            },
        };
        let width = source.columns();
        Rows { blocks: Blocks::new(source.target().rows(), width), width, features, target }
    }

    pub(super) fn count(&self) -> usize {
        self.blocks.rows
    }

    pub(super) fn blocks(&self) -> Blocks {
        self.blocks
    }

    /// Has these blocks at hand, for [`Rows::gather`]; others need not be.
    pub(super) fn load(&mut self, wanted: &[u32]) -> Result<(), Failure> {
        let Store::Spilled { spilled, loaded, slots, bytes } = &mut self.features else { return Ok(()) };
        let (block_rows, width) = (self.blocks.block_rows, self.width);
        slots.clear();
        loaded.resize(wanted.len() * block_rows * width, 0.0);
        for (slot, &block) in wanted.iter().enumerate() {
            let rows = self.blocks.range(block as usize);
            bytes.resize(rows.len() * width * 4, 0);
            spilled.content.read_at((rows.start * width * 4) as u64, bytes).map_err(|error| {
                Failure::new(code::CANNOT_READ, format!("cannot read the rows in a temporary file: {error}"))
            })?;
            let place = &mut loaded[slot * block_rows * width..][..rows.len() * width];
            for (value, bytes) in place.iter_mut().zip(bytes.chunks_exact(4)) {
                *value = f32::from_le_bytes(bytes.try_into().expect("four bytes"));
            }
            slots.insert(block, slot);
        }
        Ok(())
    }

    /// Puts the rows of `order` into `batch`, whose memory is kept; their blocks are at hand.
    pub(super) fn gather(&self, order: &[u32], batch: &mut Batch) {
        let width = self.width;
        batch.features.resize(order.len() * width, 0.0);
        let places = batch.features.chunks_exact_mut(width.max(1)).zip(order);
        match &self.features {
            Store::Memory(features) => {
                for (place, &row) in places {
                    let start = row as usize * width;
                    place.copy_from_slice(&features[start..start + width]);
                }
            }
            Store::Spilled { loaded, slots, .. } => {
                for (place, &row) in places {
                    let (block, within) =
                        (row as usize / self.blocks.block_rows, row as usize % self.blocks.block_rows);
                    let start = (slots[&(block as u32)] * self.blocks.block_rows + within) * width;
                    place.copy_from_slice(&loaded[start..start + width]);
                }
            }
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
pub(crate) fn row_major(features: &Features, first: usize, output: &mut [f32]) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Examples;
    use crate::net::order;
    use crate::scales::Scales;
    use pipewright_world::random::Key;
    use std::sync::Arc;

    #[test]
    fn rows_outside_memory_are_gathered_as_those_in_memory() {
        let (rows, names): (usize, Arc<[String]>) = (1000, ["a".to_owned(), "b".to_owned(), "c".to_owned()].into());
        let values = (0..3 * rows).map(|value| (value as f64).sin()).collect();
        let target = Target::Classes { codes: (0..rows as u32).map(|row| row % 3).collect(), count: 3 };
        let examples = Examples::new(Features::new(rows, names.clone(), values), target.clone());
        let content = Arc::new(Spilled::row_major(&examples.features));
        let spilled = Spilled::new(names, content, target, Scales::of(&examples.features));
        let head = Head::Classes { count: 3 };
        let (mut inside, mut outside) = (Rows::new((&examples).into(), head), Rows::new((&spilled).into(), head));
        (inside.blocks.block_rows, outside.blocks.block_rows) = (7, 7);
        let (mut order, mut batches) = (Vec::new(), [Batch::default(), Batch::default()]);
        let windows = order::windows(inside.blocks(), Key::new(5));
        assert!(windows.len() > 2);
        for (number, window) in windows.iter().enumerate() {
            order::rows(inside.blocks(), window, number, Key::new(5), &mut order);
            for (rows, batch) in [&mut inside, &mut outside].into_iter().zip(&mut batches) {
                rows.load(window).unwrap();
                rows.gather(&order, batch);
            }
            assert_eq!(batches[0].features, batches[1].features);
            assert_eq!(batches[0].target, batches[1].target);
        }
    }
}
