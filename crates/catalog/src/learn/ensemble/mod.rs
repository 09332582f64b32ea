//! Models made of models: what `vote`, `bag`, `stack` and `blend` share.

pub(crate) mod bag;
pub(crate) mod blend;
mod folds;
pub(crate) mod stack;
pub(crate) mod vote;

use super::train::TrainArgs;
use crate::exchange;
use arrow_array::{ArrayRef, StringArray};
use pipewright_diagnostic::{Bounds, Failure, Progress, code};
use pipewright_frame::{Column, ColumnType, FitContext, Table, TargetSpec};
use pipewright_learn::{Outputs, Predictions};
use pipewright_operator::work::{Accepts, FittedModel, Learner, Training};
use pipewright_operator::{Args, ArgumentError, Arguments, Block, Chosen, Data, Group, Model, StepRecord, Task};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Maximum number of models in an ensemble.
const MODELS_MAX: usize = 1000;

/// A model of an ensemble.
#[derive(Clone)]
struct Part {
    label: String,
    model: &'static Model,
    training: Arc<dyn Training>,
    /// The steps before it, if it is a pipeline.
    steps: Option<Block>,
}

impl Part {
    fn new(chosen: &Chosen, train: &Args) -> Result<Part, ArgumentError> {
        let label = chosen.to_string();
        let training = (chosen.model.prepare)(label.clone(), &chosen.args, train)?;
        let steps = chosen.pipeline.as_ref().map(|pipeline| pipeline.steps.clone());
        Ok(Part { label, model: chosen.model, training, steps })
    }

    /// What it accepts besides numbers: what its model does, and what its steps turn into numbers.
    fn accepts(&self) -> Accepts {
        let own = self.training.accepts();
        let stages = self.steps.iter().flat_map(|steps| steps.stages());
        let groups: Vec<Group> = stages.map(|stage| stage.verb.spec.group).collect();
        let encodes = groups.contains(&Group::Encode);
        Accepts {
            missing: own.missing || groups.contains(&Group::Clean),
            categories: own.categories || encodes,
            dates: own.dates || encodes,
        }
    }

    fn all(models: &[Box<Chosen>], train: &Args) -> Result<Vec<Part>, ArgumentError> {
        models.iter().map(|chosen| Part::new(chosen, train)).collect()
    }

    fn member(&self, task: &Task) -> Result<Member, ArgumentError> {
        Ok(Member {
            label: self.label.clone(),
            model: self.model,
            learner: self.training.learner(task)?,
            steps: self.steps.clone(),
            target: task.target_spec(),
        })
    }
}

/// How the parts of an ensemble become one model.
trait Way: Send + Sync {
    /// Returns the learner for a task.
    ///
    /// # Errors
    /// An [`ArgumentError`] if a part or an argument does not fit the task.
    fn learner(&self, parts: &[Part], task: &Task) -> Result<Arc<dyn Learner>, ArgumentError>;
}

/// An ensemble before the target is known.
struct Ensemble<W> {
    label: String,
    parts: Vec<Part>,
    way: W,
    seed: Option<u64>,
}

impl<W: Way + 'static> Ensemble<W> {
    /// The ensemble of these models; `train` are the options of `train`.
    fn of(label: String, models: &[Box<Chosen>], way: W, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
        let seed = TrainArgs::read(train)?.seed();
        Ok(Arc::new(Ensemble { label, parts: Part::all(models, train)?, way, seed }))
    }
}

impl<W: Way> Training for Ensemble<W> {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn wants_classes(&self, distinct: usize) -> Option<bool> {
        wants_classes(&self.parts, distinct)
    }

    fn accepts(&self) -> Accepts {
        common_accepts(&self.parts)
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        self.way.learner(&self.parts, task)
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}

/// What all parts accept.
fn common_accepts(parts: &[Part]) -> Accepts {
    let all = |of: fn(&Accepts) -> bool| parts.iter().all(|part| of(&part.accepts()));
    Accepts {
        missing: all(|accepts| accepts.missing),
        categories: all(|accepts| accepts.categories),
        dates: all(|accepts| accepts.dates),
    }
}

/// The preference of the parts, if those that have one agree.
fn wants_classes(parts: &[Part], distinct: usize) -> Option<bool> {
    let mut wants = parts.iter().filter_map(|part| part.training.wants_classes(distinct));
    let first = wants.next()?;
    wants.all(|other| other == first).then_some(first)
}

/// The members of an ensemble for a task.
fn members(parts: &[Part], task: &Task) -> Result<Vec<Member>, ArgumentError> {
    parts.iter().map(|part| part.member(task)).collect()
}

/// A model of an ensemble, for one task.
struct Member {
    label: String,
    model: &'static Model,
    learner: Arc<dyn Learner>,
    /// The steps before it, if it is a pipeline.
    steps: Option<Block>,
    target: TargetSpec,
}

impl Member {
    fn fit(&self, train: &Data, key: Key, progress: &dyn Progress) -> Result<FittedMember, Failure> {
        let (label, name) = (self.label.clone(), self.model.spec.name.to_owned());
        let Some(block) = &self.steps else {
            let model = self.learner.fit(train, None, key, progress)?;
            return Ok(FittedMember { label, name, steps: Vec::new(), model });
        };
        let context = FitContext { target_spec: Some(self.target.clone()), key: key.child("steps") };
        let learned = block.fit(train.chunks(), &context)?;
        let rows = learned.iter().try_fold(train.table()?, |rows, step| step.training_rows(rows))?;
        let verbs = block.stages().iter().map(|stage| stage.verb.spec.name.to_owned());
        let steps = verbs.zip(learned).map(|(verb, step)| StepRecord { verb, fitted: step.state }).collect();
        Ok(FittedMember { label, name, steps, model: self.learner.fit(&Data::Table(rows), None, key, progress)? })
    }
}

/// Fits something for each of several numbers, in parallel and within the bounds of the run.
fn in_parallel<T: Send>(count: usize, fit: impl Fn(usize) -> Result<T, Failure> + Sync) -> Result<Vec<T>, Failure> {
    let bounds = Bounds::current();
    (0..count).into_par_iter().map(|index| bounds.around(|| fit(index))).collect()
}

/// A fitted model of an ensemble.
struct FittedMember {
    label: String,
    /// The name of the model in the registry.
    name: String,
    /// The steps before it.
    steps: Vec<StepRecord>,
    model: Arc<dyn FittedModel>,
}

impl FittedMember {
    fn predict(&self, rows: &Table) -> Result<Outputs, Failure> {
        let Some((first, rest)) = self.steps.split_first() else {
            return Ok(self.model.predict(rows)?.outputs);
        };
        // Whatever a step reads, it does not read what is to be predicted.
        let target = rows.target().map(|target| target.name.clone());
        let rows = &rows.drop(target.as_slice())?;
        let rows = rest.iter().try_fold(first.fitted.apply(rows)?, |rows, step| step.fitted.apply_owned(rows))?;
        Ok(self.model.predict(&rows)?.outputs)
    }

    fn save(&self) -> Json {
        let mut json = json!({"label": self.label, "name": self.name, "model": self.model.save()});
        if !self.steps.is_empty() {
            json["steps"] = self.steps.iter().map(StepRecord::save).collect();
        }
        json
    }

    fn load(json: &Json) -> Result<FittedMember, Failure> {
        let text = |field: &str| json.get(field).and_then(Json::as_str).map(str::to_owned);
        let (Some(label), Some(name), Some(saved)) = (text("label"), text("name"), json.get("model")) else {
            return Err(damaged("a member without a name"));
        };
        let model = crate::REGISTRY.model(&name).ok_or_else(|| damaged(&format!("the unknown model `{name}`")))?;
        let steps = json.get("steps").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let steps = steps.iter().map(|step| StepRecord::load(step, &crate::REGISTRY)).collect::<Result<_, _>>()?;
        Ok(FittedMember { label, model: (model.load)(saved)?, name, steps })
    }
}

fn damaged(what: &str) -> Failure {
    Failure::new(code::BAD_BUNDLE, format!("an ensemble with {what}"))
}

/// Models whose predictions are averaged.
struct Averaged {
    members: Vec<FittedMember>,
    /// The weight of each; they sum to 1.
    weights: Vec<f64>,
}

impl FittedModel for Averaged {
    fn predict(&self, rows: &Table) -> Result<Predictions, Failure> {
        let mut mean: Option<Outputs> = None;
        for (member, weight) in self.members.iter().zip(&self.weights) {
            let outputs = member.predict(rows)?;
            mean = Some(added(mean, outputs, *weight)?);
        }
        mean.map(Predictions::from).ok_or_else(|| damaged("no members"))
    }

    fn show(&self) -> Table {
        let labels: ArrayRef =
            Arc::new(StringArray::from_iter_values(self.members.iter().map(|member| member.label.as_str())));
        let weights: ArrayRef = Arc::new(arrow_array::Float64Array::from(self.weights.clone()));
        let columns = vec![Column::new("model", ColumnType::Text), Column::new("weight", ColumnType::Continuous)];
        Table::new(columns, vec![labels, weights]).expect("two columns of one length")
    }

    fn save(&self) -> Json {
        json!({"members": self.members.iter().map(FittedMember::save).collect::<Vec<_>>(), "weights": self.weights})
    }
}

/// Loads an average of models.
fn load_averaged(json: &Json) -> Result<Arc<dyn FittedModel>, Failure> {
    let members = load_members(json)?;
    let weights: Vec<f64> = serde_json::from_value(json.get("weights").cloned().unwrap_or_default())
        .map_err(|_| damaged("no weights of its members"))?;
    if weights.len() != members.len() || weights.iter().any(|weight| !(0.0..=1.0).contains(weight)) {
        return Err(damaged("weights that do not fit its members"));
    }
    Ok(Arc::new(Averaged { members, weights }))
}

fn load_members(json: &Json) -> Result<Vec<FittedMember>, Failure> {
    let members = json.get("members").and_then(Json::as_array).ok_or_else(|| damaged("no members"))?;
    if members.is_empty() || members.len() > MODELS_MAX {
        return Err(damaged("no members, or too many"));
    }
    members.iter().map(FittedMember::load).collect()
}

/// Adds weighted predictions.
fn added(sum: Option<Outputs>, outputs: Outputs, weight: f64) -> Result<Outputs, Failure> {
    let scaled = |values: Vec<f64>| values.into_iter().map(|value| value * weight).collect::<Vec<f64>>();
    let add = |sum: Vec<f64>, values: Vec<f64>| {
        sum.into_iter().zip(values).map(|(sum, value)| sum + value * weight).collect::<Vec<f64>>()
    };
    match (sum, outputs) {
        (None, Outputs::Numbers(values)) => Ok(Outputs::Numbers(scaled(values))),
        (None, Outputs::Probabilities { values, classes }) => {
            Ok(Outputs::Probabilities { values: scaled(values), classes })
        }
        (Some(Outputs::Numbers(sum)), Outputs::Numbers(values)) if sum.len() == values.len() => {
            Ok(Outputs::Numbers(add(sum, values)))
        }
        (Some(Outputs::Probabilities { values: sum, classes }), Outputs::Probabilities { values, classes: others })
            if classes == others && sum.len() == values.len() =>
        {
            Ok(Outputs::Probabilities { values: add(sum, values), classes })
        }
        _ => Err(damaged("members that predict different things")),
    }
}

/// The number of rows and the target of training data.
fn labels_of(train: &Data, task: &Task) -> Result<(usize, pipewright_learn::Target), Failure> {
    let target = exchange::target(&train.select(std::slice::from_ref(&task.target))?, task)?;
    Ok((target.rows(), target))
}
