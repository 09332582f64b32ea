#![doc = include_str!("../README.md")]

mod comparison;
mod description;
mod evaluation;
mod json;
mod lines;
mod profile;
mod saved_pipeline;
mod schema;
mod text;

pub use comparison::texts;
pub use json::json;
pub use text::text;

/// The width that results are printed in, whatever the terminal: the same text everywhere.
const WIDTH: usize = 100;
