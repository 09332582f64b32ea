//! Rows compared by their values: groups of rows with equal keys, and sorted rows.
//!
//! Rows are compared through an [`Index`] of their keys, which numbers the distinct keys by first appearance. So all
//! results have a defined order, for any number of threads.

mod gather;
mod index;
mod keys;
mod order;
mod slots;
mod values;

pub use gather::{gather, joined};
pub use index::{Groups, Index, Lookup, Members};
pub use keys::{Keys, comparable};
pub use order::Direction;
pub use values::{Values, beyond_64_bits, sums_are_whole};

/// Marker for no row or no group.
pub const NONE: u32 = u32::MAX;

/// Number of rows per task where the order of work does not matter.
pub const STRIDE_ROWS: usize = 1 << 14;
