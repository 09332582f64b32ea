//! Roles of columns.

pub(crate) mod role;
pub(crate) mod target;
