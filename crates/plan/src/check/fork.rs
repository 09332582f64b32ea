//! Forks: each arm is a branch of its own; the stages after the fork are checked on every branch.

use super::{Here, Walk};
use crate::model::Line;
use pipewright_diagnostic::{Diagnostic, Span, code};
use pipewright_operator::{Effect, Flow, Structure, Verb};
use pipewright_syntax::{Arm, Core, Stage};
use std::sync::Arc;

impl Walk<'_> {
    /// The branches after a fork: one per arm of each that was open.
    pub(super) fn fork(
        &mut self,
        stage: &Stage,
        verb: &'static Verb,
        open: Vec<Here>,
        outline: &mut Vec<Line>,
    ) -> Vec<Here> {
        let Core::Arms { arms, .. } = &stage.core else { return open };
        let names = self.arm_names(arms);
        let mut opened = Vec::new();
        let mut lines = Vec::new();
        for (place, mut here) in open.into_iter().enumerate() {
            let (mut above, before) = (Vec::new(), self.diagnostics.len());
            self.in_each(std::slice::from_mut(&mut here), &mut above, |walk| walk.above_fork(stage, verb));
            if place == 0 {
                outline.append(&mut above);
            }
            for (arm, name) in arms.iter().zip(&names) {
                let (ends, inside) = self.arm(arm, name, here.clone());
                opened.extend(ends);
                if place == 0 {
                    lines.push((name.clone(), inside));
                }
            }
            if place > 0 {
                self.once(before);
            }
        }
        outline.push(Line::Fork { verb: verb.spec.name, arms: lines });
        self.check_ends(&opened, stage.span, verb);
        opened
    }

    /// The names of the arms, without duplicates; an unnamed arm is named by its position.
    fn arm_names(&mut self, arms: &[Arm]) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for (place, arm) in arms.iter().enumerate() {
            let name: Arc<str> = match &arm.name {
                Some(name) => name.node.as_str().into(),
                None => format!("arm {}", place + 1).into(),
            };
            if let Some(span) = arm.name.as_ref().map(|name| name.span).filter(|_| names.contains(&name)) {
                let message = format!("two arms are named `{name}`");
                self.say(Diagnostic::error(code::DUPLICATE_NAME, message).label(span, "choose another name"));
            }
            names.push(name);
        }
        names
    }

    /// The stages above a fork are shared by its arms, so the target must be named there.
    fn above_fork(&mut self, stage: &Stage, verb: &Verb) {
        self.check_flow(stage, verb);
        self.above_alternatives();
    }

    /// The stages above several versions of the next ones are shared by them.
    pub(super) fn above_alternatives(&mut self) {
        if std::mem::take(&mut self.at.lacks_target) {
            self.imply_target();
        }
        let end = self.at.branch.path.len();
        self.at.branch.forked_at.get_or_insert(end);
        self.close();
    }

    fn arm(&mut self, arm: &Arm, name: &Arc<str>, mut here: Here) -> (Vec<Here>, Vec<Line>) {
        here.branch.arm = Some(match &here.branch.arm {
            Some(outer) => format!("{outer}/{name}").into(),
            None => name.clone(),
        });
        let start = here.branch.path.len();
        let (ends, outline) = self.stages(&arm.pipeline.stages, vec![here]);
        self.refuse_rows(&ends, start, "an arm: all arms are evaluated on the same rows", "put it before the fork");
        (ends, outline)
    }

    /// Refuses stages that choose or make rows after this place of each branch.
    pub(super) fn refuse_rows(&mut self, ends: &[Here], start: usize, place: &str, help: &str) {
        let mut refused: Vec<(&'static str, Span)> = Vec::new();
        for &id in ends.iter().flat_map(|end| &end.branch.path[start..]) {
            let node = &self.nodes[id];
            let found = (node.verb.spec.name, node.span);
            if matches!(node.footprint.effect, Effect::Source | Effect::RowsAll | Effect::Meta)
                && !refused.contains(&found)
            {
                refused.push(found);
            }
        }
        for (verb, span) in refused {
            let message = format!("`{verb}` is not allowed in {place}");
            self.say(Diagnostic::error(code::WRONG_ORDER, message).label(span, help));
        }
    }

    /// Checks that all arms train a model, or none does.
    fn check_ends(&mut self, ends: &[Here], span: Span, verb: &Verb) {
        let trained = |here: &&Here| here.flow == Flow::Learner;
        let count = ends.iter().filter(trained).count();
        if count == 0 || count == ends.len() || ends.iter().any(|here| here.adrift) {
            return;
        }
        let without = ends.iter().find(|here| here.flow != Flow::Learner);
        let name = without.and_then(|here| here.branch.arm.clone()).unwrap_or_default();
        let message = format!("some arms of `{}` train a model, but `{name}` does not", verb.spec.name);
        self.say(
            Diagnostic::error(code::WRONG_ORDER, message)
                .label(span, "")
                .help("train a model in every arm, or once after the fork"),
        );
    }

    /// Checks that a stage may follow several arms: one that saves a pipeline or writes a file must be in one arm.
    pub(super) fn takes_one_branch(&mut self, stage: &Stage, verb: &Verb, open: &[Here]) -> bool {
        let (name, count) = (verb.spec.name, open.len());
        let writes = verb.spec.effect == Effect::Sink && verb.spec.input != Flow::Table;
        let (message, help) = match verb.spec.structure {
            _ if count <= 1 => return true,
            Structure::Final => (
                format!("`{name}` saves a single pipeline, but there are {count} arms here"),
                format!("put `{name}` in the arm to save"),
            ),
            Structure::Exam => (
                format!("`{name}` is the final exam of a single pipeline, but there are {count} arms here"),
                "compare the arms by `eval`, and assess the best one".to_owned(),
            ),
            _ if writes => (
                format!("`{name}` writes a single file, but there are {count} arms here"),
                format!("put `{name}` in the arm whose rows to write"),
            ),
            _ => return true,
        };
        self.say(Diagnostic::error(code::WRONG_ORDER, message).label(stage.span, "").help(help));
        false
    }
}
