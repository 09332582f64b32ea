//! Implied stages: what a plan adds by itself, as text of the language that the registry holds.

use super::Walk;
use crate::bind::find_verb;
use crate::target::target_by_rule;
use pipewright_diagnostic::{Diagnostic, Span, code};
use pipewright_frame::{Column, Kind, Role};
use pipewright_operator::{Effect, Sort, Structure};

/// A stage that the plan adds by itself.
pub(super) struct Implied {
    /// Where it would stand.
    pub anchor: Span,
    /// Why it is there, for the plan's text.
    pub remark: Option<String>,
}

impl Walk<'_> {
    /// Where an implied stage would stand: right behind the stage before it.
    fn anchor(&self) -> Span {
        self.last().map_or(Span::default(), |node| node.span.after())
    }

    fn imply(&mut self, text: &str, remark: Option<String>) {
        let anchor = self.anchor();
        if self.options.strict {
            let message = format!("`{text}` is implied here, and `--strict` forbids implied steps");
            let line = format!(" | {text}");
            self.say(
                Diagnostic::error(code::IMPLIED_STEP, message)
                    .label(anchor, "")
                    .help(format!("write it: | {text}"))
                    .fix(anchor, line),
            );
        }
        let (script, _) = pipewright_syntax::parse(text);
        let stage = script.items.into_iter().find_map(|item| match item {
            pipewright_syntax::Item::Pipeline(pipeline) => pipeline.stages.into_iter().next(),
            _ => None,
        });
        let mut stage = stage.expect("an implied stage is written in the language; a law tests it");
        stage.span = anchor;
        let verb = find_verb(&stage, self.surroundings.registry).expect("an implied stage has a verb");
        self.stage(&stage, verb, Some(Implied { anchor, remark }));
    }

    pub(super) fn imply_target(&mut self) {
        let Some(schema) = &self.at.schema else { return };
        let (name, rule) = match &self.options.target {
            Some(name) => (name.clone(), "by the command line"),
            None => match target_by_rule(schema) {
                Some(found) => found,
                None => return,
            },
        };
        let written = pipewright_syntax::written_name(&name);
        let text = self.surroundings.registry.implied.target.replace("{}", &written);
        if self.options.target.is_none() {
            let anchor = self.anchor();
            self.say(
                Diagnostic::note(code::TARGET_CHOSEN, format!("the target is `{name}`, {rule}"))
                    .label(anchor, "")
                    .help(format!("to say so in the script: | {text}")),
            );
        }
        self.imply(&text, Some(rule.to_owned()));
    }

    pub(super) fn imply_encode(&mut self) {
        let Some(schema) = &self.at.schema else { return };
        let any = |test: &dyn Fn(&Column) -> bool| {
            schema.columns().any(|column| column.role == Role::Feature && test(column))
        };
        let mut classes = Vec::new();
        if any(&|column| column.kind.is_string()) {
            classes.push("@string");
        }
        if any(&|column| column.kind == Kind::Date) {
            classes.push("@date");
        }
        if any(&|column| column.kind == Kind::Time) {
            classes.push("@time");
        }
        if !classes.is_empty() {
            let text = self.surroundings.registry.implied.encode.replace("{}", &classes.join(", "));
            self.imply(&text, Some("names become numbers; nearly unique text is left out".to_owned()));
        }
    }

    /// A trained model that nobody judges or takes is judged; a table that nobody looks at is shown.
    pub(super) fn imply_end(&mut self) {
        let implied = self.surroundings.registry.implied;
        let pulled = self.path().nodes.iter().any(|node| {
            node.verb.spec.structure != Structure::Plain || matches!(node.verb.spec.effect, Effect::Tee | Effect::Sink)
        });
        match self.at.sort {
            Sort::Learner if !pulled => self.imply(implied.judge, None),
            Sort::Table | Sort::Recipe if !pulled => self.imply(implied.look, None),
            _ => {}
        }
    }
}
