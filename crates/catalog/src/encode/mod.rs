//! Turning names into numbers.

pub(crate) mod datefeatures;
pub(crate) mod encode;
pub(crate) mod text;
