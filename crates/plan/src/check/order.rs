//! Checks of the order of stages, of the order of rows, and of target leaks.

use super::{Node, Walk, first_byte};
use pipewright_diagnostic::{Diagnostic, Span, code};
use pipewright_frame::Role;
use pipewright_operator::work::Evaluator;
use pipewright_operator::{Bound, Effect, Flow, Form, Implied, Verb};
use pipewright_syntax::Stage;

/// The stages above do not provide what a stage needs.
fn misplaced(verb: &Verb, given: Flow, needed: Flow, span: Span, implied: &Implied) -> Diagnostic {
    if given == Flow::Nothing {
        let source = implied.source.replace(" {}", "");
        let message = format!("a pipeline starts with a source, such as `{source}`");
        let fix = format!("{source} | ");
        return Diagnostic::error(code::NO_SOURCE, message).label(span, "").fix(first_byte(span), fix);
    }
    let message = format!("`{}` cannot follow {}", verb.spec.name, given.describe());
    let help = format!("it needs {} before it", needed.describe());
    Diagnostic::error(code::WRONG_ORDER, message).label(span, "").help(help)
}

impl Walk<'_> {
    pub(super) fn check_sort(&mut self, stage: &Stage, verb: &Verb) {
        let spec = &verb.spec;
        if spec.input.accepts(self.at.flow) {
            if self.at.trains && spec.effect == Effect::Sink && spec.input == Flow::Table {
                let message = format!("`{}` uses a saved model inside a pipeline that trains", spec.name);
                self.say(
                    Diagnostic::error(code::FITTED_IN_JUDGED, message)
                        .label(stage.span, "it may have been trained on rows that are held out"),
                );
                self.at.schema = None;
            }
            return;
        }
        if self.at.adrift {
            return;
        }
        let diagnostic = match (self.at.flow, spec.effect) {
            (Flow::Recipe, Effect::RowsAll | Effect::Meta) => {
                let (code, does) = match spec.effect {
                    Effect::Meta if spec.form == Form::Target => (code::WRONG_ORDER, "names the target"),
                    Effect::Meta => (code::WRONG_ORDER, "assigns roles"),
                    _ => (code::ROW_FILTER_BELOW_FIT, "changes rows"),
                };
                let message = format!("`{}` {does} below a stage that learns", spec.name);
                let diagnostic = Diagnostic::error(code, message).label(stage.span, "move it up");
                match self.path().first_learner() {
                    Some(learner) => diagnostic.label(learner.span, "above this"),
                    None => diagnostic,
                }
            }
            (given, _) => misplaced(verb, given, spec.input, stage.span, &self.environment.registry.implied),
        };
        self.say(diagnostic);
    }

    /// Needs of a stage that depend on its arguments, not on the verb alone.
    pub(super) fn check_needs(&mut self, bound: &Bound, verb: &Verb, span: Span) {
        let is_judge = |node: &&Node| matches!(node.bound, Bound::Evaluator(_));
        match bound {
            Bound::Inspect(_) if !self.at.adrift && !Flow::Recipe.accepts(self.at.flow) => {
                self.say(misplaced(verb, self.at.flow, Flow::Recipe, span, &self.environment.registry.implied));
            }
            Bound::Consumer(check) if check.needs_evaluation() && !self.path().nodes.iter().any(is_judge) => {
                let message = format!("`{}` needs an evaluation before it here", verb.spec.name);
                let help = format!("evaluate first: | {}", self.environment.registry.implied.judge);
                self.say(Diagnostic::error(code::WRONG_ORDER, message).label(span, "").help(help));
            }
            _ => {}
        }
    }

    /// Ordered rows must not be shuffled, and an evaluated pipeline must not use later rows.
    pub(super) fn check_order(&mut self, judge: &dyn Evaluator, span: Span) {
        let path = self.path();
        let ahead = path.nodes.iter().find(|node| node.footprint.neighbours.later);
        if let Some(node) = ahead {
            let message = format!("`{}` uses later rows in a pipeline that is evaluated", node.verb.spec.name);
            let diagnostic = Diagnostic::error(code::ORDER_SHUFFLED, message).label(node.span, "uses later rows");
            return self.say(
                diagnostic.help(format!("use earlier rows only: {}", self.environment.registry.implied.look_back)),
            );
        }
        let role = |role| self.at.schema.as_ref().and_then(|schema| schema.with_role(role));
        if !judge.shuffles() || role(Role::Fold).is_some() {
            return;
        }
        let in_order = path.nodes.iter().find(|node| node.footprint.neighbours.earlier);
        let (message, place) = match (in_order, role(Role::Time)) {
            (Some(node), _) => {
                let name = node.verb.spec.name;
                (format!("rows are shuffled, but `{name}` depends on their order"), Some(node.span))
            }
            (None, Some(time)) => (format!("rows are shuffled, but `{}` has the role time", time.name), None),
            (None, None) => return,
        };
        let mut diagnostic = Diagnostic::error(code::ORDER_SHUFFLED, message).label(span, "this shuffles the rows");
        if let Some(place) = place {
            diagnostic = diagnostic.label(place, "this uses earlier rows");
        }
        let in_order = self.environment.registry.implied.in_order;
        self.say(diagnostic.help(format!(
            "train on earlier rows and test on later ones: {in_order}; or keep the order: shuffle=false"
        )));
    }
}
