//! Running: check, pin, check again, lower, run.

use crate::Session;
use crate::pin::{likely_ids, pins};
use pipewright_diagnostic::{Diagnostic, Failure, Severity, code};
use pipewright_engine::{Notice, Observer, Outcome, Silent, StageTime, run};
use pipewright_operator::work::Report;
use pipewright_plan::{Plan, StageId, lower};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a run has brought, whether it ended or not.
#[derive(Default)]
pub struct Done {
    /// Errors, warnings and notes, in the order of the script.
    pub diagnostics: Vec<Diagnostic>,
    /// The results, in the order of the script.
    pub reports: Vec<Arc<Report>>,
    /// How long each stage took.
    pub stages: Vec<StageLine>,
    /// How long everything took.
    pub time: Duration,
    /// The seed that governed it.
    pub seed: u64,
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

impl Done {
    /// Did it end without an error?
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.exit_code() == 0
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

impl Session {
    /// Runs a script.
    #[must_use]
    pub fn run(&self, text: &str) -> Done {
        self.run_watched(text, &Silent)
    }

    /// Runs a script while `observer` looks on.
    #[must_use]
    pub fn run_watched(&self, text: &str, observer: &dyn Observer) -> Done {
        let start = self.surroundings.world.elapsed();
        let mut done = self.in_pool(|| self.run_here(text, observer));
        done.time = self.surroundings.world.elapsed().saturating_sub(start);
        done.seed = self.options.seed;
        done
    }

    fn run_here(&self, text: &str, observer: &dyn Observer) -> Done {
        let checked = self.check_head(text);
        if !checked.is_sound() {
            return Done { diagnostics: checked.diagnostics, ..Done::default() };
        }
        let (pins, tables) = pins(&checked.plan, &self.surroundings, observer);
        if tables.failure.is_some() {
            return finish(&checked.plan, checked.diagnostics, vec![tables]);
        }
        let mut checked = self.check_pinned(checked.flat, text, &pins);
        checked.diagnostics.extend(likely_ids(&checked.plan, &tables));
        if !checked.is_sound() {
            return finish(&checked.plan, checked.diagnostics, vec![tables]);
        }
        let (graph, _) = lower(&checked.plan);
        let mut tables = tables;
        let known = std::mem::take(&mut tables.kept);
        tables.reports.clear();
        let outcome = run(&graph, known, false, &self.surroundings, observer);
        finish(&checked.plan, checked.diagnostics, vec![tables, outcome])
    }
}

fn finish(plan: &Plan, mut diagnostics: Vec<Diagnostic>, outcomes: Vec<Outcome>) -> Done {
    let mut notices = Vec::new();
    let mut times: BTreeMap<StageId, StageTime> = BTreeMap::new();
    let mut reports = Vec::new();
    let mut failures = Vec::new();
    for outcome in outcomes {
        notices.extend(outcome.notices);
        for (stage, time) in outcome.times {
            let sum = times.entry(stage).or_default();
            sum.runs += time.runs;
            sum.time += time.time;
        }
        reports.extend(outcome.reports.into_values());
        failures.extend(outcome.failure);
    }
    diagnostics.extend(gather(plan, notices));
    diagnostics.extend(failures.into_iter().map(|failed| place(plan, failed.stage, failed.round, failed.failure)));
    let stages = times
        .into_iter()
        .map(|(id, time)| {
            let node = &plan.pipelines[id.pipeline].nodes[id.stage];
            StageLine { text: node.text.clone(), implied: node.implied, time }
        })
        .collect();
    Done { diagnostics, reports, stages, ..Done::default() }
}

/// Notices as diagnostics: what several rounds said alike is said once, with their number.
fn gather(plan: &Plan, notices: Vec<Notice>) -> Vec<Diagnostic> {
    let mut grouped: Vec<(StageId, Failure, usize, bool)> = Vec::new();
    for notice in notices {
        let known =
            grouped.iter_mut().find(|(stage, failure, ..)| *stage == notice.stage && alike(failure, &notice.failure));
        match known {
            Some((_, _, times, _)) => *times += 1,
            None => grouped.push((notice.stage, notice.failure, 1, notice.round.is_some())),
        }
    }
    grouped
        .into_iter()
        .map(|(stage, mut failure, times, in_rounds)| {
            if in_rounds && failure.severity != Severity::Error {
                let folds = if times == 1 { "1 fold".to_owned() } else { format!("{times} folds") };
                failure.message = format!("{} (in {folds})", failure.message);
            }
            place(plan, stage, None, failure)
        })
        .collect()
}

/// Do they say the same, or the same of one column with other numbers?
fn alike(one: &Failure, other: &Failure) -> bool {
    one == other || (one.code == other.code && one.place.column.is_some() && one.place.column == other.place.column)
}

/// A failure at its stage.
pub(crate) fn place(plan: &Plan, stage: StageId, round: Option<usize>, mut failure: Failure) -> Diagnostic {
    if round.is_some() {
        // It counts among the rows of the fold, which nobody can look up.
        failure.place.row = None;
    }
    let node = &plan.pipelines[stage.pipeline].nodes[stage.stage];
    if failure.code == code::CANCELLED {
        // Which stage was at work is chance.
        return Diagnostic::error(failure.code, failure.message);
    }
    let mut diagnostic = failure.at(node.span);
    if let Some(round) = round {
        diagnostic.message = format!("{} (in fold {})", diagnostic.message, round + 1);
    }
    if node.implied {
        diagnostic.labels[0].text = format!("in the implied stage `{}`", node.text);
    }
    diagnostic
}
