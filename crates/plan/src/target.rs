//! The target: which column to predict, and whether it holds classes or numbers.

use crate::model::Branch;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Column, ColumnType, Schema};
use pipewright_operator::{Task, TaskKind};

/// Statistics of the target.
#[derive(Debug, Clone, Default)]
pub struct TargetFacts {
    /// The number of rows.
    pub rows: usize,
    /// The number of distinct values; of rows beyond the memory limit, a lower bound if there are too many for classes.
    pub distinct: usize,
    /// The distinct values in sorted order, if there are few enough to be classes.
    pub classes: Option<Vec<String>>,
    /// The number of groups of rows, if a column has the role group.
    pub groups: Option<usize>,
}

/// Names by which a target is recognised, in lower case.
const TARGET_NAMES: &[&str] =
    &["target", "label", "class", "y", "outcome", "response", "survived", "churn", "default", "diagnosis"];

/// Maximum number of distinct whole numbers that may be classes.
const CLASSES_MAX: usize = 20;

/// The target if none is given, and the rule that found it.
pub(crate) fn target_by_rule(schema: &Schema) -> Option<(String, &'static str)> {
    if let Some(target) = schema.target() {
        return Some((target.name.to_string(), "by its role in the file"));
    }
    let known: Vec<&Column> =
        schema.columns().filter(|column| TARGET_NAMES.contains(&column.name.to_lowercase().as_str())).collect();
    match known.as_slice() {
        [one] => Some((one.name.to_string(), "by its name")),
        // A column made by a stage is not taken as the target.
        _ => {
            let read = |column: &&Column| column.sources == [column.name.clone()];
            let last = schema.columns().filter(read).last().or(schema.columns().last());
            last.map(|last| (last.name.to_string(), "the last column"))
        }
    }
}

/// The classes in sorted order, but the positive one of two last.
fn with_positive(target: &str, classes: &[String], positive: Option<&str>) -> Result<Vec<String>, Failure> {
    let mut classes = classes.to_vec();
    let Some(positive) = positive else { return Ok(classes) };
    let bad = |message: String| Err(Failure::new(code::BAD_VALUE, message).column(target));
    let known = classes.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (classes.iter().position(|class| class == positive), classes.len()) {
        (Some(place), 2) => {
            let class = classes.remove(place);
            classes.push(class);
            Ok(classes)
        }
        (Some(_), count) => bad(format!("`{target}` has {count} classes, and `positive=` needs two")),
        (None, _) => bad(format!("`{positive}` is not a class of `{target}`; its classes: {known}")),
    }
}

/// Decides between classes and numbers: by the kind of the column, the number of distinct values, and the model.
/// `None` while the values are not known.
pub(crate) fn resolve_task(
    column: &Column,
    facts: Option<&TargetFacts>,
    branch: &Branch,
    wants_classes: impl Fn(usize) -> Option<bool>,
) -> Option<Result<Task, Failure>> {
    let (target, transform, positive) = (column.name.clone(), branch.transform, branch.positive.as_deref());
    if column.kind == ColumnType::Date {
        let message = format!("`{target}` is a date; a target must hold classes or numbers");
        return Some(Err(Failure::new(code::WRONG_TASK, message).column(&*target)));
    }
    let facts = facts?;
    if facts.rows == 0 {
        return Some(Err(Failure::new(code::EMPTY_DATA, "there are no rows to learn from")));
    }
    let classes = if column.kind.is_numeric() {
        let few =
            facts.distinct == 2 || (column.kind == ColumnType::Count && (3..=CLASSES_MAX).contains(&facts.distinct));
        // A transformed target is numeric.
        transform.is_none() && wants_classes(facts.distinct).unwrap_or(few)
    } else {
        true
    };
    if let (false, Some(_)) = (classes, positive) {
        let message = format!("`{target}` holds numbers, and `positive=` names one of two classes");
        return Some(Err(Failure::new(code::BAD_VALUE, message).column(&*target).help("leave it out")));
    }
    if !classes {
        return Some(Ok(Task { target, kind: TaskKind::Numbers, transform }));
    }
    if let Some(transform) = transform {
        let message = format!("`{}` needs numbers, and `{target}` holds {} values", transform.name(), column.kind);
        return Some(Err(Failure::new(code::WRONG_TASK, message).column(&*target)));
    }
    Some(match &facts.classes {
        Some(classes) if classes.len() >= 2 => with_positive(&target, classes, positive).map(|classes| Task {
            target,
            kind: TaskKind::Classes(classes.into()),
            transform,
        }),
        Some(classes) => {
            let message = match classes.first() {
                Some(only) => format!("the target `{target}` has only one class: {only}"),
                None => format!("the target `{target}` has no values"),
            };
            Err(Failure::new(code::ONE_CLASS, message).column(&*target))
        }
        None => {
            let message =
                format!("the target `{target}` has {} or more distinct values, too many for classes", facts.distinct);
            Err(Failure::new(code::WRONG_TASK, message).column(&*target))
        }
    })
}
