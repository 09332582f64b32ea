//! What all tree models share: columns cut into bins, and the trees themselves.
//!
//! A tree is grown on [`Binned`] rows, whose values are at most 255 bins per column, and is saved as a [`Tree`], which
//! refers to thresholds and levels and so predicts from plain values.

mod binned;
mod cuts;
mod grow;
mod histogram;
mod model;
mod predict;
mod split;

pub(crate) use binned::Binned;
pub(crate) use cuts::{between, cuts, inputs_of};
pub(crate) use grow::{Grower, Grown, sample_marked};
pub(crate) use histogram::{Derivative, HISTOGRAM_BYTES};
pub use model::{Input, Tree};
pub(crate) use model::{Question, TreeBuilder};
pub(crate) use predict::Table;
pub use split::Direction;
pub(crate) use split::Rules;
