//! Runs a script on tables of noise and compares its score with chance.

use crate::tables::{Files, NOISE_ROWS, world};
use pipewright::{Evaluation, Options, Session, Severity, Target};

/// The result of a run, as far as its reader could be fooled by it.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: u8,
    pub(crate) errors: Vec<String>,
    /// Codes of warnings and notes.
    pub(crate) told: Vec<String>,
    pub(crate) scores: Vec<Score>,
}

/// The area under the curve or R² of an evaluation, on average over its folds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Score {
    pub(crate) is_auc: bool,
    pub(crate) value: f64,
    /// How far above chance it is, in standard deviations of what noise scores.
    pub(crate) z: f64,
}

impl Score {
    pub(crate) fn name(self) -> &'static str {
        if self.is_auc { "auc" } else { "r2" }
    }
}

impl Run {
    /// The highest of its scores.
    pub(crate) fn best(&self) -> Option<Score> {
        self.scores.iter().copied().max_by(|a, b| a.z.total_cmp(&b.z))
    }

    /// Did it warn that rows stand on both sides, or that a column tells the target?
    pub(crate) fn said_so(&self) -> bool {
        self.told.iter().any(|code| ["W0321", "W0322"].contains(&code.as_str()))
    }
}

pub(crate) fn run(script: &str, files: &Files) -> Run {
    let done = Session::new(world(files), Options::default()).run(script);
    let codes = |is: fn(Severity) -> bool| {
        let some = done.diagnostics.iter().filter(|diagnostic| is(diagnostic.severity));
        some.map(|diagnostic| diagnostic.code.as_str().to_owned()).collect()
    };
    let scores = done.evaluations().filter_map(score).collect();
    let errors = codes(|severity| severity == Severity::Error);
    Run { exit: done.exit_code(), errors, told: codes(|severity| severity != Severity::Error), scores }
}

fn score(evaluation: &Evaluation) -> Option<Score> {
    let mean = |name: &str| evaluation.metric(name).ok()?.mean().ok();
    match (mean("auc"), mean("r2")) {
        (Some(auc), _) => Some(Score { is_auc: true, value: auc, z: z_of_auc(auc, evaluation) }),
        (None, Some(r2)) => Some(Score { is_auc: false, value: r2, z: z_of_r2(r2, evaluation) }),
        (None, None) => None,
    }
}

/// The standard deviation of the area under the curve of noise is that of the statistic of Mann and Whitney. More rows
/// than the table has are no independent rows.
fn z_of_auc(auc: f64, evaluation: &Evaluation) -> f64 {
    let rows = evaluation.rows() as f64;
    let positive = evaluation.results.iter().filter(|fold| fold.repeat == 0).map(|fold| match &fold.truth {
        Target::Classes { codes, .. } => codes.iter().filter(|code| **code == 1).count(),
        Target::Numbers(_) => 0,
    });
    let share = positive.sum::<usize>() as f64 / rows;
    let rows = rows.min(NOISE_ROWS as f64);
    (auc - 0.5) / ((rows + 1.0) / (12.0 * rows * rows * share * (1.0 - share))).sqrt()
}

/// R² is at most the square of the correlation of truth and prediction, whose standard deviation is 1 / √n.
fn z_of_r2(r2: f64, evaluation: &Evaluation) -> f64 {
    (r2.max(0.0) * evaluation.rows().min(NOISE_ROWS) as f64).sqrt()
}

/// What came of a random script.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It was refused, with this code.
    Refused(String),
    /// It ran and warned of what it does.
    Said,
    /// It ran and scored as noise does.
    Noise,
    /// It scores above noise.
    Fools(Score),
    /// It hit a bug, of this description.
    Broken(String),
}

/// A score so far above noise is looked at again.
const SUSPICIOUS: f64 = 2.5;
/// Over the tables of the second look, none of many thousand honest scripts comes so far.
const FOOLING: f64 = 4.5;

/// Judges a script by one table, and if that looks suspicious, by all others.
pub(crate) fn verdict(script: &str, tables: &[Files]) -> Verdict {
    let first = run(script, &tables[0]);
    if first.exit == 70 {
        return Verdict::Broken(first.errors.join(" "));
    }
    if first.exit != 0 {
        return Verdict::Refused(first.errors.first().cloned().unwrap_or_default());
    }
    if first.said_so() {
        return Verdict::Said;
    }
    if first.best().is_none_or(|score| score.z < SUSPICIOUS) {
        return Verdict::Noise;
    }
    let mut again = Vec::new();
    for files in &tables[1..] {
        let run = run(script, files);
        match run.best() {
            _ if run.said_so() => return Verdict::Said,
            Some(score) if run.exit == 0 => again.push(score),
            // Refused on other tables only: what was seen first counts.
            _ => {}
        }
    }
    if again.is_empty() {
        again.extend(first.best());
    }
    let count = again.len() as f64;
    let z = again.iter().map(|score| score.z).sum::<f64>() / count.sqrt();
    let value = again.iter().map(|score| score.value).sum::<f64>() / count;
    if z < FOOLING { Verdict::Noise } else { Verdict::Fools(Score { value, z, ..again[0] }) }
}
