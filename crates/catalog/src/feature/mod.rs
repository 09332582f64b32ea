//! Feature construction and selection.

pub(crate) mod anomaly;
pub(crate) mod bin;
pub(crate) mod cluster;
pub(crate) mod cluster_scores;
pub(crate) mod filter;
pub(crate) mod interact;
mod new_column;
pub(crate) mod pca;
pub(crate) mod poly;
pub(crate) mod rfe;
pub(crate) mod select_k;
pub(crate) mod sequential;
pub(crate) mod spline;
pub(crate) mod svd;
