//! Inspecting tables.

pub(crate) mod describe;
pub(crate) mod explain;
pub(crate) mod plot;
pub(crate) mod profile;
pub(crate) mod schema;
pub(crate) mod show;
