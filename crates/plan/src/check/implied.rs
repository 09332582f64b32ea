//! Implied stages: stages that a plan adds automatically, as script text held by the registry.

use super::{Node, Walk};
use crate::bind::{bind, find_verb};
use crate::target::target_by_rule;
use pipewright_diagnostic::{Diagnostic, Span, code};
use pipewright_frame::{Column, ColumnType, Role, Schema};
use pipewright_operator::work::Accepts;
use pipewright_operator::{Bound, Effect, Flow, Structure, Verb};
use pipewright_syntax::Stage;

/// A stage added by the plan.
pub(super) struct Implied {
    /// Where it would be in the script.
    pub anchor: Span,
    /// The reason, printed with the plan.
    pub remark: Option<String>,
}

impl Walk<'_> {
    /// Where an implied stage would be in the script: right after the stage before it.
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
        let mut stage = stage.expect("implied stages parse; a law tests it");
        stage.span = anchor;
        let verb = find_verb(&stage, self.environment.registry).expect("an implied stage has a verb");
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
        let text = self.environment.registry.implied.target.replace("{}", &written);
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

    /// What the model of this stage accepts; only numbers if the stage is invalid.
    pub(super) fn accepted_by(&mut self, stage: &Stage, verb: &'static Verb) -> Accepts {
        // What is wrong with its pipelines is said when the stage itself is checked.
        let before = self.diagnostics.len();
        self.pipelines_of_models(&stage.core);
        self.diagnostics.truncate(before);
        let args = bind(stage, &verb.spec, self.environment, &self.scope(false)).args;
        match (verb.bind)(&args, self.environment) {
            Ok(Bound::Training(training)) => training.accepts(),
            _ => Accepts::default(),
        }
    }

    /// Implies an encoding of features that the model does not accept.
    pub(super) fn imply_encode(&mut self, accepts: Accepts) {
        let Some(schema) = &self.at.schema else { return };
        let selectors = unaccepted(schema, accepts);
        if !selectors.is_empty() {
            let text = self.environment.registry.implied.encode.replace("{}", &selectors.join(", "));
            self.imply(&text, Some("encodes categories; nearly unique text is left out".to_owned()));
        }
    }

    /// A model that is neither evaluated nor saved is evaluated; a table that no stage prints is shown.
    pub(super) fn imply_end(&mut self) {
        let implied = self.environment.registry.implied;
        // Stages that pass rows on, such as predictions, have not shown them yet.
        let shows = |node: &Node| matches!(node.bound, Bound::Inspect(_) | Bound::Consumer(_));
        let nodes = self.path().nodes;
        let pulled = nodes.iter().any(|node| node.verb.spec.structure != Structure::Plain || shows(node));
        let seen_since = nodes.iter().rposition(|node| shows(node)).map_or(0, |last| last + 1);
        let unseen = nodes[seen_since..].iter().any(|node| node.footprint.effect != Effect::Meta);
        let is_structural = nodes.iter().any(|node| node.verb.spec.structure != Structure::Plain);
        match self.at.flow {
            Flow::Learner if !pulled => self.imply(implied.judge, None),
            Flow::Table | Flow::Recipe if unseen && !is_structural => self.imply(implied.look, None),
            _ => {}
        }
    }
}

/// Why no stage was implied above a training that takes more than numbers.
pub(super) fn as_they_are(accepts: Accepts) -> Option<String> {
    let taken = match accepts {
        // A baseline takes whatever there is, because it ignores it.
        Accepts { dates: true, .. } => return None,
        Accepts { missing: true, categories: true, .. } => "missing values and categories",
        Accepts { missing: true, .. } => "missing values",
        Accepts { categories: true, .. } => "categories",
        Accepts { .. } => return None,
    };
    Some(format!("takes {taken} as they are"))
}

/// Selectors of the features that a model with these `Accepts` cannot take.
fn unaccepted(schema: &Schema, accepts: Accepts) -> Vec<&'static str> {
    let any =
        |test: &dyn Fn(&Column) -> bool| schema.columns().any(|column| column.role == Role::Feature && test(column));
    let texts = !accepts.categories && any(&|column| column.kind.is_string());
    let dates = !accepts.dates && any(&|column| column.kind == ColumnType::Date);
    let times = !accepts.dates && any(&|column| column.kind == ColumnType::Time);
    let selectors = [(texts, "@string"), (dates, "@date"), (times, "@time")];
    selectors.into_iter().filter(|(wanted, _)| *wanted).map(|(_, selector)| selector).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns that a model accepts stay unchanged; the others are encoded.
    #[test]
    fn only_what_a_model_does_not_accept_is_encoded() {
        let kinds = [
            ("x", ColumnType::Continuous),
            ("town", ColumnType::Category),
            ("day", ColumnType::Date),
            ("hour", ColumnType::Time),
        ];
        let schema = Schema::new(kinds.map(|(name, kind)| Column::new(name, kind)));
        let numbers = Accepts::default();
        assert_eq!(unaccepted(&schema, numbers), ["@string", "@date", "@time"]);
        assert_eq!(unaccepted(&schema, Accepts { missing: true, ..numbers }), ["@string", "@date", "@time"]);
        assert_eq!(unaccepted(&schema, Accepts { categories: true, ..numbers }), ["@date", "@time"]);
        assert_eq!(unaccepted(&schema, Accepts { categories: true, dates: true, ..numbers }), [] as [&str; 0]);
        // A categorical target is not a feature.
        let target = Schema::new([Column { role: Role::Target, ..Column::new("y", ColumnType::Category) }]);
        assert_eq!(unaccepted(&target, numbers), [] as [&str; 0]);
    }
}
