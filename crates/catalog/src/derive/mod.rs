//! New columns.

pub(crate) mod derive;
