//! Filling and repairing.

pub(crate) mod balance;
pub(crate) mod clip;
pub(crate) mod fillna;
pub(crate) mod mask;
pub(crate) mod outliers;
