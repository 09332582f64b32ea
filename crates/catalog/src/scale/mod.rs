//! Bringing numbers to one scale, or to another shape.

pub(crate) mod log1p;
pub(crate) mod power;
pub(crate) mod quantile;
pub(crate) mod scale;
