//! The ledger of holdouts: which pipelines were assessed on which rows, in a file beside the script.

use pipewright_diagnostic::{Failure, code};
use pipewright_operator::result::Evaluation;
use pipewright_operator::work::Sitting;
use pipewright_operator::{Environment, failure_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All assessments, the first one first.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ledger {
    version: u32,
    assessments: Vec<Entry>,
}

/// A pipeline that was assessed on rows that a holdout has set apart.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The name of the holdout.
    holdout: String,
    /// A hash of its rows.
    rows: String,
    /// A hash of the pipeline.
    plan: String,
    /// The pipeline, with every implied step written out.
    pub(super) script: String,
    /// The verdict.
    scores: BTreeMap<String, f64>,
}

const VERSION: u32 = 1;

impl Ledger {
    /// Reads the ledger of a script; an empty one if there is none yet.
    ///
    /// # Errors
    /// A [`Failure`] if it cannot be read. A ledger that is damaged is not taken for an empty one.
    pub(super) fn read(environment: &Environment) -> Result<Ledger, Failure> {
        let path = &environment.ledger;
        if !environment.world.exists(path) {
            return Ok(Ledger { version: VERSION, assessments: Vec::new() });
        }
        let bytes = environment.world.read(path);
        let bytes = bytes.map_err(|error| failure_of(code::CANNOT_READ, "cannot read", path, &error))?;
        serde_json::from_slice(&bytes).ok().filter(|ledger: &Ledger| ledger.version == VERSION).ok_or_else(|| {
            let message = format!("`{}` is not a ledger of assessments that this version can read", path.display());
            Failure::new(code::CANNOT_READ, message).help("restore it; or, if nothing was assessed yet, remove it")
        })
    }

    /// Writes the ledger.
    ///
    /// # Errors
    /// A [`Failure`] if it cannot be written.
    pub(super) fn write(&self, environment: &Environment) -> Result<(), Failure> {
        let path = &environment.ledger;
        let text = serde_json::to_vec_pretty(self).expect("a ledger is plain data");
        let written = environment.world.replace(path, &mut |out| {
            out.write_all(&text)?;
            out.write_all(b"\n")
        });
        written.map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", path, &error))
    }

    fn of<'a>(&'a self, sitting: &Sitting) -> impl Iterator<Item = &'a Entry> {
        self.assessments.iter().filter(|entry| entry.rows == sitting.rows)
    }

    /// The number of pipelines that were assessed on these rows.
    pub(super) fn pipelines(&self, sitting: &Sitting) -> usize {
        self.of(sitting).count()
    }

    /// The first pipeline that was assessed on these rows, unless this one was assessed too.
    pub(super) fn other(&self, sitting: &Sitting) -> Option<&Entry> {
        let is_known = self.of(sitting).any(|entry| entry.plan == sitting.plan);
        self.of(sitting).next().filter(|_| !is_known)
    }

    /// Adds an assessment; returns whether it is new.
    pub(super) fn add(&mut self, holdout: &str, sitting: &Sitting, verdict: &Evaluation) -> bool {
        if self.of(sitting).any(|entry| entry.plan == sitting.plan) {
            return false;
        }
        let score = |name: &str, mean: Option<f64>| Some((name.to_owned(), mean?));
        self.assessments.push(Entry {
            holdout: holdout.to_owned(),
            rows: sitting.rows.clone(),
            plan: sitting.plan.clone(),
            script: sitting.script.clone(),
            scores: verdict.metrics().filter_map(|metric| score(metric.name(), metric.mean().ok())).collect(),
        });
        true
    }
}
