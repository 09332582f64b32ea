//! What leaves the pipeline.

pub(crate) mod predict;
pub(crate) mod save;
pub(crate) mod write;
