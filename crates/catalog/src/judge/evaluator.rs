//! The evaluator of `eval`, which also splits off validation rows and rows for the final exam.

use super::intervals::interval;
use super::rows::{self, with_role};
use super::scheme::{self, Known, OF_QUANTILES, OF_REGIONS, Scheme, USUAL};
use super::subgroups;
use super::suspicion;
use crate::adapt::{FeatureUse, LearnerOf};
use crate::exchange;
use pipewright_diagnostic::{Failure, Progress, code, room_for};
use pipewright_frame::{Role, Schema, Table};
use pipewright_learn::dummy::Dummy;
use pipewright_learn::metric::{self, Judged, Metric};
use pipewright_learn::{Labels, Predictions};
use pipewright_operator::result::{Evaluation, FoldResult, Score};
use pipewright_operator::work::{Amendment, Counts, Evaluator, HeldOut, Learner, Round, Splitter};
use pipewright_operator::{ArgumentError, Task, TaskKind, Value};
use pipewright_world::random::Key;
use std::sync::Arc;

/// The evaluator; also splits off validation rows.
pub(crate) struct Eval {
    pub(super) scheme: Scheme,
    pub(super) repeat: usize,
    pub(super) shuffle: bool,
    /// `None`: stratified if the target has classes.
    pub(super) stratified: Option<bool>,
    pub(super) metrics: Vec<&'static Metric>,
    pub(super) seed: Option<u64>,
    /// The column by whose values groups of rows are scored apart.
    pub(super) by: Option<Arc<str>>,
    /// Are equal rows kept in the same fold?
    pub(super) together: bool,
    /// Does it evaluate a pipeline? Else it only holds rows out for validation.
    pub(super) evaluates: bool,
}

impl Eval {
    /// A single holdout of this share, stratified if the target has classes.
    pub(crate) fn holdout(share: f64) -> Eval {
        Eval {
            scheme: Scheme::Holdout(share),
            repeat: 1,
            shuffle: true,
            stratified: None,
            metrics: Vec::new(),
            seed: None,
            by: None,
            together: false,
            evaluates: false,
        }
    }

    /// The split of rows that are set apart for the final exam.
    pub(super) fn apart(share: f64, latest: bool, stratified: Option<bool>, seed: Option<u64>) -> Eval {
        let scheme = if latest { Scheme::Latest(share) } else { Scheme::Holdout(share) };
        Eval { scheme, stratified, seed, evaluates: true, ..Eval::holdout(share) }
    }

    /// The final exam on rows that were set apart, whose share does not matter any more.
    pub(super) fn exam(metrics: Vec<&'static Metric>) -> Eval {
        Eval { metrics, evaluates: true, ..Eval::holdout(0.5) }
    }

    /// The evaluation of the candidates of a search, which looks at nothing but their scores.
    pub(super) fn inner(scheme: Scheme, stratified: Option<bool>, metric: Option<&'static Metric>) -> Eval {
        Eval { scheme, stratified, metrics: metric.into_iter().collect(), ..Eval::holdout(0.5) }
    }

    /// Does it keep the proportions of classes, or of bins of numbers? Not of groups, unless asked to.
    fn stratifies(&self, task: &Task) -> bool {
        let never = matches!(
            self.scheme,
            Scheme::Groups(_) | Scheme::LeaveOneOut(_) | Scheme::LeaveOneGroupOut(_) | Scheme::Apart
        );
        self.stratified.unwrap_or(task.classes().is_some() && !never)
    }

    fn scores(&self, task: &Task, labels: &Labels, model: &Predictions, baseline: &Predictions) -> Vec<Score> {
        let baseline = Judged::new(labels, baseline);
        // Quantiles are compared with the same number in place of each.
        let baseline = match model.quantiles() {
            Some(quantiles) => baseline.at_levels(quantiles.levels()),
            None => baseline,
        };
        let judged = [Judged::new(labels, model), baseline];
        let score = |metric: &'static Metric| {
            let [model, baseline] = judged.each_ref().map(|judged| metric.score(judged));
            Score { metric: metric.name, model, baseline }
        };
        self.metrics(task, model).into_iter().map(score).collect()
    }

    /// Rounds of one row each, scored together: most metrics say nothing of a single row.
    fn pooled(&self, results: Vec<FoldResult>, task: &Task) -> Vec<FoldResult> {
        let Some(mut pooled) = FoldResult::concat(results) else { return Vec::new() };
        pooled.scores = self.scores(task, &pooled.labels(), &pooled.predictions, &pooled.baseline);
        vec![pooled]
    }

    /// The metrics of these predictions: those that were asked for, or the usual ones.
    fn metrics(&self, task: &Task, predictions: &Predictions) -> Vec<&'static Metric> {
        if !self.metrics.is_empty() {
            return self.metrics.clone();
        }
        let of_quantiles = predictions.quantiles().map_or(&[][..], |_| OF_QUANTILES);
        let of_regions = predictions.regions().map_or(&[][..], |_| OF_REGIONS);
        USUAL.iter().chain(of_quantiles).chain(of_regions).filter(|metric| applies(metric, task)).collect()
    }
}

fn applies(metric: &Metric, task: &Task) -> bool {
    (metric.task == metric::Task::Classes) == task.classes().is_some()
}

impl Splitter for Eval {
    fn rounds(&self) -> usize {
        self.scheme.folds().saturating_mul(self.repeat)
    }

    fn check_rows(&self, rows: usize) -> Result<(), Failure> {
        self.scheme.check_rows(rows)
    }

    fn needs_features(&self) -> bool {
        self.together
    }

    fn split(&self, rows: &Table, task: &Task, key: Key, progress: &dyn Progress) -> Result<Vec<Round>, Failure> {
        self.check_rows(rows.rows())?;
        let (rounds, count) = (self.rounds(), rows.rows());
        let row_numbers = rounds as u128 * count as u128 * size_of::<u32>() as u128;
        room_for(row_numbers, || format!("a list of the rows of {rounds} rounds with {count} rows"))?;
        let target = exchange::target(rows, task)?;
        let codes = self.stratifies(task).then(|| scheme::strata(target));
        let mut known = Known::of(&self.scheme, rows, codes, self.together, progress)?;
        if !self.evaluates {
            // A column of folds is for the evaluation, not for folds inside of its training rows.
            known.given = None;
        }
        let mut rounds = Vec::new();
        for repeat in 0..self.repeat {
            let key = key.index(repeat as u64);
            let folds = self.scheme.split(&known, self.shuffle.then_some(key), key, progress)?;
            // Every repetition would give the same notices.
            folds.notices.into_iter().filter(|_| repeat == 0).for_each(|notice| progress.notice(notice));
            rounds
                .extend(folds.folds.into_iter().map(|fold| Round { train: fold.train.into(), test: fold.test.into() }));
        }
        Ok(rounds)
    }

    fn examine(&self, rows: &Table, rounds: &[Round], progress: &dyn Progress) {
        if !self.evaluates {
            return;
        }
        // In a series, the value before nearly is the value.
        if !self.in_order() {
            suspicion::telling(rows).into_iter().for_each(|warning| progress.notice(warning));
        }
        if !self.together {
            suspicion::repeated(rows, rounds).into_iter().for_each(|warning| progress.notice(warning));
        }
    }
}

impl Evaluator for Eval {
    fn check(&self, task: &Task) -> Result<(), ArgumentError> {
        let numbers = matches!(task.kind, TaskKind::Numbers);
        if let Some(metric) = self.metrics.iter().find(|metric| !applies(metric, task)) {
            let kind = if numbers { "numbers" } else { "classes" };
            let message = format!("`{}` is not a metric for {kind}", metric.name);
            let others: Vec<&str> =
                USUAL.iter().filter(|metric| applies(metric, task)).map(|metric| metric.name).collect();
            let help = format!("metrics for {kind}: {}, and others: pipewright help eval", others.join(", "));
            return Err(ArgumentError::of("metric", code::WRONG_TASK, message).help(help));
        }
        Ok(())
    }

    fn amended(&self, columns: &Schema, counts: Option<Counts>) -> Option<Amendment> {
        let folds = match self.scheme {
            Scheme::LeaveOneOut(0) => counts.map(|counts| counts.rows),
            Scheme::LeaveOneGroupOut(0) => counts.and_then(|counts| counts.groups),
            _ => None,
        };
        if let Some(folds) = folds {
            return Some(Amendment { name: "size", value: Value::Int(folds as i64), notice: None });
        }
        let has = |role| columns.with_role(role).is_some();
        let is_grouped = matches!(self.scheme, Scheme::Folds(_)) && has(Role::Group) && !has(Role::Fold);
        is_grouped.then(|| Amendment {
            name: "scheme",
            value: Value::Word("group".to_owned()),
            notice: Some(rows::groups_together()),
        })
    }

    fn in_order(&self) -> bool {
        matches!(self.scheme, Scheme::Time { .. } | Scheme::Latest(_))
    }

    fn shuffles(&self) -> bool {
        self.shuffle
            && !self.in_order()
            && !matches!(self.scheme, Scheme::LeaveOneOut(_) | Scheme::LeaveOneGroupOut(_) | Scheme::Apart)
    }

    fn by(&self) -> Option<&Arc<str>> {
        self.by.as_ref()
    }

    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        match self.scheme {
            Scheme::Time { .. } => return Vec::new(),
            Scheme::LeaveOneGroupOut(_) => return Vec::new(),
            Scheme::Folds(_) if task.classes().is_some() => vec![("stratified", self.stratifies(task).to_string())],
            Scheme::MonteCarlo(..) | Scheme::Bootstrap(_) | Scheme::LeaveOneOut(_) | Scheme::Apart => {
                return Vec::new();
            }
            _ => Vec::new(),
        }
        .into_iter()
        .chain([("shuffle", self.shuffle.to_string())])
        .collect()
    }

    fn baseline(&self, task: &Task) -> Arc<dyn Learner> {
        // The baseline predicts the untransformed target: it is not a model of the script.
        let task = Task { transform: None, ..task.clone() };
        Arc::new(LearnerOf { learner: Dummy, task, sees: FeatureUse::Nothing })
    }

    fn score(&self, held_out: HeldOut<'_>, task: &Task) -> Result<FoldResult, Failure> {
        let HeldOut { round, rows, training, truth, predictions, baseline } = held_out;
        let labels = exchange::labels(truth, task)?;
        let scores = self.scores(task, &labels, &predictions, &baseline);
        let ones = || vec![1.0; labels.rows()];
        let weights = with_role(truth, Role::Weight).map(|_| labels.weights().map_or_else(ones, <[f64]>::to_vec));
        let groups = self.by.as_ref().map(|by| subgroups::names(truth, by)).transpose()?;
        let truth = labels.target().clone();
        let mut result = FoldResult::new(round, self.scheme.folds(), rows, truth, predictions, baseline);
        (result.scores, result.weights, result.training) = (scores, weights, training);
        result.groups = groups;
        Ok(if self.evaluates { result } else { result.scores_alone() })
    }

    fn evaluation(&self, results: Vec<FoldResult>, model: &str, task: &Task, seed: u64) -> Evaluation {
        let results = match self.scheme {
            Scheme::LeaveOneOut(_) => self.pooled(results, task),
            _ => results,
        };
        let scheme = self.scheme.named(self.stratifies(task));
        let key = Key::new(seed).child("intervals");
        let metrics = results.first().filter(|_| self.evaluates).map(|fold| self.metrics(task, &fold.predictions));
        let metrics = metrics.unwrap_or_default().into_iter().enumerate();
        let intervals = metrics.map(|(place, metric)| interval(metric, place, &results, key.index(place as u64)));
        let intervals = intervals.collect();
        let mut evaluation = Evaluation::new(model, task.clone(), scheme, results);
        evaluation.folds = evaluation.results.len() / self.repeat;
        (evaluation.repeat, evaluation.seed) = (self.repeat, seed);
        evaluation.intervals = intervals;
        evaluation.subgroups = self.by.as_ref().and_then(|by| {
            let scores = |rows: &FoldResult| self.scores(task, &rows.labels(), &rows.predictions, &rows.baseline);
            subgroups::scored(by, &evaluation.results, scores)
        });
        evaluation
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}
