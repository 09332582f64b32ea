//! Trees with known height, so that no chain of operators makes one too tall to walk or drop.

use super::input::{Problem, too_deep};
use crate::DEPTH_MAX;
use pipewright_diagnostic::{Span, Spanned};

/// A node and how many operators stand between it and its deepest leaf.
pub(crate) struct Tall<T> {
    pub(crate) node: Spanned<T>,
    pub(crate) height: usize,
}

impl<T> Tall<T> {
    /// A node without children.
    pub(crate) fn leaf(node: Spanned<T>) -> Tall<T> {
        Tall { node, height: 0 }
    }

    /// Creates a node over children with this maximum height.
    ///
    /// # Errors
    /// If it is too tall; the message points at the operator.
    pub(crate) fn over(height: usize, operator: Span, node: Spanned<T>) -> Result<Tall<T>, nom::Err<Problem>> {
        if height >= DEPTH_MAX {
            // The tree so far is as tall as allowed, and dropped here.
            return Err(nom::Err::Failure(Problem::Told(Box::new(too_deep(operator)))));
        }
        Ok(Tall { node, height: height + 1 })
    }
}
