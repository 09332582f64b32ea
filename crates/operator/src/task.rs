//! What is to be predicted: the target and, where it has them, its classes.

use pipewright_frame::Aim;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What is to be predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The column.
    pub target: Arc<str>,
    /// Its classes, or numbers.
    pub kind: TaskKind,
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
    pub fn aim(&self) -> Aim {
        Aim { target: self.target.clone(), classes: self.classes().cloned() }
    }

    /// As it stands in a bundle.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({"target": &*self.target, "classes": self.classes().map(|classes| classes.to_vec())})
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
        Some(Task { target, kind })
    }
}
