//! Boosting with constraints on columns, which a script names as they are in the file.

use crate::adapt::{FeatureUse, LearnerOf, TrainingOf};
use crate::judge::eval::Eval;
use pipewright_diagnostic::{Failure, Progress, code, nearest};
use pipewright_frame::{Role, Schema};
use pipewright_learn::boost::Gbdt;
use pipewright_operator::work::{Accepts, FittedModel, Learner, Splitter, Training};
use pipewright_operator::{ArgumentError, Data, Task};
use pipewright_world::random::Key;
use std::sync::Arc;

/// Training whose constraints name columns of the file: a column that was derived from one counts as that one, as the
/// columns of a one-hot encoding do.
pub(super) struct Constrained {
    pub training: TrainingOf<Gbdt>,
    /// The share of the training rows that is held out to stop early; `None` if the learner holds out what it needs.
    pub validation: Option<f64>,
}

impl Training for Constrained {
    fn label(&self) -> String {
        self.training.label()
    }

    fn wants_classes(&self, distinct: usize) -> Option<bool> {
        self.training.wants_classes(distinct)
    }

    fn accepts(&self) -> Accepts {
        self.training.accepts()
    }

    fn validation(&self) -> Option<Arc<dyn Splitter>> {
        self.validation.map(|share| Arc::new(Eval::holdout(share)) as Arc<dyn Splitter>)
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        self.training.learner(task)?;
        Ok(Arc::new(ConstrainedLearner { gbdt: self.training.learner.clone(), task: task.clone() }))
    }

    fn seed(&self) -> Option<u64> {
        self.training.seed()
    }
}

struct ConstrainedLearner {
    gbdt: Gbdt,
    task: Task,
}

impl Learner for ConstrainedLearner {
    fn fit(
        &self,
        train: &Data,
        validation: Option<&Data>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure> {
        let learner = resolved(&self.gbdt, &train.schema())?;
        LearnerOf { learner, task: self.task.clone(), sees: FeatureUse::Features }.fit(train, validation, key, progress)
    }
}

/// The configuration with the names of features in its constraints.
fn resolved(gbdt: &Gbdt, schema: &Schema) -> Result<Gbdt, Failure> {
    let mut monotone = Vec::new();
    for (name, direction) in &gbdt.monotone {
        monotone.extend(features_of(name, schema)?.into_iter().map(|feature| (feature, *direction)));
    }
    let group = |names: &Vec<String>| -> Result<Vec<String>, Failure> {
        Ok(names.iter().map(|name| features_of(name, schema)).collect::<Result<Vec<_>, _>>()?.concat())
    };
    let interactions = gbdt.interactions.iter().map(group).collect::<Result<_, _>>()?;
    Ok(Gbdt { monotone, interactions, ..gbdt.clone() })
}

/// The feature of this name, or else those that were derived from the column of this name alone.
fn features_of(name: &str, schema: &Schema) -> Result<Vec<String>, Failure> {
    let features = || schema.columns().filter(|column| column.role == Role::Feature);
    if features().any(|column| &*column.name == name) {
        return Ok(vec![name.to_owned()]);
    }
    let is_source = |sources: &[Arc<str>]| matches!(sources, [source] if &**source == name);
    let derived = features().filter(|column| is_source(&column.sources));
    let derived: Vec<String> = derived.map(|column| column.name.to_string()).collect();
    if !derived.is_empty() {
        return Ok(derived);
    }
    let mut known: Vec<&str> = features().map(|column| &*column.name).collect();
    known.extend(features().flat_map(|column| column.sources.iter().map(|source| &**source)));
    known.sort_unstable();
    known.dedup();
    let failure = Failure::new(code::UNKNOWN_COLUMN, format!("no feature is `{name}` or derived from it")).column(name);
    Err(match nearest(name, known).first() {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_frame::{Column, ColumnType};
    use pipewright_learn::boost::Direction;

    fn schema() -> Schema {
        let number = |name: &str| Column::new(name, ColumnType::Continuous);
        let derived = |name: &str, sources: &[&str]| Column {
            sources: sources.iter().copied().map(Arc::from).collect(),
            ..number(name)
        };
        let target = Column { role: Role::Target, ..number("y") };
        let part = ["city=Oslo", "city=Rome"].map(|name| derived(name, &["city"]));
        Schema::new([number("age"), target, derived("product", &["age", "income"])].into_iter().chain(part))
    }

    #[test]
    fn constraints_name_features_or_their_sources() {
        let interactions = vec![vec!["age".to_owned(), "city".to_owned()]];
        let gbdt = Gbdt { interactions, monotone: vec![("city".to_owned(), Direction::Increasing)], ..Gbdt::default() };
        let resolved = resolved(&gbdt, &schema()).unwrap();
        assert_eq!(resolved.interactions, [["age", "city=Oslo", "city=Rome"]]);
        assert_eq!(resolved.monotone.len(), 2);
    }

    #[test]
    fn unknown_names_are_refused() {
        for (name, near) in [("agge", Some("did you mean `age`?")), ("y", None), ("zzzzzzzz", None)] {
            let failure = features_of(name, &schema()).unwrap_err();
            assert_eq!((failure.code, failure.help.first().map(String::as_str)), (code::UNKNOWN_COLUMN, near));
        }
    }
}
