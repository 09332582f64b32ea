//! Isotonic regression.

use super::Binary;
use serde::{Deserialize, Serialize};

/// An ascending function: straight lines between points, constant beyond the first and the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Isotonic {
    /// Ascending.
    inputs: Vec<f64>,
    /// Not descending.
    outputs: Vec<f64>,
}

/// Neighbouring points of one value.
#[derive(Clone, Copy)]
struct Block {
    weight: f64,
    /// The weight of the rows of the class.
    hits: f64,
    /// The first and the last input.
    ends: (f64, f64),
}

impl Block {
    fn value(&self) -> f64 {
        self.hits / self.weight
    }

    fn joined(self, next: Block) -> Block {
        let ends = (self.ends.0, next.ends.1);
        Block { weight: self.weight + next.weight, hits: self.hits + next.hits, ends }
    }
}

impl Isotonic {
    /// Least squares among ascending functions, by pooling adjacent violators: R. Barlow, D. Bartholomew, J. Bremner, H.
    /// Brunk, "Statistical inference under order restrictions" (1972).
    pub(super) fn fit(rows: &Binary) -> Isotonic {
        let mut order: Vec<usize> = (0..rows.probabilities.len()).collect();
        order.sort_by(|&a, &b| rows.probabilities[a].total_cmp(&rows.probabilities[b]));
        let mut blocks: Vec<Block> = Vec::new();
        let same = |a: &usize, b: &usize| rows.probabilities[*a] == rows.probabilities[*b];
        for ties in order.chunk_by(same) {
            let weight = ties.iter().map(|&row| rows.weights[row]).sum();
            let hits = ties.iter().filter(|&&row| rows.is_class[row]).map(|&row| rows.weights[row]).sum();
            let input = rows.probabilities[ties[0]];
            let mut block = Block { weight, hits, ends: (input, input) };
            while let Some(last) = blocks.pop_if(|last| last.value() >= block.value()) {
                block = last.joined(block);
            }
            blocks.push(block);
        }
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for block in blocks {
            let (first, last) = block.ends;
            let ends = if first < last { vec![first, last] } else { vec![first] };
            outputs.extend(ends.iter().map(|_| block.value().clamp(0.0, 1.0)));
            inputs.extend(ends);
        }
        Isotonic { inputs, outputs }
    }

    pub(super) fn at(&self, input: f64) -> f64 {
        let next = self.inputs.partition_point(|other| *other < input);
        match (next.checked_sub(1), self.inputs.get(next)) {
            (None, _) => self.outputs[0],
            (Some(last), None) => self.outputs[last],
            (Some(last), Some(&end)) => {
                let share = (input - self.inputs[last]) / (end - self.inputs[last]);
                let (low, high) = (self.outputs[last], self.outputs[next]);
                (low + share * (high - low)).clamp(low, high)
            }
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        let within = |values: &[f64]| values.iter().all(|value| (0.0..=1.0).contains(value));
        !self.inputs.is_empty()
            && self.inputs.len() == self.outputs.len()
            && within(&self.inputs)
            && within(&self.outputs)
            && self.inputs.windows(2).all(|pair| pair[0] < pair[1])
            && self.outputs.is_sorted()
    }
}
