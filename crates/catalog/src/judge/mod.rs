//! Evaluation.

pub(crate) mod assert;
pub(crate) mod eval;
mod rows;
mod suspicion;
