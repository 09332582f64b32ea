//! Rows compared by their values: which rows have equal keys, and rows in another order.
//!
//! Rows are compared through one [`Index`] of their keys, which numbers the different keys by first appearance. So
//! whatever is made of it has one order, however many threads look at the rows.

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

/// No row, no group.
pub const NONE: u32 = u32::MAX;

/// Rows that a thread takes at a time where the order of work does not matter.
pub const STRIDE_ROWS: usize = 1 << 14;
