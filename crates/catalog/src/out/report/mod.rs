//! `report`: the results above as one file, a page or a model card.

mod page;

use pipewright_diagnostic::{Failure, code};
use pipewright_operator::result::{Output, Reported};
use pipewright_operator::work::{Consumer, Given};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `report`.
    struct ReportArgs {
        /// File to write: `NAME.html` for a page, `NAME.md` for a model card.
        positional path: String;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "report",
        group: Group::Out,
        summary: "Writes a report of the results above: one HTML page, or a model card in Markdown.",
        details: "The report has the columns of the data, every result above with its interval and baseline, pictures of \
                  evaluations and explanations, and what is needed to reproduce them: the script with every implied stage, \
                  and the seed. A page is one file that loads nothing, for light and dark screens and for paper; tables are \
                  sorted by a click on a column's head. A model card has the same without pictures.",
        search: &["html", "model card", "document", "export results", "markdown", "dashboard", "summary"],
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Tee,
        examples: &[Example {
            script: "load titanic.csv | target survived | train gbdt(trees=50) | eval kfold 3 metric=auc | report \"titanic.html\"",
            output: "\
gbdt(trees=50) predicts survived (binary, positive class survived)
stratified, 3 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
auc                   0.8511      0.8087 to 0.8935    0.8429    0.8633      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     712        97
survived                 168       332

wrote the report titanic.html
",
        }],
        ..Spec::of::<ReportArgs>()
    },
    bind,
    states: &[],
};

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Page,
    Card,
}

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ReportArgs { path } = ReportArgs::read(args)?;
    let form = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html" | "htm") => Form::Page,
        Some("md") => Form::Card,
        _ => {
            let message = format!("a report is an HTML page or a Markdown file, and `{path}` is neither");
            return Err(
                ArgumentError::of("path", code::UNKNOWN_FORMAT, message).help("for example report \"report.html\"")
            );
        }
    };
    Ok(Bound::Consumer(Arc::new(Report { path, form })))
}

struct Report {
    path: String,
    form: Form,
}

impl Consumer for Report {
    fn needs_evaluation(&self) -> bool {
        true
    }

    fn takes_all_arms(&self) -> bool {
        true
    }

    fn consume(&self, given: &Given<'_>, environment: &Environment) -> Result<Output, Failure> {
        super::put(&self.path, &page::text(self.form, given)?, environment)?;
        Ok(Output::Reported(Reported { path: self.path.clone() }))
    }
}
