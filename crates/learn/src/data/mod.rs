//! Inputs and outputs of models.

mod column;
mod dataset;
mod features;
mod labels;
mod outputs;
mod predictions;
mod quantiles;
mod shared;

pub use column::{Categories, Column, Sparse};
pub use dataset::Dataset;
pub use features::Features;
pub use labels::{Labels, Target};
pub use outputs::Outputs;
pub use predictions::{Predicted, Predictions, Regions};
pub use quantiles::Quantiles;
pub use shared::Shared;
