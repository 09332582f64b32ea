//! Sources of tables.

mod files;
pub(crate) mod load;
pub(crate) mod samples;
