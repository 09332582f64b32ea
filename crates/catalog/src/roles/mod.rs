//! What columns are for.

pub(crate) mod role;
pub(crate) mod target;
