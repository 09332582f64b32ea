//! What a run gives back: typed results, messages, times.

use pipewright_diagnostic::{Diagnostic, Failure, code};
use pipewright_engine::StageTime;
use pipewright_frame::Table;
use pipewright_operator::result::{Evaluation, Output};
use std::sync::Arc;
use std::time::Duration;

/// The result of a run, whether it ended well or not.
#[derive(Debug, Default)]
pub struct RunResult {
    /// Errors, warnings and notes, in the order of the script.
    pub diagnostics: Vec<Diagnostic>,
    /// How long each stage took.
    pub stages: Vec<StageLine>,
    /// How long everything took.
    pub time: Duration,
    /// The seed of the run.
    pub seed: u64,
    pub(crate) outputs: Vec<Arc<Output>>,
}

/// How often and how long one stage worked.
#[derive(Debug, Clone, PartialEq)]
pub struct StageLine {
    /// The stage as a script would write it.
    pub text: String,
    /// Was it implied?
    pub implied: bool,
    /// How often and how long; of threads that worked at the same time, the sum.
    pub time: StageTime,
}

impl RunResult {
    /// The result of a script that was checked and not run.
    #[must_use]
    pub fn of_check(diagnostics: Vec<Diagnostic>) -> RunResult {
        RunResult { diagnostics, ..RunResult::default() }
    }

    /// Did it end without an error?
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.exit_code() == 0
    }

    /// The result itself, or the error that ended the run: for `?`.
    ///
    /// # Errors
    /// The first error among the diagnostics.
    pub fn ok(self) -> Result<RunResult, Failure> {
        match self.failure() {
            Some(failure) => Err(failure),
            None => Ok(self),
        }
    }

    /// The first error among the diagnostics, without its place in the script.
    fn failure(&self) -> Option<Failure> {
        let error = self.diagnostics.iter().find(|diagnostic| diagnostic.is_error())?;
        let mut failure = Failure::new(error.code, error.message.clone());
        failure.help.clone_from(&error.help);
        Some(failure)
    }

    /// The results of the stages, in the order of the script.
    pub fn outputs(&self) -> impl DoubleEndedIterator<Item = &Output> {
        self.outputs.iter().map(|output| &**output)
    }

    /// The evaluations, in the order of the script.
    pub fn evaluations(&self) -> impl DoubleEndedIterator<Item = &Evaluation> {
        self.outputs().filter_map(Output::as_evaluation)
    }

    /// The evaluation of the script; the last one if there are several.
    ///
    /// # Errors
    /// The error that ended the run; [`code::UNKNOWN_NAME`] if the script evaluates nothing.
    pub fn evaluation(&self) -> Result<&Evaluation, Failure> {
        self.evaluations().next_back().ok_or_else(|| self.lacks("evaluation", "add to the script: | eval"))
    }

    /// The rows that the script shows; those of its last `show` if there are several. `show 0` shows no rows, and
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

    /// The exit code for a process that did this and nothing else: 0 fine, 1 failed while running, 2 wrong script, 3 a
    /// limit reached, 4 an `assert` that does not hold, 70 a bug, 130 stopped.
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
