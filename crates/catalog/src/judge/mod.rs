//! Evaluation.

pub(crate) mod assert;
pub(crate) mod eval;
pub(crate) mod rows;
mod suspicion;
pub(crate) mod tune;
