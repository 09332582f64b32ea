//! Tables over Arrow: columns with types and roles, rows in chunks, literals, and exact mergeable summaries.
//! Independent of files, expressions and estimators.
#![doc = include_str!("../README.md")]

mod amount;
mod calendar;
mod chunks;
mod codes;
mod complete;
mod conform;
pub mod form;
mod hash;
pub mod literal;
pub mod lookup;
mod matrix;
mod moments;
pub mod numbers;
mod origin;
mod recast;
pub mod rows;
mod schema;
pub mod summary;
mod table;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
mod unicode;
mod value;
pub mod whole;
mod zone;

pub use amount::{amount, is_amount, stage_for_amounts};
pub use calendar::DatePart;
pub use chunks::{CHUNK_ROWS, Chunks, for_each_chunk, for_each_wave, in_parallel, in_table};
pub use codes::CodeSign;
pub use complete::{Complete, check_exact_as_floats, fill_whole};
pub use matrix::{Real, matrix};
pub use moments::MomentForm;
pub use origin::Origin;
pub use recast::{Misfits, OnInvalid};
pub use rows::Direction;
pub use schema::{Column, ColumnType, Entry, Role, Schema, part_of_same};
pub use table::{IntoTable, SparseArray, Stored, Table, shortened, width_of};
pub use text::{TextArray, TextOffset};
pub use unicode::{look_alike, normalized};
pub use value::Value;
pub use zone::Zone;
