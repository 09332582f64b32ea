//! Filling and repairing.

pub(crate) mod balance;
pub(crate) mod fillna;
pub(crate) mod mask;
