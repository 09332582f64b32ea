//! `blend`: a weighted mean of models, whose weights are chosen by out-of-fold predictions.

use super::folds::InnerFolds;
use super::{Averaged, Ensemble, Member, Part, Way, in_parallel, load_averaged};
use crate::exchange;
use crate::judge::eval::MetricWord;
use crate::learn::model_spec;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::Role;
use pipewright_learn::metric::{self, Metric, Undefined};
use pipewright_learn::search::greedy_ensemble;
use pipewright_learn::{Labels, Outputs};
use pipewright_operator::work::{FittedModel, Learner, Training};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Chosen, Data, Duration, Example, Int, Model, Spec, Task, TaskKind, Tasks, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `blend`.
    struct BlendArgs {
        /// The models, with their hyper-parameters; those for another kind of target are left out.
        shape models: Vec<Box<Chosen>>;
        /// Folds whose held-out predictions decide about the weights.
        option folds: Int<2, 1000> = 5;
        /// The metric that decides. Without it, log_loss for classes and rmse for numbers.
        option metric: Option<MetricWord>;
        /// Time for the training, such as `60s`. When most of it is up, the model that is being tried is dropped, and those that
        /// are left are not tried, with a warning. The first one always is.
        option budget: Option<Duration>;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "blend",
        summary: "Blends models: a weighted mean, whose weights are chosen by out-of-fold predictions (greedy ensemble).",
        details: "Every model predicts each of 5 folds of the training rows after it was fitted on the others. Starting \
                  with the best one, the model that improves the mean of those chosen most is added, again and again; \
                  the weight of a model is how often it was added, and models that were never added are dropped. The \
                  others are fitted on all training rows. A model may be a pipeline of its own, whose steps are fitted \
                  inside each fold: `blend[{ encode | scale | train logistic }, gbdt]`. `train auto` is a blend of the \
                  models that do best on most tables. Source: R. Caruana, A. Niculescu-Mizil, G. Crew and A. Ksikes, \
                  \"Ensemble selection from libraries of models\" (2004).",
        search: &["ensemble", "ensemble selection", "automl", "auto", "caruana", "greedy ensemble", "autogluon"],
        examples: &[Example {
            script: "load diabetes.csv | target progression | train blend[{ scale | train ridge }, forest(trees=50), knn[9]] \
                         | eval kfold 5 metric=rmse",
            output: "\
blend[{ scale standard on @numeric | train ridge },forest(trees=50),knn[9]] predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.5697    50.1515 to 58.9878   51.9718   57.6768     77.1127
",
        }],
        ..model_spec::<BlendArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_averaged,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let BlendArgs { models, folds, metric, budget } = BlendArgs::read(own)?;
    let budget = budget.map(|budget| budget.budget("budget")).transpose()?;
    let way = Blending { folds: folds.get(), metric: metric.and_then(|word| Metric::find(word.0)), budget };
    Ensemble::of(label, &models, way, train)
}

/// How the weights are chosen.
#[derive(Clone, Copy)]
struct Blending {
    folds: usize,
    metric: Option<&'static Metric>,
    budget: Option<std::time::Duration>,
}

impl Way for Blending {
    fn learner(&self, parts: &[Part], task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        let fitting = parts.iter().filter(|part| part.model.tasks.include(&task.kind));
        let members: Vec<Member> = fitting.map(|part| part.member(task)).collect::<Result<_, _>>()?;
        if members.is_empty() {
            let message = format!("none of these models is for the target `{}`", task.target);
            return Err(ArgumentError::of("model", code::WRONG_TASK, message));
        }
        let numbers = matches!(task.kind, TaskKind::Numbers);
        let metric = self.metric.unwrap_or(if numbers { &metric::RMSE } else { &metric::LOG_LOSS });
        if (metric.task == metric::Task::Numbers) != numbers {
            let message = format!("`{}` is not a metric for this target", metric.name);
            return Err(ArgumentError::of("model", code::WRONG_TASK, message));
        }
        Ok(Arc::new(BlendOf { members, way: *self, metric, task: task.clone() }))
    }
}

struct BlendOf {
    members: Vec<Member>,
    way: Blending,
    metric: &'static Metric,
    task: Task,
}

/// The share of the budget after which no other model is tried: the chosen ones are still to be fitted on all rows.
const TRYING: f64 = 0.7;
/// Models that are added, one after the other.
const ROUNDS: usize = 50;

impl BlendOf {
    /// The out-of-fold predictions of the models, or of as many as there is time for.
    fn tried(&self, train: &Data, key: Key, progress: &dyn Progress) -> Result<Vec<Outputs>, Failure> {
        let folds = InnerFolds::of(train, &self.task, self.way.folds, key.child("folds"))?;
        let end = self.way.budget.map(|budget| progress.elapsed() + budget.mul_f64(TRYING));
        let mut tried = Vec::new();
        for (index, member) in self.members.iter().enumerate() {
            let key = key.child("out of fold").index(index as u64);
            let until = Until { progress, end: end.filter(|_| index > 0) };
            let found = if until.is_up() { None } else { Some(folds.predictions(member, train, key, &until)) };
            match found {
                Some(Ok(outputs)) => tried.push(outputs),
                Some(Err(failure)) if failure.code != code::CANCELLED || progress.cancelled() => return Err(failure),
                _ => {
                    let message = format!("the time was up after {index} of {} models", self.members.len());
                    let notice = Failure::warning(code::TIME_UP, message);
                    progress.notice(notice.help("another machine may try more of them: raise the budget"));
                    break;
                }
            }
            progress.report(index as u64 + 1, 2 * self.members.len() as u64);
        }
        Ok(tried)
    }

    fn labels(&self, train: &Data) -> Result<Labels, Failure> {
        let columns = train.columns();
        let weights = columns.iter().filter(|column| column.role == Role::Weight).map(|column| column.name.clone());
        let names: Vec<Arc<str>> = std::iter::once(self.task.target.clone()).chain(weights).collect();
        exchange::labels(&train.select(&names)?, &self.task)
    }
}

/// Cancels what is being tried when the time is up.
struct Until<'a> {
    progress: &'a dyn Progress,
    /// The end of the time; none for what must be done in any case.
    end: Option<std::time::Duration>,
}

impl Until<'_> {
    fn is_up(&self) -> bool {
        self.end.is_some_and(|end| self.progress.elapsed() >= end)
    }
}

impl Progress for Until<'_> {
    fn cancelled(&self) -> bool {
        self.progress.cancelled() || self.is_up()
    }

    fn report(&self, done: u64, total: u64) {
        self.progress.report(done, total);
    }

    fn elapsed(&self) -> std::time::Duration {
        self.progress.elapsed()
    }

    fn notice(&self, notice: Failure) {
        self.progress.notice(notice);
    }
}

impl Learner for BlendOf {
    fn fit(
        &self,
        train: &Data,
        _: Option<&Data>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure> {
        let tried = self.tried(train, key, progress)?;
        let predictions: Vec<&Outputs> = tried.iter().collect();
        let weights = greedy_ensemble(&predictions, &self.labels(train)?, self.metric, ROUNDS);
        let weights = weights.map_err(|Undefined(reason)| {
            let message = format!("`{}` is undefined for every model: {reason}", self.metric.name);
            Failure::new(code::UNDEFINED_SCORE, message).help("choose another one: blend[…](metric=accuracy)")
        })?;
        let chosen: Vec<usize> = (0..weights.len()).filter(|&member| weights[member] > 0.0).collect();
        let fit = |place: usize| {
            let member = chosen[place];
            self.members[member].fit(train, key.index(member as u64), progress)
        };
        let members = in_parallel(chosen.len(), fit)?;
        Ok(Arc::new(Averaged { members, weights: chosen.iter().map(|&member| weights[member]).collect() }))
    }
}
