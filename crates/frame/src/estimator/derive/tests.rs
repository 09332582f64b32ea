//! Derived columns: what is learned, and when.
