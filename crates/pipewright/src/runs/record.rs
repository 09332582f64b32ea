//! What is kept of a run.

use pipewright_learn::Target;
use pipewright_operator::result::{Evaluation, FoldResult, Output, Tuning};
use pipewright_plan::{Fingerprint, Identity};
use serde::{Deserialize, Serialize};

/// A run that evaluated something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The version of the format.
    pub version: u32,
    /// When it ended: seconds since 1970 in UTC.
    pub time: u64,
    /// The version of Pipewright.
    pub pipewright: String,
    /// The script with every implied step written out.
    pub script: String,
    /// The seed.
    pub seed: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The files that it read.
    pub data: Vec<DataFile>,
    /// What it found, in the order of the script.
    pub results: Vec<RecordedResult>,
}

/// A file that a run read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// An evaluation, a final exam or a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedResult {
    /// `eval`, `assess` or `tune`.
    pub kind: String,
    /// The arm of a fork.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// The label of the model; of a search, how it searched.
    pub model: String,
    /// The target.
    pub target: String,
    /// The scheme of splitting: `stratified, 5 folds`.
    pub scheme: String,
    /// The number of held-out rows per repetition.
    pub rows: usize,
    /// A hash of the truth and the rows of every fold: equal hashes, equal folds of the same rows.
    pub split: String,
    /// The number of held-out rows for each training row, by which intervals are corrected.
    pub test_share: f64,
    /// The metrics, in the order of the report.
    pub metrics: Vec<RecordedMetric>,
    /// The values that a search chose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chosen: Vec<(String, String)>,
}

/// A metric over all folds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedMetric {
    /// Its name.
    pub name: String,
    /// Its mean, where it is defined.
    pub mean: Option<f64>,
    /// The 95 % interval of the mean.
    pub interval: Option<[f64; 2]>,
    /// Its value on each fold.
    pub folds: Vec<Option<f64>>,
}

pub(super) const VERSION: u32 = 1;

impl RunRecord {
    /// What is kept of a run with these outputs; `None` if none of them evaluates anything.
    pub(crate) fn of<'a>(outputs: impl Iterator<Item = &'a Output>, script: String, seed: u64) -> Option<RunRecord> {
        let results: Vec<RecordedResult> = outputs.filter_map(RecordedResult::of).collect();
        (!results.is_empty()).then(|| RunRecord {
            version: VERSION,
            time: 0,
            pipewright: env!("CARGO_PKG_VERSION").to_owned(),
            script,
            seed,
            seconds: 0.0,
            data: Vec::new(),
            results,
        })
    }
}

impl RecordedResult {
    fn of(output: &Output) -> Option<RecordedResult> {
        match output {
            Output::Tuning(tuning) => Some(RecordedResult::of_search(tuning)),
            output => output.as_evaluation().map(RecordedResult::of_evaluation),
        }
    }

    fn of_evaluation(evaluation: &Evaluation) -> RecordedResult {
        let metric = |metric: pipewright_operator::result::MetricResult<'_>| RecordedMetric {
            name: metric.name().to_owned(),
            mean: metric.mean().ok(),
            interval: metric.interval().map(|interval| [interval.low, interval.high]),
            folds: metric.folds().into_iter().map(|fold| fold.as_ref().ok().copied()).collect(),
        };
        let kind = if evaluation.assessed.is_some() { "assess" } else { "eval" };
        let mut scheme = format!("{}, {} folds", evaluation.scheme, evaluation.folds);
        if evaluation.repeat > 1 {
            scheme.push_str(&format!(", repeated {} times", evaluation.repeat));
        }
        RecordedResult {
            kind: kind.to_owned(),
            arm: evaluation.arm.clone(),
            model: evaluation.model.clone(),
            target: evaluation.task.target.to_string(),
            scheme,
            rows: evaluation.rows(),
            split: split(&evaluation.results).to_string(),
            test_share: FoldResult::test_share(&evaluation.results),
            metrics: evaluation.metrics().map(metric).collect(),
            chosen: Vec::new(),
        }
    }

    fn of_search(tuning: &Tuning) -> RecordedResult {
        let best = tuning.best();
        let folds =
            best.map_or_else(Vec::new, |best| best.folds.iter().map(|fold| fold.as_ref().ok().copied()).collect());
        let metric = RecordedMetric {
            name: tuning.metric.to_owned(),
            mean: best.and_then(|best| best.mean().ok()),
            interval: None,
            folds,
        };
        RecordedResult {
            kind: "tune".to_owned(),
            arm: tuning.arm.clone(),
            model: format!("tune {}", tuning.search),
            target: tuning.task.target.to_string(),
            scheme: format!("{} inner folds", metric.folds.len()),
            rows: 0,
            split: String::new(),
            test_share: 0.0,
            metrics: vec![metric],
            chosen: best.map(|best| best.values.clone()).unwrap_or_default(),
        }
    }

    /// Its name in lists: the arm, or the model.
    pub(super) fn label(&self) -> String {
        self.arm.as_ref().map_or_else(|| self.model.clone(), |arm| format!("{arm}: {}", self.model))
    }
}

/// A hash of the truth and the rows of all folds.
fn split(folds: &[FoldResult]) -> Fingerprint {
    let of_fold = |identity: Identity, fold: &FoldResult| {
        let identity = fold
            .rows
            .iter()
            .fold(identity.number(fold.rows.len() as u64), |identity, &row| identity.number(u64::from(row)));
        match &fold.truth {
            Target::Classes { codes, .. } => codes.iter().fold(identity, |all, &code| all.number(u64::from(code))),
            Target::Numbers(numbers) => numbers.iter().fold(identity, |all, number| all.number(number.to_bits())),
        }
    };
    folds.iter().fold(Identity::of("folds"), of_fold).with_inputs([])
}
