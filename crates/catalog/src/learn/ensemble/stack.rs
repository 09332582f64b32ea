//! `stack`: a model that learns from the out-of-fold predictions of others.

use super::folds::InnerFolds;
use super::{Ensemble, FittedMember, Member, Part, Way, damaged, in_parallel, load_members, members};
use crate::adapt::{FeatureUse, TrainingOf};
use crate::learn::{logistic, model_spec, ridge};
use arrow_array::{ArrayRef, Float64Array};
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Column, ColumnType, Role, Table};
use pipewright_learn::linear::{Logistic, Ridge};
use pipewright_learn::{Outputs, Predictions};
use pipewright_operator::work::{FittedModel, Learner, Training};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Chosen, Data, Example, Int, Model, Spec, Task, TaskKind, Tasks, arguments,
};
use pipewright_world::random::Key;
use serde_json::{Value as Json, json};
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `stack`.
    struct StackArgs {
        /// The base models, with their hyper-parameters.
        shape base: Vec<Box<Chosen>>;
        /// The model that learns from their predictions. Without it, `logistic` for classes and `ridge` for numbers.
        option meta: Option<Box<Chosen>>;
        /// Folds whose held-out predictions it learns from.
        option folds: Int<2, 1000> = 5;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "stack",
        summary: "Stacking: a model learns from the out-of-fold predictions of other models.",
        details: "`stack[gbdt, logistic, knn[9]]` splits the training rows into 5 folds and lets every base model predict \
                  each fold after it was fitted on the others. The meta model learns the target from these predictions; \
                  then each base model is fitted on all training rows. A base model may be a pipeline of its own, whose \
                  steps are fitted inside each inner fold: `stack[{ scale | train ridge }, gbdt]`. Stages above \
                  `train` are fitted on all training rows of a round. Source: D. H. Wolpert, \"Stacked Generalization\" (1992).",
        search: &["ensemble", "stacking", "stackingclassifier", "blending", "super learner", "meta model"],
        examples: &[Example {
            script: "load diabetes.csv | target progression | scale | train stack[ridge, knn[9]] | eval kfold 5 metric=rmse",
            output: "\
stack[ridge,knn[9]] predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.3691    49.6814 to 59.0569   51.1721   57.2680     77.1127
",
        }],
        ..model_spec::<StackArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let StackArgs { base, meta, folds } = StackArgs::read(own)?;
    let metas = match meta {
        Some(meta) => [Part::new(&meta, train)?, Part::new(&meta, train)?],
        None => [default_meta(&ridge::MODEL, Ridge::default()), default_meta(&logistic::MODEL, Logistic::default())],
    };
    Ensemble::of(label, &base, Stacking { metas, folds: folds.get() }, train)
}

fn default_meta<L: pipewright_learn::Learner + Clone + 'static>(model: &'static Model, learner: L) -> Part {
    let label = model.spec.name.to_owned();
    let training =
        TrainingOf { label: label.clone(), learner, tasks: model.tasks, sees: FeatureUse::Features, seed: None };
    Part { label, model, training: Arc::new(training), steps: None }
}

/// How the predictions of the base models are learned from.
struct Stacking {
    /// The meta model for numbers and that for classes.
    metas: [Part; 2],
    folds: usize,
}

impl Way for Stacking {
    fn learner(&self, parts: &[Part], task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        let meta = &self.metas[usize::from(matches!(task.kind, TaskKind::Classes(_)))];
        let (base, meta) = (members(parts, task)?, meta.member(task)?);
        Ok(Arc::new(StackOf { base, meta, folds: self.folds, task: task.clone() }))
    }
}

struct StackOf {
    base: Vec<Member>,
    meta: Member,
    folds: usize,
    task: Task,
}

impl Learner for StackOf {
    fn fit(
        &self,
        train: &Data,
        _: Option<&Data>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure> {
        let folds = InnerFolds::of(train, &self.task, self.folds, key.child("folds"))?;
        let mut columns = Vec::new();
        for (index, member) in self.base.iter().enumerate() {
            let outputs = folds.predictions(member, train, key.child("out of fold").index(index as u64), progress)?;
            columns.extend(columns_of(&member.label, index, &outputs));
        }
        let kept = kept_columns(train, &self.task);
        let kept = train.select(&kept)?;
        let all = kept.columns().iter().cloned().zip(kept.arrays().iter().cloned()).chain(columns);
        let meta = self.meta.fit(&Data::Table(table(all)?), key.child("meta"), progress)?;
        let fit = |index: usize| self.base[index].fit(train, key.index(index as u64), progress);
        Ok(Arc::new(Stacked { base: in_parallel(self.base.len(), fit)?, meta }))
    }
}

/// The target, and the weights of rows if there are any.
fn kept_columns(train: &Data, task: &Task) -> Vec<Arc<str>> {
    let columns = train.columns();
    let weights = columns.iter().filter(|column| column.role == Role::Weight).map(|column| column.name.clone());
    weights.chain([task.target.clone()]).collect()
}

fn table(columns: impl Iterator<Item = (Column, ArrayRef)>) -> Result<Table, Failure> {
    let (columns, arrays): (Vec<Column>, Vec<ArrayRef>) = columns.unzip();
    Table::new(columns, arrays)
}

/// The predictions of a base model as columns: a number, or the probability of each class but the first.
fn columns_of(label: &str, index: usize, outputs: &Outputs) -> Vec<(Column, ArrayRef)> {
    let column = |name: String, values: Vec<f64>| {
        (Column::new(name.as_str(), ColumnType::Continuous), Arc::new(Float64Array::from(values)) as ArrayRef)
    };
    let name = format!("{}. {label}", index + 1);
    match outputs {
        Outputs::Numbers(values) => vec![column(name, values.clone())],
        Outputs::Probabilities { values, classes } => (1..*classes)
            .map(|class| {
                let name = if *classes == 2 { name.clone() } else { format!("{name} ({class})") };
                column(name, values.iter().skip(class).step_by(*classes).copied().collect())
            })
            .collect(),
    }
}

struct Stacked {
    base: Vec<FittedMember>,
    meta: FittedMember,
}

impl FittedModel for Stacked {
    fn predict(&self, rows: &Table) -> Result<Predictions, Failure> {
        let mut columns = Vec::new();
        for (index, member) in self.base.iter().enumerate() {
            columns.extend(columns_of(&member.label, index, &member.predict(rows)?));
        }
        Ok(self.meta.predict(&table(columns.into_iter())?)?.into())
    }

    fn show(&self) -> Table {
        self.meta.model.show()
    }

    fn save(&self) -> Json {
        json!({"members": self.base.iter().map(FittedMember::save).collect::<Vec<_>>(), "meta": self.meta.save()})
    }
}

fn load(json: &Json) -> Result<Arc<dyn FittedModel>, Failure> {
    let meta = json.get("meta").ok_or_else(|| damaged("no meta model"))?;
    Ok(Arc::new(Stacked { base: load_members(json)?, meta: FittedMember::load(meta)? }))
}
