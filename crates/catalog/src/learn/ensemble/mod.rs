//! Models made of models: what `vote`, `bag` and `stack` share.

pub(crate) mod bag;
pub(crate) mod stack;
pub(crate) mod vote;

use crate::exchange;
use arrow_array::{ArrayRef, StringArray};
use pipewright_diagnostic::{Bounds, Failure, Progress, code};
use pipewright_frame::{Column, ColumnType, Table};
use pipewright_learn::Outputs;
use pipewright_operator::work::{Accepts, FittedModel, Learner, Training};
use pipewright_operator::{Args, ArgumentError, Chosen, Data, Model, Task};
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
}

impl Part {
    fn new(chosen: &Chosen, train: &Args) -> Result<Part, ArgumentError> {
        let label = chosen.to_string();
        let training = (chosen.model.prepare)(label.clone(), &chosen.args, train)?;
        Ok(Part { label, model: chosen.model, training })
    }

    fn all(models: &[Box<Chosen>], train: &Args) -> Result<Vec<Part>, ArgumentError> {
        models.iter().map(|chosen| Part::new(chosen, train)).collect()
    }

    fn member(&self, task: &Task) -> Result<Member, ArgumentError> {
        Ok(Member { label: self.label.clone(), model: self.model, learner: self.training.learner(task)? })
    }
}

/// What all parts accept.
fn common_accepts(parts: &[Part]) -> Accepts {
    let all = |of: fn(&Accepts) -> bool| parts.iter().all(|part| of(&part.training.accepts()));
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
}

impl Member {
    fn fit(&self, train: &Data, key: Key, progress: &dyn Progress) -> Result<FittedMember, Failure> {
        let model = self.learner.fit(train, None, key, progress)?;
        Ok(FittedMember { label: self.label.clone(), name: self.model.spec.name.to_owned(), model })
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
    model: Arc<dyn FittedModel>,
}

impl FittedMember {
    fn save(&self) -> Json {
        json!({"label": self.label, "name": self.name, "model": self.model.save()})
    }

    fn load(json: &Json) -> Result<FittedMember, Failure> {
        let text = |field: &str| json.get(field).and_then(Json::as_str).map(str::to_owned);
        let (Some(label), Some(name), Some(saved)) = (text("label"), text("name"), json.get("model")) else {
            return Err(damaged("a member without a name"));
        };
        let model = crate::REGISTRY.model(&name).ok_or_else(|| damaged(&format!("the unknown model `{name}`")))?;
        Ok(FittedMember { label, model: (model.load)(saved)?, name })
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
    fn predict(&self, rows: &Table) -> Result<Outputs, Failure> {
        let mut mean: Option<Outputs> = None;
        for (member, weight) in self.members.iter().zip(&self.weights) {
            let outputs = member.model.predict(rows)?;
            mean = Some(added(mean, outputs, *weight)?);
        }
        mean.ok_or_else(|| damaged("no members"))
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
