//! Tables over Arrow: schemas, reading and writing, expressions, mergeable summaries, and the estimators that clean
//! and prepare. Plain typed Rust; knows no language and no gradients.
#![doc = include_str!("../README.md")]

mod conform;
mod schema;
mod table;
mod value;

pub mod csv;
pub mod json;

mod expression;
mod selection;

mod estimator;
pub mod summary;

#[cfg(any(test, feature = "testing"))]
pub mod laws;

pub use estimator::{
    CHUNK_ROWS, Encoder, EncoderMethod, EncoderState, Estimator, Fill, Imputer, ImputerState, LeftOut, Rare, Scaler,
    ScalerMethod, ScalerState, State, Summary, Unseen, fit,
};
pub use expression::{Arithmetic, Comparison, ExprKind, Expression};
pub use schema::{Column, Entry, Kind, Role, Schema};
pub use selection::{Class, Selection};
pub use table::Table;
pub use value::Value;
