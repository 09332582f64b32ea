//! Filling and repairing.

pub(crate) mod clip;
pub(crate) mod fillna;
pub(crate) mod outliers;
