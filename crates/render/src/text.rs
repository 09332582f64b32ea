//! Outputs as text.

use crate::{WIDTH, description, evaluation, explanation, figures, profile, ranking, saved_pipeline, schema, tuning};
use pipewright_operator::result::{
    Assertion, Description, Evaluation, Explanation, Figures, Frozen, Output, OutputVisitor, ProfileReport, Ranking,
    Reported, Saved, SavedPipeline, SchemaReport, TableHead, Tuning, Written,
};

/// Renders an output as text that ends with a newline; empty if there is nothing to print.
#[must_use]
pub fn text(output: &Output) -> String {
    output.accept(&Text)
}

struct Text;

impl OutputVisitor for Text {
    type Result = String;

    fn evaluation(&self, evaluation: &Evaluation) -> String {
        evaluation::text(evaluation)
    }

    fn table(&self, table: &TableHead) -> String {
        format!("{}\n", table.head.show_head(table.rows, WIDTH).trim_end())
    }

    fn schema(&self, schema: &SchemaReport) -> String {
        schema::text(schema)
    }

    fn description(&self, description: &Description) -> String {
        description::text(&description.profile, description.limit)
    }

    fn profile(&self, profile: &ProfileReport) -> String {
        profile::text(&profile.profile, profile.limit)
    }

    /// A condition that holds prints nothing.
    fn assertion(&self, _: &Assertion) -> String {
        String::new()
    }

    fn saved(&self, saved: &Saved) -> String {
        format!("saved {}\n", saved.path)
    }

    fn saved_pipeline(&self, saved: &SavedPipeline) -> String {
        saved_pipeline::text(saved)
    }

    fn frozen(&self, frozen: &Frozen) -> String {
        format!("froze {} to {}\n", frozen.steps.join(", "), frozen.path)
    }

    fn written(&self, written: &Written) -> String {
        match &written.printed {
            Some(text) => text.clone(),
            None => format!("wrote {} rows to {}\n", written.rows, written.path),
        }
    }

    fn tuning(&self, tuning: &Tuning) -> String {
        tuning::text(tuning)
    }

    fn ranking(&self, ranking: &Ranking) -> String {
        ranking::text(ranking)
    }

    fn figures(&self, figures: &Figures) -> String {
        figures::text(figures)
    }

    fn reported(&self, reported: &Reported) -> String {
        format!("wrote the report {}\n", reported.path)
    }

    fn explanation(&self, explanation: &Explanation) -> String {
        explanation::text(explanation)
    }
}
