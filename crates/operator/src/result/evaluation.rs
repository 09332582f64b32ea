//! Results of an evaluation: scores and predictions of every fold.

use super::Values;
use crate::Task;
use pipewright_diagnostic::{Failure, code, nearest};
use pipewright_learn::compare::Interval;
use pipewright_learn::metric::{Confusion, Undefined, confusion};
use pipewright_learn::{Labels, Outputs, Predictions, Target};
use std::fmt;
use std::sync::Arc;

/// The value of a metric, or why it has none.
pub type Measured = Result<f64, Undefined>;

/// The evaluation of a model on held-out rows, next to a baseline that uses no features.
///
/// Every fold keeps its rows, the truth and the predictions, so that other metrics, plots or comparisons of models
/// need no second run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// The name of the arm, if the script compares several.
    pub arm: Option<String>,
    /// The label of the model: `mlp[64,32,1]`.
    pub model: String,
    /// The target and, for classification, its classes.
    pub task: Task,
    /// The scheme of splitting.
    pub scheme: Scheme,
    /// The number of folds per repetition.
    pub folds: usize,
    /// The number of repetitions.
    pub repeat: usize,
    /// The seed of the splits.
    pub seed: u64,
    /// The results of the folds, by repetition.
    pub results: Vec<FoldResult>,
    /// The 95 % interval of the mean of each metric, in the order of the report; `None` if it has none.
    pub intervals: Vec<Option<Interval>>,
    /// The values that a search inside each fold has chosen, if there is one; in the order of the results.
    pub chosen: Vec<Values>,
    /// The holdout that it is the final exam on, if it is one.
    pub assessed: Option<Assessed>,
    /// The scores of groups of rows, if they are asked for.
    pub subgroups: Option<Subgroups>,
}

/// Scores of the rows of each value of a column, over all folds together.
#[derive(Debug, Clone, PartialEq)]
pub struct Subgroups {
    /// The column.
    pub by: Arc<str>,
    /// The groups, by name.
    pub groups: Vec<Subgroup>,
}

/// The scores of a group of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Subgroup {
    /// The value of the column.
    pub name: Arc<str>,
    /// The number of rows, over all folds.
    pub rows: usize,
    /// The metrics, in the order of the report.
    pub scores: Vec<Score>,
}

/// A final exam: the evaluation on rows that were set apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessed {
    /// The name of the rows.
    pub holdout: String,
    /// The number of pipelines that were assessed on them, this one included: after the first, the best of their scores
    /// is optimistic.
    pub times: usize,
}

/// The scheme by which an evaluation splits rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// K-fold cross-validation.
    KFold,
    /// Stratified k-fold cross-validation: keeps the class proportions in every fold.
    Stratified,
    /// Group k-fold cross-validation: keeps the rows of a group in the same fold.
    Group,
    /// Forward chaining: trains on earlier rows, tests on later ones.
    Time,
    /// One split into training and test rows.
    Holdout,
    /// Several holdouts, each drawn anew.
    MonteCarlo,
    /// Training rows drawn with replacement; tests on those that were not drawn.
    Bootstrap,
    /// Every row held out once, alone; scored together.
    LeaveOneOut,
    /// Every group of rows held out once, alone.
    LeaveOneGroupOut,
    /// Trained on all rows, tested on those of another table.
    Table,
}

/// A fold of an evaluation: the held-out rows, their predictions and scores.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FoldResult {
    /// The repetition, from 0.
    pub repeat: usize,
    /// The fold within the repetition, from 0.
    pub fold: usize,
    /// Indices of the held-out rows, from 0 and ascending, in the table that was split: the input of the first stage
    /// that learns.
    pub rows: Arc<[u32]>,
    /// The number of training rows.
    pub training: usize,
    /// The true class or number of each held-out row.
    pub truth: Target,
    /// Predictions of the model for the held-out rows.
    pub predictions: Predictions,
    /// Predictions of the baseline for the held-out rows.
    pub baseline: Predictions,
    /// The weight of each held-out row, if a column has the role weight.
    pub weights: Option<Vec<f64>>,
    /// The group of each held-out row, if groups are scored apart.
    pub groups: Option<Vec<Arc<str>>>,
    /// The metrics, in the order of the report; the same ones in every fold.
    pub scores: Vec<Score>,
}

/// A metric on a fold.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The name of the metric.
    pub metric: &'static str,
    /// Its value for the model.
    pub model: Measured,
    /// Its value for the baseline.
    pub baseline: Measured,
}

impl Scheme {
    /// Its word in scripts and in the documented JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scheme::KFold => "kfold",
            Scheme::Stratified => "stratified",
            Scheme::Group => "group",
            Scheme::Time => "time",
            Scheme::Holdout => "holdout",
            Scheme::MonteCarlo => "montecarlo",
            Scheme::Bootstrap => "bootstrap",
            Scheme::LeaveOneOut => "loo",
            Scheme::LeaveOneGroupOut => "logo",
            Scheme::Table => "table",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FoldResult {
    /// Creates a fold without scores. `place` is its index among all folds of all repetitions, each of which has
    /// `folds`.
    #[must_use]
    pub fn new(
        place: usize,
        folds: usize,
        rows: Arc<[u32]>,
        truth: Target,
        predictions: impl Into<Predictions>,
        baseline: impl Into<Predictions>,
    ) -> Self {
        let (predictions, baseline) = (predictions.into(), baseline.into());
        let (repeat, fold) = (place / folds.max(1), place % folds.max(1));
        FoldResult {
            repeat,
            fold,
            rows,
            training: 0,
            truth,
            predictions,
            baseline,
            weights: None,
            groups: None,
            scores: Vec::new(),
        }
    }

    /// Returns the truth with the weights of its rows.
    #[must_use]
    pub fn labels(&self) -> Labels {
        let truth = self.truth.clone();
        let weighted = self.weights.clone().map(|weights| Labels::weighted(truth.clone(), weights));
        weighted.map_or_else(|| truth.into(), |labels| labels.expect("weights that were scored are sound"))
    }

    /// Returns the number of test rows per training row, which says how much the training rows of different folds overlap.
    #[must_use]
    pub fn test_share(folds: &[FoldResult]) -> f64 {
        let rows = |of: fn(&FoldResult) -> usize| folds.iter().map(of).sum::<usize>() as f64;
        rows(|fold| fold.rows.len()) / rows(|fold| fold.training).max(1.0)
    }

    /// Combines rounds to one, without scores; `None` if there are none, or if they are of different kinds. The number of
    /// training rows is that of the first.
    #[must_use]
    pub fn concat(rounds: Vec<FoldResult>) -> Option<FoldResult> {
        let classes = rounds.first().and_then(|round| match &round.truth {
            Target::Classes { count, .. } => Some(*count),
            Target::Numbers(_) => None,
        });
        let predictions = Predictions::concat(rounds.iter().map(|round| round.predictions.clone()))?;
        let baseline = Predictions::concat(rounds.iter().map(|round| round.baseline.clone()))?;
        let weights: Option<Vec<&[f64]>> = rounds.iter().map(|round| round.weights.as_deref()).collect();
        let rows: Arc<[u32]> = rounds.iter().flat_map(|round| round.rows.iter().copied()).collect();
        let groups: Option<Vec<&[Arc<str>]>> = rounds.iter().map(|round| round.groups.as_deref()).collect();
        let (training, weights) = (rounds.first()?.training, weights.map(|weights| weights.concat()));
        let groups = groups.map(|groups| groups.concat());
        let truth = Target::concat(rounds.into_iter().map(|round| round.truth).collect(), classes);
        let whole = FoldResult::new(0, 1, rows, truth, predictions, baseline);
        Some(FoldResult { training, weights, groups, ..whole })
    }

    /// Selects rows, without scores.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> FoldResult {
        let of = |row: &u32| *row as usize;
        FoldResult {
            rows: rows.iter().map(|row| self.rows[of(row)]).collect(),
            truth: self.truth.take(rows),
            predictions: self.predictions.take(rows),
            baseline: self.baseline.take(rows),
            weights: self.weights.as_ref().map(|all| rows.iter().map(|row| all[of(row)]).collect()),
            groups: self.groups.as_ref().map(|all| rows.iter().map(|row| all[of(row)].clone()).collect()),
            scores: Vec::new(),
            ..*self
        }
    }

    /// Drops the rows and their predictions, and keeps the scores. A search holds one result per candidate and fold, so
    /// that the predictions of all of them would take memory for nothing.
    #[must_use]
    pub fn scores_alone(self) -> FoldResult {
        let none = || Predictions::from(Outputs::Numbers(Vec::new()));
        let (rows, truth) = (Arc::default(), Target::Numbers(Vec::new()));
        FoldResult { rows, truth, predictions: none(), baseline: none(), weights: None, groups: None, ..self }
    }

    /// Returns the confusion matrix (true against predicted classes); none for regression.
    #[must_use]
    pub fn confusion(&self) -> Option<Confusion> {
        match &self.truth {
            Target::Classes { codes, count } => {
                Some(confusion(codes, &self.predictions.labels(), *count, self.weights.as_deref()))
            }
            Target::Numbers(_) => None,
        }
    }
}

impl Evaluation {
    /// Creates the evaluation of a model from the results of its folds, with a single repetition.
    #[must_use]
    pub fn new(model: impl Into<String>, task: Task, scheme: Scheme, results: Vec<FoldResult>) -> Evaluation {
        let folds = results.len();
        Evaluation {
            arm: None,
            model: model.into(),
            task,
            scheme,
            folds,
            repeat: 1,
            seed: 0,
            results,
            intervals: Vec::new(),
            chosen: Vec::new(),
            assessed: None,
            subgroups: None,
        }
    }

    /// The metrics, in the order of the report.
    pub fn metrics(&self) -> impl Iterator<Item = MetricResult<'_>> {
        let count = self.results.first().map_or(0, |fold| fold.scores.len());
        (0..count).map(|place| {
            let interval = self.intervals.get(place).copied().flatten();
            MetricResult { results: &self.results, place, of: |score| &score.model, interval }
        })
    }

    /// The metric of this name.
    ///
    /// # Errors
    /// [`code::UNKNOWN_NAME`] if it was not computed.
    pub fn metric(&self, name: &str) -> Result<MetricResult<'_>, Failure> {
        self.metrics().find(|metric| metric.name() == name).ok_or_else(|| {
            let names: Vec<&str> = self.metrics().map(|metric| metric.name()).collect();
            let help = match nearest(name, names.iter().copied()).first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("computed: {}", names.join(", ")),
            };
            Failure::new(code::UNKNOWN_NAME, format!("the evaluation has no metric `{name}`")).help(help)
        })
    }

    /// Returns the number of held-out rows per repetition.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.results.iter().filter(|fold| fold.repeat == 0).map(|fold| fold.rows.len()).sum()
    }

    /// Returns the confusion matrix over all folds (true classes in rows, predicted in columns); none for regression.
    #[must_use]
    pub fn confusion(&self) -> Option<Confusion> {
        self.results.iter().filter_map(FoldResult::confusion).reduce(|mut sum, fold| {
            sum.add(&fold);
            sum
        })
    }
}

/// A metric over all folds.
#[derive(Clone, Copy)]
pub struct MetricResult<'a> {
    results: &'a [FoldResult],
    place: usize,
    of: fn(&Score) -> &Measured,
    interval: Option<Interval>,
}

impl fmt::Debug for MetricResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricResult").field("name", &self.name()).field("folds", &self.folds()).finish()
    }
}

impl<'a> MetricResult<'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.results.first().map_or("", |fold| fold.scores[self.place].metric)
    }

    /// Returns its value on each fold, or why it is undefined there.
    #[must_use]
    pub fn folds(&self) -> Vec<&'a Measured> {
        self.results.iter().map(|fold| (self.of)(&fold.scores[self.place])).collect()
    }

    /// Returns its values on the folds where it is defined.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        self.folds().into_iter().filter_map(|value| value.as_ref().ok().copied()).collect()
    }

    /// Returns the mean over the folds where it is defined.
    ///
    /// # Errors
    /// If it is defined on no fold: the reason on the first one.
    pub fn mean(&self) -> Result<f64, Undefined> {
        let values = self.values();
        match self.undefined() {
            Some(reason) if values.is_empty() => Err(reason.clone()),
            _ => Ok(values.iter().sum::<f64>() / values.len() as f64),
        }
    }

    /// Returns the 95 % interval of its mean: corrected for the overlap of training rows over several folds; DeLong's or
    /// that of a bootstrap for a single holdout. `None` if it has none.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        self.interval
    }

    /// Returns why it is undefined, on the first such fold.
    #[must_use]
    pub fn undefined(&self) -> Option<&'a Undefined> {
        self.folds().into_iter().find_map(|value| value.as_ref().err())
    }

    /// Returns the same metric of the baseline, which uses no features.
    #[must_use]
    pub fn baseline(&self) -> MetricResult<'a> {
        MetricResult { of: |score| &score.baseline, interval: None, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TaskKind;

    fn evaluation() -> Evaluation {
        let classes: Arc<[String]> = ["no", "yes"].map(str::to_owned).into();
        let task = Task { target: "y".into(), kind: TaskKind::Classes(classes), transform: None };
        let fold = |place: usize, auc: Measured| {
            let truth = Target::Classes { codes: vec![0, 1], count: 2 };
            let outputs = Outputs::Probabilities { values: vec![0.9, 0.1, 0.8, 0.2], classes: 2 };
            let baseline = Outputs::Probabilities { values: vec![0.5; 4], classes: 2 };
            let rows: Arc<[u32]> = [place as u32 % 2, place as u32 % 2 + 2].into();
            let mut fold = FoldResult::new(place, 2, rows, truth, outputs, baseline);
            let undefined = Err(Undefined("one class".to_owned()));
            fold.scores = vec![
                Score { metric: "accuracy", model: Ok(place as f64), baseline: Ok(0.5) },
                Score { metric: "auc", model: auc, baseline: undefined },
            ];
            fold
        };
        let undefined = || Err(Undefined("one class".to_owned()));
        let results = vec![fold(0, Ok(0.25)), fold(1, undefined()), fold(2, Ok(0.75)), fold(3, undefined())];
        let mut evaluation = Evaluation::new("logistic", task, Scheme::Stratified, results);
        (evaluation.folds, evaluation.repeat) = (2, 2);
        evaluation
    }

    #[test]
    fn means_are_over_the_folds_where_a_metric_is_defined() {
        let evaluation = evaluation();
        let auc = evaluation.metric("auc").unwrap();
        assert_eq!(auc.mean(), Ok(0.5));
        assert_eq!(auc.folds().len(), 4);
        assert_eq!(auc.values(), [0.25, 0.75]);
        assert_eq!(auc.undefined(), Some(&Undefined("one class".to_owned())));
        assert_eq!(auc.baseline().mean(), Err(Undefined("one class".to_owned())));
        assert_eq!(evaluation.metric("accuracy").unwrap().baseline().mean(), Ok(0.5));
    }

    #[test]
    fn a_metric_that_was_not_computed_is_an_error_that_names_a_near_one() {
        let failure = evaluation().metric("acuracy").unwrap_err();
        assert_eq!(failure.code, code::UNKNOWN_NAME);
        assert_eq!(failure.help.len(), 1);
        assert!(format!("{failure:?}").contains("did you mean `accuracy`?"));
    }

    #[test]
    fn rows_count_once_and_the_confusion_counts_every_repetition() {
        let evaluation = evaluation();
        assert_eq!(evaluation.rows(), 4);
        let confusion = evaluation.confusion().unwrap();
        assert_eq!((confusion.row(0), confusion.row(1)), ([4, 0].as_slice(), [4, 0].as_slice()));
        assert_eq!(evaluation.results[3].repeat, 1);
        assert_eq!(evaluation.results[3].fold, 1);
    }

    #[test]
    fn an_assert_knows_the_means_that_exist_and_the_rows() {
        let facts = crate::result::Output::Evaluation(evaluation()).facts();
        assert_eq!(facts, [("accuracy".to_owned(), 1.5), ("auc".to_owned(), 0.5), ("rows".to_owned(), 4.0)]);
    }
}
