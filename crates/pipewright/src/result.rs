//! The result of a run: typed outputs, diagnostics, timings.

use crate::DataFile;
use pipewright_diagnostic::{Diagnostic, Failure, code};
use pipewright_engine::StageTime;
use pipewright_frame::Table;
use pipewright_operator::result::{Evaluation, Output};
use std::sync::Arc;
use std::time::Duration;

/// The result of a run, successful or not.
#[derive(Debug, Default)]
pub struct RunResult {
    /// Errors, warnings and notes, in the order of the script.
    pub diagnostics: Vec<Diagnostic>,
    /// Timings of the stages.
    pub stages: Vec<StageLine>,
    /// Total time of the run.
    pub time: Duration,
    /// The seed of the run.
    pub seed: u64,
    pub(crate) outputs: Vec<Arc<Output>>,
    /// The explicit script, and the files that were read, until they are kept in a ledger.
    pub(crate) script: Option<String>,
    pub(crate) data: Vec<DataFile>,
}

/// Runs and time of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct StageLine {
    /// The stage as script text.
    pub text: String,
    /// Is it implied?
    pub implied: bool,
    /// Number of runs, and the time, summed over threads.
    pub time: StageTime,
}

impl RunResult {
    /// The result of a script that was checked but not run.
    #[must_use]
    pub fn of_check(diagnostics: Vec<Diagnostic>) -> RunResult {
        RunResult { diagnostics, ..RunResult::default() }
    }

    /// Did the run end without an error?
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.exit_code() == 0
    }

    /// Returns the result, or the error that ended the run, for use with `?`.
    ///
    /// # Errors
    /// The first error among the diagnostics.
    pub fn ok(self) -> Result<RunResult, Failure> {
        match self.failure() {
            Some(failure) => Err(failure),
            None => Ok(self),
        }
    }

    /// Returns the first error among the diagnostics, without its span.
    fn failure(&self) -> Option<Failure> {
        let error = self.diagnostics.iter().find(|diagnostic| diagnostic.is_error())?;
        let mut failure = Failure::new(error.code, error.message.clone());
        failure.help.clone_from(&error.help);
        Some(failure)
    }

    /// Returns the outputs of the stages, in the order of the script.
    pub fn outputs(&self) -> impl DoubleEndedIterator<Item = &Output> {
        self.outputs.iter().map(|output| &**output)
    }

    /// Returns the evaluations, in the order of the script.
    pub fn evaluations(&self) -> impl DoubleEndedIterator<Item = &Evaluation> {
        self.outputs().filter_map(Output::as_evaluation)
    }

    /// Returns the evaluation of the script; the last one if there are several.
    ///
    /// # Errors
    /// The error that ended the run; [`code::UNKNOWN_NAME`] if the script evaluates nothing.
    pub fn evaluation(&self) -> Result<&Evaluation, Failure> {
        self.evaluations().next_back().ok_or_else(|| self.lacks("evaluation", "add to the script: | eval"))
    }

    /// Returns the rows that the script shows; those of its last `show` if there are several. `show 0` gives no rows,
    /// `show 1000` at most 1000.
    ///
    /// # Errors
    /// The error that ended the run; [`code::UNKNOWN_NAME`] if the script shows no table.
    pub fn table(&self) -> Result<&Table, Failure> {
        let mut tables = self.outputs().filter_map(|output| match output {
            Output::Table(shown) => Some(&shown.head),
            _ => None,
        });
        tables.next_back().ok_or_else(|| self.lacks("table", "add to the script: | show 1000"))
    }

    pub(crate) fn lacks(&self, what: &str, help: &str) -> Failure {
        let nothing = || Failure::new(code::UNKNOWN_NAME, format!("the run has no {what}")).help(help);
        self.failure().unwrap_or_else(nothing)
    }

    /// Returns the exit code of the run: 0 success, 1 failed while running, 2 invalid script, 3 limit exceeded,
    /// 4 `assert` failed, 70 internal error, 130 cancelled.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let error = self.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
        let Some(code) = error.map(|error| error.code) else { return 0 };
        match (code, &code.as_str()[1..3]) {
            (code::BUG, _) => 70,
            (code::CANCELLED, _) => 130,
            (_, "09") => 4,
            (_, "08") => 3,
            (_, "05" | "06" | "07") => 1,
            _ => 2,
        }
    }
}
