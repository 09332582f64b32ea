//! Bringing numbers to one scale.

pub(crate) mod scale;
