#![doc = include_str!("../README.md")]
//!
//! **Invariant:** this crate does not use the terminal. A [`RunResult`] holds typed values; [`render`] turns them into
//! text or JSON, and the caller prints it.

mod check;
mod help;
mod json;
mod model;
mod pin;
mod registration;
mod result;
mod run;
mod runs;
mod session;

pub use check::Checked;
pub use help::{effect_sentence, explain_code, function_chapters, function_list, usage, verb_help, verb_list};
pub use json::document;
pub use model::Model;
pub use registration::Registration;
pub use result::{RunResult, StageLine};
pub use run::unplaced;
pub use runs::{DataFile, RecordedMetric, RecordedResult, RunLedger, RunRecord};
pub use session::{Session, SessionBuilder};

pub use pipewright_catalog::REGISTRY;
pub use pipewright_diagnostic::{
    Diagnostic, Failure, Progress, Severity, Source, Stop, code, render_human, render_json,
};
pub use pipewright_engine::{NoObserver, Observer};
pub use pipewright_frame::{Column, ColumnType, Function, IntoTable, Parameter, Role, Schema, Table};
pub use pipewright_learn::{Outputs, Predictions, Quantiles, Regions, Target};
pub use pipewright_operator as operator;
pub use pipewright_operator::bytes;
pub use pipewright_operator::result::{self as output, Evaluation, Output};
pub use pipewright_operator::{Task, TaskKind};
pub use pipewright_plan::Fingerprint;
pub use pipewright_render as render;
pub use pipewright_syntax::{format, is_complete};
pub use pipewright_world::random::Key;
pub use pipewright_world::{MemoryWorld, OsWorld, World};

use std::path::PathBuf;

/// Creates the failure for a script file that cannot be read.
#[must_use]
pub fn unreadable(file: &str, error: &std::io::Error) -> pipewright_diagnostic::Failure {
    pipewright_operator::failure_of(code::WRONG_USAGE, "cannot read the script", file.as_ref(), error)
}

/// Options for all runs.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The column to predict; overrides the script.
    pub target: Option<String>,
    /// The random seed.
    pub seed: u64,
    /// Makes implied steps errors.
    pub strict: bool,
    /// The number of threads. Default: the number of cores.
    pub threads: Option<usize>,
    /// The directory for relative paths in the script; empty for the working directory.
    pub folder: PathBuf,
    /// The data file for a `load` without a path; `-` is standard input.
    pub data: Option<PathBuf>,
    /// Memory limit of a run, in bytes: larger tables are read chunk by chunk.
    pub memory_bytes: Option<u64>,
    /// The ledger of holdouts that were assessed; without it, `pipewright.ledger.json` in the directory.
    pub ledger: Option<PathBuf>,
    /// The file to which runs that evaluate something are added; none without it. See [`RunLedger`].
    pub runs: Option<PathBuf>,
    /// Lets a pipeline be assessed on a holdout on which another one was assessed.
    pub spend_again: bool,
    /// Values of the script's parameters.
    pub params: std::collections::BTreeMap<String, String>,
}
