//! What all tree models share: columns cut into bins, and the trees themselves.
//!
//! A tree is grown on [`Binned`] rows, whose values are at most 255 bins per column, and is saved as a [`Tree`], which
//! refers to thresholds and levels and so predicts from plain values.

mod binned;
mod cuts;
mod gather;
mod grow;
mod growth;
mod histogram;
mod model;
mod outside;
mod predict;
mod split;
mod sum;

pub(crate) use binned::{Binned, BinnedWriter, LANES};
pub(crate) use cuts::{Bins, between, cuts, inputs_of};
pub(crate) use gather::{Seen, bins_of_chunk};
pub(crate) use grow::{Grower, Grown};
pub(crate) use growth::{Growth, sample_marked};
pub(crate) use histogram::{Derivative, HISTOGRAM_BYTES, Largest, Scale};
pub use model::{Input, Tree};
pub(crate) use model::{Question, TreeBuilder};
pub(crate) use outside::{GrownOutside, OutsideGrower, Parts};
pub(crate) use predict::{Table, known as known_levels};
pub use split::Direction;
pub(crate) use split::Rules;
pub use sum::{Place, TreeModel, TreeSum, TreeTerm};
