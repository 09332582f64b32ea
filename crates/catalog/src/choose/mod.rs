//! Selecting columns and rows.

pub(crate) mod dedup;
pub(crate) mod drop;
pub(crate) mod dropna;
pub(crate) mod filter;
pub(crate) mod head;
pub(crate) mod keep;
mod projection;
pub(crate) mod rename;
pub(crate) mod sample;
pub(crate) mod select;
pub(crate) mod sort;
pub(crate) mod tail;
