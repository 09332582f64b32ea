//! Running a script: check, pin, check again, lower, run.

use crate::pin::{findings, pins, splits_rows};
use crate::{Checked, DataFile, RunLedger, RunRecord, RunResult, Session, StageLine};
use pipewright_diagnostic::{Bounds, Diagnostic, Failure, Memory, Severity, code};
use pipewright_engine::{NoObserver, Notice, Observer, Retain, Run, Value};
use pipewright_plan::{JobGraph, JobId, NodeId, Plan, lower};
use std::path::PathBuf;
use std::sync::Arc;

impl Session {
    /// Runs a script.
    #[must_use]
    pub fn run(&self, text: &str) -> RunResult {
        self.run_watched(text, &NoObserver)
    }

    /// Runs a script with callbacks to `observer`.
    #[must_use]
    pub fn run_watched(&self, text: &str, observer: &dyn Observer) -> RunResult {
        let start = self.environment.world.elapsed();
        let bounds = Bounds { stop: observer.stop(), memory: self.memory() };
        let ran = self.in_pool(|| bounds.around(|| self.run_here(text, observer)));
        self.environment.forget_files();
        let mut result = ran.unwrap_or_else(|failure| RunResult::of_check(vec![unplaced(failure)]));
        result.time = self.environment.world.elapsed().saturating_sub(start);
        result.seed = self.options.seed;
        self.keep(&mut result);
        result
    }

    /// The files that are open, by their full paths.
    fn data_files(&self) -> Vec<DataFile> {
        let file = |(path, bytes): (PathBuf, u64)| {
            let path = self.environment.world.canonical(&path).to_string_lossy().into_owned();
            DataFile { path, bytes }
        };
        self.environment.opened_files().into_iter().map(file).collect()
    }

    /// Adds a run that evaluated something to the ledger of runs, if there is one.
    fn keep(&self, result: &mut RunResult) {
        let Some(path) = &self.options.runs else { return };
        let Some(script) = result.script.take() else { return };
        let Some(record) = RunRecord::of(result.outputs(), script, result.seed) else { return };
        let world = self.environment.world.clone();
        let (time, seconds, data) =
            (world.now().as_secs(), result.time.as_secs_f64(), std::mem::take(&mut result.data));
        let kept = RunLedger::new(world, path).add(&RunRecord { time, seconds, data, ..record });
        // The results are worth more than their record.
        result.diagnostics.extend(kept.err().map(|failure| {
            unplaced(Failure { severity: Severity::Warning, ..failure }.help("run without a ledger: --no-runs"))
        }));
    }

    /// How much memory a run may use.
    pub(crate) fn memory(&self) -> Memory {
        let world = self.environment.world.clone();
        match self.options.memory_bytes {
            Some(limit) => Memory::Limit(limit),
            None => Memory::Free(Arc::new(move || world.free_memory())),
        }
    }

    fn run_here(&self, text: &str, observer: &dyn Observer) -> RunResult {
        let checked = self.check_head(text);
        if !checked.is_sound() {
            return RunResult { diagnostics: checked.diagnostics, ..RunResult::default() };
        }
        let (mut graph, mut run) = (JobGraph::default(), Run::new(&self.environment, observer));
        let Ok((pins, tables)) = pins(&checked.plan, &mut graph, &mut run) else {
            return finish(&checked.plan, checked.diagnostics, &graph, &run, &[]);
        };
        let mut checked = self.check_pinned(checked.flat, text, &pins);
        checked.diagnostics.extend(unaffordable(&checked));
        checked.diagnostics.extend(findings(&checked.plan, &tables, &graph, &run));
        if !checked.is_sound() {
            return finish(&checked.plan, checked.diagnostics, &graph, &run, &[]);
        }
        let data = self.data_files();
        // All tables are read: close their files before a sink replaces one of them.
        self.environment.forget_files();
        let script = Some(checked.explicit());
        let reports = lower(&checked.plan, &mut graph);
        run.demand(&graph, &reports, Retain::Demanded);
        RunResult { script, data, ..finish(&checked.plan, checked.diagnostics, &graph, &run, &reports) }
    }
}

/// The error of a run that takes more memory than is free, before anything is fitted.
fn unaffordable(checked: &Checked) -> Option<Diagnostic> {
    let (bounds, bytes) = (Bounds::current(), checked.cost().bytes?);
    let failure = bounds.room_for(bytes, || "this run".to_owned()).err()?;
    let learns = checked.plan.nodes.iter().find(|node| node.footprint.effect.learns());
    let at = learns.or(checked.plan.nodes.first())?;
    Some(failure.help("with a memory limit, large tables are read chunk by chunk: --mem 8G").at(at.span))
}

fn finish(
    plan: &Plan,
    mut diagnostics: Vec<Diagnostic>,
    graph: &JobGraph,
    run: &Run<'_>,
    reports: &[JobId],
) -> RunResult {
    let outcome = run.outcome(graph);
    // Whether an output after a failure was produced depends on timing.
    let end = outcome.failure.as_ref().map_or(usize::MAX, |failed| failed.job);
    let output = |&job: &JobId| match run.value(job)? {
        Value::Output(output) => Some(output.clone()),
        _ => None,
    };
    let outputs = reports.iter().filter(|&&job| job < end).filter_map(output).collect();
    // What the check has said of a small file, its reading says again.
    let is_said = |new: &Diagnostic, said: &Diagnostic| {
        new.code == said.code && new.message == said.message && new.span() == said.span()
    };
    for new in gather(plan, outcome.notices) {
        if !diagnostics.iter().any(|said| is_said(&new, said)) {
            diagnostics.push(new);
        }
    }
    diagnostics.extend(outcome.failure.map(|failed| place(plan, failed.stage, failed.round, failed.failure)));
    let stages = outcome.times.into_iter().map(|(id, time)| {
        let node = &plan.nodes[id];
        StageLine { text: node.text.clone(), implied: node.implied, time }
    });
    RunResult { diagnostics, outputs, stages: stages.collect(), ..RunResult::default() }
}

/// A notice of one or several jobs of a stage.
struct Told {
    stage: NodeId,
    failure: Failure,
    /// The number of folds that tell of it.
    folds: usize,
    /// Is it told outside of folds, too?
    is_whole: bool,
    /// Do some of them tell other numbers?
    differs: bool,
}

/// Converts notices to diagnostics: those of several rounds about one thing are merged, with their number.
fn gather(plan: &Plan, notices: Vec<Notice>) -> Vec<Diagnostic> {
    let mut told: Vec<Told> = Vec::new();
    let splits = |stage: NodeId| plan.paths().filter(splits_rows).any(|path| path.branch.path.contains(&stage));
    // Copies of rows matter only where rows are split.
    let matters = |notice: &Notice| notice.failure.code != code::REPEATED_ROWS || splits(notice.stage);
    for Notice { stage, round, failure } in notices.into_iter().filter(matters) {
        let folds = usize::from(round.is_some());
        match told.iter_mut().find(|told| told.stage == stage && alike(&told.failure, &failure, folds > 0)) {
            Some(told) => {
                told.folds += folds;
                told.is_whole |= folds == 0;
                told.differs |= told.failure.message != failure.message;
            }
            None => told.push(Told { stage, failure, folds, is_whole: folds == 0, differs: false }),
        }
    }
    let diagnostic = |Told { stage, mut failure, folds, is_whole, differs }: Told| {
        if !is_whole && failure.severity != Severity::Error {
            let folds = if folds == 1 { "1 fold".to_owned() } else { format!("{folds} folds") };
            let numbers = if differs { ", each with its own numbers" } else { "" };
            failure.message = format!("{} (in {folds}{numbers})", failure.message);
        }
        place(plan, stage, None, failure)
    };
    told.into_iter().map(diagnostic).collect()
}

/// Are they equal, or about the same thing with different numbers?
fn alike(one: &Failure, other: &Failure, in_fold: bool) -> bool {
    let same_column = one.place.column == other.place.column;
    let told_of_rows = one.place.column.is_none() && !in_fold && one.code != code::SEEN_ROWS;
    one == other || (one.code == other.code && same_column && !told_of_rows)
}

/// Creates the diagnostic for a failure that belongs to no place in a script.
#[must_use]
pub fn unplaced(failure: Failure) -> Diagnostic {
    let diagnostic = Diagnostic { severity: failure.severity, ..Diagnostic::error(failure.code, failure.message) };
    failure.help.into_iter().fold(diagnostic, Diagnostic::help)
}

/// A diagnostic for a failure of a stage.
pub(crate) fn place(plan: &Plan, stage: NodeId, round: Option<usize>, mut failure: Failure) -> Diagnostic {
    if round.is_some() {
        // The row number is relative to the fold, so it would mislead.
        failure.place.row = None;
    }
    let node = &plan.nodes[stage];
    if failure.code == code::CANCELLED {
        // Which stage was running depends on timing.
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
