//! Tables over Arrow: schemas, reading and writing, expressions, mergeable summaries, and the estimators that clean
//! and prepare. Plain typed Rust; knows no language and no gradients.
#![doc = include_str!("../README.md")]

mod aggregate;
#[cfg(any(feature = "ipc", feature = "parquet"))]
mod arrow;
mod chunks;
mod conform;
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
pub use chunks::{Chunks, in_waves};
pub use estimator::{
    About, Aim, Assign, Bad, CHUNK_ROWS, Convert, ConvertState, ConvertSummary, Derive, DeriveState, Encoder,
    EncoderMethod, EncoderState, Estimator, Fill, Imputer, ImputerState, LeftOut, Rare, Rename, RenameState,
    RenameSummary, Scaler, ScalerMethod, ScalerState, State, Summary, TableEstimator, Unseen, fit, fit_noting,
};
pub use expression::{
    Arithmetic, Call, Chapter, Comparison, ExprKind, Expression, Function, Moving, Parameter, Ranks, Reach, Score,
    Takes, Tally, Window,
};
pub use file::{
    BadRows, Format, Limits, NULLS, Origin, ReadOptions, Reading, Rejected, Scan, Sketch, Writer, read, scan, sketch,
};
pub use schema::{Column, Entry, Kind, Role, Schema};
pub use selection::{Class, Fact, Selection};
pub use table::Table;
pub use value::Value;
