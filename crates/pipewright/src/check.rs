//! Checking: at the highest level of knowledge that the files at hand allow without reading them whole.

use crate::Session;
use crate::pin::{pins, undecided};
use crate::run::{place, unplaced};
use pipewright_diagnostic::Diagnostic;
use pipewright_engine::{NoObserver, Run};
use pipewright_plan::{Flat, JobGraph, Pin, Plan, Work, expand, lower, plan};

/// A script that was checked.
pub struct Checked {
    /// Everything there is to say, in the order of the script.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan, as far as there is one.
    pub plan: Plan,
    pub(crate) flat: Vec<Flat>,
}

impl Checked {
    /// May it run?
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The plan as text, with implied steps as `+` lines.
    #[must_use]
    pub fn plan_text(&self) -> String {
        let mut text = self.plan.text();
        let mut graph = JobGraph::default();
        lower(&self.plan, &mut graph);
        if graph.jobs().len() > 1 {
            let fits = graph.count(|work| matches!(work, Work::Fit { .. }));
            let trainings = graph.count(|work| matches!(work, Work::Learn(..)));
            let jobs = graph.jobs().len();
            text.push_str(&format!(
                "\n# {jobs} jobs: {fits} fits of steps, {trainings} trainings (baselines among them)\n"
            ));
        }
        text
    }

    /// The script with every implied step and every default written out, and every parameter and fragment replaced
    /// by what it stands for. It does what the script does.
    #[must_use]
    pub fn explicit(&self) -> String {
        self.plan.explicit()
    }
}

impl Session {
    /// Checks a script. Where the head of the data holds all of it, everything can be decided; else what cannot is
    /// listed in notes.
    #[must_use]
    pub fn check(&self, text: &str) -> Checked {
        let checked = self.check_head(text);
        if !checked.is_sound() {
            return checked;
        }
        let all_seen = checked.plan.paths().all(|path| path.branch.source_is_whole);
        if all_seen && !checked.plan.pipelines.is_empty() {
            let pinned = self.in_pool(|| {
                let (mut graph, mut run) = (JobGraph::default(), Run::new(&self.environment, &NoObserver));
                pins(&checked.plan, &mut graph, &mut run)
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

    /// The first check: words, arguments, order, and names where the head of the data is there.
    pub(crate) fn check_head(&self, text: &str) -> Checked {
        self.environment.forget_files();
        let (script, mut diagnostics) = pipewright_syntax::parse(text);
        let (flat, mut more) = expand(&script, &self.options.params, self.environment.registry);
        diagnostics.append(&mut more);
        let (plan, mut more) = plan(&flat, text, &[], &self.plan_options(), &self.environment);
        diagnostics.append(&mut more);
        Checked { diagnostics, plan, flat }
    }

    /// The second check: with the kinds of the whole data and the classes of the target.
    pub(crate) fn check_pinned(&self, flat: Vec<Flat>, text: &str, pins: &[Option<Pin>]) -> Checked {
        let (plan, diagnostics) = plan(&flat, text, pins, &self.plan_options(), &self.environment);
        Checked { diagnostics, plan, flat }
    }
}
