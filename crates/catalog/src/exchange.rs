//! Conversion of tables to the data sets of `learn`.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, BooleanArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Column, ColumnType, Role, Table};
use pipewright_learn::data::{self, Categories, Shared, Sparse};
use pipewright_learn::{Accepts, Dataset, Features, Labels, OnDisk, Outputs, Passes, Predictions, Scales, Target};
use pipewright_operator::{Data, Stream, Task, TaskKind, failure_of};
use pipewright_world::{Content, Fill};
use std::sync::Arc;

/// The names of the features.
pub(crate) fn feature_names(rows: &Data) -> Arc<[String]> {
    let schema = rows.schema();
    let features = schema.columns().filter(|column| column.role == Role::Feature);
    features.map(|column| column.name.to_string()).collect()
}

/// The named columns, the target and the weights, in memory.
pub(crate) fn dataset(rows: &Data, names: &Arc<[String]>, task: &Task, accepts: Accepts) -> Result<Dataset, Failure> {
    let features = names.iter().map(|name| name.as_str().into());
    let columns = rows.columns();
    let weights_and_groups = [Role::Weight, Role::Group].into_iter().filter_map(|role| with_role(&columns, role));
    let wanted: Vec<Arc<str>> = features.chain([task.target.clone()]).chain(weights_and_groups).collect();
    let table = rows.select(&wanted)?;
    if let Data::Stream(stream) = rows {
        // The table, and the target and features made of it.
        stream.admit(3 * table.memory_bytes())?;
    }
    dataset_of(&table, names, task, accepts)
}

/// The data set of a table.
fn dataset_of(table: &Table, names: &Arc<[String]>, task: &Task, accepts: Accepts) -> Result<Dataset, Failure> {
    let labels = labelled(learned_target(table, task)?, table)?;
    let dataset = Dataset::new(features_of(table, names, accepts)?, labels);
    match with_role(table.columns(), Role::Group).filter(|_| accepts.groups) {
        Some(group) => Ok(dataset.with_groups(groups(table, &group, names)?)),
        None => Ok(dataset),
    }
}

/// The group of each row: a hash, so that chunks agree on it. A row without one is a group of its own, known by its
/// features.
fn groups(table: &Table, group: &str, names: &[String]) -> Result<Vec<u32>, Failure> {
    let array = table.array(group)?;
    let mut hashes = table.value_hashes(group)?;
    if array.null_count() > 0 {
        let names: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
        let own = table.row_hashes(&names)?;
        (0..array.len()).filter(|&row| array.is_null(row)).for_each(|row| hashes[row] = own[row]);
    }
    Ok(hashes.into_iter().map(|hash| (hash >> 32) as u32).collect())
}

/// Rows of a stream that a learner reads in passes.
pub(crate) struct StreamPasses<'a> {
    pub rows: &'a Stream,
    pub names: Arc<[String]>,
    pub task: &'a Task,
    pub accepts: Accepts,
}

impl Passes for StreamPasses<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn each(&self, take: &mut dyn FnMut(Dataset) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut accepts = self.accepts;
        accepts.sparse = false;
        let part = |_, chunk: Table| dataset_of(&counting_rows(chunk)?.0, &self.names, self.task, accepts);
        self.rows.for_each(part, take)
    }

    fn scratch(&self, fill: Fill<'_>) -> Result<Arc<dyn Content>, Failure> {
        scratch(self.rows, fill)
    }
}

/// Writes a temporary file without a name.
fn scratch(rows: &Stream, fill: Fill<'_>) -> Result<Arc<dyn Content>, Failure> {
    let failure = |error| failure_of(code::CANNOT_WRITE, "cannot write", "a temporary file".as_ref(), &error);
    rows.world().scratch(fill).map_err(failure)
}

/// Writes the named columns to a temporary file, and keeps the target and the weights in memory. Rows with a weight
/// of 0 are left out.
pub(crate) fn on_disk(rows: &Stream, names: &Arc<[String]>, task: &Task) -> Result<OnDisk, Failure> {
    let (mut targets, mut weights) = (Vec::new(), Vec::new());
    let mut failure = None;
    let mut scales = Scales::new(names.len());
    let part = |_, chunk: Table| {
        let (chunk, weights) = counting_rows(chunk)?;
        let features = features_of(&chunk, names, Accepts::NUMBERS)?;
        Ok((OnDisk::row_major(&features), Scales::of(&features), learned_target(&chunk, task)?, weights))
    };
    let filled = scratch(rows, &mut |out| {
        let write = |(bytes, seen, target, weights_of_chunk): (Vec<u8>, Scales, Target, Option<Vec<f64>>)| {
            scales.merge(seen);
            targets.push(target);
            weights.extend(weights_of_chunk);
            out.write_all(&bytes)
                .map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", "a temporary file".as_ref(), &error))
        };
        failure = rows.for_each(part, write).err();
        Ok(())
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    let content = filled?;
    let target = Target::concat(targets, task.classes().map(|classes| classes.len()));
    let labels = if weights.is_empty() { target.into() } else { Labels::weighted(target, weights.concat())? };
    Ok(OnDisk::new(names.clone(), content, labels, scales))
}

/// The rows with a weight above 0 and their weights, if rows have weights.
fn counting_rows(table: Table) -> Result<(Table, Option<Vec<f64>>), Failure> {
    let Some(name) = with_role(table.columns(), Role::Weight) else { return Ok((table, None)) };
    let weights = weights(&table, &name)?;
    let counting = BooleanArray::from_iter(weights.iter().map(|weight| Some(*weight > 0.0)));
    Ok((table.filter(&counting), Some(weights.into_iter().filter(|weight| *weight > 0.0).collect())))
}

/// The named columns in the form that a model with these `Accepts` takes.
pub(crate) fn features_of(table: &Table, names: &Arc<[String]>, accepts: Accepts) -> Result<Features, Failure> {
    // One shared list of ones for all sparse boolean columns.
    let ones: Shared<f64> = vec![1.0; if accepts.sparse { table.rows() } else { 0 }].into();
    let columns = names.iter().map(|name| feature(table, name, accepts, &ones)).collect::<Result<_, _>>()?;
    Ok(Features::from_columns(table.rows(), names.clone(), columns))
}

fn feature(table: &Table, name: &str, accepts: Accepts, ones: &Shared<f64>) -> Result<data::Column, Failure> {
    let stored = table.stored(name)?;
    if let Some(sparse) = stored.sparse().filter(|_| accepts.sparse) {
        let positions = Shared::new(Arc::new(sparse.positions().clone()));
        let values = match sparse.values() {
            None => ones.part(0..positions.len()),
            Some(values) => Shared::new(Arc::new(values.clone())),
        };
        return Ok(data::Column::Sparse(Sparse::new(table.rows(), positions, values)));
    }
    let (column, array) = (table.column(name)?, table.array(name)?);
    if accepts.categories && column.kind.is_string() {
        let levels = table.classes(name)?;
        let codes = table.codes(name, &levels)?.into_iter().map(|code| code.unwrap_or(Categories::MISSING));
        return Ok(data::Column::Categories(Categories::new(codes.collect::<Vec<u32>>().into(), levels.into())));
    }
    if let (ColumnType::Continuous, 0) = (column.kind, array.null_count()) {
        // The table's arrays are shared, not copied; non-finite numbers are reported below.
        let numbers = array.as_primitive::<Float64Type>().values();
        if numbers.iter().all(|number| number.is_finite()) {
            return Ok(data::Column::Dense(Shared::new(Arc::new(numbers.clone()))));
        }
    }
    let key = [name.into()];
    let numbers = if accepts.missing { table.numbers_or_nan(&key)? } else { table.numbers(&key)? };
    Ok(data::Column::Dense(numbers.into()))
}

/// The target and weight of each row.
pub(crate) fn labels(table: &Table, task: &Task) -> Result<Labels, Failure> {
    labelled(target(table, task)?, table)
}

/// A target with the weights of its rows, if any.
fn labelled(target: Target, table: &Table) -> Result<Labels, Failure> {
    match with_role(table.columns(), Role::Weight) {
        None => Ok(target.into()),
        Some(name) => Labels::weighted(target, weights(table, &name)?),
    }
}

/// The column with this role.
fn with_role(columns: &[Column], role: Role) -> Option<Arc<str>> {
    columns.iter().find(|column| column.role == role).map(|column| column.name.clone())
}

/// The weight of each row.
///
/// # Errors
/// [`code::BAD_WEIGHT`] with the first row whose weight is missing, negative or not finite.
pub(crate) fn weights(table: &Table, name: &str) -> Result<Vec<f64>, Failure> {
    let array = table.array(name)?;
    let failure = |what: String, row: usize| {
        Failure::new(code::BAD_WEIGHT, format!("a weight is {what}; weights must be finite and at least 0"))
            .column(name)
            .row(row as u64 + 1)
            .help("fill it or drop the row before `role`; a weight of 0 also leaves the row out")
    };
    if let Some(row) = (0..array.len()).find(|&row| array.is_null(row)) {
        return Err(failure("missing".to_owned(), row));
    }
    let weights = table.numbers(&[name.into()])?;
    match weights.iter().position(|weight| *weight < 0.0) {
        Some(row) => Err(failure(weights[row].to_string(), row)),
        None => Ok(weights),
    }
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

/// The target as models learn it: with the transform applied.
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

/// The values of a column as text; those that are missing are empty.
pub(crate) fn texts(rows: &Table, name: &Arc<str>) -> Result<Vec<String>, Failure> {
    let values = rows.classes(name)?;
    let text = |code: Option<u32>| code.map_or_else(String::new, |code| values[code as usize].clone());
    Ok(rows.codes(name, &values)?.into_iter().map(text).collect())
}

/// The predictions of a model on the scale of its task: the transform of the target is inverted.
pub(crate) fn predictions(predictions: Predictions, task: &Task) -> Result<Predictions, Failure> {
    let invert = |value: f64| task.transform.map_or(value, |transform| transform.invert(value));
    if let (Some(quantiles), TaskKind::Numbers) = (predictions.quantiles(), &task.kind) {
        return Ok(quantiles.clone().map(invert).into());
    }
    match (predictions.outputs, &task.kind) {
        (Outputs::Numbers(mut values), TaskKind::Numbers) => {
            values.iter_mut().for_each(|value| *value = invert(*value));
            Ok(Outputs::Numbers(values).into())
        }
        (Outputs::Probabilities { values, classes }, TaskKind::Classes(names)) if names.len() == classes => {
            Ok(Outputs::Probabilities { values, classes }.into())
        }
        _ => Err(Failure::new(code::BAD_BUNDLE, "the model's predictions do not match its task")),
    }
}
