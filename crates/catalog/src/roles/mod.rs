//! What columns are for.

pub(crate) mod target;
