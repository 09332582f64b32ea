//! Cleaning.

pub(crate) mod balance;
pub(crate) mod cast;
pub(crate) mod clip;
pub(crate) mod fillna;
pub(crate) mod mask;
pub(crate) mod merge;
pub(crate) mod outliers;
pub(crate) mod parse;

use pipewright_frame::OnInvalid;
use pipewright_operator::words;

words! {
    /// Handling of a value that cannot be parsed.
    pub(crate) struct BadWord(OnInvalid) { "error" => OnInvalid::Error, "null" => OnInvalid::Null }
}
