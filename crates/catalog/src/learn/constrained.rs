//! Boosting as a script asks for it: with constraints on columns, which are named as they are in the file, of several
//! quantiles, and from a saved model on.

use super::levels;
use crate::adapt::{FeatureUse, LearnerOf, TrainingOf, saved_model};
use crate::exchange::feature_names;
use crate::judge::evaluator::Eval;
use pipewright_diagnostic::{Failure, Progress, code, nearest};
use pipewright_frame::{Role, Schema};
use pipewright_learn::AtLevels;
use pipewright_learn::boost::{Gbdt, GbdtModel, MoreTrees};
use pipewright_operator::work::{Accepts, FittedModel, Learner, Splitter, Training};
use pipewright_operator::{ArgumentError, Data, FittedPipeline, Task};
use pipewright_world::random::Key;
use std::sync::Arc;

/// Training whose constraints name columns of the file: a column that was derived from one counts as that one, as the
/// columns of a one-hot encoding do.
pub(super) struct Constrained {
    pub training: TrainingOf<Gbdt>,
    /// The quantiles that it predicts, if there are several.
    pub levels: Option<Vec<f64>>,
    /// The saved model that it goes on from.
    pub before: Option<Before>,
    /// The share of the training rows that is held out to stop early; `None` if the learner holds out what it needs.
    pub validation: Option<f64>,
}

impl Training for Constrained {
    fn label(&self) -> String {
        self.training.label()
    }

    fn wants_classes(&self, distinct: usize) -> Option<bool> {
        if self.levels.is_some() { Some(false) } else { self.training.wants_classes(distinct) }
    }

    fn accepts(&self) -> Accepts {
        self.training.accepts()
    }

    fn validation(&self) -> Option<Arc<dyn Splitter>> {
        self.validation.map(|share| Arc::new(Eval::holdout(share)) as Arc<dyn Splitter>)
    }

    fn learner(&self, task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        match &self.levels {
            None => self.training.learner(task)?,
            Some(levels) => levels::at_levels(&self.training, levels.clone()).learner(task)?,
        };
        let (gbdt, levels) = (self.training.learner.clone(), self.levels.clone());
        self.before.as_ref().map_or(Ok(()), |before| before.check(task))?;
        Ok(Arc::new(ConstrainedLearner { gbdt, levels, before: self.before.clone(), task: task.clone() }))
    }

    fn seed(&self) -> Option<u64> {
        self.training.seed()
    }

    fn continued(&self, saved: &FittedPipeline) -> Result<Arc<dyn Training>, ArgumentError> {
        if self.levels.is_some() {
            let message = "a model of several quantiles cannot be continued";
            return Err(ArgumentError::of("warm_start", code::BAD_VALUE, message));
        }
        let before = Some(Before::of(saved)?);
        let (training, validation) = (self.training.clone(), self.validation);
        Ok(Arc::new(Constrained { training, levels: None, before, validation }))
    }

    fn is_continued(&self) -> bool {
        self.before.is_some()
    }
}

/// A saved model that is continued.
#[derive(Clone)]
pub(super) struct Before {
    /// Its columns, in order.
    names: Arc<[String]>,
    model: GbdtModel,
    task: Task,
}

impl Before {
    /// The model of a saved pipeline.
    ///
    /// # Errors
    /// An [`ArgumentError`] if it is of another kind, or has stages that were fitted.
    fn of(saved: &FittedPipeline) -> Result<Before, ArgumentError> {
        let refused = |message: String| ArgumentError::of("warm_start", code::BAD_VALUE, message);
        if let Some(step) = saved.steps.first() {
            let message = format!("the saved pipeline has the stage `{}` before its model", step.verb);
            let help =
                "it would be fitted anew, and the old trees would not fit its columns; `gbdt` needs no such stage";
            return Err(refused(message).help(help));
        }
        let (names, model) = saved_model::<GbdtModel>(saved.model.as_ref()).ok_or_else(|| {
            let message = format!("the file holds a model `{}` that cannot be continued", saved.model_name);
            refused(message).help("`gbdt` goes on from a `gbdt` of one prediction, without stages after `train`")
        })?;
        Ok(Before { names, model, task: saved.task.clone() })
    }

    /// Does it predict the same?
    fn check(&self, task: &Task) -> Result<(), ArgumentError> {
        if self.task == *task {
            return Ok(());
        }
        let message = match self.task.target == task.target {
            true => format!("the saved model predicts other classes or another scale of `{}`", task.target),
            false => format!("the saved model predicts `{}`, not `{}`", self.task.target, task.target),
        };
        Err(ArgumentError::of("warm_start", code::WRONG_TASK, message))
    }

    /// Checks that rows have the columns of the model and no others.
    fn check_columns(&self, train: &Data) -> Result<(), Failure> {
        let names = feature_names(train);
        let failure = |name: &str, message: &str| {
            Err(Failure::new(code::UNKNOWN_COLUMN, format!("{message} `{name}`"))
                .column(name)
                .help("a model is continued on the columns that it was trained on"))
        };
        match (
            self.names.iter().find(|name| !names.contains(name)),
            names.iter().find(|name| !self.names.contains(name)),
        ) {
            (Some(name), _) => failure(name, "the model that is continued needs the column"),
            (None, Some(name)) => failure(name, "the model that is continued does not know the column"),
            (None, None) => Ok(()),
        }
    }
}

struct ConstrainedLearner {
    gbdt: Gbdt,
    levels: Option<Vec<f64>>,
    before: Option<Before>,
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
        let (learner, task, sees) = (resolved(&self.gbdt, &train.schema())?, self.task.clone(), FeatureUse::Features);
        match (self.levels.clone(), &self.before) {
            (_, Some(before)) => {
                before.check_columns(train)?;
                let learner = MoreTrees { gbdt: learner, model: before.model.clone() };
                let learner = LearnerOf { learner, task, sees };
                learner.fit_columns(before.names.clone(), train, validation, key, progress)
            }
            (None, None) => LearnerOf { learner, task, sees }.fit(train, validation, key, progress),
            (Some(levels), None) => {
                let learner = AtLevels { learner, levels };
                LearnerOf { learner, task, sees }.fit(train, validation, key, progress)
            }
        }
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
