//! Making features of others.

pub(crate) mod bin;
pub(crate) mod interact;
pub(crate) mod poly;
pub(crate) mod spline;
