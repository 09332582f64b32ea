//! Explanations near single rows: local models, and the changes that would change a prediction.

mod compared;
mod counterfactual;
mod lime;

pub use counterfactual::{Change, Counterfactual, Goal, Search};
pub use lime::{Lime, LocalModel};
