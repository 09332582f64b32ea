//! Checks of the order of stages, of the order of rows, and of target leaks.

use super::provenance::InTime;
use super::{Node, Walk, first_byte};
use crate::model::TimeOrder;
use pipewright_diagnostic::{Diagnostic, Span, code};
use pipewright_frame::Role;
use pipewright_operator::work::Evaluator;
use pipewright_operator::{Bound, Effect, Flow, Form, Implied, Made, Structure, Verb};
use pipewright_syntax::Stage;
use std::sync::Arc;

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
    /// Refuses to judge a model that goes on from a saved one, which may have seen the rows that are held out.
    pub(super) fn check_continued(&mut self, verb: &Verb, span: Span) {
        let trained = self.path().nodes.iter().find_map(|node| match &node.bound {
            Bound::Training(training) if training.is_continued() => Some(node.span),
            _ => None,
        });
        let Some(trained) = trained else { return };
        let message = format!("`{}` holds out rows from a model that goes on from a saved one", verb.spec.name);
        let diagnostic = Diagnostic::error(code::FITTED_IN_JUDGED, message)
            .label(trained, "the saved model may have been trained on rows that are held out")
            .label(span, "")
            .help("save it, and judge it on rows that are new to both");
        self.say(diagnostic);
    }

    pub(super) fn check_flow(&mut self, stage: &Stage, verb: &Verb) {
        let spec = &verb.spec;
        if spec.input.accepts(self.at.flow) {
            if let (Effect::RowsAll | Effect::Meta, Some(holdout)) = (spec.effect, self.path().holdout()) {
                let name = spec.name;
                let (message, label) = match spec.structure {
                    Structure::Holdout => (format!("a pipeline has one `{name}`"), "the first one"),
                    _ => {
                        (format!("`{name}` is not allowed below a holdout, which splits the rows"), "put it above this")
                    }
                };
                let holdout = self.path().nodes[holdout].span;
                let diagnostic = Diagnostic::error(code::WRONG_ORDER, message).label(stage.span, "");
                self.say(diagnostic.label(holdout, label));
            }
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
        let is_looked_at = self.at.only_looks && self.at.flow == Flow::Recipe && spec.input.accepts(Flow::Table);
        if self.at.adrift || (is_looked_at && spec.effect == Effect::RowsAll) {
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
        let is_judge = |node: &&Node| matches!(node.bound, Bound::Evaluator(_) | Bound::Exam(_));
        match bound {
            Bound::Inspect(_) if !self.at.adrift && !Flow::Recipe.accepts(self.at.flow) => {
                self.say(misplaced(verb, self.at.flow, Flow::Recipe, span, &self.environment.registry.implied));
            }
            Bound::Consumer(check) if !check.needs_evaluation() => {}
            Bound::Consumer(_) | Bound::Explain(_) if !self.path().nodes.iter().any(is_judge) => {
                let message = format!("`{}` needs an evaluation before it here", verb.spec.name);
                let help = format!("evaluate first: | {}", self.environment.registry.implied.judge);
                self.say(Diagnostic::error(code::WRONG_ORDER, message).label(span, "").help(help));
            }
            _ => {}
        }
    }

    /// An evaluated pipeline uses no later rows, and tests no row by later ones where the order of rows matters.
    pub(super) fn check_order(&mut self, judge: &dyn Evaluator, span: Span) {
        if let Some(diagnostic) = self.looking_ahead(span) {
            return self.say(diagnostic);
        }
        let implied = &self.environment.registry.implied;
        let in_order = format!("train on earlier rows and test on later ones: {}", implied.in_order);
        if let Some((column, at)) = self.at.past_of_target.clone().filter(|_| !judge.in_order()) {
            let message = format!("`{column}` is made from the target of earlier rows, which may be held out");
            let diagnostic = Diagnostic::error(code::READS_TARGET, message).label(at, "this uses the target");
            return self.say(diagnostic.help(in_order));
        }
        let is_grouped = self.at.schema.as_ref().is_some_and(|schema| schema.with_role(Role::Group).is_some());
        if let Some(at) = self.at.provenance.copies().filter(|_| !is_grouped) {
            let message = "rows of the same table are stacked: copies of a row may be in several folds";
            let warning = Diagnostic::warning(code::REPEATED_ROWS, message).label(at, "");
            self.say(warning.help("leave this stage out; or keep copies together: role group=NAME"));
        }
        let joined = self.at.schema.as_ref().and_then(|schema| self.at.provenance.own_statistic(schema));
        let is_said = |at: Span| self.diagnostics.iter().any(|said| said.is_error() && said.labels[0].span == at);
        if let Some((column, at)) = joined.filter(|(_, at)| !is_said(*at)) {
            let message = format!("`{column}` is a statistic of all rows, those that are held out too");
            let diagnostic =
                Diagnostic::error(code::STATISTIC_OF_ALL, message).label(at, "joined to the rows it was computed from");
            return self
                .say(diagnostic.help("compute it from other rows, or with a stage that is fitted in every fold"));
        }
        let time =
            self.at.schema.as_ref().and_then(|schema| schema.with_role(Role::Time)).map(|time| time.name.clone());
        if judge.in_order() {
            return self.check_uses(time.as_ref());
        }
        // Windows within groups look at rows of one fold only.
        let group = self.at.schema.as_ref().and_then(|schema| schema.with_role(Role::Group));
        let is_apart = |node: &&&Node| {
            let makes = &node.footprint.makes;
            // Where no column is known, neither is its role.
            let within = |made: &Made| match (group, &self.at.schema) {
                (Some(group), _) => made.keys.is_empty() || made.within.contains(&group.name),
                (None, schema) => schema.is_none() && !made.within.is_empty(),
            };
            makes.is_empty() || !makes.iter().all(within)
        };
        let mut nodes = self.path().nodes.into_iter();
        let uses_order = nodes.find(|node| node.footprint.neighbours.earlier && is_apart(&node)).map(|node| {
            let name = node.verb.spec.name;
            (format!("rows are shuffled, but `{name}` depends on their order"), node.span)
        });
        let shuffled =
            judge.shuffles() && self.at.schema.as_ref().is_none_or(|schema| schema.with_role(Role::Fold).is_none());
        let (message, place, help) = match (uses_order, time) {
            (Some((message, place)), None) if shuffled => {
                (message, Some(place), format!("{in_order}; or keep the order: shuffle=false"))
            }
            (Some((message, place)), Some(_)) if shuffled => (message, Some(place), in_order),
            (_, Some(time)) => {
                let message = format!("`{time}` has the role time, but this evaluation does not split rows by time");
                (message, None, in_order)
            }
            (_, None) => return,
        };
        let label = if shuffled { "this shuffles the rows" } else { "" };
        let mut diagnostic = Diagnostic::error(code::ORDER_SHUFFLED, message).label(span, label);
        if let Some(place) = place {
            diagnostic = diagnostic.label(place, "this uses earlier rows");
        }
        self.say(diagnostic.help(help));
    }

    /// A stage by which a feature, or the choice of rows, depends on later rows.
    fn looking_ahead(&self, span: Span) -> Option<Diagnostic> {
        let path = self.path();
        let ahead = |node: &&&Node| node.footprint.neighbours.later;
        let (name, at) = match &self.at.schema {
            Some(schema) => {
                let at = self.at.provenance.later(schema, span)?;
                let of_span = path.nodes.iter().find(|node| node.span == at).or(path.nodes.iter().find(ahead));
                (of_span.map_or("a stage above", |node| node.verb.spec.name), at)
            }
            None => {
                // The target itself may look ahead, and what it is made of.
                let of_target = |node: &&&Node| {
                    let is_ahead = |target: &Arc<str>| self.at.provenance.is_ahead(target, span);
                    !node.footprint.makes.is_empty() && self.at.branch.target.as_ref().is_some_and(is_ahead)
                };
                let node = path.nodes.iter().find(|node| node.footprint.neighbours.later && !of_target(node))?;
                (node.verb.spec.name, node.span)
            }
        };
        let message = format!("`{name}` uses later rows in a pipeline that is evaluated");
        let look_back = self.environment.registry.implied.look_back;
        let diagnostic = Diagnostic::error(code::ORDER_SHUFFLED, message).label(at, "uses later rows");
        Some(diagnostic.help(format!("use earlier rows only: {look_back}")))
    }

    /// Under the role time, stages that depend on the order of rows need rows that go forward in time.
    fn check_uses(&mut self, time: Option<&Arc<str>>) {
        let Some(time) = time else { return };
        let is_sorted_later = |place: usize| {
            let uses = self.at.provenance.uses();
            uses[place].in_time(time) != self.at.provenance.order_now(&uses[place], time)
        };
        let mut wrong = Vec::new();
        let mut open = Vec::new();
        let strict = self.at.past_of_target.is_some();
        for (place, order) in self.at.provenance.uses().iter().enumerate() {
            let within = match order.in_time(time) {
                InTime::Yes if strict => order.within().clone(),
                InTime::Yes => continue,
                InTime::AsRead(within) if !is_sorted_later(place) => within,
                InTime::AsRead(_) | InTime::No => {
                    wrong.push(order.at);
                    continue;
                }
            };
            open.push(TimeOrder { time: time.clone(), strict, within: within.into_iter().collect(), at: order.at });
        }
        let blind = self.at.provenance.blind_join();
        self.at.branch.in_time = open;
        if let Some(at) = blind {
            let message = "rows of the same table are joined by a computed key: they may be later ones";
            let diagnostic = Diagnostic::error(code::ORDER_SHUFFLED, message).label(at, "");
            self.say(diagnostic.help("join by columns as they are, or shifted by a constant: derive day = day + 1d"));
        }
        for at in wrong {
            let message = format!("this stage depends on the order of rows, which does not go forward in `{time}`");
            let written = pipewright_syntax::written_name(time);
            let diagnostic =
                Diagnostic::error(code::ORDER_SHUFFLED, message).label(at, "earlier rows are later ones here");
            self.say(diagnostic.help(format!("sort the rows above it: sort {written}")));
        }
    }
}
