//! Checks of the final exam: rows are set apart before anything is learned, and judged on once.

use super::Walk;
use pipewright_diagnostic::{Diagnostic, Span, code, nearest};
use pipewright_frame::Role;
use pipewright_operator::work::{Exam, Holdout};
use pipewright_operator::{Args, Bound, Verb};

impl Walk<'_> {
    /// Rows are set apart in a pipeline that trains a model, and by time if they have one.
    pub(super) fn check_holdout(&mut self, holdout: &dyn Holdout, verb: &Verb, args: &Args, span: Span) {
        let (name, split) = (verb.spec.name, holdout.split());
        if !self.at.trains {
            let message = format!("`{name}` sets rows apart for the final exam, but nothing below trains a model");
            let diagnostic = Diagnostic::error(code::WRONG_ORDER, message).label(span, "");
            return self.say(diagnostic.help("to draw rows at random: sample 80%"));
        }
        let time = self.at.schema.as_ref().and_then(|schema| schema.with_role(Role::Time));
        if let Some(time) = time.filter(|_| !split.in_order()) {
            let message = format!("`{}` has the role time, and these rows are drawn from all times", time.name);
            let help = format!("set the latest rows apart: {name} 20% latest=true as {}", holdout.name());
            return self.say(Diagnostic::error(code::ORDER_SHUFFLED, message).label(span, "").help(help));
        }
        self.check_judge(split.as_ref(), 1, args, span);
    }

    /// An exam is taken once, on the rows of the holdout above.
    pub(super) fn check_exam(&mut self, exam: &dyn Exam, span: Span) {
        let (path, name) = (self.path(), exam.holdout());
        let above = path.nodes.iter().find(|node| matches!(node.bound, Bound::Exam(_)));
        let diagnostic = match (path.holdout().map(|place| path.nodes[place]), above) {
            (_, Some(above)) => {
                let message = "the final exam is taken once: give all its metrics here";
                Diagnostic::error(code::WRONG_ORDER, message).label(above.span, "").label(span, "a second exam")
            }
            // A holdout that is not valid is already said.
            (None, None) if self.diagnostics.iter().any(Diagnostic::is_error) => return,
            (None, None) => {
                let message = format!("no rows were set apart as `{name}`");
                let help = format!("above the first stage that learns: holdout 20% as {name}");
                Diagnostic::error(code::UNKNOWN_NAME, message).label(span, "").help(help)
            }
            (Some(node), None) => {
                let Bound::Holdout(holdout) = &node.bound else { return };
                let known = holdout.name();
                if known == name {
                    return;
                }
                let message = format!("no rows were set apart as `{name}`");
                let help = match nearest(name, [known]).first() {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the holdout above is named `{known}`"),
                };
                Diagnostic::error(code::UNKNOWN_NAME, message).label(span, "").help(help)
            }
        };
        self.say(diagnostic);
    }
}
