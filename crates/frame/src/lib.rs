//! Tables over Arrow: schemas, reading and writing, expressions, mergeable summaries, and the estimators that clean
//! and prepare. Plain typed Rust; knows no language and no gradients.
#![doc = include_str!("../README.md")]

mod aggregate;
mod applied;
#[cfg(any(feature = "ipc", feature = "parquet"))]
mod arrow;
mod chunks;
mod conform;
mod lookup;
mod matrix;
mod names;
mod schema;
mod table;
mod value;

pub mod csv;
#[cfg(feature = "excel")]
mod excel;
pub mod file;
mod gather;
#[cfg(feature = "ipc")]
mod ipc;
pub mod json;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "sqlite")]
mod sqlite;
mod unpack;

mod expression;
mod selection;

mod estimator;
pub mod summary;

#[cfg(any(test, feature = "testing"))]
pub mod laws;

pub use aggregate::Aggregate;
pub use applied::{Applied, Apply};
pub use chunks::{Chunks, in_waves};
pub use estimator::{
    About, Aim, CHUNK_ROWS, Encoder, EncoderMethod, EncoderState, Estimator, Fill, Imputer, ImputerState, LeftOut,
    Rare, Scaler, ScalerMethod, ScalerState, State, Summary, TableEstimator, Unseen, fit, fit_noting,
};
pub use expression::{Arithmetic, Comparison, ExprKind, Expression};
pub use file::{
    BadRows, Format, Limits, NULLS, Origin, ReadOptions, Reading, Rejected, Scan, Sketch, Writer, read, scan, sketch,
};
pub use matrix::{Real, matrix};
pub use schema::{Column, Entry, Kind, Role, Schema};
pub use selection::{Class, Selection};
pub use table::Table;
pub use value::Value;
