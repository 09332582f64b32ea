//! The built-in verbs, one file each.
