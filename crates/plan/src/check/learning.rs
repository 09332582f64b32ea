//! Checks of the target, the task, and the model for it.

use super::Walk;
use crate::target::resolve_task;
use pipewright_diagnostic::{Diagnostic, Span, code};
use pipewright_frame::{Role, Schema};
use pipewright_operator::work::{Adjust, Training};
use pipewright_operator::{Args, ArgumentError, Effect, Tasks, Verb};

impl Walk<'_> {
    /// Steps may learn with the target even if no model is trained.
    pub(super) fn learning_without_a_model(&mut self) {
        let path = self.path();
        let find = |effect: Effect| path.nodes.iter().find(|node| node.footprint.effect == effect);
        // Stages that change training rows may use the target, or need none.
        let Some(node) = find(Effect::FitTarget).or_else(|| find(Effect::RowsTrain)) else { return };
        if self.at.trains {
            return;
        }
        let (span, needs_target) = (node.span, node.footprint.effect == Effect::FitTarget);
        let column =
            self.at.branch.target.as_ref().zip(self.at.schema.as_ref()).map(|(target, schema)| schema.find(target));
        match column {
            None if needs_target => {
                let message = "this stage learns with the target, but there is none";
                self.say(Diagnostic::error(code::NO_TARGET, message).label(span, "").help("add a stage: target NAME"));
            }
            None | Some(None) => {}
            Some(Some(column)) => {
                let facts = self.pin.and_then(|pin| pin.target.as_ref());
                match resolve_task(&column.clone(), facts, &self.at.branch, |_| None) {
                    Some(Ok(task)) => self.at.branch.task = Some(task),
                    Some(Err(failure)) if needs_target => self.say(failure.at(span)),
                    Some(Err(_)) | None => {}
                }
            }
        }
    }

    pub(super) fn fault(&mut self, fault: ArgumentError, args: &Args, stage: Span) {
        if fault.code == code::CANNOT_READ {
            // What the file would have made of the table is not known.
            self.at.schema = None;
        }
        let param_span = fault.param.and_then(|param| args.span(param));
        let span = fault.span.filter(|span| *span != Span::default()).or(param_span).unwrap_or(stage);
        // An error supersedes a warning about the same place.
        self.diagnostics
            .retain(|said| said.is_error() || said.code != code::SMALL_COUNT || said.labels[0].span != span);
        let mut diagnostic = Diagnostic::error(fault.code, fault.message).label(span, "");
        diagnostic.help = fault.help;
        if let Some(replacement) = fault.replacement {
            diagnostic.labels[0].text = format!("write {replacement}");
            diagnostic = diagnostic.fix(span, replacement);
        }
        let written = self.at.target_span.filter(|span| span.start < span.end);
        if let (Some(target), code::WRONG_WIDTH | code::WRONG_TASK) = (written, fault.code) {
            diagnostic = diagnostic.label(target, "the target");
        }
        self.say(diagnostic);
    }

    pub(super) fn training(&mut self, training: &dyn Training, args: &Args, span: Span) {
        // A stage that does not declare its columns does not change what is known about the target.
        let Some(schema) = self.at.schema.as_ref().or(self.prepared()).cloned() else {
            // How rows are chosen stands in the script, also where no column is known.
            if let Some(target) = self.at.branch.target.clone() {
                self.check_provenance(&target, None, span);
            }
            return;
        };
        let Some(target) = self.at.branch.target.clone() else {
            if self.at.names_target {
                // Already reported at the stage that names it.
                return;
            }
            let message = "there is no target column to predict";
            return self
                .say(Diagnostic::error(code::NO_TARGET, message).label(span, "").help("add a stage: target NAME"));
        };
        let Some(column) = schema.find(&target).cloned() else {
            // A pivot may make this column, which is known only from the rows.
            let may_be = |schema: &Schema| schema.find(&target).is_none() && schema.foreseen(&target).is_some();
            if self.prepared().is_some_and(may_be) || may_be(&schema) {
                return;
            }
            let mut diagnostic =
                Diagnostic::error(code::TARGET_DROPPED, format!("the target `{target}` was dropped")).label(span, "");
            if let Some(&removed) = self.at.removed.get(&*target) {
                diagnostic = diagnostic.label(removed, "removed here");
            }
            return self.say(diagnostic);
        };
        self.check_provenance(&target, Some(&schema), span);
        let features = schema.columns().filter(|column| column.role == Role::Feature).count();
        if features == 0 && schema.is_closed() {
            let message = format!("there are no features besides the target `{target}`");
            self.say(Diagnostic::error(code::NO_FEATURES, message).label(span, ""));
        }
        let facts = self.pin.and_then(|pin| pin.target.as_ref());
        match resolve_task(&column, facts, &self.at.branch, |distinct| training.wants_classes(distinct)) {
            Some(Ok(task)) => {
                match training.learner(&task) {
                    Ok(learner) => self.at.branch.learner = Some(learner),
                    Err(fault) => {
                        let fault = self.with_other_models(fault, args);
                        self.fault(fault, args, span);
                    }
                }
                self.at.branch.task = Some(task);
            }
            Some(Err(failure)) => {
                let at = self.at.target_span.unwrap_or(span);
                self.say(failure.at(at));
            }
            None => {}
        }
    }

    /// Checks an adjustment of the model against the target; a search chooses adjusted models.
    pub(super) fn check_adjust(&mut self, adjust: &dyn Adjust, verb: &Verb, args: &Args, span: Span) {
        if self.at.branch.searched.is_some() {
            let message =
                format!("`{}` adjusts each candidate of a search, so it stands above the search", verb.spec.name);
            self.say(Diagnostic::error(code::WRONG_ORDER, message).label(span, "").help("put it right after `train`"));
        }
        if let Some(task) = &self.at.branch.task
            && let Err(fault) = adjust.check(task)
        {
            self.fault(fault, args, span);
        }
    }

    /// Suggests models for the target if the chosen one is for another kind.
    fn with_other_models(&self, fault: ArgumentError, args: &Args) -> ArgumentError {
        let Some(chosen) = args.chosen_model().filter(|_| fault.code == code::WRONG_TASK) else { return fault };
        let (kind, other) = match chosen.model.tasks {
            Tasks::Classes => ("numbers", Tasks::Numbers),
            Tasks::Numbers => ("classes", Tasks::Classes),
            Tasks::Both => return fault,
        };
        let models = self.environment.registry.models.iter();
        let fitting = models.filter(|model| model.tasks == other || model.tasks == Tasks::Both);
        let names: Vec<&str> = fitting.map(|model| model.spec.name).collect();
        fault.help(format!("models for {kind}: {}", names.join(", ")))
    }
}
