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
pub mod profile;
mod relation;
pub mod summary;

#[cfg(any(test, feature = "testing"))]
pub mod laws;

pub use aggregate::Aggregate;
pub use applied::{Applied, Apply};
pub use chunks::{Chunks, in_waves};
pub use estimator::{
    About, Aim, Assign, Bad, BalanceMethod, Balancer, BalancerState, Beyond, BinMethod, Binner, BinnerState,
    CHUNK_ROWS, Carry, CarryState, Clip, ClipBound, ClipState, Convert, ConvertState, ConvertSummary, DatePart, Dates,
    DatesState, Derive, DeriveState, Encoder, EncoderMethod, EncoderState, Estimator, Fencing, Fill, Generalise, Hmac,
    Imputer, ImputerState, Knots, LeftOut, Log1p, Log1pState, Mask, MaskState, Masking, Neighbour, OutlierRows,
    OutlierState, Outliers, Period, Power, PowerFamily, PowerState, Products, ProductsState, QuantileMapper,
    QuantileState, Rare, Rename, RenameState, RenameSummary, Scaler, ScalerMethod, ScalerState, Shape, Smooth, Spline,
    SplineState, State, Summary, TableEstimator, TargetEncoder, TargetMethod, Unseen, Unusual, WordMethod, Words,
    WordsState, chosen, fit, fit_noting, indicator_of, missing_in, validate_names,
};
pub use expression::{
    Arithmetic, Call, Chapter, Comparison, ExprKind, Expression, Function, Moving, Parameter, Ranks, Reach, Score,
    Takes, Tally, Window,
};
pub use file::{
    BadRows, Format, Limits, NULLS, Origin, ReadOptions, Reading, Rejected, Scan, Sketch, Writer, read, scan, sketch,
};
pub use matrix::{Real, matrix};
pub use relation::{Concat, Direction, GroupBy, Grouping, How, Join, Measure, Pivot, Unpivot};
pub use schema::{Column, Entry, Kind, Role, Schema};
pub use selection::{Class, Fact, Selection};
pub use table::{Table, shortened, width_of};
pub use value::Value;
