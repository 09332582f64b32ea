//! Products of the groups of columns of a matrix, each with a small matrix of its own.

use super::{Differentiable, Domain, Op, Rule, Sample, SampleInput, Sides, View, count};
use crate::Element;
use crate::graph::{Graph, Node};
use crate::kernel;
use crate::shape::{Shape, Size};

/// Σ over rows n, groups g, j and k of A(n, g·k)·B(g·j, k)·C(n, g·j) is linear in each of the three matrices; the
/// operation computes the factor of the wanted one from the other two. A is N × G·K, B is G·J × K: a matrix of J × K
/// for each of G groups, and C is N × G·J.
///
/// The gradients of each are the factors of the others, so the operation is its own adjoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grouped {
    /// G, the number of groups.
    pub groups: usize,
    /// Which of the three matrices is computed.
    pub wanted: Wanted,
}

/// The matrix that a [`Grouped`] product computes from the other two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// C from A and B: the columns of each group times the transpose of its matrix.
    Result,
    /// A from C and B.
    Columns,
    /// B from A and C.
    Matrices,
}

impl Grouped {
    fn sides(self, inputs: &[Shape]) -> Option<Shape> {
        let &[first, second] = inputs else { return None };
        let fixed = |size: Size| if let Size::Fixed(size) = size { Some(size) } else { None };
        let of_group = |size: Size| {
            let size = fixed(size)?;
            (self.groups > 0 && size % self.groups == 0).then(|| size / self.groups)
        };
        let wide = |width: usize| Shape { rows: first.rows, columns: Size::Fixed(self.groups * width) };
        match self.wanted {
            Wanted::Result => {
                (of_group(first.columns)? == fixed(second.columns)?).then_some(wide(of_group(second.rows)?))
            }
            Wanted::Columns => (first.columns == second.rows && of_group(second.rows).is_some())
                .then_some(wide(fixed(second.columns)?)),
            Wanted::Matrices => {
                let (inner, outer) = (of_group(first.columns)?, of_group(second.columns)?);
                (first.rows == second.rows).then_some(Shape::fixed(self.groups * outer, inner))
            }
        }
    }
}

impl Rule for Grouped {
    const NAME: &'static str = "grouped";
    const EXPECTS: &'static str = "two matrices whose groups agree";

    fn shape(&self, inputs: &[Shape]) -> Option<Shape> {
        self.sides(inputs)
    }

    fn forward<T: Element>(&self, inputs: &[View<'_, T>], output: &mut [T]) {
        let (first, second) = (inputs[0], inputs[1]);
        match self.wanted {
            Wanted::Result => kernel::grouped_result(self.groups, first.values, second.values, second.shape, output),
            Wanted::Columns => kernel::grouped_columns(self.groups, first.values, second.values, second.shape, output),
            Wanted::Matrices => {
                let shape = [second.shape[1], first.shape[1] / self.groups];
                kernel::grouped_matrices(self.groups, first.values, second.values, shape, output);
            }
        }
    }

    fn backward(&self, graph: &mut Graph, inputs: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        let (first, second) = (inputs[0], inputs[1]);
        let mut of = |wanted, left, right| Some(graph.grouped(left, right, Grouped { wanted, ..*self }));
        match self.wanted {
            Wanted::Result => {
                vec![of(Wanted::Columns, upstream, second), of(Wanted::Matrices, first, upstream)]
            }
            Wanted::Columns => {
                vec![of(Wanted::Result, upstream, second), of(Wanted::Matrices, upstream, first)]
            }
            Wanted::Matrices => {
                vec![of(Wanted::Columns, second, upstream), of(Wanted::Result, first, upstream)]
            }
        }
    }

    fn cost(&self, inputs: &[[usize; 2]], output: [usize; 2]) -> u64 {
        // Every number of a row of A or C meets a row or a column of its group's matrix.
        let partner = match self.wanted {
            Wanted::Result => inputs[1][1],
            Wanted::Columns => inputs[1][0] / self.groups,
            Wanted::Matrices => inputs[0][0],
        };
        2 * count(output) * partner as u64
    }

    fn samples(sides: Sides) -> Vec<Sample> {
        const GROUPS: usize = 2;
        let input =
            |shape| SampleInput { shape, domain: Domain::Any, differentiable: Differentiable::Yes };
        let mut samples = Vec::new();
        // An inner side of 1 has a loop of its own.
        for inner in [1, sides.inner] {
            let columns = input(Shape::batch(GROUPS * inner));
            let matrices = input(Shape::fixed(GROUPS * sides.columns, inner));
            let result = input(Shape::batch(GROUPS * sides.columns));
            let cases = [
                (Wanted::Result, [columns, matrices]),
                (Wanted::Columns, [result, matrices]),
                (Wanted::Matrices, [columns, result]),
            ];
            samples.extend(cases.map(|(wanted, inputs)| Sample {
                op: Op::Grouped(Grouped { groups: GROUPS, wanted }),
                inputs: inputs.to_vec(),
            }));
        }
        samples
    }
}
