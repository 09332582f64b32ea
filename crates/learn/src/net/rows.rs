//! Training data as the network reads it: row-major, in single precision, gathered into batches.

use super::head::Head;
use super::order::Blocks;
use super::trainer::Source;
use crate::data::{Column, Features, Labels, Target};
use crate::on_disk::OnDisk;
use crate::sparse_rows::{SparseRows, stored_count};
use pipewright_diagnostic::{Failure, code};
use std::collections::HashMap;

/// All rows of a data set.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    blocks: Blocks,
    width: usize,
    features: Store,
    target: Truth,
    /// Sample weights, 1 on average; `None` if rows are not weighted.
    weights: Option<Vec<f32>>,
}

/// Storage of the features.
#[derive(Debug, Clone)]
enum Store {
    Memory(Vec<f32>),
    /// In memory, as compressed sparse rows.
    Sparse(SparseRows),
    /// On disk; some blocks are loaded.
    OnDisk {
        rows: OnDisk,
        loaded: Vec<f32>,
        /// For each loaded block, its slot.
        slots: HashMap<u32, usize>,
        bytes: Vec<u8>,
    },
}

/// The target as encoded by a head.
#[derive(Debug, Clone)]
enum Truth {
    /// One number per row: 0 or 1 for classes, the standardised number otherwise.
    Numbers(Vec<f32>),
    /// The class of each row, one-hot encoded in batches.
    Codes { codes: Vec<u32>, count: usize, marks: Marks },
}

/// The shares of a class in the target of a row: of its own class, and of each other one.
#[derive(Debug, Clone, Copy)]
struct Marks {
    own: f32,
    other: f32,
}

impl Marks {
    /// A share of the target is spread evenly among all classes.
    fn smoothed(smoothing: f64, classes: usize) -> Marks {
        let other = smoothing / classes as f64;
        Marks { own: (1.0 - smoothing + other) as f32, other: other as f32 }
    }
}

/// A batch of rows: the inputs of the training graph.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    pub(super) features: Vec<f32>,
    pub(super) target: Vec<f32>,
    /// The numbers of a row of the target.
    pub(super) target_width: usize,
    /// Empty if rows are not weighted.
    pub(super) weights: Vec<f32>,
    /// Memory to mix rows.
    pub(super) first: Vec<f32>,
}

impl Batch {
    /// Returns the inputs of a graph of the loss, with the number of the step if it takes one, and their number.
    pub(super) fn inputs<'a>(&'a self, step: Option<&'a [f32; 1]>) -> ([&'a [f32]; 4], usize) {
        let count = if self.weights.is_empty() { 2 } else { 3 };
        match step {
            Some(step) => ([&self.features, step, &self.target, &self.weights], count + 1),
            None => ([&self.features, &self.target, &self.weights, &[]], count),
        }
    }
}

impl Rows {
    /// Creates the rows of a source, with a weight of each row if rows are weighted. A share `smoothing` of the target is
    /// spread evenly among all classes (label smoothing).
    pub(super) fn new(source: Source<'_>, head: Head, weights: Option<Vec<f32>>, smoothing: f64) -> Rows {
        let target = match (source.labels().target(), head) {
            (Target::Classes { codes, count }, Head::Classes { .. }) => {
                Truth::Codes { codes: codes.clone(), count: *count, marks: Marks::smoothed(smoothing, *count) }
            }
            (Target::Classes { codes, .. }, _) => {
                let Marks { own, other } = Marks::smoothed(smoothing, 2);
                Truth::Numbers(codes.iter().map(|&code| if code == 0 { other } else { own }).collect())
            }
            (Target::Numbers(values), _) => {
                let (start, unit) = head.units().unwrap_or((0.0, 1.0));
                Truth::Numbers(values.iter().map(|value| ((value - start) / unit) as f32).collect())
            }
        };
        let features = match source {
            Source::Memory(rows) if is_sparse(&rows.features) => Store::Sparse(SparseRows::of(&rows.features)),
            Source::Memory(rows) => {
                let mut features = vec![0.0; rows.rows() * rows.features.columns()];
                row_major(&rows.features, 0, &mut features);
                Store::Memory(features)
            }
            Source::OnDisk(rows) => {
                Store::OnDisk { rows: rows.clone(), loaded: Vec::new(), slots: HashMap::new(), bytes: Vec::new() }
            }
        };
        let width = source.columns();
        Rows { blocks: Blocks::new(source.labels().rows(), width), width, features, target, weights }
    }

    pub(super) fn count(&self) -> usize {
        self.blocks.rows
    }

    pub(super) fn blocks(&self) -> Blocks {
        self.blocks
    }

    /// Loads these blocks for [`Rows::gather`]; others may be dropped.
    pub(super) fn load(&mut self, wanted: &[u32]) -> Result<(), Failure> {
        let Store::OnDisk { rows: on_disk, loaded, slots, bytes } = &mut self.features else { return Ok(()) };
        let (block_rows, width) = (self.blocks.block_rows, self.width);
        slots.clear();
        loaded.resize(wanted.len() * block_rows * width, 0.0);
        for (slot, &block) in wanted.iter().enumerate() {
            let rows = self.blocks.range(block as usize);
            bytes.resize(rows.len() * width * 4, 0);
            on_disk.content.read_at((rows.start * width * 4) as u64, bytes).map_err(|error| {
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

    /// Copies the rows of `order` into `batch`, reusing its memory; their blocks must be loaded.
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
            Store::Sparse(sparse) => places.for_each(|(place, &row)| sparse.write(row as usize, place)),
            Store::OnDisk { loaded, slots, .. } => {
                for (place, &row) in places {
                    let (block, within) =
                        (row as usize / self.blocks.block_rows, row as usize % self.blocks.block_rows);
                    let start = (slots[&(block as u32)] * self.blocks.block_rows + within) * width;
                    place.copy_from_slice(&loaded[start..start + width]);
                }
            }
        }
        if let Some(weights) = &self.weights {
            batch.weights.resize(order.len(), 0.0);
            batch.weights.iter_mut().zip(order).for_each(|(slot, &row)| *slot = weights[row as usize]);
        }
        match &self.target {
            Truth::Numbers(values) => {
                batch.target_width = 1;
                batch.target.resize(order.len(), 0.0);
                for (slot, &row) in batch.target.iter_mut().zip(order) {
                    *slot = values[row as usize];
                }
            }
            Truth::Codes { codes, count, marks } => {
                batch.target_width = *count;
                batch.target.clear();
                batch.target.resize(order.len() * count, marks.other);
                for (slot, &row) in batch.target.chunks_exact_mut(*count).zip(order) {
                    slot[codes[row as usize] as usize] = marks.own;
                }
            }
        }
    }
}

/// Are most of the numbers 0, and stored as if they were?
fn is_sparse(features: &Features) -> bool {
    // A stored number takes three times the memory of one in a row of all.
    features.has_sparse() && 3 * stored_count(features) < features.rows() * features.columns()
}

/// Returns the sample weights scaled to be 1 on average, so that step sizes are as without weights.
pub(super) fn mean_one(labels: &Labels) -> Vec<f32> {
    let mean = labels.total_weight() / labels.rows() as f64;
    let weights = labels.weights().map(|weights| weights.iter().map(|weight| (weight / mean) as f32).collect());
    weights.unwrap_or_else(|| vec![1.0; labels.rows()])
}

/// Writes the rows from `first` on into `output`, row-major, until it is full.
pub(crate) fn row_major(features: &Features, first: usize, output: &mut [f32]) {
    // Number of rows that stay in the cache while all columns are written into them.
    const BLOCK: usize = 64;
    let columns = features.columns();
    let is_sparse = |column: &usize| matches!(features.stored(*column), Column::Sparse(_));
    let (sparse, dense): (Vec<usize>, Vec<usize>) = (0..columns).partition(is_sparse);
    write_sparse(features, &sparse, first, output);
    for (index, block) in output.chunks_mut(BLOCK * columns.max(1)).enumerate() {
        let rows = block.len() / columns.max(1);
        let start = first + index * BLOCK;
        for &column in &dense {
            for (row, &value) in features.column(column)[start..start + rows].iter().enumerate() {
                block[row * columns + column] = value as f32;
            }
        }
    }
}

/// Writes the sparse columns, zeros included, of the rows from `first` on.
fn write_sparse(features: &Features, sparse: &[usize], first: usize, output: &mut [f32]) {
    if sparse.is_empty() {
        return;
    }
    output.fill(0.0);
    let columns = features.columns();
    let rows = first as u32..(first + output.len() / columns) as u32;
    for &column in sparse {
        let Column::Sparse(stored) = features.stored(column) else { continue };
        let start = stored.positions().partition_point(|&row| row < rows.start);
        let numbers = stored.positions()[start..].iter().zip(&stored.values()[start..]);
        for (&row, &value) in numbers.take_while(|(row, _)| **row < rows.end) {
            output[(row - rows.start) as usize * columns + column] = value as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use crate::net::order;
    use crate::scales::Scales;
    use pipewright_world::random::Key;
    use std::sync::Arc;

    #[test]
    fn rows_outside_memory_are_gathered_as_those_in_memory() {
        let (rows, names): (usize, Arc<[String]>) = (1000, ["a".to_owned(), "b".to_owned(), "c".to_owned()].into());
        let values = (0..3 * rows).map(|value| (value as f64).sin()).collect();
        let target = Target::Classes { codes: (0..rows as u32).map(|row| row % 3).collect(), count: 3 };
        let dataset = Dataset::new(Features::new(rows, names.clone(), values), target.clone());
        let content = Arc::new(OnDisk::row_major(&dataset.features));
        let on_disk = OnDisk::new(names, content, target, Scales::of(&dataset.features));
        let head = Head::Classes { count: 3 };
        let (mut inside, mut outside) =
            (Rows::new((&dataset).into(), head, None, 0.0), Rows::new((&on_disk).into(), head, None, 0.0));
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
