//! The task of a model: the target and, for classification, its classes.

use pipewright_frame::TargetSpec;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The task of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The target column.
    pub target: Arc<str>,
    /// Classes or numbers.
    pub kind: TaskKind,
    /// Transform of a numeric target; predictions are inverted.
    pub transform: Option<Transform>,
}

/// A transform of the target, with its inverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// ln y, for positive numbers.
    Log,
    /// ln (1 + y), for numbers above -1.
    Log1p,
    /// The square root, for numbers of 0 or more.
    Sqrt,
}

impl Transform {
    /// All transforms, with their names in the language.
    pub const NAMES: [(&'static str, Transform); 3] =
        [("log", Transform::Log), ("log1p", Transform::Log1p), ("sqrt", Transform::Sqrt)];

    /// Returns its name in the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        Transform::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// Transforms a number; the result is not finite outside of the domain.
    #[must_use]
    pub fn apply(self, number: f64) -> f64 {
        match self {
            Transform::Log => number.ln(),
            Transform::Log1p => number.ln_1p(),
            Transform::Sqrt => number.sqrt(),
        }
    }

    /// Inverts a prediction. A negative square root, which is out of range, becomes 0.
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

    /// Returns the target specification for steps that learn with the target.
    #[must_use]
    pub fn target_spec(&self) -> TargetSpec {
        TargetSpec { target: self.target.clone(), classes: self.classes().cloned() }
    }

    /// Converts it to the JSON of a bundle.
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
