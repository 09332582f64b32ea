//! The ledger of runs: what every `eval`, `tune` and `assess` found, with what is needed to do it again.
//!
//! A ledger is a plain file with one JSON object per line. A run is named by the number of its line, from 1. Lines are only
//! ever added, all at once, so several processes may share a ledger.

mod diff;
mod record;
mod text;

pub use record::{DataFile, RecordedMetric, RecordedResult, RunRecord};

use pipewright_diagnostic::{Failure, code};
use pipewright_operator::failure_of;
use pipewright_world::World;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A ledger of runs.
///
/// ```
/// use pipewright::{MemoryWorld, Options, RunLedger, Session};
/// use std::sync::Arc;
/// let world = Arc::new(MemoryWorld::new());
/// let options = Options { runs: Some("runs.jsonl".into()), ..Options::default() };
/// let session = Session::new(world.clone(), options);
/// session.run("load iris | train logistic | eval").ok()?;
/// session.run("load iris | train knn[5] | eval").ok()?;
/// let ledger = RunLedger::new(world, "runs.jsonl");
/// assert_eq!(ledger.records()?.len(), 2);
/// assert!(ledger.diff(1, 2)?.contains("- train logistic"));
/// # Ok::<(), pipewright::Failure>(())
/// ```
#[derive(Debug, Clone)]
pub struct RunLedger {
    world: Arc<dyn World>,
    path: PathBuf,
}

impl RunLedger {
    /// The ledger in this file, which need not exist yet.
    #[must_use]
    pub fn new(world: Arc<dyn World>, path: impl Into<PathBuf>) -> RunLedger {
        RunLedger { world, path: path.into() }
    }

    /// Returns where a user's runs are kept unless another place is given: `pipewright/runs.jsonl` in the state folder.
    #[must_use]
    pub fn usual_path(world: &dyn World) -> Option<PathBuf> {
        Some(world.state_folder()?.join("pipewright").join("runs.jsonl"))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a run.
    ///
    /// # Errors
    /// [`code::CANNOT_WRITE`].
    pub fn add(&self, record: &RunRecord) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(record).expect("a record is plain data with text keys");
        line.push(b'\n');
        let added = self.world.append(&self.path, &line);
        added.map_err(|error| failure_of(code::CANNOT_WRITE, "cannot add the run to", &self.path, &error))
    }

    /// Reads all runs, the first one first; none if there is no such file yet.
    ///
    /// # Errors
    /// [`code::CANNOT_READ`] if it cannot be read; it names the line that is not a run.
    pub fn records(&self) -> Result<Vec<RunRecord>, Failure> {
        if !self.world.exists(&self.path) {
            return Ok(Vec::new());
        }
        let bytes = self.world.read(&self.path);
        let bytes = bytes.map_err(|error| failure_of(code::CANNOT_READ, "cannot read", &self.path, &error))?;
        let lines = bytes.split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let record = |(place, line): (usize, &[u8])| {
            serde_json::from_slice(line).map_err(|error| {
                let message = format!("line {} of `{}` is not a run: {error}", place + 1, self.path.display());
                Failure::new(code::CANNOT_READ, message).help("remove that line, or name another file: --runs FILE")
            })
        };
        lines.map(record).collect()
    }

    /// Returns a run.
    ///
    /// # Errors
    /// As [`RunLedger::records`]; [`code::UNKNOWN_NAME`] if there is no run of this number.
    pub fn record(&self, number: usize) -> Result<RunRecord, Failure> {
        let mut records = self.records()?;
        let count = records.len();
        if number == 0 || number > count {
            let message = format!("there is no run {number}");
            let help = match count {
                0 => format!("no run is kept in `{}` yet", self.path.display()),
                count => format!("runs 1 to {count} are kept; list them: pipewright runs"),
            };
            return Err(Failure::new(code::UNKNOWN_NAME, message).help(help));
        }
        Ok(records.swap_remove(number - 1))
    }

    /// Lists the last runs as text, a line for each result.
    ///
    /// # Errors
    /// As [`RunLedger::records`].
    pub fn list(&self, last: usize) -> Result<String, Failure> {
        Ok(text::list(&self.records()?, last, &self.path))
    }

    /// Shows a run as text: its script, its data, and its results.
    ///
    /// # Errors
    /// As [`RunLedger::record`].
    pub fn show(&self, number: usize) -> Result<String, Failure> {
        Ok(text::show(number, &self.record(number)?))
    }

    /// Compares two runs as text: what differs in their scripts, options and data, and in their scores. Scores on the same
    /// folds of the same rows are compared fold by fold.
    ///
    /// # Errors
    /// As [`RunLedger::record`].
    pub fn diff(&self, one: usize, other: usize) -> Result<String, Failure> {
        Ok(diff::diff([(one, &self.record(one)?), (other, &self.record(other)?)]))
    }
}
