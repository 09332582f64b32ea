//! Fitted pipelines: fitted steps, with a model or without, and the schema of their input.

use crate::result::Evaluation;
use crate::work::{Fitted, FittedModel};
use crate::{Registry, Task};
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::{Column, ColumnType, Misfits, OnInvalid, Role, Stored, Table};
use pipewright_learn::Predictions;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A fitted step with its verb.
#[derive(Debug, Clone)]
pub struct StepRecord {
    /// The verb, to look it up in the registry.
    pub verb: String,
    /// Its state.
    pub fitted: Arc<dyn Fitted>,
}

impl StepRecord {
    /// It as bundles hold it: verb, tag of the state, state.
    #[must_use]
    pub fn save(&self) -> serde_json::Value {
        serde_json::json!({"verb": self.verb, "tag": self.fitted.tag(), "state": self.fitted.save()})
    }

    /// Reads what [`StepRecord::save`] gave, or a step of a bundle of version 1, which has no tag.
    ///
    /// # Errors
    /// `BAD_BUNDLE` for a verb or a state that is not known, or a state that is damaged.
    pub fn load(saved: &serde_json::Value, registry: &Registry) -> Result<StepRecord, Failure> {
        let bad = |what: String| Failure::new(code::BAD_BUNDLE, format!("a step cannot be read: {what}"));
        let verb = saved.get("verb").and_then(|verb| verb.as_str());
        let verb = verb.ok_or_else(|| bad("its verb has no name".to_owned()))?;
        let kinds = registry.verb(verb).map(|verb| verb.states).unwrap_or_default();
        let state = saved.get("state").unwrap_or(&serde_json::Value::Null);
        let kind = match saved.get("tag") {
            None => kinds.iter().find(|kind| (kind.untagged)(state)),
            Some(tag) => kinds.iter().find(|kind| tag.as_str() == Some(kind.tag)),
        };
        let kind = kind.ok_or_else(|| match (kinds, saved.get("tag")) {
            ([], _) | (_, None) => bad(format!("no step is called `{verb}`")),
            (_, Some(tag)) => bad(format!("`{verb}` has no state {tag}")),
        })?;
        Ok(StepRecord { verb: verb.to_owned(), fitted: (kind.load)(state, registry)? })
    }
}

/// Everything that is needed to predict for new rows; plain data that runs nothing by being read.
#[derive(Clone)]
pub struct FittedPipeline {
    /// The input features, by name.
    pub input: Vec<Column>,
    /// The steps, in order.
    pub steps: Vec<StepRecord>,
    /// The model's name in the registry.
    pub model_name: String,
    /// The model.
    pub model: Arc<dyn FittedModel>,
    /// The task.
    pub task: Task,
    /// The script that made it, with every implied step written out.
    pub script: String,
    /// The random seed.
    pub seed: u64,
    /// The record of its training and evaluation; bundles of version 1 have none.
    pub record: Option<Record>,
}

/// The record of a pipeline's training and evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// The version of Pipewright that trained it.
    pub version: String,
    /// The number of training rows, before steps that drop or add rows.
    pub rows: usize,
    /// The SHA-256 of the training rows as `write` writes them as CSV, in hexadecimal; `None` if they did not fit in
    /// memory.
    pub fingerprint: Option<String>,
    /// A sketch of the training rows, by which rows that were among them are known again; `None` as above.
    #[serde(default)]
    pub seen: Option<SeenRows>,
    /// The evaluations above the stage that saved it, in order.
    pub evaluations: Vec<EvaluationRecord>,
}

/// A sketch of rows: the smallest of the hashes of their features (a KMV sketch). With fewer rows than it may hold it knows
/// them all, else the share of known rows is an estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenRows {
    /// The number of distinct rows.
    distinct: usize,
    /// The number of rows.
    rows: usize,
    /// The smallest hashes, ascending.
    hashes: Vec<u64>,
}

impl SeenRows {
    const HASHES_MAX: usize = 512;

    /// Sketches rows by these columns.
    ///
    /// # Errors
    /// `UNKNOWN_COLUMN`.
    pub fn of(rows: &Table, columns: &[Column]) -> Result<SeenRows, Failure> {
        let mut hashes = rows.row_hashes(&names(columns))?;
        hashes.sort_unstable();
        let rows = hashes.len();
        hashes.dedup();
        let distinct = hashes.len();
        hashes.truncate(SeenRows::HASHES_MAX);
        Ok(SeenRows { distinct, rows, hashes })
    }

    /// Returns how many of other rows were among these: a number, and whether it is exact. `None` if they are no more
    /// than rows with such values would share by chance.
    ///
    /// # Errors
    /// `UNKNOWN_COLUMN`.
    pub fn known(&self, rows: &Table, columns: &[Column]) -> Result<Option<(usize, bool)>, Failure> {
        let hashes = rows.row_hashes(&names(columns))?;
        let is_whole = self.hashes.len() == self.distinct;
        let Some(&last) = self.hashes.last() else { return Ok(None) };
        let compared = hashes.iter().filter(|hash| is_whole || **hash <= last);
        let (mut all, mut known) = (0_usize, 0_usize);
        for hash in compared {
            all += 1;
            known += usize::from(self.hashes.binary_search(hash).is_ok());
        }
        let share = known as f64 / all.max(1) as f64;
        // Among the training rows themselves, so many have a twin.
        let twins = 1.0 - self.distinct as f64 / self.rows.max(1) as f64;
        let count = if is_whole { known } else { (share * hashes.len() as f64).round() as usize };
        let by_chance = 2.0 * twins * hashes.len() as f64 + 2.0;
        Ok((count as f64 > by_chance).then_some((count, is_whole)))
    }
}

fn names(columns: &[Column]) -> Vec<Arc<str>> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// A summary of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EvaluationRecord {
    /// How the rows were split: `kfold`, `holdout`, ….
    pub scheme: String,
    /// The number of folds per repetition.
    pub folds: usize,
    /// The number of repetitions.
    pub repeat: usize,
    /// The number of held-out rows per repetition.
    pub rows: usize,
    /// The mean of each metric over the folds; undefined ones are left out.
    pub metrics: BTreeMap<String, f64>,
    /// The same for the baseline.
    pub baseline: BTreeMap<String, f64>,
    /// For a final exam, the number of pipelines that were assessed on its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed: Option<usize>,
}

impl Record {
    /// Creates the record of a training by this version.
    #[must_use]
    pub fn new(rows: usize, fingerprint: Option<String>, evaluations: Vec<EvaluationRecord>) -> Record {
        Record { version: env!("CARGO_PKG_VERSION").to_owned(), rows, fingerprint, seen: None, evaluations }
    }

    /// Reads a record from a bundle; `None` if it is damaged.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Option<Record> {
        Record::deserialize(json).ok()
    }
}

impl EvaluationRecord {
    /// A summary of an evaluation.
    #[must_use]
    pub fn of(evaluation: &Evaluation) -> EvaluationRecord {
        let means = evaluation.metrics().filter_map(|metric| Some((metric.name().to_owned(), metric.mean().ok()?)));
        let baseline =
            evaluation.metrics().filter_map(|metric| Some((metric.name().to_owned(), metric.baseline().mean().ok()?)));
        EvaluationRecord {
            scheme: evaluation.scheme.to_string(),
            folds: evaluation.folds,
            repeat: evaluation.repeat,
            rows: evaluation.rows(),
            metrics: means.collect(),
            baseline: baseline.collect(),
            assessed: evaluation.assessed.as_ref().map(|assessed| assessed.times),
        }
    }
}

/// Fitted steps without a model, which transform new rows as the training rows were.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// The input features, by name.
    pub input: Vec<Column>,
    /// The steps, in order.
    pub steps: Vec<StepRecord>,
    /// The target of the training rows, which new rows may lack.
    pub target: Option<Arc<str>>,
    /// The script that made it, with every implied step written out.
    pub script: String,
    /// The random seed.
    pub seed: u64,
}

/// Shows what it consists of, without states and models.
impl fmt::Debug for FittedPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verbs: Vec<&str> = self.steps.iter().map(|step| step.verb.as_str()).collect();
        f.debug_struct("FittedPipeline")
            .field("input", &self.input)
            .field("steps", &verbs)
            .field("model", &self.model_name)
            .field("task", &self.task)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl FittedPipeline {
    /// Predicts rows as read from a file: columns are matched by name, extra ones are ignored, and values are read as
    /// the kinds of the training rows.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of another kind.
    pub fn predict(&self, rows: &Table, bad: OnInvalid, progress: &dyn Progress) -> Result<Predictions, Failure> {
        let wanted: BTreeSet<&str> = self.input.iter().map(|column| &*column.name).collect();
        let names = rows.columns().iter().map(|column| &*column.name);
        let extra: Vec<&str> = names.filter(|name| **name != *self.task.target && !wanted.contains(name)).collect();
        if !extra.is_empty() {
            let list = extra.join("`, `");
            progress.notice(Failure::note(code::EXTRA_COLUMN, format!("the model does not use `{list}`")));
        }
        let conformed = recast(rows, &self.input, bad, progress)?;
        self.notice_seen(&conformed, progress)?;
        self.notice_windows(progress);
        let table = with_target(conformed, &self.task.target)?;
        self.model.predict(&applied(&self.steps, table, progress)?)
    }

    /// Says that steps that look at other rows see the given ones only, in their order.
    fn notice_windows(&self, progress: &dyn Progress) {
        if let Some(step) = self.steps.iter().find(|step| !step.fitted.needs().by_row) {
            let message = format!("`{}` looks at other rows: of the rows to predict only, in their order", step.verb);
            let notice = Failure::note(code::NEW_ROWS_ONLY, message);
            progress.notice(notice.help("put the rows before them into the table, in the order of training"));
        }
    }

    /// Says how many rows the model was trained on: what it predicts for them says nothing about new rows.
    fn notice_seen(&self, rows: &Table, progress: &dyn Progress) -> Result<(), Failure> {
        let Some(seen) = self.record.as_ref().and_then(|record| record.seen.as_ref()) else { return Ok(()) };
        if let Some((count, is_exact)) = seen.known(rows, &self.input)? {
            let about = if is_exact { "" } else { "about " };
            let message = format!("{about}{count} of {} rows were among the training rows of the model", rows.rows());
            progress
                .notice(Failure::note(code::SEEN_ROWS, message).help("a score on them says nothing about new rows"));
        }
        Ok(())
    }

    /// Is each row predicted independently of the others?
    #[must_use]
    pub fn by_row(&self) -> bool {
        by_row(&self.steps)
    }
}

impl Preparation {
    /// Transforms rows. Columns are matched by name; those that the steps do not know, and the target, pass unchanged.
    ///
    /// # Errors
    /// A [`Failure`] naming the column that is missing or of another kind.
    pub fn apply(&self, rows: &Table, bad: OnInvalid, progress: &dyn Progress) -> Result<Table, Failure> {
        let known = recast(rows, &self.input, bad, progress)?;
        let conformed = rows.map_columns(|column, array| {
            Ok(vec![match known.find(&column.name) {
                Some((column, array)) => (column.clone(), Stored::Array(array.clone())),
                None => (column.clone(), array.clone()),
            }])
        })?;
        let Some(target) = self.target.as_ref().filter(|target| rows.find(target).is_none()) else {
            return applied(&self.steps, conformed, progress);
        };
        applied(&self.steps, with_target(conformed, target)?, progress)?.drop(&[target])
    }

    /// Is each row transformed independently of the others?
    #[must_use]
    pub fn by_row(&self) -> bool {
        by_row(&self.steps)
    }
}

/// Reads the rows as the columns of the training rows, matched by name.
///
/// # Errors
/// A [`Failure`] naming the column that is missing or of another kind.
pub fn recast(rows: &Table, input: &[Column], bad: OnInvalid, progress: &dyn Progress) -> Result<Table, Failure> {
    let (table, misfits) = rows.recast(input, bad)?;
    for Misfits { name, kind, count, example } in misfits {
        let values = if count == 1 { "a value of".to_owned() } else { format!("{count} values of") };
        let message = format!("{values} `{name}` could not be read as {kind}, such as `{}`", example.escape_debug());
        progress.notice(Failure::note(code::MADE_MISSING, message).column(&*name));
    }
    Ok(table)
}

fn applied(steps: &[StepRecord], rows: Table, progress: &dyn Progress) -> Result<Table, Failure> {
    steps.iter().try_fold(rows, |table, step| {
        step.fitted.remarks(&table).into_iter().for_each(|remark| progress.notice(remark));
        step.fitted.apply_owned(table)
    })
}

fn by_row(steps: &[StepRecord]) -> bool {
    steps.iter().all(|step| step.fitted.needs().by_row)
}

/// Adds a target of missing values if the rows have none: stages above the one that names it treat it as a column.
fn with_target(rows: Table, target: &str) -> Result<Table, Failure> {
    if rows.find(target).is_some() {
        return Ok(rows);
    }
    rows.with_nulls(Column { role: Role::Target, ..Column::new(target, ColumnType::Text) })
}
