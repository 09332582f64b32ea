//! From graphs to graphs: fewer nodes for the same numbers, and gradients row by row.

mod row_gradients;
mod simplify;

pub(crate) use row_gradients::row_gradients;
pub(crate) use simplify::simplified;
