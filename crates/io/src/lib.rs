//! Tables from and to files: delimited text, JSON, Parquet, Arrow IPC, workbooks and SQLite, packed or not.
#![doc = include_str!("../README.md")]

#[cfg(any(feature = "ipc", feature = "parquet"))]
mod arrow;
pub mod csv;
#[cfg(feature = "excel")]
mod excel;
pub mod file;
mod gather;
#[cfg(feature = "ipc")]
mod ipc;
pub mod json;
mod names;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "sqlite")]
mod sqlite;
mod unpack;

pub use file::{
    BadRows, Format, Limits, NULLS, ReadOptions, Reading, Rejected, Scan, Sketch, Writer, read, scan, sketch,
};
