//! The target: which column is to be predicted, and whether it holds classes or numbers.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Column, ColumnType, Schema};
use pipewright_operator::{Task, TaskKind, Transform};

/// The values of the target.
#[derive(Debug, Clone, Default)]
pub struct TargetFacts {
    /// How many rows there are.
    pub rows: usize,
    /// How many different ones there are.
    pub distinct: usize,
    /// All of them in sorted order, if there are few enough to be classes.
    pub classes: Option<Vec<String>>,
}

/// The names by which a target is known, lower-cased.
const TARGET_NAMES: &[&str] =
    &["target", "label", "class", "y", "outcome", "response", "survived", "churn", "default", "diagnosis"];

/// Whole numbers with this many different values at most may be classes.
const CLASSES_MAX: usize = 20;

/// The column to predict where nobody says so, and the rule that found it.
pub(crate) fn target_by_rule(schema: &Schema) -> Option<(String, &'static str)> {
    let known: Vec<&Column> =
        schema.columns().filter(|column| TARGET_NAMES.contains(&column.name.to_lowercase().as_str())).collect();
    match known.as_slice() {
        [one] => Some((one.name.to_string(), "by its name")),
        // What a stage has made is no answer that the data holds.
        _ => {
            let read = |column: &&Column| column.sources == [column.name.clone()];
            let last = schema.columns().filter(read).last().or(schema.columns().last());
            last.map(|last| (last.name.to_string(), "the last column"))
        }
    }
}

/// Classes or numbers: by the kind of the column, the number of its different values, and what the model wants.
/// `None` while the values are not known.
pub(crate) fn resolve_task(
    column: &Column,
    facts: Option<&TargetFacts>,
    transform: Option<Transform>,
    wants_classes: impl Fn(usize) -> Option<bool>,
) -> Option<Result<Task, Failure>> {
    let target = column.name.clone();
    if column.kind == ColumnType::Date {
        let message = format!("`{target}` is a date; a target is a class or a number");
        return Some(Err(Failure::new(code::WRONG_TASK, message).column(&*target)));
    }
    let facts = facts?;
    if facts.rows == 0 {
        return Some(Err(Failure::new(code::EMPTY_DATA, "there are no rows to learn from")));
    }
    let classes = if column.kind.is_numeric() {
        let few =
            facts.distinct == 2 || (column.kind == ColumnType::Count && (3..=CLASSES_MAX).contains(&facts.distinct));
        // What has a logarithm is a number.
        transform.is_none() && wants_classes(facts.distinct).unwrap_or(few)
    } else {
        true
    };
    if !classes {
        return Some(Ok(Task { target, kind: TaskKind::Numbers, transform }));
    }
    if let Some(transform) = transform {
        let message = format!("`{}` needs numbers, and `{target}` holds {} values", transform.name(), column.kind);
        return Some(Err(Failure::new(code::WRONG_TASK, message).column(&*target)));
    }
    Some(match &facts.classes {
        Some(classes) if classes.len() >= 2 => {
            Ok(Task { target, kind: TaskKind::Classes(classes.clone().into()), transform })
        }
        Some(classes) => {
            let message = match classes.first() {
                Some(only) => format!("the target `{target}` has one class only: {only}"),
                None => format!("the target `{target}` has no value at all"),
            };
            Err(Failure::new(code::ONE_CLASS, message).column(&*target))
        }
        None => {
            let message =
                format!("the target `{target}` has {} different values: too many for classes", facts.distinct);
            Err(Failure::new(code::WRONG_TASK, message).column(&*target))
        }
    })
}
