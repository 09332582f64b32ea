//! Filling and repairing.

pub(crate) mod balance;
pub(crate) mod cast;
pub(crate) mod clip;
pub(crate) mod fillna;
pub(crate) mod mask;
pub(crate) mod outliers;
pub(crate) mod parse;

use pipewright_diagnostic::code;
use pipewright_frame::{OnInvalid, Selection};
use pipewright_operator::{Args, Domain, Fault, Param, Value};

/// What becomes of values that cannot be read.
const BAD: Param = Param::with_default(
    "bad",
    Domain::OneOf(&[Domain::Word(&["error"]), Domain::Null]),
    "error",
    "What becomes of a value that cannot be read: an error that names its row, or a missing value.",
);

fn bad(args: &Args) -> OnInvalid {
    if args.get("bad") == Some(&Value::Null) { OnInvalid::Null } else { OnInvalid::Error }
}

/// The columns that have to be named.
fn required_columns(args: &Args) -> Result<Selection, Fault> {
    args.columns("columns")
        .cloned()
        .ok_or_else(|| Fault::of("columns", code::MISSING_ARGUMENT, "columns are missing: name them behind `on`"))
}
