//! Scaling and transforming numeric features.

pub(crate) mod log1p;
pub(crate) mod normalize;
pub(crate) mod power;
pub(crate) mod quantile;
pub(crate) mod scale;
