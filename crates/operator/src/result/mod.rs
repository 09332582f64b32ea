//! Typed results of stages, independent of their rendering.
//!
//! A stage that inspects, evaluates, checks or writes returns one [`Output`]. Text, JSON and other renderings are
//! produced elsewhere by an [`OutputVisitor`]; `assert` uses its [`Output::facts`].

mod evaluation;
mod explanation;
mod figures;
mod inspection;
mod out_of_fold;
mod predictions;
mod ranking;
mod saved_pipeline;
mod sink;
mod tuning;

pub use evaluation::{Assessed, Evaluation, FoldResult, Measured, MetricResult, Scheme, Score, Subgroup, Subgroups};
pub use explanation::{
    Contributions, Effect, EffectMethod, EffectPoint, Effects, Explained, Explanation, Importance, Place, RowNumbers,
    RuleMethod, RuleSet, Rules,
};
pub use figures::Figures;
pub use inspection::{Assertion, Description, ProfileReport, SchemaColumn, SchemaReport, TableHead};
pub use predictions::{PREDICTION, columns_of, prediction_arrays, prediction_columns, prediction_table, quantile_name};
pub use ranking::{Entry, Lead, Ranking};
pub use saved_pipeline::{SavedModel, SavedPipeline};
pub use sink::{Frozen, Reported, Saved, Written};
pub use tuning::{Trial, Tuning, Values};

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
    /// Summary statistics, associations between columns, and warnings: `profile`.
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
    /// Candidates and their inner evaluations: `tune`.
    Tuning(Tuning),
    /// Evaluations on the same folds, ranked: `compare`.
    Ranking(Ranking),
    /// Pictures: `plot`.
    Figures(Figures),
    /// Why the models of an evaluation predict what they predict: `explain`.
    Explanation(Explanation),
    /// A report that was written: `report`.
    Reported(Reported),
}

/// A visitor of outputs, such as a rendering. A new kind of output adds a method, so that no implementation can
/// miss it.
pub trait OutputVisitor {
    /// The result of a visit.
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
    /// Visits a saved pipeline.
    fn saved(&self, saved: &Saved) -> Self::Result;
    /// Visits what a saved pipeline holds.
    fn saved_pipeline(&self, saved: &SavedPipeline) -> Self::Result;
    /// Visits the note of fitted steps that were saved.
    fn frozen(&self, frozen: &Frozen) -> Self::Result;
    /// Visits a written table.
    fn written(&self, written: &Written) -> Self::Result;
    /// Visits the candidates of a search.
    fn tuning(&self, tuning: &Tuning) -> Self::Result;
    /// Visits a comparison of evaluations.
    fn ranking(&self, ranking: &Ranking) -> Self::Result;
    /// Visits pictures.
    fn figures(&self, figures: &Figures) -> Self::Result;
    /// Visits an explanation.
    fn explanation(&self, explanation: &Explanation) -> Self::Result;
    /// Visits the note of a report that was written.
    fn reported(&self, reported: &Reported) -> Self::Result;
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
            Output::Tuning(tuning) => visitor.tuning(tuning),
            Output::Ranking(ranking) => visitor.ranking(ranking),
            Output::Figures(figures) => visitor.figures(figures),
            Output::Explanation(explanation) => visitor.explanation(explanation),
            Output::Reported(reported) => visitor.reported(reported),
        }
    }

    /// Returns the verb of this kind of output, which is its `kind` in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Output::Evaluation(evaluation) if evaluation.assessed.is_some() => "assess",
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
            Output::Tuning(_) => "tune",
            Output::Ranking(_) => "compare",
            Output::Figures(_) => "plot",
            Output::Explanation(_) => "explain",
            Output::Reported(_) => "report",
        }
    }

    /// Returns the evaluation, if it is one.
    #[must_use]
    pub fn as_evaluation(&self) -> Option<&Evaluation> {
        if let Output::Evaluation(evaluation) = self { Some(evaluation) } else { None }
    }

    /// Returns the explanation, if it is one.
    #[must_use]
    pub fn as_explanation(&self) -> Option<&Explanation> {
        if let Output::Explanation(explanation) = self { Some(explanation) } else { None }
    }

    /// Returns the numbers that an `assert` below may use by name: the mean of every metric, and the number of held-out
    /// rows.
    #[must_use]
    pub fn facts(&self) -> Vec<(String, f64)> {
        let Output::Evaluation(evaluation) = self else { return Vec::new() };
        let means = evaluation.metrics().filter_map(|metric| Some((metric.name().to_owned(), metric.mean().ok()?)));
        means.chain([("rows".to_owned(), evaluation.rows() as f64)]).collect()
    }
}
