//! Checks of the order of stages, of the order of rows, and of target leaks.

use super::{Node, Walk, first_byte};
use pipewright_diagnostic::{Diagnostic, Span, code};
use pipewright_frame::{Column, Role, Schema};
use pipewright_operator::work::Evaluator;
use pipewright_operator::{Bound, Effect, Flow, Form, Verb};
use pipewright_syntax::Stage;

/// The stages above do not provide what a stage needs.
fn misplaced(verb: &Verb, given: Flow, needed: Flow, span: Span) -> Diagnostic {
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
            (Flow::Nothing, _) => {
                let message = "a pipeline starts with a source, such as `load`";
                Diagnostic::error(code::NO_SOURCE, message).label(stage.span, "").fix(first_byte(stage.span), "load | ")
            }
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
            (given, _) => misplaced(verb, given, spec.input, stage.span),
        };
        self.say(diagnostic);
    }

    /// Needs of a stage that depend on its arguments, not on the verb alone.
    pub(super) fn check_needs(&mut self, bound: &Bound, verb: &Verb, span: Span) {
        let is_judge = |node: &&Node| matches!(node.bound, Bound::Evaluator(_));
        match bound {
            Bound::Inspect(_) if !self.at.adrift && !Flow::Recipe.accepts(self.at.flow) => {
                self.say(misplaced(verb, self.at.flow, Flow::Recipe, span));
            }
            Bound::Consumer(check) if check.needs_evaluation() && !self.path().nodes.iter().any(is_judge) => {
                let message = format!("`{}` needs an evaluation before it here", verb.spec.name);
                let help = format!("evaluate first: | {}", self.environment.registry.implied.judge);
                self.say(Diagnostic::error(code::WRONG_ORDER, message).label(span, "").help(help));
            }
            _ => {}
        }
    }

    /// A column made from the target, also by way of a group or another table, is not a feature: it leaks the target.
    pub(super) fn check_lineage(&mut self, schema: &Schema, target: &Column) {
        let tells = |column: &&Column| column.role == Role::Feature && column.tells_of(target);
        for column in schema.columns().filter(tells) {
            let knows = |node: &&&Node| node.schema.as_ref().is_some_and(|schema| schema.find(&column.name).is_some());
            let Some(span) = self.path().nodes.iter().find(knows).map(|node| node.span) else { continue };
            let is_told = |said: &Diagnostic| said.code == code::READS_TARGET && said.labels[0].span == span;
            if self.diagnostics.iter().any(is_told) {
                continue;
            }
            let message = format!("`{}` was made from the target `{}`", column.name, target.name);
            let written = pipewright_syntax::written_name(&column.name);
            let diagnostic = Diagnostic::error(code::READS_TARGET, message).label(span, "unknown for new rows");
            self.say(diagnostic.help(format!("drop {written}, or make it from a feature")));
        }
    }

    /// Ordered rows must not be shuffled, and an evaluated pipeline must not use later rows.
    pub(super) fn check_order(&mut self, judge: &dyn Evaluator, span: Span) {
        let path = self.path();
        let ahead = path.nodes.iter().find(|node| node.footprint.neighbours.later);
        if let Some(node) = ahead {
            let message = format!("`{}` uses later rows in a pipeline that is evaluated", node.verb.spec.name);
            let diagnostic = Diagnostic::error(code::ORDER_SHUFFLED, message).label(node.span, "uses later rows");
            return self.say(diagnostic.help("use earlier rows only: ffill, lag"));
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
        self.say(
            diagnostic
                .help("train on earlier rows and test on later ones: eval time 5; or keep the order: shuffle=false"),
        );
    }
}
