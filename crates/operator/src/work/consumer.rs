//! Consumers of results: conditions on them, comparisons, pictures, reports.

use crate::result::Output;
use crate::{Data, Environment};
use pipewright_diagnostic::Failure;
use std::sync::Arc;

/// Uses the results of the stages above: checks a condition on them, or writes them.
pub trait Consumer: Send + Sync {
    /// Does it require an evaluation among the results?
    fn needs_evaluation(&self) -> bool {
        false
    }

    /// Does it take the evaluations of all arms of a `fork`, and run once for all of them?
    fn takes_all_arms(&self) -> bool {
        false
    }

    /// Runs it.
    ///
    /// # Errors
    /// A [`Failure`] if a condition is false or uses an unknown result, or if a file cannot be written.
    fn consume(&self, given: &Given<'_>, environment: &Environment) -> Result<Output, Failure>;
}

/// What a consumer is given.
#[derive(Debug)]
pub struct Given<'a> {
    /// The results of the stages above, in the order of the script.
    pub results: &'a [Arc<Output>],
    /// The rows of its input, if there are any.
    pub rows: Option<&'a Data>,
    /// The script down to it, with every implied stage.
    pub script: &'a str,
    /// The seed of the run.
    pub seed: u64,
}
