//! Choosing columns and rows.

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

use pipewright_diagnostic::code;
use pipewright_frame::Selection;
use pipewright_operator::{Args, Fault};

/// The columns that a selector verb needs.
fn selected(args: &Args) -> Result<Selection, Fault> {
    args.columns("columns").cloned().ok_or_else(|| {
        Fault::of("columns", code::MISSING_ARGUMENT, "columns are missing: name them, or a class such as @numeric")
    })
}
