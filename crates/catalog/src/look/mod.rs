//! Looking at tables.

pub(crate) mod schema;
pub(crate) mod show;
