//! The table crates under one name: [`pipewright_table`], [`pipewright_expr`], [`pipewright_io`] and
//! [`pipewright_prepare`]. Plain typed Rust, independent of the pipeline language and of gradients.
#![doc = include_str!("../README.md")]

pub use pipewright_expr::{
    Accumulator, Aggregate, Arithmetic, Assign, Call, Chapter, Class, Comparison, Concat, EmpiricalCdf, ExprKind,
    Expression, Fact, FrameBound, Function, Functions, GroupBy, Grouping, Join, JoinKind, Measure, Parameter,
    ParameterType, Pivot, Score, Selection, Shift, Unpivot, When, Window, WindowFunction,
};
pub use pipewright_io::{
    BadRows, FORMATS, FileFormat, Format, Limits, NULLS, Outline, Quote, ReadOptions, Reader, Reading, Rejected, Scan,
    Signature, Sketch, Writer, csv, file, json, read, scan, sketch,
};
#[cfg(feature = "testing")]
pub use pipewright_prepare::laws;
pub use pipewright_prepare::{
    Applied, Apply, BalanceMethod, Balancer, BalancerState, BinMethod, Binner, BinnerState, Cast, CastState,
    CastSummary, Clip, ClipBound, ClipState, Dates, DatesState, Derive, DeriveState, DirectionalFill,
    DirectionalFillState, Encoder, EncoderMethod, EncoderState, EpochUnit, Estimator, Fence, Fill, FillDirection,
    FitContext, Generalise, Hmac, Imputer, ImputerState, Knots, LeftOut, Log1p, Log1pState, Mask, MaskState, Masking,
    MergeSimilar, MergeSimilarState, Norm, Normalizer, NormalizerState, OnInvalid, OutlierAction, OutlierRows,
    OutlierRule, OutlierState, Outliers, Period, PolynomialFeatures, PolynomialFeaturesState, Power, PowerFamily,
    PowerState, QuantileMapper, QuantileState, Rare, Rename, RenameState, RenameSummary, Scaler, ScalerMethod,
    ScalerState, Shape, Smooth, Spline, SplineState, State, Summary, TableEstimator, TargetEncoder, TargetMethod,
    TargetSpec, TextVectorizer, TextVectorizerState, Unseen, VectorizerMethod, chosen, fit, fit_noting, indicator_of,
    learned, missing_in, profile, validate_names,
};
pub use pipewright_table::text::quoted;
pub use pipewright_table::{
    CHUNK_ROWS, Chunks, Column, ColumnType, Complete, DatePart, Direction, Entry, IntoTable, Misfits, MomentForm,
    Origin, Real, Role, Schema, SparseArray, Stored, Table, Value, Zone, check_exact_as_floats, fill_whole,
    for_each_chunk, look_alike, matrix, normalized, part_of_same, shortened, summary, width_of,
};
