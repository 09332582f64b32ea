//! Turning names into numbers.

pub(crate) mod encode;
