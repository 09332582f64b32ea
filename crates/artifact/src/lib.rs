//! Saved pipelines as bytes: versioned, checksummed, inert.
