//! Tables become the matrices that `learn` knows.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Role, Table};
use pipewright_learn::{Examples, Features, Outputs, Scales, Spilled, Target};
use pipewright_operator::{Data, Stream, Task, TaskKind, failure_of};
use std::sync::Arc;

/// The names of the features.
pub(crate) fn feature_names(rows: &Data) -> Arc<[String]> {
    let schema = rows.schema();
    let features = schema.columns().filter(|column| column.role == Role::Feature);
    features.map(|column| column.name.to_string()).collect()
}

/// The named columns and the target, in memory.
pub(crate) fn examples(rows: &Data, names: &Arc<[String]>, task: &Task) -> Result<Examples, Failure> {
    let wanted: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).chain([task.target.clone()]).collect();
    let table = rows.select(&wanted)?;
    Ok(Examples::new(features(&table, names)?, learned_target(&table, task)?))
}

/// The named columns in a temporary file, and the target in memory.
pub(crate) fn spilled(rows: &Stream, names: &Arc<[String]>, task: &Task) -> Result<Spilled, Failure> {
    let mut parts = Vec::new();
    let mut failure = None;
    let mut scales = Scales::new(names.len());
    let part = |_, chunk: Table| {
        let features = features(&chunk, names)?;
        Ok((Spilled::row_major(&features), Scales::of(&features), learned_target(&chunk, task)?))
    };
    let filled = rows.world().scratch(&mut |out| {
        let write = |(bytes, seen, target): (Vec<u8>, Scales, Target)| {
            scales.merge(seen);
            parts.push(target);
            out.write_all(&bytes)
                .map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", "a temporary file".as_ref(), &error))
        };
        failure = rows.for_each(part, write).err();
        Ok(())
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    let content =
        filled.map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", "a temporary file".as_ref(), &error))?;
    Ok(Spilled::new(names.clone(), content, Target::concat(parts, task.classes().map(|classes| classes.len())), scales))
}

/// The named columns as numbers.
pub(crate) fn features(table: &Table, names: &Arc<[String]>) -> Result<Features, Failure> {
    let keys: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
    Ok(Features::new(table.rows(), names.clone(), table.numbers(&keys)?))
}

/// The target of every row.
pub(crate) fn target(table: &Table, task: &Task) -> Result<Target, Failure> {
    match &task.kind {
        TaskKind::Numbers => Ok(Target::Numbers(table.numbers(std::slice::from_ref(&task.target))?)),
        TaskKind::Classes(classes) => {
            let codes = table.codes(&task.target, classes)?;
            let row = codes.iter().position(Option::is_none);
            if let Some(row) = row {
                return Err(Failure::new(code::MISSING_VALUES, "the target is missing")
                    .column(&*task.target)
                    .row(row as u64 + 1));
            }
            Ok(Target::Classes { codes: codes.into_iter().flatten().collect(), count: classes.len() })
        }
    }
}

/// What a model learns of the target of every row.
fn learned_target(table: &Table, task: &Task) -> Result<Target, Failure> {
    let (Target::Numbers(mut numbers), Some(transform)) = (target(table, task)?, task.transform) else {
        return target(table, task);
    };
    for (row, number) in numbers.iter_mut().enumerate() {
        let learned = transform.apply(*number);
        if !learned.is_finite() {
            let message = format!("`{}` is {number}, which has no {}", task.target, transform.name());
            return Err(Failure::new(code::VALUE_OUT_OF_RANGE, message).column(&*task.target).row(row as u64 + 1));
        }
        *number = learned;
    }
    Ok(Target::Numbers(numbers))
}

/// The predictions of a model in the terms of its task: numbers are turned back from what the model learned.
pub(crate) fn predictions(outputs: Outputs, task: &Task) -> Result<Outputs, Failure> {
    match (outputs, &task.kind) {
        (Outputs::Numbers(mut values), TaskKind::Numbers) => {
            if let Some(transform) = task.transform {
                values.iter_mut().for_each(|value| *value = transform.invert(*value));
            }
            Ok(Outputs::Numbers(values))
        }
        (Outputs::Probabilities { values, classes }, TaskKind::Classes(names)) if names.len() == classes => {
            Ok(Outputs::Probabilities { values, classes })
        }
        _ => Err(Failure::new(code::BAD_BUNDLE, "the model does not answer what its task asks")),
    }
}
