//! Reading and writing of tables: delimited text, JSON, Parquet, Arrow IPC, workbooks and SQLite, optionally
//! compressed.
#![doc = include_str!("../README.md")]

#[cfg(any(feature = "ipc", feature = "parquet"))]
mod arrow;
pub mod csv;
#[cfg(feature = "excel")]
mod excel;
pub mod file;
mod format;
mod formats;
mod gather;
mod infer;
#[cfg(feature = "ipc")]
mod ipc;
pub mod json;
mod names;
mod options;
mod outline;
#[cfg(feature = "parquet")]
mod parquet;
mod several;
mod source;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(all(test, feature = "ipc", feature = "parquet"))]
mod testing;
mod unpack;
mod words;

pub use file::{
    BadRows, FileFormat, Format, Limits, NULLS, Quote, ReadOptions, Reader, Reading, Rejected, Scan, Signature, Sketch,
    Writer, read, scan, sketch,
};
pub use formats::FORMATS;
pub use outline::Outline;
