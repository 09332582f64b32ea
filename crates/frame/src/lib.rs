//! Tables over Arrow: schemas, reading and writing, expressions, mergeable summaries, and the estimators that clean
//! and prepare. Plain typed Rust; knows no language and no gradients.

mod estimator;
mod schema;
mod table;

pub use estimator::{Estimator, State, Summary, fit};
pub use schema::{Column, Entry, Kind, Role, Schema};
pub use table::Table;
