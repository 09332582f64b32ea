//! Sources of tables.

mod files;
pub(crate) mod generated;
pub(crate) mod load;
mod on_demand;
pub(crate) mod samples;
