//! Random elements set to 0, anew in every step.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// B = A·m / (1 − rate), where each mᵢⱼ is 0 with probability `rate`, else 1, a function of the key, the step and the
/// element's index only; Ā = B̄·m / (1 − rate). The step has no gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The probability of a 0, at least 0 and below 1.
    pub rate: f64,
    /// Distinguishes this mask from others of the same step.
    pub key: u64,
}

/// Returns the two words of a step's mask: the key and the step, mixed (Steele, Lea and Flood's SplitMix64).
pub(super) fn words(key: u64, step: f64) -> [u32; 2] {
    let mut word = key.wrapping_add((step as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^= word >> 31;
    [word as u32, (word >> 32) as u32]
}

/// An element is kept if its hash is at least this.
pub(super) fn threshold(rate: f64) -> u32 {
    (rate * 2.0_f64.powi(32)) as u32
}

impl Rule for Dropout {
    const NAME: &'static str = "dropout";
    const EXPECTS: &'static str = "a matrix and a step (1×1), with a rate of at least 0 and below 1,";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix, step] = inputs else { return None };
        (step == Shape::SCALAR && (0.0..1.0).contains(&self.rate)).then_some(matrix)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let words = words(self.key, inputs[1].values[0].to_f64());
        kernel::dropout(words, threshold(self.rate), T::from_f64(1.0 - self.rate), inputs[0].values, output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(graph.dropout(upstream, inputs[1], *self)), None]
    }

    fn cost(&self, _: &[[usize; 2]], output: [usize; 2]) -> u64 {
        2 * count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let inputs = vec![
            SampleInput {
                shape: Shape::batch(sides.columns),
                domain: Domain::Any,
                differentiable: Differentiable::Yes,
            },
            SampleInput { shape: Shape::SCALAR, domain: Domain::Index(100), differentiable: Differentiable::No },
        ];
        [0.0, 0.3]
            .map(|rate| Sample { op: Op::Dropout(Dropout { rate, key: 7 }), inputs: inputs.clone() })
            .to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::{Dropout, Rule, View};

    const COUNT: usize = 100_000;

    fn kept(dropout: Dropout, step: f32) -> Vec<bool> {
        let ones = vec![1.0_f32; COUNT];
        let inputs = [View { values: &ones, shape: [COUNT, 1] }, View { values: &[step], shape: [1, 1] }];
        let mut output = vec![0.0; COUNT];
        dropout.forward(&inputs, &mut output);
        let value = 1.0 / (1.0 - dropout.rate) as f32;
        assert!(output.iter().all(|&element| element == 0.0 || element == value));
        output.iter().map(|&element| element != 0.0).collect()
    }

    /// The share of places where both are alike.
    fn agreement(left: &[bool], right: &[bool]) -> f64 {
        left.iter().zip(right).filter(|(left, right)| left == right).count() as f64 / left.len() as f64
    }

    #[test]
    fn masks_have_their_rate_and_know_nothing_of_each_other() {
        // Five standard deviations of a share of 100 000.
        let slack = 5.0 * 0.5 / (COUNT as f64).sqrt();
        let half = Dropout { rate: 0.5, key: 1 };
        let mask = kept(half, 0.0);
        let others = [
            kept(half, 1.0),
            kept(half, 2.0),
            kept(Dropout { key: 2, ..half }, 0.0),
            mask[1..].to_vec(),
            mask[2..].to_vec(),
            mask[64..].to_vec(),
        ];
        for other in others {
            assert!((agreement(&mask, &other) - 0.5).abs() < slack);
        }
        for rate in [0.0, 0.1, 0.5, 0.9] {
            let kept = kept(Dropout { rate, key: 3 }, 5.0).iter().filter(|&&is_kept| is_kept).count();
            let share = kept as f64 / COUNT as f64;
            assert!((share - (1.0 - rate)).abs() < slack, "{share} at a rate of {rate}");
        }
        assert_eq!(mask, kept(half, 0.0), "the same key and step, the same mask");
    }
}
