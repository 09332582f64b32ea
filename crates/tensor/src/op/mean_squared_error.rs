//! The mean squared error.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::Shape;

/// l = Σᵢⱼ (Pᵢⱼ − Tᵢⱼ)² / (m·n), 0 for no elements; P̄ = 2·(P − T)·l̄ / (m·n), T̄ = −P̄.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquaredError;

impl Rule for MeanSquaredError {
    const NAME: &'static str = "mean_squared_error";
    const EXPECTS: &'static str = "two matrices of one shape";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        (inputs.len() == 2 && inputs[0] == inputs[1]).then_some(Shape::SCALAR)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let (prediction, target) = (inputs[0].values, inputs[1].values);
        let sum = kernel::sum_of(prediction, target, |prediction, target| {
            let difference = prediction - target;
            difference * difference
        });
        output[0] = super::over(sum, prediction.len());
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let difference = graph.subtract(inputs[0], inputs[1]);
        let double = graph.scale(difference, 2.0);
        let shape = graph.shape(inputs[0]);
        let share = graph.spread(upstream, shape);
        let gradient = graph.multiply(double, share);
        vec![Some(gradient), Some(graph.negate(gradient))]
    }

    fn cost(&self, inputs: &[[usize; 2]], _: [usize; 2]) -> u64 {
        3 * count(inputs[0])
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        let input = |domain, differentiable| SampleInput { shape: Shape::batch(sides.columns), domain, differentiable };
        let inputs = vec![input(Domain::Any, Differentiable::Yes), input(Domain::Any, Differentiable::Yes)];
        vec![Sample { op: Op::MeanSquaredError(MeanSquaredError), inputs }]
    }
}
