//! What is to be predicted: the target and, where it has them, its classes.

use pipewright_frame::TargetSpec;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What is to be predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The column.
    pub target: Arc<str>,
    /// Its classes, or numbers.
    pub kind: TaskKind,
    /// What models learn instead of the numbers themselves; predictions are turned back.
    pub transform: Option<Transform>,
}

/// A function of the target that models learn, and its inverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// ln y, of positive numbers.
    Log,
    /// ln (1 + y), of numbers above -1.
    Log1p,
    /// The square root, of numbers from 0 up.
    Sqrt,
}

impl Transform {
    /// Every transform by its name in the language.
    pub const NAMES: [(&'static str, Transform); 3] =
        [("log", Transform::Log), ("log1p", Transform::Log1p), ("sqrt", Transform::Sqrt)];

    /// Its name in the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        Transform::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// What a model learns for a number: not finite where there is nothing.
    #[must_use]
    pub fn apply(self, number: f64) -> f64 {
        match self {
            Transform::Log => number.ln(),
            Transform::Log1p => number.ln_1p(),
            Transform::Sqrt => number.sqrt(),
        }
    }

    /// The number that a model means. A root below 0, which no number has, means 0.
    #[must_use]
    pub fn invert(self, learned: f64) -> f64 {
        match self {
            Transform::Log => learned.exp(),
            Transform::Log1p => learned.exp_m1(),
            Transform::Sqrt => learned.max(0.0).powi(2),
        }
    }
}

/// The kind of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskKind {
    /// One of these classes, in sorted order; of two, the second is the positive one.
    Classes(Arc<[String]>),
    /// A number.
    Numbers,
}

impl Task {
    /// `binary`, `multiclass` or `regression`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.kind {
            TaskKind::Classes(classes) if classes.len() == 2 => "binary",
            TaskKind::Classes(_) => "multiclass",
            TaskKind::Numbers => "regression",
        }
    }

    /// The classes; none for numbers.
    #[must_use]
    pub fn classes(&self) -> Option<&Arc<[String]>> {
        match &self.kind {
            TaskKind::Classes(classes) => Some(classes),
            TaskKind::Numbers => None,
        }
    }

    /// As a step sees it that learns with the target.
    #[must_use]
    pub fn target_spec(&self) -> TargetSpec {
        TargetSpec { target: self.target.clone(), classes: self.classes().cloned() }
    }

    /// As it stands in a bundle.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json = json!({"target": &*self.target, "classes": self.classes().map(|classes| classes.to_vec())});
        if let Some(transform) = self.transform {
            json["transform"] = json!(transform.name());
        }
        json
    }

    /// Reads [`Task::to_json`].
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Task> {
        let target = json.get("target")?.as_str()?.into();
        let kind = match json.get("classes")? {
            Json::Null => TaskKind::Numbers,
            Json::Array(items) => {
                let classes: Option<Vec<String>> = items.iter().map(|item| Some(item.as_str()?.to_owned())).collect();
                TaskKind::Classes(classes?.into())
            }
            _ => return None,
        };
        let transform = match json.get("transform") {
            None => None,
            Some(name) => Some(Transform::NAMES.iter().find(|(known, _)| name == known)?.1),
        };
        if transform.is_some() && kind != TaskKind::Numbers {
            return None;
        }
        Some(Task { target, kind, transform })
    }
}
