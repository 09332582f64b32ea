//! The logarithm of the sum of the exponentials of every row: a smooth maximum.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, TRANSCENDENTAL_COST, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Axis, Shape};

/// bᵢ = mᵢ + ln Σⱼ e^(Aᵢⱼ − mᵢ) with mᵢ = maxⱼ Aᵢⱼ, which cannot overflow, and −∞ where all are; Āᵢⱼ =
/// softmax(A)ᵢⱼ·b̄ᵢ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogSumExp;

impl Rule for LogSumExp {
    const NAME: &'static str = "log_sum_exp";
    const EXPECTS: &'static str = "one matrix";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        let &[matrix] = inputs else { return None };
        Some(Axis::Columns.reduced(matrix))
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        kernel::log_sum_exp(inputs[0].values, inputs[0].shape[1], output);
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let columns = graph.shape(inputs[0]).columns;
        let share = graph.softmax(inputs[0]);
        let repeated = graph.repeat_columns(upstream, columns);
        vec![Some(graph.multiply(share, repeated))]
    }

    fn cost(&self, inputs: &[[usize; 2]], output: [usize; 2]) -> u64 {
        (TRANSCENDENTAL_COST + 3) * count(inputs[0]) + TRANSCENDENTAL_COST * count(output)
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = SampleInput {
            shape: Shape::batch(sides.columns),
            domain: Domain::Any,
            differentiable: Differentiable::Yes,
        };
        vec![Sample { op: Op::LogSumExp(LogSumExp), inputs: vec![input] }]
    }
}
