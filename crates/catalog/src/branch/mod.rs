//! Different stages for different columns or rows.

pub(crate) mod choose;
pub(crate) mod columns;
pub(crate) mod fork;
pub(crate) mod only;
