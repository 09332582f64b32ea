//! Where tables come from.

pub(crate) mod load;
