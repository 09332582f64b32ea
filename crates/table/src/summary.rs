//! Single-pass summaries of columns, mergeable across chunks.
//!
//! Summaries are grouped by their algebra, which determines how they merge:
//!
//! | | what is kept | here |
//! |---|---|---|
//! | distributive | the answer itself | [`ExactSum`], [`Extremes`], [`Levels`] |
//! | algebraic | a few numbers that give the answer | [`Moments`] |
//! | holistic | every value | [`Quantiles`] |
//! | sketch | counts in fine bins, the smallest hashes | [`Quantiles::bounded`], [`Distinct`], [`Separation`] |
//! | of two columns | sums and counts of pairs | [`Comoments`], [`GroupSums`], [`Contingency`] |
//!
//! All are exact, except sketches beyond their bounds; and all give the same bits for any order of values and any
//! chunks.

mod algebraic;
mod association;
mod big;
mod bins;
mod block;
mod distinct;
mod distributive;
mod fixed;
mod holistic;
mod place;

pub use algebraic::Moments;
pub use association::{Comoments, Contingency, GroupSums, Separation};
pub use block::BLOCK;
pub use distinct::{Counted, Distinct, hash, hash_with};
pub use distributive::{ExactSum, Extremes, Levels};
pub use fixed::{Exponents, FixedPoint};
pub use holistic::Quantiles;
pub use place::QuantilePlace;
