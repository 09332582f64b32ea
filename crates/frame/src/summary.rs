//! What can be said of a column after one look at every value, chunk by chunk.
//!
//! Summaries are filed by their algebra, since that says how they merge:
//!
//! | | what is kept | here |
//! |---|---|---|
//! | distributive | the answer itself | [`ExactSum`], [`Extremes`], [`Levels`] |
//! | algebraic | a few numbers that give the answer | [`Moments`] |
//! | holistic | every value | [`Quantiles`] |
//!
//! All of them are exact: any order of values and any chunks give the same bits.

mod algebraic;
mod big;
mod distributive;
mod holistic;

pub use algebraic::Moments;
pub use distributive::{ExactSum, Extremes, Levels};
pub use holistic::Quantiles;
