//! Making features, and choosing among them.

pub(crate) mod filter;
pub(crate) mod pca;
pub(crate) mod rfe;
pub(crate) mod select_k;
pub(crate) mod sequential;
pub(crate) mod svd;
