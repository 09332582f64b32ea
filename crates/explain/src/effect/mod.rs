//! Effects of columns on predictions: partial dependence, accumulated local effects, and the strength of interactions.

mod accumulated;
mod dependence;
mod grid;
mod strength;

pub use accumulated::Accumulated;
pub use dependence::{Dependence, DependenceOfTwo};
pub use grid::GridPoint;
pub use strength::InteractionStrength;
