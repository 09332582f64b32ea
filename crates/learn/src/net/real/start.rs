//! The parameters before the first step: of unit variance on the training rows.

use super::layers::{Layers, Part, Role};
use crate::generate::normal;
use pipewright_tensor::Program;
use pipewright_world::random::Key;
use std::f64::consts::PI;

/// Rows that the sums of a layer are measured on.
pub(super) const ROWS: usize = 1024;
/// Rows that an initial bias is a mean of: `he+5` of "Better by Default".
const BIAS_ROWS: usize = 5;

/// Returns the parameters at the start. Embeddings are random; kernels are normally distributed and, if `by_data`,
/// scaled so that the sums of each unit have variance 1 on `rows`, whose negative weighted mean over a few random rows
/// is the unit's bias. Otherwise the biases are 0.
pub(super) fn parameters(layers: &Layers, rows: &[f32], count: usize, by_data: bool, key: Key) -> Vec<f32> {
    let parts = layers.parts();
    let mut parameters = Vec::with_capacity(parts.iter().map(|part| part.count()).sum());
    let mut starts = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        starts.push(parameters.len());
        let key = key.index(index as u64);
        parameters.extend((0..part.count()).map(|place| number(layers, *part, place, key) as f32));
    }
    if !by_data || count == 0 {
        return parameters;
    }
    let recorded = layers.prediction();
    let mut program = Program::<f32>::new(&recorded.graph, &recorded.sums, count);
    for layer in 0..recorded.sums.len() {
        let place = |role| parts.iter().position(|part| part.role == role).map(|index| (index, starts[index]));
        let (Some((index, kernel)), Some((_, bias))) = (place(Role::Kernel(layer)), place(Role::Bias(layer))) else {
            continue;
        };
        program.run(count, &[rows], &parameters);
        let [_, width] = parts[index].sides;
        let sums = program.output(layer).to_vec();
        fit_layer(&sums, width, &mut parameters[kernel..], key.child("bias").index(layer as u64), bias - kernel);
    }
    parameters
}

/// Scales a kernel, which is at the start of `parameters`, and sets the bias, which is at `bias` of them.
fn fit_layer(sums: &[f32], width: usize, parameters: &mut [f32], key: Key, bias: usize) {
    let count = sums.len() / width.max(1);
    for unit in 0..width {
        let values = || sums.iter().skip(unit).step_by(width).map(|&value| f64::from(value));
        let mean = values().sum::<f64>() / count as f64;
        let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count as f64;
        // What is the same in all rows stays as it is.
        let factor = if variance > 1e-12 { 1.0 / variance.sqrt() } else { 1.0 };
        let (kernel, biases) = parameters.split_at_mut(bias);
        kernel.iter_mut().skip(unit).step_by(width).for_each(|weight| *weight = (f64::from(*weight) * factor) as f32);
        let draws = key.index(unit as u64);
        let shares: Vec<f64> = (0..BIAS_ROWS).map(|draw| -libm::log(1.0 - draws.uniform(draw as u64))).collect();
        let total: f64 = shares.iter().sum();
        let row = |draw: usize| draws.child("row").below(draw as u64, count as u64) as usize;
        let weighted = shares.iter().enumerate().map(|(draw, share)| share * f64::from(sums[row(draw) * width + unit]));
        let centre = weighted.sum::<f64>() * factor / total.max(f64::MIN_POSITIVE);
        biases[unit] = -centre as f32;
    }
}

/// A number of a parameter.
fn number(layers: &Layers, part: Part, place: usize, key: Key) -> f64 {
    let uniform = |limit: f64| limit * (2.0 * key.uniform(place as u64) - 1.0);
    let periodic = || layers.periodic.map_or((0.0, 1.0), |own| (own.deviation, (own.frequencies.max(1) as f64).sqrt()));
    match part.role {
        Role::Frequencies => periodic().0 * normal(key, place),
        Role::Phases => uniform(PI),
        Role::Mixing | Role::MixingBias => uniform(1.0 / periodic().1),
        // The last row is for levels that are missing or new: it says nothing until it has learned.
        Role::Table if place >= (part.sides[0] - 1) * part.sides[1] => 0.0,
        Role::Table => normal(key, place),
        Role::Kernel(_) => normal(key, place) / (part.sides[0].max(1) as f64).sqrt(),
        Role::Scaling | Role::Bend(_) => 1.0,
        Role::Bias(_) => 0.0,
    }
}
