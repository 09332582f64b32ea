//! Encoding categories, dates and text as numbers.

pub(crate) mod datefeatures;
pub(crate) mod encode;
pub(crate) mod text;
