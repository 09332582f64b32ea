//! What can be said of a column after one look at every value, chunk by chunk.
//!
//! Summaries are filed by their algebra, since that says how they merge:
//!
//! | | what is kept | here |
//! |---|---|---|
//! | distributive | the answer itself | [`ExactSum`], [`Extremes`], [`Levels`] |
//! | algebraic | a few numbers that give the answer | [`Moments`] |
//! | holistic | every value | [`Quantiles`] |
//! | sketch | counts in fine bins | [`Quantiles::bounded`] |
//!
//! All of them are exact, but for [`Quantiles::bounded`] beyond its bound; and in all of them any order of values and
//! any chunks give the same bits.

mod algebraic;
mod big;
mod bins;
mod block;
mod distributive;
mod fixed;
mod holistic;

pub use algebraic::Moments;
pub(crate) use block::BLOCK;
pub use distributive::{ExactSum, Extremes, Levels};
pub(crate) use fixed::{Exponents, FixedPoint};
pub use holistic::Quantiles;
