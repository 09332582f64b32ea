//! Checking: at the highest level of knowledge that the files at hand allow without reading them whole.

use crate::Session;
use crate::pin::{pins, undecided};
use crate::run::unplaced;
use pipewright_diagnostic::Diagnostic;
use pipewright_engine::Silent;
use pipewright_plan::{Flat, Pin, Plan, expand, plan};

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
        let pipelines: Vec<String> = self.plan.pipelines.iter().map(pipewright_plan::PipelinePlan::text).collect();
        let (graph, _) = pipewright_plan::lower(&self.plan);
        let mut text = pipelines.join("\n");
        if graph.jobs().len() > 1 {
            let fits = graph.count(|work| matches!(work, pipewright_plan::Work::Fit(..)));
            let trainings = graph.count(|work| matches!(work, pipewright_plan::Work::Learn(..)));
            text.push_str(&format!(
                "\n# {} jobs: {fits} fits of steps, {trainings} trainings (baselines among them)\n",
                graph.jobs().len()
            ));
        }
        text
    }

    /// The script with every implied step written out.
    #[must_use]
    pub fn explicit(&self) -> String {
        let pipelines: Vec<String> = self.plan.pipelines.iter().map(pipewright_plan::PipelinePlan::explicit).collect();
        pipelines.join("\n")
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
        let all_seen = checked.plan.pipelines.iter().all(|pipeline| pipeline.source_is_whole);
        if all_seen && !checked.plan.pipelines.is_empty() {
            return match self.in_pool(|| self.pin(&checked)) {
                Ok(Ok((pins, _))) => self.check_pinned(checked.flat, text, &pins),
                Ok(Err(diagnostics)) => Checked { diagnostics, ..checked },
                Err(failure) => Checked { diagnostics: vec![unplaced(failure)], ..checked },
            };
        }
        let mut checked = checked;
        checked.diagnostics.extend(undecided(&checked.plan));
        checked
    }

    /// The first check: words, arguments, order, and names where the head of the data is there.
    pub(crate) fn check_head(&self, text: &str) -> Checked {
        let (script, mut diagnostics) = pipewright_syntax::parse(text);
        let (flat, mut more) = expand(&script, &self.options.params, self.surroundings.registry);
        diagnostics.append(&mut more);
        let (plan, mut more) = plan(&flat, text, &[], &self.plan_options(), &self.surroundings);
        diagnostics.append(&mut more);
        Checked { diagnostics, plan, flat }
    }

    /// The second check: with the kinds of the whole data and the classes of the target.
    pub(crate) fn check_pinned(&self, flat: Vec<Flat>, text: &str, pins: &[Option<Pin>]) -> Checked {
        let (plan, diagnostics) = plan(&flat, text, pins, &self.plan_options(), &self.surroundings);
        Checked { diagnostics, plan, flat }
    }

    fn pin(&self, checked: &Checked) -> Result<(Vec<Option<Pin>>, pipewright_engine::Outcome), Vec<Diagnostic>> {
        let (pins, outcome) = pins(&checked.plan, &self.surroundings, &Silent);
        match &outcome.failure {
            None => Ok((pins, outcome)),
            Some(failure) => {
                Err(vec![crate::run::place(&checked.plan, failure.stage, failure.round, failure.failure.clone())])
            }
        }
    }
}
