#![doc = include_str!("../README.md")]

mod comparison;
mod description;
mod evaluation;
mod explanation;
mod figures;
mod json;
pub mod lines;
mod profile;
mod ranking;
mod saved_pipeline;
mod schema;
mod text;
mod tuning;

pub use comparison::texts;
pub use json::json;
pub use text::text;

/// The width of printed results, independent of the terminal, so that the text is the same everywhere.
pub const WIDTH: usize = 100;
