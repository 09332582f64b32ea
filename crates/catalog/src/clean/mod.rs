//! Filling and repairing.

pub(crate) mod fillna;
