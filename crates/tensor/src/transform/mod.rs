//! Graph transformations: simplification, and per-row gradients.

mod row_gradients;
mod simplify;

pub(crate) use row_gradients::row_gradients;
pub(crate) use simplify::simplified;
