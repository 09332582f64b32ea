//! Everything that works on tables under one name: [`pipewright_table`], [`pipewright_expr`], [`pipewright_io`] and
//! [`pipewright_prepare`]. Plain typed Rust; knows no language and no gradients.
#![doc = include_str!("../README.md")]

pub use pipewright_expr::{
    Aggregate, Arithmetic, Assign, Call, Chapter, Class, Comparison, Concat, ExprKind, Expression, Fact, Function,
    GroupBy, Grouping, How, Join, Measure, Moving, Parameter, Pivot, Ranks, Reach, Score, Selection, Takes, Tally,
    Unpivot, Window,
};
pub use pipewright_io::{
    BadRows, FORMATS, FileFormat, Format, Limits, NULLS, ReadOptions, Reader, Reading, Rejected, Scan, Signature,
    Sketch, Writer, csv, file, json, read, scan, sketch,
};
#[cfg(feature = "testing")]
pub use pipewright_prepare::laws;
pub use pipewright_prepare::{
    About, Aim, Applied, Apply, Bad, BalanceMethod, Balancer, BalancerState, Beyond, BinMethod, Binner, BinnerState,
    Carry, CarryState, Clip, ClipBound, ClipState, Convert, ConvertState, ConvertSummary, Dates, DatesState, Derive,
    DeriveState, Encoder, EncoderMethod, EncoderState, Estimator, Fencing, Fill, Generalise, Hmac, Imputer,
    ImputerState, Knots, LeftOut, Log1p, Log1pState, Mask, MaskState, Masking, Neighbour, OutlierRows, OutlierState,
    Outliers, Period, Power, PowerFamily, PowerState, Products, ProductsState, QuantileMapper, QuantileState, Rare,
    Rename, RenameState, RenameSummary, Scaler, ScalerMethod, ScalerState, Shape, Smooth, Spline, SplineState, State,
    Summary, TableEstimator, TargetEncoder, TargetMethod, Unseen, Unusual, WordMethod, Words, WordsState, chosen, fit,
    fit_noting, indicator_of, missing_in, profile, validate_names,
};
pub use pipewright_table::{
    CHUNK_ROWS, Chunks, Column, DatePart, Direction, Entry, Kind, Origin, Real, Role, Schema, SparseArray, Stored,
    Table, Value, in_waves, matrix, shortened, summary, width_of,
};
