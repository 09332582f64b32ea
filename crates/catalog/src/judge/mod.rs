//! Evaluation.

pub(crate) mod assert;
pub(crate) mod calibrate;
pub(crate) mod compare;
pub(crate) mod eval;
mod intervals;
pub(crate) mod rows;
mod scheme;
mod suspicion;
pub(crate) mod tune;
