//! Predictions of a network, block by block of rows.

use super::architecture::Architecture;
use super::rows::row_major;
use crate::data::Features;
use pipewright_tensor::Program;
use rayon::prelude::*;
use std::ops::Range;

/// Maximum number of rows per prediction block; a function of sizes only, so that results do not depend on threads.
const BLOCK_ROWS: usize = 1024;
/// Maximum number of values per block, if that leaves a few rows.
const BLOCK_NUMBERS: usize = 1 << 22;
const BLOCK_ROWS_MIN: usize = 32;

/// Returns all outputs of a network with these weights, row-major.
pub(super) fn outputs(architecture: &Architecture, weights: &[f32], inputs: &Inputs<'_>) -> Vec<f32> {
    let rows = inputs.count();
    let block_rows = (BLOCK_NUMBERS / architecture.inputs.max(1)).clamp(BLOCK_ROWS_MIN, BLOCK_ROWS);
    let (graph, output) = architecture.prediction();
    let program = Program::<f32>::new(&graph, &[output], rows.min(block_rows));
    let width = architecture.head.outputs();
    let mut outputs = vec![0.0; rows * width];
    outputs.par_chunks_mut(block_rows * width).enumerate().for_each_init(
        || (program.clone(), Vec::new()),
        |(program, memory), (block, outputs)| {
            let (start, count) = (block * block_rows, outputs.len() / width);
            program.run(count, &[inputs.block(start..start + count, memory)], weights);
            outputs.copy_from_slice(program.output(0));
        },
    );
    outputs
}

/// Inputs to predict from.
pub(super) enum Inputs<'a> {
    /// Row-major.
    Rows { values: &'a [f32], width: usize },
    /// Column-major.
    Columns(&'a Features),
}

impl Inputs<'_> {
    pub(super) fn count(&self) -> usize {
        match self {
            Inputs::Rows { values, width } => values.len() / width,
            Inputs::Columns(features) => features.rows(),
        }
    }

    /// Returns some rows in row-major order, in the lent buffer if needed.
    fn block<'s>(&'s self, rows: Range<usize>, memory: &'s mut Vec<f32>) -> &'s [f32] {
        match self {
            Inputs::Rows { values, width } => &values[rows.start * width..rows.end * width],
            Inputs::Columns(features) => {
                memory.resize(rows.len() * features.columns(), 0.0);
                row_major(features, rows.start, memory);
                memory
            }
        }
    }
}
