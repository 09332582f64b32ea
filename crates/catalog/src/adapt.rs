//! Adapters from typed estimators and learners to the type-erased traits of the planner and the engine.

use crate::{exchange, summary};
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::{Chunks, Estimator, Expression, FitContext, Schema, State, Table, TableEstimator, Zone};
use pipewright_learn::{Fit, Predictions};
use pipewright_operator::work::{self, Dropped, Fitted, FittedModel, Learned, Needs, Step};
use pipewright_operator::{
    ArgumentError, Data, Effect, Footprint, Registry, StateKind, Task, TaskKind, Tasks, TrainingRows,
};
use pipewright_world::random::Key;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// An estimator of `frame` as a step of a plan.
pub(crate) struct StepOf<E: Estimator> {
    pub estimator: E,
    /// Columns that get another name: (new, old).
    pub renames: Vec<(Arc<str>, Arc<str>)>,
    /// Notes about a fitted state.
    pub notices: fn(&E::State) -> Vec<Failure>,
}

impl<E: Estimator> StepOf<E> {
    pub(crate) fn new(estimator: E) -> StepOf<E> {
        StepOf { estimator, renames: Vec::new(), notices: |_| Vec::new() }
    }
}

impl<E: Estimator + 'static> Step for StepOf<E> {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.estimator.schema(input)
    }

    fn footprint(&self, verb: Effect) -> Footprint {
        let footprint = Footprint::of(verb);
        let footprint = match (self.estimator.chooses_by_name(), self.estimator.mixes()) {
            (true, _) => footprint,
            (false, true) => footprint.reading_features().mixing_values(),
            (false, false) => footprint.reading_features().making_values(),
        };
        let old: Vec<(&Arc<str>, Expression)> =
            self.renames.iter().map(|(new, old)| (new, Expression::column(old.clone()))).collect();
        footprint.computing(old.iter().map(|(new, old)| (*new, old)))
    }

    fn fit(&self, rows: &dyn Chunks, _: &FitContext) -> Result<Learned, Failure> {
        let (state, mut notices) = pipewright_frame::fit_noting(&self.estimator, rows)?;
        notices.extend((self.notices)(&state));
        Ok(Learned::new(Arc::new(StateOf { notices, state })))
    }
}

/// The time zone that an argument names.
pub(crate) fn zone_of(argument: &'static str, name: &str) -> Result<Zone, ArgumentError> {
    Zone::read(name).map_err(|failure| {
        let error = ArgumentError::of(argument, failure.code, failure.message);
        failure.help.into_iter().fold(error, ArgumentError::help)
    })
}

/// An estimator of `frame` that needs all rows at once, as a step of a plan.
pub(crate) struct TableStep<E: TableEstimator> {
    pub estimator: Arc<E>,
    /// The effect, if the arguments override that of the verb.
    pub effect: Option<Effect>,
    /// Notes about a fitted state.
    pub notices: fn(&E::State) -> Vec<Failure>,
}

impl<E: TableEstimator> TableStep<E> {
    pub(crate) fn new(estimator: E) -> TableStep<E> {
        TableStep { estimator: Arc::new(estimator), effect: None, notices: |_| Vec::new() }
    }
}

impl<E: TableEstimator + 'static> Step for TableStep<E> {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.estimator.schema(input)
    }

    fn footprint(&self, verb: Effect) -> Footprint {
        let training = match self.estimator.treats_training_apart() {
            true => TrainingRows::Apart,
            false => TrainingRows::AsOthers,
        };
        let footprint = Footprint::of(self.effect.unwrap_or(verb)).reading_features().mixing_values();
        Footprint { training, ..footprint }
    }

    fn fit(&self, rows: &dyn Chunks, context: &FitContext) -> Result<Learned, Failure> {
        let state = self.estimator.fit(&rows.table()?, context)?;
        let fitted = Arc::new(StateOf { notices: (self.notices)(&state), state });
        let mut learned = Learned::new(fitted.clone());
        if self.estimator.treats_training_apart() {
            let (estimator, context) = (self.estimator.clone(), context.clone());
            learned.training = Some(Arc::new(move |rows| estimator.apply_training(&fitted.state, rows, &context)));
        }
        Ok(learned)
    }
}

/// A type-erased state.
pub(crate) fn fitted<S: State>(state: S, notices: Vec<Failure>) -> Arc<dyn Fitted> {
    Arc::new(StateOf { state, notices })
}

struct StateOf<S> {
    state: S,
    notices: Vec<Failure>,
}

impl<S: State> Fitted for StateOf<S> {
    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        self.state.apply(rows)
    }

    fn apply_owned(&self, rows: Table) -> Result<Table, Failure> {
        self.state.apply_owned(rows)
    }

    fn needs(&self) -> Needs {
        let drops = if self.state.drops_all() { Dropped::All } else { Dropped::Columns(Vec::new()) };
        Needs { by_row: self.state.by_row(), reads: self.state.reads(), drops }
    }

    fn show(&self) -> Table {
        self.state.show()
    }

    fn tag(&self) -> &'static str {
        S::TAG
    }

    fn save(&self) -> Json {
        serde_json::to_value(&self.state).expect("a state is plain data with text keys")
    }

    fn notices(&self) -> Vec<Failure> {
        self.notices.clone()
    }

    fn remarks(&self, rows: &Table) -> Vec<Failure> {
        self.state.remarks(rows)
    }
}

/// The kind of a state, as a verb declares it.
pub(crate) const fn state<S: State>() -> StateKind {
    StateKind { tag: S::TAG, load: load_state::<S>, untagged: |_| true }
}

/// A state from a bundle, checked.
fn load_state<S: State>(json: &Json, registry: &Registry) -> Result<Arc<dyn Fitted>, Failure> {
    let read = || serde_json::from_value(json.clone());
    let state: S = registry
        .functions
        .while_reading(read)
        .map_err(|error| Failure::new(code::BAD_BUNDLE, format!("a step cannot be read: {error}")))?;
    state.validate()?;
    Ok(Arc::new(StateOf { state, notices: Vec::new() }))
}

/// Which columns a model is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FeatureUse {
    /// Every feature.
    Features,
    /// None but the target: a baseline must work with any features.
    Nothing,
}

/// Training of a learner of `learn` that depends on nothing of the task but its kind.
#[derive(Clone)]
pub(crate) struct TrainingOf<L> {
    pub label: String,
    pub learner: L,
    pub tasks: Tasks,
    pub sees: FeatureUse,
    pub seed: Option<u64>,
}

impl<L: pipewright_learn::Learner + Clone + 'static> work::Training for TrainingOf<L> {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn wants_classes(&self, _distinct: usize) -> Option<bool> {
        match self.tasks {
            Tasks::Classes => Some(true),
            Tasks::Numbers => Some(false),
            Tasks::Both => None,
        }
    }

    fn accepts(&self) -> work::Accepts {
        accepted(self.learner.accepts(), self.sees)
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn work::Learner>, ArgumentError> {
        let (label, target) = (&self.label, &task.target);
        let refused = |message: String| Err(ArgumentError::of("model", code::WRONG_TASK, message));
        match (self.tasks, &task.kind) {
            (Tasks::Numbers, TaskKind::Classes(classes)) => {
                refused(format!("`{label}` predicts numbers, and `{target}` has {} classes", classes.len()))
            }
            (Tasks::Classes, TaskKind::Numbers) => {
                refused(format!("`{label}` predicts classes, and `{target}` holds numbers"))
            }
            (Tasks::Classes, TaskKind::Classes(classes)) if are_numbers(classes) => {
                refused(format!("`{label}` predicts classes, and `{target}` holds {} different numbers", classes.len()))
            }
            _ => Ok(Arc::new(LearnerOf { learner: self.learner.clone(), task: task.clone(), sees: self.sees })),
        }
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}

/// Converts the `Accepts` of a learner to that of the planner.
pub(crate) fn accepted(accepts: pipewright_learn::Accepts, sees: FeatureUse) -> work::Accepts {
    let blind = sees == FeatureUse::Nothing;
    work::Accepts { missing: accepts.missing || blind, categories: accepts.categories || blind, dates: blind }
}

/// Too many numeric classes to be a classification target?
fn are_numbers(classes: &[String]) -> bool {
    const CLASSES_MAX: usize = 20;
    classes.len() > CLASSES_MAX && classes.iter().all(|class| class.parse::<f64>().is_ok())
}

/// A learner of `learn` for one task.
pub(crate) struct LearnerOf<L> {
    pub learner: L,
    pub task: Task,
    pub sees: FeatureUse,
}

impl<L: pipewright_learn::Learner> work::Learner for LearnerOf<L> {
    fn fit(
        &self,
        train: &Data,
        validation: Option<&Data>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure> {
        let names = match self.sees {
            FeatureUse::Features => exchange::feature_names(train),
            FeatureUse::Nothing => Vec::new().into(),
        };
        self.fit_columns(names, train, validation, key, progress)
    }
}

impl<L: pipewright_learn::Learner> LearnerOf<L> {
    /// Trains on these columns, in this order.
    pub(crate) fn fit_columns(
        &self,
        names: Arc<[String]>,
        train: &Data,
        validation: Option<&Data>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure> {
        let accepts = self.learner.accepts();
        let model = match train {
            Data::Stream(rows) if accepts.on_disk && !names.is_empty() => {
                let on_disk = |rows: &Data| match rows {
                    Data::Stream(rows) => exchange::on_disk(rows, &names, &self.task),
                    Data::Table(_) => unreachable!("parts of a stream are streams"),
                };
                let validation = validation.map(on_disk).transpose()?;
                let train = exchange::on_disk(rows, &names, &self.task)?;
                self.learner.fit_on_disk(&train, &fit(key, progress, validation.as_ref()))?
            }
            Data::Stream(rows) if accepts.passes && !names.is_empty() => {
                let dataset = |rows: &Data| exchange::dataset(rows, &names, &self.task, accepts);
                let validation = validation.map(dataset).transpose()?;
                let passes = exchange::StreamPasses { rows, names: names.clone(), task: &self.task, accepts };
                self.learner.fit_in_passes(&passes, &fit(key, progress, validation.as_ref()))?
            }
            _ => {
                let dataset = |rows: &Data| exchange::dataset(rows, &names, &self.task, accepts);
                let validation = validation.map(dataset).transpose()?;
                self.learner.fit_with(&dataset(train)?, &fit(key, progress, validation.as_ref()))?
            }
        };
        Ok(Arc::new(ModelOf { model, names, task: self.task.clone() }))
    }
}

fn fit<'a, Rows>(key: Key, progress: &'a dyn Progress, validation: Option<&'a Rows>) -> Fit<'a, Rows> {
    let fit = Fit::new().key(key).progress(progress);
    match validation {
        Some(rows) => fit.validation(rows),
        None => fit,
    }
}

struct ModelOf<M> {
    model: M,
    /// The input columns, in order.
    names: Arc<[String]>,
    task: Task,
}

impl<M: pipewright_learn::Model> FittedModel for ModelOf<M> {
    fn predict(&self, rows: &Table) -> Result<Predictions, Failure> {
        let features = exchange::features_of(rows, &self.names, M::ACCEPTS)?;
        exchange::predictions(self.model.predictions(&features)?, &self.task)
    }

    fn levels(&self) -> &[f64] {
        self.model.levels()
    }

    fn show(&self) -> Table {
        summary::table(&self.model.summary(), &self.names, &self.task)
    }

    fn save(&self) -> Json {
        let model = serde_json::to_value(&self.model).expect("a model is plain data with text keys");
        json!({"features": self.names.to_vec(), "task": self.task.to_json(), "model": model})
    }
}

/// Loads a model from a bundle and validates it.
pub(crate) fn load_model<M: pipewright_learn::Model>(json: &Json) -> Result<Arc<dyn FittedModel>, Failure> {
    let bad = |what: String| Failure::new(code::BAD_BUNDLE, format!("the model cannot be read: {what}"));
    let field = |name: &str| json.get(name).cloned().ok_or_else(|| bad(format!("it lacks `{name}`")));
    let names: Vec<String> = serde_json::from_value(field("features")?).map_err(|error| bad(error.to_string()))?;
    let task = Task::from_json(&field("task")?).ok_or_else(|| bad("its task".to_owned()))?;
    let model: M = serde_json::from_value(field("model")?).map_err(|error| bad(error.to_string()))?;
    model.validate()?;
    if model.inputs() != names.len() {
        return Err(bad(format!("it takes {} columns and names {}", model.inputs(), names.len())));
    }
    Ok(Arc::new(ModelOf { model, names: names.into(), task }))
}

/// The columns and the model of a saved pipeline, if it is a model of this kind, without adjustments.
pub(crate) fn saved_model<M: pipewright_learn::Model>(model: &dyn FittedModel) -> Option<(Arc<[String]>, M)> {
    let saved = model.save();
    let names: Vec<String> = serde_json::from_value(saved.get("features")?.clone()).ok()?;
    Some((names.into(), serde_json::from_value(saved.get("model")?.clone()).ok()?))
}

/// Loads a model of a single prediction, or of several quantiles, whose state names their levels.
pub(crate) fn load_with_levels<L>(json: &Json) -> Result<Arc<dyn FittedModel>, Failure>
where
    L: pipewright_learn::FitsLevels,
{
    match json.get("model").and_then(|model| model.get("levels")) {
        None => load_model::<L::Model>(json),
        Some(_) => load_model::<L::OfLevels>(json),
    }
}
