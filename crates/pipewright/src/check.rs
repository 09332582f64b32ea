//! Checking a script, as far as the files at hand allow without reading them whole.

use crate::Session;
use crate::pin::{pins, undecided};
use crate::run::{place, unplaced};
use pipewright_diagnostic::{Bounds, Diagnostic, size};
use pipewright_engine::{NoObserver, Run};
use pipewright_plan::{Cost, Flat, JobGraph, Pin, Plan, Work, expand, lower, plan};

/// A checked script.
#[derive(Debug)]
pub struct Checked {
    /// All diagnostics, in the order of the script.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan, as far as it could be made.
    pub plan: Plan,
    pub(crate) flat: Vec<Flat>,
    /// The number of threads of a run.
    pub(crate) threads: usize,
    /// The memory limit of a run.
    pub(crate) memory_bytes: Option<u64>,
}

impl Checked {
    /// Is it free of errors, so that it can run?
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Returns the plan as text, with implied steps as `+` lines.
    #[must_use]
    pub fn plan_text(&self) -> String {
        let mut text = self.plan.text();
        let mut graph = JobGraph::default();
        lower(&self.plan, &mut graph);
        let cost = self.cost();
        // What is evaluated cannot be made jobs while the values of the target are unknown.
        let is_known = self.plan.paths().all(|path| path.training().is_none() || path.branch.task.is_some());
        let (fits, trainings, jobs) = match is_known {
            true => (
                graph.count(|work| matches!(work, Work::Fit { .. })),
                graph.count(|work| matches!(work, Work::Learn(..))),
                format!("{} jobs: ", graph.jobs().len()),
            ),
            false => (cost.fits, cost.trainings, String::new()),
        };
        if graph.jobs().len() > 1 {
            let baselines = if trainings > 0 { " (including baselines)" } else { "" };
            let about = if cost.at_least { "at least" } else { "about" };
            let memory = cost.bytes.map(|bytes| format!(", {about} {}", size(bytes))).unwrap_or_default();
            text.push_str(&format!(
                "\n# {jobs}{}, {}{baselines}{memory}\n",
                counted(fits, "fit of a step", "fits of steps"),
                counted(trainings, "training", "trainings")
            ));
        }
        text
    }

    /// What a run costs; with a memory limit, larger tables are read chunk by chunk.
    pub(crate) fn cost(&self) -> Cost {
        let cost = self.plan.cost(self.threads);
        let limit = self.memory_bytes.map_or(u128::MAX, u128::from);
        Cost { bytes: cost.bytes.map(|bytes| bytes.min(limit)), ..cost }
    }

    /// Returns the script with every implied step and every default written out, and every parameter and fragment
    /// replaced by its value. It is equivalent to the script.
    #[must_use]
    pub fn explicit(&self) -> String {
        self.plan.explicit()
    }
}

/// `no fits of steps`, `1 fit of a step`, `15 fits of steps`.
fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

impl Session {
    /// Checks a script. If the head of the data is all of it, everything can be decided; otherwise notes list what
    /// cannot.
    #[must_use]
    pub fn check(&self, text: &str) -> Checked {
        let checked = self.check_head(text);
        if !checked.is_sound() {
            return checked;
        }
        let all_seen = checked.plan.paths().all(|path| path.branch.source_is_whole);
        if all_seen && !checked.plan.pipelines.is_empty() {
            let bounds = Bounds { memory: self.memory(), ..Bounds::default() };
            let pinned = self.in_pool(|| {
                let (mut graph, mut run) = (JobGraph::default(), Run::new(&self.environment, &NoObserver));
                bounds.around(|| pins(&checked.plan, &mut graph, &mut run))
            });
            return match pinned {
                Ok(Ok((pins, _))) => self.check_pinned(checked.flat, text, &pins),
                Ok(Err(failed)) => {
                    let diagnostics = vec![place(&checked.plan, failed.stage, failed.round, failed.failure)];
                    Checked { diagnostics, ..checked }
                }
                Err(failure) => Checked { diagnostics: vec![unplaced(failure)], ..checked },
            };
        }
        let mut checked = checked;
        checked.diagnostics.extend(undecided(&checked.plan));
        checked
    }

    /// The first check: syntax, arguments, order, and column names if the head of the data is available.
    pub(crate) fn check_head(&self, text: &str) -> Checked {
        self.environment.forget_files();
        let (script, mut diagnostics) = pipewright_syntax::parse(text);
        let (flat, mut more) = expand(&script, &self.options.params, self.environment.registry);
        diagnostics.append(&mut more);
        let (plan, mut more) = plan(&flat, text, &[], &self.plan_options(), &self.environment);
        diagnostics.append(&mut more);
        self.checked(diagnostics, plan, flat)
    }

    /// The second check, with the kinds of the whole data and the classes of the target.
    pub(crate) fn check_pinned(&self, flat: Vec<Flat>, text: &str, pins: &[Option<Pin>]) -> Checked {
        let (plan, diagnostics) = plan(&flat, text, pins, &self.plan_options(), &self.environment);
        self.checked(diagnostics, plan, flat)
    }

    fn checked(&self, diagnostics: Vec<Diagnostic>, plan: Plan, flat: Vec<Flat>) -> Checked {
        let threads = self.options.threads.unwrap_or_else(rayon::current_num_threads);
        Checked { diagnostics, plan, flat, threads, memory_bytes: self.options.memory_bytes }
    }
}
