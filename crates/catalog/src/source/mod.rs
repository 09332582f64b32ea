//! Where tables come from.

mod files;
pub(crate) mod load;
pub(crate) mod samples;
