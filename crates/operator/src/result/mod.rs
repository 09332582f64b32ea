//! Results as typed values: what a stage found out, without a word of how it is shown.
//!
//! A stage that inspects, judges, checks or writes gives one [`Output`]. Text, JSON and whatever else people look at
//! are renderings of it, made elsewhere by an [`OutputVisitor`]; `assert` asks for its [`Output::facts`].

mod evaluation;
mod inspection;
mod out_of_fold;
mod predictions;
mod saved_pipeline;
mod sink;

pub use evaluation::{Evaluation, FoldResult, Measured, MetricResult, Scheme, Score};
pub use inspection::{Assertion, Description, ProfileReport, SchemaColumn, SchemaReport, TableHead};
pub use predictions::{PREDICTION, prediction_arrays, prediction_columns, prediction_table};
pub use saved_pipeline::{SavedModel, SavedPipeline};
pub use sink::{Frozen, Saved, Written};

/// The result of one stage.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Output {
    /// Scores and predictions on held-out rows: `eval`.
    Evaluation(Evaluation),
    /// The first rows of a table: `show`.
    Table(TableHead),
    /// The columns of a table and where it was read from: `schema`.
    Schema(SchemaReport),
    /// Summary statistics of each column: `describe`.
    Description(Description),
    /// Summary statistics, associations between columns, and what looks suspicious: `profile`.
    Profile(ProfileReport),
    /// A condition that holds: `assert`.
    Assertion(Assertion),
    /// A fitted pipeline that was saved: `save`.
    Saved(Saved),
    /// What a saved pipeline holds: `show` with a file.
    SavedPipeline(Box<SavedPipeline>),
    /// Fitted steps that were saved without a model: `freeze`.
    Frozen(Frozen),
    /// A table that was written: `write`.
    Written(Written),
}

/// Something that is made of every kind of output: a rendering, say. A new kind of output is a new method, so no
/// rendering can forget one.
pub trait OutputVisitor {
    /// What becomes of an output.
    type Result;

    /// Visits an evaluation.
    fn evaluation(&self, evaluation: &Evaluation) -> Self::Result;
    /// Visits the first rows of a table.
    fn table(&self, table: &TableHead) -> Self::Result;
    /// Visits the columns of a table.
    fn schema(&self, schema: &SchemaReport) -> Self::Result;
    /// Visits summary statistics.
    fn description(&self, description: &Description) -> Self::Result;
    /// Visits a profile.
    fn profile(&self, profile: &ProfileReport) -> Self::Result;
    /// Visits a condition that holds.
    fn assertion(&self, assertion: &Assertion) -> Self::Result;
    /// Visits the note of a saved pipeline.
    fn saved(&self, saved: &Saved) -> Self::Result;
    /// Visits what a saved pipeline holds.
    fn saved_pipeline(&self, saved: &SavedPipeline) -> Self::Result;
    /// Visits the note of fitted steps that were saved.
    fn frozen(&self, frozen: &Frozen) -> Self::Result;
    /// Visits the note of a written table.
    fn written(&self, written: &Written) -> Self::Result;
}

impl Output {
    /// Calls the method of `visitor` for this kind of output.
    pub fn accept<V: OutputVisitor>(&self, visitor: &V) -> V::Result {
        match self {
            Output::Evaluation(evaluation) => visitor.evaluation(evaluation),
            Output::Table(table) => visitor.table(table),
            Output::Schema(schema) => visitor.schema(schema),
            Output::Description(description) => visitor.description(description),
            Output::Profile(profile) => visitor.profile(profile),
            Output::Assertion(assertion) => visitor.assertion(assertion),
            Output::Saved(saved) => visitor.saved(saved),
            Output::SavedPipeline(saved) => visitor.saved_pipeline(saved),
            Output::Frozen(frozen) => visitor.frozen(frozen),
            Output::Written(written) => visitor.written(written),
        }
    }

    /// The name of this kind of output in the documented JSON: the verb that gives it, or `model` for a saved pipeline.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Output::Evaluation(_) => "eval",
            Output::Table(_) => "show",
            Output::Schema(_) => "schema",
            Output::Description(_) => "describe",
            Output::Profile(_) => "profile",
            Output::Assertion(_) => "assert",
            Output::Saved(_) => "save",
            Output::SavedPipeline(_) => "model",
            Output::Frozen(_) => "freeze",
            Output::Written(_) => "write",
        }
    }

    /// The evaluation, if it is one.
    #[must_use]
    pub fn as_evaluation(&self) -> Option<&Evaluation> {
        if let Output::Evaluation(evaluation) = self { Some(evaluation) } else { None }
    }

    /// The numbers that an `assert` further down may ask for by name: the mean of every metric, and the number of rows
    /// that were judged.
    #[must_use]
    pub fn facts(&self) -> Vec<(String, f64)> {
        let Output::Evaluation(evaluation) = self else { return Vec::new() };
        let means = evaluation.metrics().filter_map(|metric| Some((metric.name().to_owned(), metric.mean().ok()?)));
        means.chain([("rows".to_owned(), evaluation.rows() as f64)]).collect()
    }
}
