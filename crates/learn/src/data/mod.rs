//! What goes into a model and what comes out.

mod column;
mod dataset;
mod features;
mod labels;
mod outputs;
mod shared;

pub use column::{Categories, Column, Sparse};
pub use dataset::Dataset;
pub use features::Features;
pub use labels::{Labels, Target};
pub use outputs::Outputs;
pub use shared::Shared;
