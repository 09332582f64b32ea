//! Evaluation.

mod adjusting;
pub(crate) mod assert;
pub(crate) mod assess;
pub(crate) mod calibrate;
pub(crate) mod compare;
pub(crate) mod conformal;
pub(crate) mod eval;
pub(crate) mod evaluator;
pub(crate) mod holdout;
mod intervals;
pub(crate) use intervals::CONFIDENCE;
mod ledger;
pub(crate) mod rows;
mod scheme;
mod subgroups;
mod suspicion;
pub(crate) mod threshold;
pub(crate) mod tune;
