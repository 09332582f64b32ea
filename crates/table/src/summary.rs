//! What can be said of a column after one look at every value, chunk by chunk.
//!
//! Summaries are filed by their algebra, since that says how they merge:
//!
//! | | what is kept | here |
//! |---|---|---|
//! | distributive | the answer itself | [`ExactSum`], [`Extremes`], [`Levels`] |
//! | algebraic | a few numbers that give the answer | [`Moments`] |
//! | holistic | every value | [`Quantiles`] |
//! | sketch | counts in fine bins, the smallest hashes | [`Quantiles::bounded`], [`Distinct`], [`Separation`] |
//! | of two columns | sums and counts of pairs | [`Comoments`], [`GroupSums`], [`Contingency`] |
//!
//! All of them are exact, but for sketches beyond their bounds; and in all of them any order of values and any chunks
//! give the same bits.

mod algebraic;
mod association;
mod big;
mod bins;
mod block;
mod distinct;
mod distributive;
mod fixed;
mod holistic;

pub use algebraic::Moments;
pub use association::{Comoments, Contingency, GroupSums, Separation};
pub use block::BLOCK;
pub use distinct::{Counted, Distinct, hash, hash_with};
pub use distributive::{ExactSum, Extremes, Levels};
pub use fixed::{Exponents, FixedPoint};
pub use holistic::Quantiles;
